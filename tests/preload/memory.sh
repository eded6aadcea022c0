#!/bin/sh
# SPDX-License-Identifier: MIT
# The memory budget, over glibc: 16 bytes a block after the allocator's
# rounding, 6.25 % of the heap's addresses for the ledger, and 16 KiB for a
# large calloc whose pages nobody has touched.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/preload/exact-lib.sh"

budget=$(victim budget)

# a calloc of 200 MB
plain=$("$budget" calloc) || skip "no /proc/PID/smaps_rollup"
traced=$(traced "$budget" calloc) || fail "budget calloc failed"
echo "calloc(200 MB): $plain KiB in memory, traced $traced KiB"
[ "$plain" -le 64 ] || skip "plain calloc touches $plain KiB"
[ $((traced - plain)) -le 16 ] || fail "calloc costs more than 16 KiB"

# A traced block's usable size, with its trailer, is at most a plain one's and
# 16 bytes.
"$budget" sizes >plain || fail "budget sizes failed"
traced "$budget" sizes >traced || fail "budget sizes failed, traced"
paste -d ' ' plain traced | awk '
    $1 != $3 || $4 + 16 > $2 + 16 || $4 < $1 {
        print "size " $1 ": plain " $2 ", traced " $4 " and 16"
        bad = 1
    }
    { n++ }
    END { exit bad || n < 3000 }
' || fail "a block costs more than 16 bytes"

# the ledger's resident pages: of its tables, and of the heap it speaks for
start "$budget" heap
"$outside" -d "$pid" >descriptor || fail "the reader failed"
heap=$(sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) .*\[heap\]$/0x\2 - 0x\1/p' \
    "/proc/$pid/maps")
heap=$(($heap))
page=$(getconf PAGE_SIZE)
echo "heap $heap bytes, ledger $(value resident) bytes resident"
[ "$(value blocks)" -gt 200000 ] || fail "blocks are missing"
[ "$(value resident)" -gt $((heap / 32)) ] ||
    fail "the ledger's resident pages are not counted right"
# Seven leaves are mapped at a time, and what is between them adds a page or two.
[ "$(value resident)" -le $((heap / 16 + heap / 4096 + 10 * page)) ] ||
    fail "the ledger takes more than 6.25 %"
end
