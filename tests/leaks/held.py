# SPDX-License-Identifier: MIT
# For held.sh: holds the answers on a target against what the program said of
# itself, and against gdb.
#
#   held.py COMMAND PROGRAM TARGET < seeded
import json
import re
import subprocess
import sys

command, program, target = sys.argv[1:]
SIZE = 200
PID = re.search(r"\d+$", target).group()

# What a place is called; and whether libc may keep some of its own there.
NAMES = {
    "mapping": (r"anonymous mapping at 0x", True),
    # clang 23 describes none of a function that is inlined: the symbol is left
    "cache": (r"(?:local_static(?:(?:\(\))?::|\.))?cache", False),
    "own": (r"own of thread %s \(held\)" % PID, False),
    # gcore leaves out what other threads are called
    "own-of-holder": (r"own of thread (?!%s\b)\d+( \(holder\))?" % PID, False),
    "stack-of-holder": (r"stack of thread (?!%s\b)\d+( \(holder\))?" % PID, True),
}


def ask(*args):
    out = subprocess.run((command,) + args, capture_output=True, text=True)
    assert out.returncode == 0 and not out.stderr, (args, out.stderr)
    return out.stdout


def why(what):
    return json.loads(ask("why", "--json", target, what))


report = json.loads(ask("report", "--by=root", "--json", target))
groups = report["groups"]
assert sum(g["bytes"] for g in groups) == report["totals"]["bytes"]
assert all(g["retained"] == g["bytes"] for g in groups)

steps = []  # address of a word, what it points into, the variable it is in


def look(root, blocks, addr):
    name, more = NAMES.get(root, (re.escape(root), False))
    held = [g for g in groups if re.match(name + ("" if more else "$"), g["key"])]
    assert held, (root, groups)
    least = max(g["blocks"] for g in held)
    assert least == blocks or more and least > blocks, (root, held)
    d = why(addr)
    path = d["path"]
    what = path[0]["what"]
    assert re.match("(global |thread-local )?" + name, what), (root, what)
    assert path[-1]["addr"] == addr and d["lost"] is None, path
    for a, b in zip(path, path[1:]):
        variable = what.split()[1] if a is path[0] and what.startswith("global ") else ""
        steps.append((int(a["addr"], 16) + a["offset"], int(b["addr"], 16), variable))
    # of a list that nobody else leads into: itself, and what is behind it
    assert SIZE <= d["retained"]["bytes"] <= blocks * SIZE, (root, d["retained"])
    before = [r["addr"] for r in d["referrers"]]
    assert path[-2]["addr"] in before, (root, before)
    for r in d["referents"]:
        assert r["addr"] != addr


for line in sys.stdin:
    _, root, blocks, size, addr = line.split()
    assert int(size) == int(blocks) * SIZE
    if root == "shared":
        assert why(addr)["retained"] == {"blocks": 6, "bytes": 6 * SIZE}
        shared = [g for g in groups if g["key"] == "(shared by several)"]
        assert shared and shared[0]["blocks"] >= 6
    else:
        look(root, int(blocks), addr)

assert why("g_one")["retained"] == {"blocks": 2, "bytes": 2 * SIZE}
d = why("in_struct")
assert d["state"] == "unknown" and d["retained"]["blocks"] == 8, d
assert [r["offset"] for r in d["referents"]] == [64]

# All of a function's blocks are lists: they retain just what they are.
report = json.loads(ask("report", "--sort=retained", "--json", target))
(chain,) = [g for g in report["groups"] if g["key"] == "chain"]
assert chain["retained"] == chain["bytes"] == 57 * SIZE, chain

# gdb reads the same words, and has the same names
script = []
for at, _, variable in steps:
    script.append('printf "word %%lu\\n", *(unsigned long *)%d' % at)
    if variable:
        script.append("info symbol %d" % at)
with open("gdb.in", "w") as f:
    print("\n".join(script), file=f)
at_target = ["-p", target] if target.isdigit() else [program, target]
try:
    out = subprocess.run(
        ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off"]
        + at_target + ["-x", "gdb.in"],
        capture_output=True, text=True)
except FileNotFoundError:
    print("without gdb")
    sys.exit(0)
ours = re.compile(r"word \d|\S+( \+ \d+)? in section")
answers = [l for l in out.stdout.splitlines() if ours.match(l)]
for at, to, variable in steps:
    word = int(answers.pop(0).split()[1])
    assert to <= word <= to + SIZE, (hex(at), hex(word), hex(to))
    if variable:
        # compilers call a function's own variable cache.0 or function.cache
        symbol = answers.pop(0).split()[0]
        own = re.split(r"::|\.", variable)[-1]
        assert own in re.findall(r"\w+", symbol), (variable, symbol)
assert not answers, answers
print("%s: %d steps read back by gdb" % (target, len(steps)))
