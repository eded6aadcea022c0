# SPDX-License-Identifier: MIT
# For tests with real programs: `. "$MTR_SRC/tests/real/real.sh"`. POSIX shell.

. "$MTR_SRC/tests/behave/behave.sh"
[ -z "${MTR_DEBUG-}" ] || skip "the debug build logs every event: too slow"

# The option that nobody knows is complained about, which shows that the
# library is there; the complaints are then taken out of what is compared.
mtr_options=seen=1

unseen() { # FILE
    grep -q '^malloc_tracer: .*seen=1$' "$1" ||
        fail "$mtr_what: the library was not there"
    grep -v '^malloc_tracer: .*seen=1$' "$1" >"$1.rest"
    mv "$1.rest" "$1"
}

# Run a command, plain and traced, with the input of @real_input: its output,
# errors and status are to be the same.
real() { # NAME COMMAND ARG...
    mtr_what=$1
    shift
    plain "$@" <"${real_input-/dev/null}" >"$mtr_tmp/plain.out" \
        2>"$mtr_tmp/plain.err"
    mtr_plain=$?
    under "$@" <"${real_input-/dev/null}" >"$mtr_tmp/traced.out" \
        2>"$mtr_tmp/traced.err"
    mtr_traced=$?
    unseen "$mtr_tmp/traced.err"
    same "$mtr_what: output" "$mtr_tmp/plain.out" "$mtr_tmp/traced.out"
    same "$mtr_what: errors" "$mtr_tmp/plain.err" "$mtr_tmp/traced.err"
    [ "$mtr_plain" -eq "$mtr_traced" ] ||
        fail "$mtr_what: exit status $mtr_traced, not $mtr_plain"
    [ "$mtr_plain" -eq "${real_status-0}" ] ||
        fail "$mtr_what: exit status $mtr_plain even without the library"
    [ -s "$mtr_tmp/plain.out" ] || [ -n "${real_silent-}" ] ||
        fail "$mtr_what: no output"
    echo "ok: $mtr_what"
}

# The same, with each of the other allocators behind the library.
real_all() { # NAME COMMAND ARG...
    real "$@"
    real_name=$1
    shift
    for allocator in libjemalloc.so.2 libtcmalloc.so.4 'libmimalloc.so.[23]'; do
        MTR_AFTER=$(find_library "$allocator")
        if [ -n "$MTR_AFTER" ]; then
            real "$real_name, $allocator" "$@"
        else
            echo "skipped: $allocator is not installed"
        fi
    done
    MTR_AFTER=
}

# $redis is the server, or a link to it in the current directory: Debian's
# redis-check-rdb is the same program, which goes by its name, in a package
# without a service.
need_redis() {
    need redis-cli
    redis=$(command -v redis-server) && return
    check=$(command -v redis-check-rdb) || skip "redis-server is not installed"
    ln -s "$(readlink -f "$check")" redis-server || exit 99
    redis=$PWD/redis-server
    "$redis" --version 2>/dev/null | grep -q 'Redis server' ||
        skip "redis-server is not installed"
}
