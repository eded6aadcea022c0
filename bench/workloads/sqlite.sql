-- SPDX-License-Identifier: MIT
-- A database in memory: rows go in, get an index, are grouped, joined to
-- themselves and changed. The output is the same each time.
create table reading (
	id integer primary key,
	sensor text not null,
	note text,
	value real
);
with recursive step(n) as (
	select 1 union all select n + 1 from step where n < 200000
)
insert into reading
select n, printf('sensor-%03d', n * 7919 % 509),
	printf('%08x%08x', n * 2654435761 % 4294967296, n * 40503 % 65536),
	(n * 31 % 1009) / 10.0
from step;
create index reading_note on reading (note);
create index reading_sensor on reading (sensor, value);
select count(*), min(note), max(note), sum(length(note)) from reading;
select substr(note, 1, 1) as head, count(*), length(group_concat(id))
from reading group by head order by head;
select a.sensor, count(*), round(avg(b.value), 3)
from reading a join reading b on b.note = a.note
where a.id % 5 = 0 group by a.sensor order by 2 desc, 1 limit 5;
update reading set note = note || '-' || sensor where id % 4 = 0;
delete from reading where value < 5;
select count(*), sum(length(note)) from reading;
