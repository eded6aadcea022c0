#!/bin/sh
# SPDX-License-Identifier: MIT
# Every fuzzer takes every file of the corpus it begins with, and each of them
# cut off anywhere.
. "$MTR_SRC/tests/lib.sh"

corpus=$mtr_tmp/corpus
"$MTR_BUILD/tests/fuzz/seeds" "$corpus" || fail "no corpus"

for fuzzer in core record snapshot; do
    [ "$(find "$corpus/$fuzzer" -type f | wc -l)" -ge 3 ] ||
        fail "too few files for $fuzzer"
    "$MTR_BUILD/tests/fuzz/replay_$fuzzer" --prefixes "$corpus/$fuzzer"/* \
        >"$mtr_tmp/log" 2>&1 && continue
    status=$?
    tail -n 30 "$mtr_tmp/log"
    fail "$fuzzer: status $status"
done
