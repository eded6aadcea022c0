# SPDX-License-Identifier: MIT
# memcheck, which brings a malloc of its own, finds nothing to complain about.

. "$MTR_SRC/tests/behave/behave.sh"
need valgrind

run() { # VICTIM STATUS
    under valgrind -q --error-exitcode=9 "$(victim "$1")" \
        >"$mtr_tmp/out" 2>"$mtr_tmp/err"
    status=$?
    if [ "$status" -ne "$2" ]; then
        head -n 12 "$mtr_tmp/err"
        fail "$1: exit status $status"
    fi
    echo "ok: $1"
}

valgrind -q true >/dev/null 2>&1 || skip "valgrind does not run here"
# clang's DWARF 5, for one, is beyond it
valgrind -q "$(victim active)" >/dev/null 2>"$mtr_tmp/err"
! grep -q 'unhandled dwarf2\|unhandled DW_FORM' "$mtr_tmp/err" ||
    skip "valgrind does not read what $MTR_CC writes"
run active 3
[ ! -x "$(victim cxx_threads)" ] || run cxx_threads 0
