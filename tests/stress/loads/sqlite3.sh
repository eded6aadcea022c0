# SPDX-License-Identifier: MIT
# SQLite: tables, indexes, text and JSON functions, in memory and in a file.

load() {
    need sqlite3
    under sqlite3 t.db <<'SQL'
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, v BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  INSERT INTO t SELECT i, printf('key-%08d', (i * 7919) % 60000),
    zeroblob(i % 300) FROM n;
CREATE INDEX tk ON t(k);
SELECT count(*), sum(length(v)), min(k), max(k) FROM t;
SELECT group_concat(k) FROM (SELECT k FROM t ORDER BY k DESC LIMIT 50);
SELECT json_group_array(json_object('k', k, 'n', length(v)))
  FROM (SELECT * FROM t WHERE id % 997 = 0 ORDER BY k);
DELETE FROM t WHERE id % 3 = 0;
VACUUM;
PRAGMA integrity_check;
SQL
}
