# SPDX-License-Identifier: MIT
# For programs of AArch64, which qemu runs:
#
#	. "$MTR_SRC/tests/aarch64/lib.sh"
#
# in front of tests/behave/behave.sh or what a test has else. Then the victims, and
# the library, are those that build.sh has made, and $mtr_env runs them. The
# command stays this machine's. POSIX shell.

mtr_arm=$MTR_BUILD/tests/aarch64
[ ! -f "$mtr_arm/skipped" ] || {
    cat "$mtr_arm/skipped"
    exit 77
}
[ -f "$mtr_arm/qemu" ] || {
    echo "FAIL: tests/aarch64/build.sh has failed"
    exit 1
}
MTR_QEMU=$(cat "$mtr_arm/qemu")
MTR_SYSROOT=/usr/aarch64-linux-gnu
MTR_EMULATE=$MTR_SRC/tests/aarch64/emulate
MTR_BUILD=$mtr_arm/cross
MTR_LIB=$MTR_BUILD/src/preload/.libs/libmalloc_tracer.so
MTR_CC=aarch64-linux-gnu-gcc
MTR_CXX=aarch64-linux-gnu-g++
MTR_DEBUG='' MTR_COUNTERS=''
export MTR_QEMU MTR_SYSROOT MTR_EMULATE MTR_BUILD MTR_LIB MTR_CC MTR_CXX \
    MTR_DEBUG MTR_COUNTERS

# Run tests of other folders: what they say, and one that fails is our failure.
# At least LEAST of their parts are to be well, lest all are skipped.
run_tests() { # LEAST TEST...
    least=$1
    shift
    : >"$mtr_tmp/log"
    for test; do
        echo "-- $test ${mtr_options-}"
        sh "$MTR_SRC/tests/$test.sh" >"$mtr_tmp/one" 2>&1
        status=$?
        cat "$mtr_tmp/one"
        case $status in
        0 | 77) cat "$mtr_tmp/one" >>"$mtr_tmp/log" ;;
        *) fail "$test: exit status $status" ;;
        esac
    done
    [ "$(grep -c '^ok: ' "$mtr_tmp/log")" -ge "$least" ] ||
        fail "hardly anything could be tried"
}

# After tests/cli/lib.sh: a program that tells of its blocks, as `start` there has
# it, with these options.
start_emulated() { # OPTIONS PROGRAM ARGUMENT...
    emulated_options=$1
    shift
    rm -f in told ./*.core
    mkfifo in told || exit 99
    exec 3<>in
    (
        # shellcheck disable=SC3045 # dash and bash have it
        ulimit -S -c unlimited 2>/dev/null
        exec 3>&-
        exec "$mtr_env" LD_PRELOAD="$MTR_LIB" \
            MALLOC_TRACER_OPTIONS="$emulated_options" ${emulated_more-} \
            "$@" <in >told 2>errors
    ) &
    job=$!
    mtr_pids=$job
    exec 4<told
}

# Whoever it is dies, and qemu writes $core.
dump_core() { # PROGRAM
    kill -ABRT "$job"
    wait "$job" 2>/dev/null
    exec 3>&- 4<&-
    core=$(find . -name "qemu_$1_*.core")
    [ -f "$core" ] || skip "qemu writes no core here"
}
