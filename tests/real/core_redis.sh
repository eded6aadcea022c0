# SPDX-License-Identifier: MIT
# A core of redis-server with 100,000 keys.

. "$MTR_SRC/tests/real/cores.sh"
takes_long
need_redis

# a socket's path must be short, so it is a relative one
begin() {
    rm -f sock
    launch "$redis" --port 0 --unixsocket sock --save '' --appendonly no \
        --dir "$PWD"
    await 'eady to accept connections'
    awk 'BEGIN {
        for (i = 0; i < 100000; i++)
            printf("%s key:%d %d%s\r\n", i % 5 ? "SET" : "SADD", i, i,
                i % 7 ? "" : " EX 100000")
    }' | sed '/SADD/s/ EX .*//' >load
    redis-cli -s sock --pipe <load >piped 2>&1
    redis-cli -s sock DBSIZE >size
    [ "$(cat size)" = 100000 ] || {
        cat piped
        fail "redis-server has $(cat size) keys"
    }
}

check_cores redis "$redis"
check_direct redis "$redis"
