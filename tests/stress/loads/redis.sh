# SPDX-License-Identifier: MIT
# redis-server under redis-benchmark, with a fork that saves to disk.

load() {
    need redis-server redis-cli redis-benchmark
    serve redis-server --port "$STRESS_PORT" --bind 127.0.0.1 --dir "$PWD" \
        --save '' --appendonly no >server.log 2>&1 &
    server=$!
    cli="redis-cli -p $STRESS_PORT"
    until_true $cli ping || return
    redis-benchmark -p "$STRESS_PORT" -q -n 20000 -c 20 -r 5000 \
        -t set,get,incr,lpush,lpop,sadd,hset,zadd,lrange_100 >bench.log 2>&1
    echo "benchmark $?"
    $cli eval "for i = 1, 20000 do redis.call('RPUSH', 'list',
        string.rep('x', i % 200)) end return redis.call('LLEN', 'list')" 0
    $cli save
    $cli debug reload
    $cli lrange list 100 103
    # Debian's has jemalloc: its own malloc
    look $server 0
    $cli flushall
    $cli shutdown nosave
    wait $server
    echo "exit status $?"
}
