# SPDX-License-Identifier: MIT
# A core of hello_world, read with nothing but gdb, says who allocated
# my_struct19: what `./bootstrap demo` ends with.

. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/install/hello.sh"

need_preload
need gdb gcore

owner() { # PROGRAM
    hello_start "$1"
    core=$mtr_tmp/core.$mtr_pids
    gcore -o "$mtr_tmp/core" "$mtr_pids" >"$mtr_tmp/gcore.log" 2>&1 ||
        skip "gcore: $(tail -n 1 "$mtr_tmp/gcore.log")"
    hello_stop "$1"

    address=${structs#my_struct19 is }
    TMPDIR=$mtr_tmp "$MTR_SRC/bootstrap" owner "$MTR_BUILD/examples/$1" "$core" \
        "${address%%;*}" >"$mtr_tmp/out" 2>&1
    status=$?
    cat "$mtr_tmp/out"
    rm -f "$core"
    [ $status -eq 0 ] || fail "bootstrap owner: exit status $status"
    grep -q 'asked for 19 bytes' "$mtr_tmp/out" || fail "not 19 bytes"
    grep -q 'main + [0-9]* in section .text' "$mtr_tmp/out" || fail "not main"
}

hello_each owner
