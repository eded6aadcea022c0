#!/bin/sh
# SPDX-License-Identifier: MIT
# module+offset as it is printed is what addr2line takes: it answers with the
# line of the call, which is the report's own.
. "$MTR_SRC/tests/lib.sh"
need_preload
need addr2line
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim known)
start
ask report --by=caller --module=known --format=csv "$pid"
sed 1d answer | awk -F, '{ print $1, $8 ":" $9 }' >places
[ "$(wc -l <places)" -ge 3 ] || fail "there are too few callers"
while read -r place line; do
    got=$(addr2line -e "$(victim known)" "${place#known+}" 2>said |
        sed 's/ (discriminator.*//')
    ! grep -q 'DWARF error' said || skip "$(cat said)"
    [ "${got##*/}" = "${line##*/}" ] ||
        fail "$place is $line, and addr2line says $got"
done <places

# why says it too
address=$(awk '$1 == "alpha" { print $2; exit }' truth)
ask why "$pid" "$address"
offset=$(sed -n 's/.*\[known+\(0x[0-9a-f]*\)\]$/\1/p' answer | head -n 1)
line=$(sed -n 's/.* at .*\/\(known\.c:[0-9]*\) .*/\1/p' answer | head -n 1)
got=$(addr2line -e "$(victim known)" "$offset" | sed 's/ (discriminator.*//')
[ "$line" ] && [ "${got##*/}" = "$line" ] ||
    fail "why says $line at $offset, and addr2line $got"
stop
