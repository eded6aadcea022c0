#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptrack_print reads what is written for it, and says the same: bytes and
# blocks altogether, and each function's.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/export-lib.sh"
need heaptrack_print
heaptrack_print --help | grep -q disable-builtin-suppressions ||
    skip "this heaptrack_print leaves out what it likes"

# What heaptrack is known to leak by itself is left out there.
printed() { # COST
    heaptrack_print --disable-builtin-suppressions -F flames \
        --flamegraph-cost-type "$1" heap.heaptrack >printed 2>said ||
        fail "heaptrack_print: exit $?"
    [ ! -s said ] || {
        cat said
        fail "heaptrack_print says something"
    }
    # FUNCTION NUMBER, by the innermost; a frame is "name (file);"
    sed -e 's/; \([0-9]*\)$/ \1/' -e 's/^.*;//' \
        -e 's/ ([^()]*) \([0-9]*\)$/ \1/' flames | summed >got
}

for run_options in '' -s32; do
    program=$(victim known)
    start
    ask export --format=heaptrack "$pid"
    mv answer heap.heaptrack
    reported bytes
    printed leaked
    same "bytes of functions ($run_options)" want got
    reported blocks
    printed allocations
    same "blocks of functions ($run_options)" want got
    grep -q '^total memory leaked: [1-9]' printed || fail "no total"
    ask export --format=heaptrack --function='^alpha$' -o heap.heaptrack "$pid"
    printed leaked
    ask report --by=function --function='^alpha$' --json "$pid"
    has "\"key\":\"alpha\",.*\"bytes\":$(sed -n 's/^alpha //p' got),"
    stop
done
