# SPDX-License-Identifier: MIT
# redis-server answers the same, over a socket in the build tree. Debian links
# jemalloc into it: then it is a program with its own malloc.

. "$MTR_SRC/tests/real/real.sh"
need timeout

# a socket's path must be short
cd "$mtr_tmp" || exit 99
need_redis

# the shell joins the lines that end in a backslash
cat >load <<LOAD
SET greeting hello
APPEND greeting ", world"
GET greeting
EVAL "for i = 1, 20000 do redis.call('RPUSH', 'list', string.rep('x', i % 200)) end \
return redis.call('LLEN', 'list')" 0
EVAL "for i = 1, 20000 do redis.call('HSET', 'hash' .. i % 50, 'f' .. i, i) end \
return redis.call('HLEN', 'hash7')" 0
LRANGE list 100 103
SORT list ALPHA DESC LIMIT 0 1
DEL list
DBSIZE
NO-SUCH-COMMAND
FLUSHALL
LOAD

# Start, wait for the line that says it is ready, ask, and shut down.
serve() { # NAME RUNNER
    mkfifo "$1.log" || exit 99
    "$2" "$redis" --port 0 --unixsocket "$PWD/$1.sock" --save '' \
        --appendonly no --dir "$PWD" >"$1.log" 2>"$1.err" &
    server=$!
    mtr_pids=$server
    ready=
    exec 7<"$1.log"
    while read -r line <&7; do
        case $line in
        *[Rr]eady\ to\ accept\ connections*)
            ready=1
            break
            ;;
        esac
    done
    cat <&7 >"$1.rest" &
    exec 7<&-
    [ -n "$ready" ] || skip "redis-server does not start here ($1)"
    plain redis-cli -s "$PWD/$1.sock" <load >"$1.out" 2>&1
    plain redis-cli -s "$PWD/$1.sock" SHUTDOWN NOSAVE >>"$1.out" 2>&1
    wait "$server"
    echo "exit status $?" >>"$1.out"
    mtr_pids=
}

serve plain plain
serve traced under
mtr_what=redis
unseen traced.err
same "redis: answers" plain.out traced.out
same "redis: errors" plain.err traced.err
grep -q 'hello, world' plain.out || fail "no answers"
grep -q 'exit status 0' plain.out || fail "no clean end"
echo "ok: redis"
