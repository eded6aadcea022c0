#!/bin/sh
# SPDX-License-Identifier: MIT
# Where answers go: a full disk is an error, a closed pipe is none of our
# business, a terminal gets bars that fit it; JSON is JSON.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

start 20000

for line in "report $pid" "list $pid" "why $pid 10" "info $pid" \
    "report --json $pid" "list --format=chap $pid" --help --version \
    "report --help"; do
    # shellcheck disable=SC2086
    "$command" $line >/dev/full 2>said
    got=$?
    [ $got -eq 1 ] || fail "$line, disk full: exit $got"
    grep -q '^malloc_tracer: standard output: No space' said ||
        fail "$line, disk full: $(cat said)"
done

"$command" list "$pid" 2>said | head -n 1 >/dev/null
[ ! -s said ] || fail "closed pipe: $(cat said)"
(
    trap '' PIPE
    "$command" list "$pid" 2>said
) | head -n 1 >/dev/null
[ ! -s said ] || fail "closed pipe, no signal: $(cat said)"

# No terminal: no colours, no bars.
ask report "$pid"
! grep -q "$(printf '\033')" answer || fail "colours in a file"
grep -q '^ *[0-9.]* [KMG]*i*B  *[0-9.]*%  *20000 .* many  \[known\]$' answer || {
    cat answer
    fail "many has no line"
}

if command -v script >/dev/null 2>&1 &&
    script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    on_terminal() { # VARIABLE=VALUE...
        script -qec "env TERM=xterm $* '$command' report --by=line $pid" \
            /dev/null </dev/null | tr -d '\r' >answer
    }
    esc=$(printf '\033')
    on_terminal NO_COLOR=1
    ! grep -q "$esc" answer || fail "colours in spite of NO_COLOR"
    grep -q '% ##' answer || fail "no bars on a terminal"
    awk 'length > 80 && seen { print; bad = 1 } /^$/ { seen = 1 } END { exit bad }' \
        answer || fail "lines of more than 80 columns"
    on_terminal NO_COLOR=
    grep -q "$esc\\[" answer || fail "no colours on a terminal"
else
    echo "no script(1): not tried on a terminal"
fi

if command -v python3 >/dev/null 2>&1; then
    ask report --json "$pid"
    mv answer report.json
    ask report --json --by=size --top=3 "$pid"
    mv answer size.json
    ask info --json "$pid"
    mv answer info.json
    ask list --json "$pid"
    mv answer list.json
    python3 - "$pid" <<'END' || fail "the JSON is not what it should be"
import json
import sys

def load(name):
    with open(name) as f:
        return json.load(f)

report, size, info = load("report.json"), load("size.json"), load("info.json")
blocks = [json.loads(line) for line in open("list.json")]
totals = report["totals"]
for answer, command in (report, "report"), (size, "report"), (info, "info"):
    assert (answer["schema"], answer["command"]) == (1, command)
    assert answer["target"] == sys.argv[1]
    assert answer["resident"] > 0
assert (size["by"], size["sort"]) == ("size", "bytes")
rest = size["left_out"]["by_top"]
assert rest["groups"] > 0
for key in "blocks", "bytes":
    assert rest[key] + sum(g[key] for g in size["groups"]) == totals[key]
for key in "blocks", "bytes", "usable":
    assert totals[key] == sum(g[key] for g in report["groups"]), key
    assert totals[key] == size["totals"][key] == info["totals"][key], key
assert len(blocks) == totals["blocks"]
assert sum(b["size"] for b in blocks) == totals["bytes"]
assert sum(b["usable"] for b in blocks) == totals["usable"]
assert len(size["groups"]) == 3
for b in blocks:
    assert (b["schema"], b["command"]) == (1, "list")
    assert set(b) == {"schema", "command", "addr", "size", "usable", "caller", "function",
                      "module", "stack_id", "generation"}, b
    assert int(b["addr"], 0) > 0 and b["addr"].startswith("0x")
for g in report["groups"]:
    assert set(g) >= {"key", "module", "bytes", "blocks", "usable", "stack"}
    for i in g["stack"] + [g["owner"]]:
        f = report["frames"][i]
        assert set(f) >= {"pc", "function", "file", "line", "module"}
many = [g for g in report["groups"] if g["key"] == "many"]
assert len(many) == 1 and many[0]["blocks"] == 20000
assert report["frames"][many[0]["stack"][0]]["file"].endswith("known.c")
assert len(set(json.dumps(f) for f in report["frames"])) == len(report["frames"])
END
else
    echo "no python3: JSON not parsed"
fi
stop
