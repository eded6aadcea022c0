#!/bin/sh
# SPDX-License-Identifier: MIT
# The processes of a PostgreSQL server in the middle of a transaction. What is
# lost of each was lost at the start, in the first of them, as the source says:
#
#   PostmasterMain (postmaster.c): userDoption = strdup(optarg) is a local
#   variable, of use until the configuration has been read, and never freed.
#
#   save_ps_display_args (ps_status.c): new_environ = malloc(...) takes the
#   place of environ, until setenv(3) makes a larger one of its own, which
#   frees nothing that it has not made. What it copied of variables that are set
#   or unset later (LC_ALL) hangs from that.
. "$MTR_SRC/tests/leaks/programs-lib.sh"
takes_long
need psql setpriv
bin=
for dir in /usr/lib/postgresql/*/bin "$(dirname "$(command -v postgres)")"; do
    [ -x "$dir/initdb" ] && bin=$dir
done
[ "$bin" ] || skip "PostgreSQL is not installed"

# It does not run as root, and has to reach all that it needs: a path of no
# more than 107 bytes, for the socket, and the library.
place=$(mktemp -d) || exit 99
ends() {
    status=$?
    rm -rf "$place"
    return $status
}
trap 'ends; finish' EXIT
cp "$MTR_LIB" "$place/lib.so" || exit 99
as=
user=$(id -un)
if [ "$(id -u)" = 0 ]; then
    user=nobody
    chown nobody "$place" || skip "there is no user called nobody"
    chmod 755 "$place" "$place/lib.so"
    as="setpriv --reuid=$(id -u nobody) --regid=$(id -g nobody) --clear-groups"
fi
cd "$place" || exit 99
# shellcheck disable=SC2086 # none, or a command
$as "$bin/initdb" -D d -A trust >"$mtr_tmp/log" 2>&1 ||
    skip "initdb makes no database here: $(tail -n 1 "$mtr_tmp/log")"
# shellcheck disable=SC2086
$as env MALLOC_TRACER_OPTIONS=stacks=32 LD_PRELOAD="$place/lib.so" \
    "$bin/postgres" -D d -k "$place" -c listen_addresses= -c fsync=off \
    >"$mtr_tmp/log" 2>&1 &
server=$!
mtr_pids=$server
cd "$mtr_tmp" || exit 99
: >errors
answers() {
    kill -0 $server 2>/dev/null || skip "postgres does not start: $(cat log)"
    psql -h "$place" -U "$user" -d postgres -c 'select 1' >said 2>&1
}
eventually answers || fail "no answer from postgres: $(cat log said)"

mkfifo queries || exit 99
psql -h "$place" -U "$user" -d postgres <queries >told 2>&1 &
exec 5>queries
cat >&5 <<'END'
create table a as select i, 'text' || i t from generate_series(1, 20000) i;
create index on a(t);
create function f(x int) returns int language plpgsql
    as $$ begin return x + 1; end $$;
select count(*), sum(f(i)) from a where t like '%9%';
prepare p as select * from a where i = $1;
execute p(5);
begin;
declare c cursor for select * from a order by t;
fetch 2 from c;
select 'got ' || 'there';
END
eventually grep -q 'got there' told || fail "no answer: $(cat told)"

printf 'leak:^save_ps_display_args$\nleak:^PostmasterMain$\n' >known
n=0
for pid in $server $(cat /proc/$server/task/$server/children); do
    none_lost "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "$PWD/known"
    has '^suppressed  *[2-9] blocks'
    n=$((n + 1))
done
[ $n -ge 4 ] || fail "$n processes only"
exec 5>&-
kill -QUIT $server
wait $server
exit 0
