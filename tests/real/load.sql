-- SPDX-License-Identifier: MIT
-- Tables, indexes, sorting, aggregates, recursion, JSON: all deterministic.
CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT, weight REAL, kind INT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO part
SELECT i, printf('part %06d %s', i * 7919 % 40000, hex(i * i)), i * 0.25,
       i * 31 % 97 FROM n;
CREATE INDEX part_kind ON part (kind, name);
CREATE TABLE link (a INT, b INT, note TEXT);
INSERT INTO link SELECT id, id * 17 % 40000, substr(name, 3, 9) FROM part;
CREATE INDEX link_b ON link (b);
SELECT kind, count(*), sum(weight), min(name), max(name)
FROM part GROUP BY kind ORDER BY 2 DESC, 1 LIMIT 20;
SELECT p.kind, count(*), length(group_concat(l.note))
FROM part p JOIN link l ON l.b = p.id GROUP BY p.kind ORDER BY p.kind LIMIT 15;
UPDATE part SET name = name || '-' || kind WHERE id % 3 = 0;
DELETE FROM part WHERE id % 11 = 0;
SELECT count(*), sum(length(name)) FROM part;
SELECT name FROM part ORDER BY name DESC, id LIMIT 5 OFFSET 3000;
WITH RECURSIVE walk (id, depth) AS
 (SELECT 1, 0 UNION SELECT b, depth + 1 FROM walk JOIN link ON a = walk.id
  WHERE depth < 200)
SELECT count(*), max(depth), sum(id) FROM walk;
VACUUM;
PRAGMA integrity_check;
SELECT no_such_function(1);
