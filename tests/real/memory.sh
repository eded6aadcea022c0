#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the memory of python3 and redis-server is: to the page what the kernel
# counts, over each allocator; and of a redis whose keys are mostly gone as much
# free heap as redis itself calls fragmentation.
. "$MTR_SRC/tests/real/real.sh"
takes_long
. "$MTR_SRC/tests/cli/lib.sh"
need_ptrace
need python3

resident() {
    awk '/^Rss:/ { n += $2 } END { print n * 1024 }' "/proc/$pid/smaps"
}

# A process that is stopped: no page comes or goes.
to_the_page() { # NAME
    kill -STOP "$pid"
    while ! grep -q '^State:.*stopped' "/proc/$pid/status"; do :; done
    counted=$(resident)
    ask memory --format=csv "$pid"
    # where the kernel has no shared page of zeros what was read came in
    after=$(resident)
    kill -CONT "$pid"
    sum=$(awk -F, '$1 == "class" { n += $4 } END { print n }' answer)
    [ "$sum" -ge "$counted" ] && [ "$sum" -le "$after" ] ||
        fail "$1: $sum bytes, and smaps says $counted, then $after"
    ask memory --json "$pid"
    has '"exact":true'
    echo "ok: $1, $sum bytes"
}

end() {
    exec 4<&-
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    rm -f out
}

python() { # NAME
    mkfifo out || exit 99
    MALLOC_TRACER_OPTIONS=stacks=1 LD_PRELOAD=$MTR_LIB${MTR_AFTER:+:$MTR_AFTER} \
        python3 -c '
import ctypes, mmap, sys, time
zeros = mmap.mmap(-1, 1 << 23)
some = [zeros[i] for i in range(0, 1 << 23, 8192)]
all = {str(i): [i] * (i % 50) for i in range(50000)}
for i in range(0, 50000, 3):
    del all[str(i)]
print("ready", flush=True)
time.sleep(600)' >out 2>errors &
    pid=$!
    mtr_pids=$pid
    exec 4<out
    read -r line <&4 || fail "python3 does not start: $(cat errors)"
    to_the_page "python3, $1"
    end
}

python libc
for name in libjemalloc.so.2 libtcmalloc.so.4 'libmimalloc.so.[23]'; do
    MTR_AFTER=$(find_library "$name")
    if [ "$MTR_AFTER" ]; then
        python "$name"
    else
        echo "skipped: $name is not installed"
    fi
done

# redis brings jemalloc itself
need_redis
mkfifo out || exit 99
MALLOC_TRACER_OPTIONS=stacks=1 LD_PRELOAD=$MTR_LIB "$redis" --port 0 \
    --unixsocket sock --save '' --appendonly no --dir "$PWD" >out 2>errors &
pid=$!
mtr_pids=$pid
exec 4<out
ready=
while [ -z "$ready" ] && read -r line <&4; do
    case $line in *[Rr]eady\ to\ accept\ connections*) ready=1 ;; esac
done
[ "$ready" ] || skip "redis-server does not start here: $(cat errors)"
redis-cli -s sock EVAL 'for i = 1, 400000 do
    redis.call("SET", "key:" .. i, string.rep("x", 60 + i % 140)) end
    for i = 1, 400000 do
    if i % 10 ~= 0 then redis.call("DEL", "key:" .. i) end end' 0 >said 2>&1
[ "$(redis-cli -s sock DBSIZE)" = 40000 ] || skip "no keys: $(cat said)"
# what jemalloc keeps for a while only is not what redis means
redis-cli -s sock MEMORY PURGE >said 2>&1
to_the_page redis-server
ask memory --format=csv "$pid"
redis-cli -s sock INFO memory | tr -d '\r' >info
free=$(awk -F, '$1 == "class" && $2 ~ /^free_/ { n += $4 } END { print n }' \
    answer)
# Its allocator_frag_bytes has been of small blocks alone since redis 8. What is
# in jemalloc's caches of threads counts as allocated there, and as free here.
fragments=$(awk -F: '$1 == "allocator_active" { n += $2 }
    $1 == "allocator_allocated" { n -= $2 } END { print n }' info)
grep -q '^mem_allocator:jemalloc' info ||
    skip "of redis-server: it has no jemalloc, which alone tells"
[ "$(awk -F, '$1 == "class" && $2 == "records" { print $4 }' answer)" -gt 0 ] ||
    skip "redis-server has a malloc of its own"
echo "free heap $free, redis says $fragments"
awk -v a="$free" -v b="$fragments" \
    'BEGIN { exit !(a > b * 0.97 && a < b * 1.05) }' ||
    fail "free heap is $free bytes, and redis says $fragments"
end
