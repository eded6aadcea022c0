#!/bin/sh
# SPDX-License-Identifier: MIT
# Callers in libc and in libstdc++ are looked through, whichever of the two lies
# above the other: mostly what is preloaded first does, but the kernel may put
# them any way.

. "$MTR_SRC/tests/behave/behave.sh"
need_cxx

victim=$(victim inner_callers)
plain "$victim" >"$mtr_tmp/seen" || skip "$(cat "$mtr_tmp/seen")"
: >"$mtr_tmp/seen"
tries=0
while [ "$(sort -u "$mtr_tmp/seen" | wc -l)" -lt 2 ]; do
    [ "$tries" -lt 100 ] ||
        skip "libc and libstdc++ lie the same way each time"
    for MTR_AFTER in libc.so.6 libstdc++.so.6; do
        under "$victim" >>"$mtr_tmp/seen" ||
            fail "inner_callers, $MTR_AFTER first"
    done
    tries=$((tries + 1))
done
echo "ok: both ways, after $tries"
