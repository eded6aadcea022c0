#!/bin/sh
# SPDX-License-Identifier: MIT
# TOTAL_ALLOCS and TOTAL_ALLOCATED_BYTES, as gdb prints them from a core and
# from the live process, are the live blocks and bytes of the record: with one
# thread, with several, and with several in a forked child.
. "$MTR_SRC/tests/lib.sh"
need_preload
[ -n "${MTR_COUNTERS-}" ] || skip "built without --enable-counters"
need gdb
. "$MTR_SRC/tests/preload/exact-lib.sh"

printed() { # WHAT GDB-ARGUMENTS...
    what=$1
    shift
    gdb -nx -batch -iex 'set debuginfod enabled off' "$@" \
        -ex 'print TOTAL_ALLOCS' -ex 'print TOTAL_ALLOCATED_BYTES' \
        >gdb.log 2>&1
    sed -n 's/^\$[12] = //p' gdb.log >got
    [ -s got ] || {
        tail -n 5 gdb.log
        fail "$what: gdb prints no counters"
    }
    same "$what" want got
    echo "$what: $(tr '\n' ' ' <got)"
}

program=truth
[ ! -x "$(victim truth_cxx)" ] || program=truth_cxx
for mode in single threads fork; do
    start_truth "$program" "$mode"
    "$outside" -d "$pid" >descriptor || fail "the reader failed"
    [ "$(value flags | grep -c counters)" = 1 ] || fail "no counters"
    { value blocks && value bytes; } >want
    if have_gcore; then
        printed "$mode, core" "$(victim "$program")" "$core"
        printed "$mode, live" -p "$pid"
    elif [ "$mode" = single ]; then
        skip "no core from gcore"
    fi
    end
done
exit 0
