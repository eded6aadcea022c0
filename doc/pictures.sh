#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes README's pictures anew: of a core of redis-server, the page in Chromium,
# and DevTools with the same heap. By hand, in a build tree: `make pictures`.
#
# Needed: redis-server, redis-cli, gcore, chromium and python3; pngquant or
# optipng, if one is there, make the files smaller.
set -eu

MALLOC_TRACER_LIBRARY=$MTR_LIB
PYTHONPATH=$MTR_SRC/tests/cli PYTHONDONTWRITEBYTECODE=1
export MALLOC_TRACER_LIBRARY PYTHONPATH PYTHONDONTWRITEBYTECODE
port=${PICTURES_PORT-16379}
tmp=$MTR_BUILD/doc/tmp.$$
server=
finish() {
    if [ "$server" ]; then
        kill "$server" 2>/dev/null || :
        wait "$server" || :
    fi
    rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' INT TERM
mkdir -p "$tmp"
cd "$tmp"

# Keys of all kinds.
commands() {
    awk 'BEGIN {
        text = sprintf("%100s", "")
        gsub(/ /, "x", text)
        for (i = 0; i < 9000; i++) {
            print "SET page:" i, text
            if (i % 2 == 0)
                print "ZADD board", i, "player" i
            if (i % 2 == 0)
                print "XADD log * at", i, "text", text
            if (i % 3 == 0)
                print "RPUSH queue", text i
            if (i % 4 == 0)
                print "HSET user:" i, "name", "n" i, "mail", text
            if (i % 5 == 0)
                print "SADD tags:" i % 50, "tag" i
        }
    }'
}

"$MTR_COMMAND" run -s32 redis-server --save '' --port "$port" >log 2>&1 &
server=$!
tries=0
until redis-cli -p "$port" ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] && kill -0 "$server" || {
        cat log
        exit 1
    }
    sleep 0.1
done
commands | redis-cli -p "$port" >/dev/null
gcore -o redis "$server" >gcore.log 2>&1 || {
    cat gcore.log
    exit 1
}
mv "redis.$server" redis.core
"$MTR_COMMAND" export --format=html -o redis.html redis.core
"$MTR_COMMAND" export --format=heapsnapshot -o redis.heapsnapshot redis.core
python3 "$MTR_SRC/doc/pictures.py" redis.html redis.heapsnapshot .
for picture in page devtools; do
    if command -v pngquant >/dev/null 2>&1; then
        pngquant --force --output $picture.png 128 $picture.png
    elif command -v optipng >/dev/null 2>&1; then
        optipng -quiet $picture.png
    fi
    cp $picture.png "$MTR_SRC/doc/$picture.png"
    ls -l "$MTR_SRC/doc/$picture.png"
done
