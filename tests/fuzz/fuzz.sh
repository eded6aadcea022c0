#!/bin/sh
# SPDX-License-Identifier: MIT
# `make fuzz`: each fuzzer for FUZZ_SECONDS (30), from the corpus that seeds
# makes. Fails on the first finding, whose input is left behind. What a fuzzer
# found interesting is kept if FUZZ_CORPUS names a directory for it.
. "$MTR_SRC/tests/lib.sh"

[ -n "${FUZZERS-}" ] ||
    fail "make fuzz needs ./configure CC=clang CXX=clang++ --enable-fuzzers"
corpus=${FUZZ_CORPUS:-$mtr_tmp/corpus}
"$MTR_BUILD/tests/fuzz/seeds" "$corpus" || fail "no corpus"

for fuzzer in core record snapshot; do
    log=$mtr_tmp/$fuzzer.log
    # a small file that takes long or much memory is a finding, too
    "$MTR_BUILD/tests/fuzz/fuzz_$fuzzer" \
        -max_total_time="${FUZZ_SECONDS:-30}" -max_len=16000 \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$mtr_tmp/$fuzzer-" "$corpus/$fuzzer" \
        >"$log" 2>&1 || {
        status=$?
        grep -av '^#[0-9]' "$log" | tail -n 60
        fail "$fuzzer: status $status"
    }
    runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
    [ "${runs:-0}" -gt 0 ] || fail "$fuzzer did not run"
    echo "$fuzzer: $runs runs, nothing found"
done
