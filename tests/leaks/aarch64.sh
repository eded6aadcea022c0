#!/bin/sh
# SPDX-License-Identifier: MIT
# Seeded leaks in a core of AArch64, which qemu's user mode runs and dumps, read
# here whatever this machine is. All is as it was seeded, but:
#
#   qemu does not dump what nobody may access: what alone that points to looks
#   lost (mapping_none).
#
#   The stacks of threads that have ended are not told from those in use: what
#   they point to is in use (ended_thread).
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
need aarch64-linux-gnu-gcc make
. "$MTR_SRC/tests/cli/lib.sh"
qemu=
for tool in qemu-aarch64-static qemu-aarch64; do
    ! command -v "$tool" >/dev/null 2>&1 || qemu=$tool
done
[ "$qemu" ] || skip "qemu-aarch64 is not installed"
[ -x "$MTR_SRC/configure" ] || skip "there is no configure to cross-compile"

flags="-std=gnu17 -D_GNU_SOURCE -g -O1 -w"
# shellcheck disable=SC2086 # a list
aarch64-linux-gnu-gcc $flags -fno-optimize-sibling-calls -o leaky \
    "$MTR_SRC/tests/victims/leaky.c" -ldl -lpthread >log 2>&1 &&
    aarch64-linux-gnu-gcc $flags -shared -fPIC -o leaky_lib.so \
        "$MTR_SRC/tests/victims/leaky_lib.c" >>log 2>&1 ||
    skip "aarch64-linux-gnu-gcc makes no program: $(head -n 1 log)"
mkdir cross
(
    cd cross || exit 1
    unset MAKEFLAGS MFLAGS CC CXX CFLAGS CXXFLAGS LDFLAGS
    "$MTR_SRC/configure" --host=aarch64-linux-gnu --disable-analyzer \
        CFLAGS='-g -O1' && make src/preload/libmalloc_tracer.la
) >log 2>&1 || {
    ! grep -q 'source directory already configured' log ||
        skip "the source directory is configured itself"
    tail -n 20 log
    fail "the library does not build for AArch64"
}
# shellcheck disable=SC3045 # dash and bash have it
ulimit -S -c unlimited 2>/dev/null || skip "no cores here"

for options in stacks=0 stacks=32; do
    rm -f in told ./*.core
    mkfifo in told || exit 99
    exec 3<>in
    "$qemu" -L /usr/aarch64-linux-gnu -E "MALLOC_TRACER_OPTIONS=$options" \
        -E "LD_PRELOAD=$PWD/cross/src/preload/.libs/libmalloc_tracer.so" \
        ./leaky ./leaky_lib.so <in >told 2>errors 3<&- &
    job=$!
    mtr_pids=$job
    exec 4<told
    : >seeded
    listen
    kill -ABRT $job
    wait $job 2>/dev/null
    exec 3<&- 4<&-
    core=$(find . -name 'qemu_leaky_*.core')
    [ -f "$core" ] || skip "qemu writes no core here"

    awk '$2 == "ended_thread" { next }
        $2 == "mapping_none" { print "definite", $3, $4; next }
        $1 != "held" { print $1, $3, $4 }' seeded | sort >want
    "$command" leaks --blocks --format=csv "$core" >answer 2>said ||
        fail "leaks: $(cat said)"
    sed 1d answer | awk -F, '{ print $3, $1, $2 }' | sort >got
    [ "$(wc -l <want)" -gt 40 ] || fail "hardly anything was seeded"
    same "AArch64, $options" want got
    echo "AArch64, $options: $(grep -c definite want) definite," \
        "$(grep -c indirect want) indirect, $(grep -c held seeded) held"
done
