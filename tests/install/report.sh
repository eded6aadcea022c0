# SPDX-License-Identifier: MIT
# The report of hello_world, alive and from a core: main, with 110 MiB. What
# `./bootstrap demo` ends with.

. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/install/hello.sh"

need_preload

report() { # PROGRAM
    hello_start "$1" "$MTR_COMMAND" run
    hello_report "$MTR_COMMAND" "$1" "$mtr_pids"
    if hello_core; then
        hello_report "$MTR_COMMAND" "$1" "$core"
        "$MTR_COMMAND" why "$core" "$s19" >"$mtr_tmp/why" ||
            fail "why: exit status $?"
        cat "$mtr_tmp/why"
        grep -q '^allocated by  main at .*/examples/hello_world' "$mtr_tmp/why" ||
            fail "why does not say main"
        grep -q '^requested  *19 bytes' "$mtr_tmp/why" ||
            fail "why does not say 19 bytes"
        rm -f "$core"
    fi
    hello_stop "$1"
}

MALLOC_TRACER_LIBRARY=$MTR_LIB
export MALLOC_TRACER_LIBRARY
hello_each report
