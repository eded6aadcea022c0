# SPDX-License-Identifier: MIT
# PostgreSQL: initdb, a server, pgbench, a dump and a clean end, as nobody.

load() {
    PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
    need initdb postgres pgbench psql pg_dump
    [ "$(id -u)" -ne 0 ] || chown nobody .
    under_nobody initdb -D "$PWD/data" -A trust -U me --no-sync \
        --no-instructions >initdb.log 2>&1
    echo "initdb $?"
    [ -d data/base ] || return
    serve_nobody postgres -D "$PWD/data" -k "$PWD" -h '' -p "$STRESS_PORT" \
        -c fsync=off >server.log 2>&1 &
    server=$!
    on="-h $PWD -p $STRESS_PORT -U me"
    until_true nobody psql $on -c 'select 1' postgres || return
    under_nobody createdb $on bench
    under_nobody pgbench $on -i -q -s 1 bench >init.log 2>&1
    echo "pgbench -i $?"
    under_nobody pgbench $on -c 6 -j 2 -t 200 bench >bench.log 2>&1
    echo "pgbench $?"
    under_nobody psql $on -A -t bench <<'SQL'
SELECT count(*) FROM pgbench_history;
SELECT md5(string_agg(i::text || repeat('x', i % 50), ',' ORDER BY i))
  FROM generate_series(1, 50000) i;
SELECT jsonb_object_agg('k' || i, i * i) FROM generate_series(1, 5) i;
WITH RECURSIVE f(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM f WHERE n < 5000)
  SELECT sum(n) FROM f;
SQL
    under_nobody pg_dump $on --schema-only bench | grep -v '^\\\(un\)\?restrict' |
        cksum
    look $server
    kill -INT $server
    wait $server
    echo "exit status $?"
    # a client that has just left may still be told of the end
    grep -oE '(PANIC|FATAL|terminated by signal).*' server.log |
        grep -v -e 'starting up' -e 'administrator command'
    return 0
}
