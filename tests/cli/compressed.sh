#!/bin/sh
# SPDX-License-Identifier: MIT
# Cores that were compressed, as coredumpctl keeps them: the same answer as
# before, and no file left behind.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

start
have_gcore || skip "gcore gives no core here"
stop
ask list --json "$core"
mv answer want
mkdir tmp
TMPDIR=$mtr_tmp/tmp
export TMPDIR

printf 'abc' | gzip >try.gz
"$command" report try.gz >answer 2>said
! grep -q 'compressed' said || skip "built without libarchive"

tried=0
for tool in zstd lz4 xz gzip bzip2; do
    command -v $tool >/dev/null 2>&1 || continue
    $tool -1 -c "$core" >packed 2>/dev/null || fail "$tool"
    ask list --json packed
    same "$tool: the list" want answer
    ask report packed
    has "a core of process $pid"
    [ -z "$(ls tmp)" ] || fail "$tool: left behind: $(ls tmp)"

    # a part of it: a warning, or no record and why
    head -c $(($(wc -c <packed) / 2)) packed >part
    if "$command" report part >answer 2>said; then
        grep -q '^warning .*compressed file is damaged' answer ||
            fail "$tool: no warning of what is not there"
    else
        grep -q '^malloc_tracer: part: ' said || fail "$tool: $(cat said)"
    fi
    tried=$((tried + 1))
done
[ $tried -gt 0 ] || skip "no program that compresses is installed"
echo "$tried programs"
