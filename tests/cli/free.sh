#!/bin/sh
# SPDX-License-Identifier: MIT
# `list --free` has each hole of a known heap, and nothing that is in a block.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
[ -z "${MTR_DEBUG-}" ] || skip "the debug build writes its log from the heap"
need python3
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim gaps)

# From live blocks and pieces, by address.
check() { # TARGET
    target=$1
    ask list --free --format=csv "$1"
    mv answer pieces
    ask list --format=csv "$1"
    python3 - <<-'END' || fail "$1: see above"
	import csv, sys
	pieces = [(int(r["addr"], 16), int(r["usable"]))
	          for r in csv.DictReader(open("pieces"))]
	blocks = [(int(r["addr"], 16), int(r["usable"]))
	          for r in csv.DictReader(open("answer"))]
	told = [(int(l.split()[1], 16), int(l.split()[3])) for l in open("truth")]
	assert len(told) == 10
	missing = [hex(a) for a, n in told if (a, n) not in pieces]
	every = sorted(pieces + blocks)
	over = [hex(a) for (a, n), (b, _) in zip(every, every[1:]) if a + n > b]
	print("not there:", missing, "overlap:", over)
	sys.exit(bool(missing or over or pieces != sorted(pieces)))
	END
    ask list --free "$1"
    has "^$(sed -n '1s/^free \(0x[0-9a-f]*\) .*/\1/p' truth)  *$(
        sed -n '1s/.* //p' truth)$"
    has '^[0-9]* pieces of free heap, '
    ask list --free --json --min-size=60000 --max-size=61000 "$1"
    has '^{"schema":1,"command":"list","addr":"0x[0-9a-f]*",'
    has '","usable":60[0-9]*,"state":"free"}$'
    [ "$(wc -l <answer)" -eq 2 ] || fail "$1: not the two of 60000: $(cat answer)"
    ask list --free --format=chap "$1"
    has "^Free allocation at $(sed -n '1s/^free 0x\([0-9a-f]*\) .*/\1/p' truth) of size "
    has '^[0-9]* allocations use 0x[0-9a-f]* ([0-9,]*) bytes\.$'
}

start
check "$pid"
if have_gcore; then check "$core"; fi
refuses 2 'no filters but those for sizes' list --free --function=x "$pid"
ask snapshot -o snapshot "$pid"
refuses 1 'a snapshot does not tell of free heap' list --free snapshot
stop
