# SPDX-License-Identifier: MIT
# Sourced by the tests of the installed packages. POSIX shell.

set -u

LC_ALL=C
export LC_ALL
unset DEBUGINFOD_URLS LD_PRELOAD MALLOC_TRACER_OPTIONS MALLOC_TRACER_LIBRARY

examples=${EXAMPLES:-/usr/share/doc/libmalloc-tracer-dev/examples}
tmp=${AUTOPKGTEST_TMP:-$(mktemp -d)}
cd "$tmp" || exit 1
pid=

finish() {
    status=$?
    [ $status -eq 0 ] || echo "exit status $status, in $0"
    trap - EXIT
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
    [ -n "${AUTOPKGTEST_TMP-}" ] || rm -rf "$tmp"
    exit "$status"
}
trap finish EXIT
trap 'echo "FAIL: stopped by SIGINT or SIGTERM"; exit 1' INT TERM

fail() {
    echo "FAIL: $*"
    exit 1
}

# README's program, traced. Leaves its two lines, its pid, and the address of its
# block of 19 bytes. The lines come through a fifo: nothing waits for time.
hello_start() {
    cc -g -fno-builtin -o hello_world "$examples/hello_world.c" ||
        fail "hello_world does not compile"
    mkfifo fifo
    malloc_tracer run ./hello_world >fifo 2>hello.err &
    pid=$!
    exec 3<fifo
    if ! read -r structs <&3 || ! read -r bigs <&3; then
        fail "hello_world ended without a word: $(cat hello.err)"
    fi
    echo "$structs"
    echo "$bigs"
    s19=${structs#my_struct19 is }
    s19=${s19%%;*}
}

hello_core() {
    gcore -o core "$pid" >gcore.log 2>&1 || fail "gcore: $(cat gcore.log)"
    core=core.$pid
}

hello_stop() {
    kill -INT "$pid"
    wait "$pid" || fail "hello_world: exit status $? after SIGINT"
    pid=
    exec 3<&-
    [ ! -s hello.err ] || fail "hello_world on stderr: $(cat hello.err)"
}
