#!/bin/sh
# SPDX-License-Identifier: MIT
# The heap as Chrome's DevTools has one: the file keeps the format's rules, and
# says of blocks what `why` says. A block has the same number in two of them.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/browser-lib.sh"
need python3
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

checked() { # TARGET
    ask export --format=heapsnapshot -o heap.heapsnapshot "$1"
    [ ! -s answer ] || fail "-o: something on standard output"
    python3 "$MTR_SRC/tests/cli/heapsnapshot.py" "$command" \
        heap.heapsnapshot "$1" || fail "$1: not so"
}

for run_options in '' -s32; do
    program=$(victim held)
    start
    settled
    checked "$pid"
    if have_gcore; then
        checked "$core"
    fi
    stop
done

# Of classes; a lost block.
if [ -x "$(victim leaky)" ]; then
    program=$(victim leaky)
    start "$MTR_BUILD/tests/victims/.libs/leaky_lib.so"
    settled
    checked "$pid"
    grep -q '"(lost)"' heap.heapsnapshot || fail "nothing is lost"
    stop
fi
if [ -x "$(victim typed)" ]; then
    program=$(victim typed)
    start
    settled
    checked "$pid"
    stop
fi

# ADDR ID of each block
ids() {
    "$command" export --format=heapsnapshot "$pid" >"$1.heapsnapshot" &&
        "$command" list --format=json "$pid" >"$1.blocks" || exit 99
    python3 - "$1" <<'END'
import json, sys
d = json.load(open(sys.argv[1] + ".heapsnapshot"))
nodes = [d["nodes"][i:i + 7] for i in range(0, len(d["nodes"]), 7)]
blocks = [json.loads(line)["addr"] for line in open(sys.argv[1] + ".blocks")]
for addr, n in zip(blocks, nodes[len(nodes) - len(blocks):]):
    print(addr, n[2])
END
}

program=$(victim known)
start
ids before | sort >before
more
ids after | sort >after
stop
[ "$(wc -l <before)" -gt 100 ] || fail "few blocks"
[ "$(wc -l <after)" -gt "$(wc -l <before)" ] || fail "no more blocks"
join before after | awk '$2 != $3' >moved
[ ! -s moved ] || fail "blocks have other numbers: $(head -n 3 moved)"
[ "$(join before after | wc -l)" -gt 100 ] || fail "few blocks in both"

# Nothing is left out of it, so nothing can be asked to be.
refuses 2 'it takes no filters' export --format=heapsnapshot --min-size=1 1
refuses 2 'it takes no --value' export --format=heapsnapshot --value=unused 1
