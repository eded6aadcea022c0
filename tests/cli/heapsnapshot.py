# SPDX-License-Identifier: MIT
# For export_heapsnapshot.sh: holds a file against the format's rules, and
# against what the command says of the same target.
#
#   heapsnapshot.py COMMAND FILE TARGET
import json
import subprocess
import sys

import referrers

command, file, target = sys.argv[1:]
NODE = ["type", "name", "id", "self_size", "edge_count", "trace_node_id",
        "detachedness"]
EDGE = ["type", "name_or_index", "to_node"]
sys.setrecursionlimit(10000)


def ask(*args):
    out = subprocess.run((command,) + args, capture_output=True, text=True)
    assert out.returncode == 0, (args, out.stderr)
    return out.stdout


with open(file) as f:
    text = f.read()
whole = json.loads(text)
assert list(whole) == ["snapshot", "nodes", "edges", "trace_function_infos",
                       "trace_tree", "samples", "locations", "strings"]
head, strings = whole["snapshot"], whole["strings"]
meta = head["meta"]
assert meta["node_fields"] == NODE and meta["edge_fields"] == EDGE
node_types, edge_types = meta["node_types"][0], meta["edge_types"][0]


def rows(numbers, width):
    assert len(numbers) % width == 0
    return [numbers[i:i + width] for i in range(0, len(numbers), width)]


# ------------------------------------------------------------- the numbers
nodes, edges = rows(whole["nodes"], len(NODE)), rows(whole["edges"], len(EDGE))
infos = rows(whole["trace_function_infos"], 6)
assert len(nodes) == head["node_count"] and len(edges) == head["edge_count"]
assert len(infos) == head["trace_function_count"]
assert len(set(strings)) == len(strings)
assert sum(n[4] for n in nodes) == len(edges)
ids = [n[2] for n in nodes]
assert len(set(ids)) == len(ids)
assert all(i % 2 == 1 and i < 1 << 32 for i in ids)
for n in nodes:
    assert node_types[n[0]] in ("native", "synthetic") and n[1] < len(strings)
for e in edges:
    assert e[2] % len(NODE) == 0 and e[2] // len(NODE) < len(nodes)
    assert edge_types[e[0]] in ("element", "property")
    assert edge_types[e[0]] == "element" or e[1] < len(strings)
assert node_types[nodes[0][0]] == "synthetic" and nodes[0][1] == 0
for i in infos:
    assert i[1] < len(strings) and i[2] < len(strings)

names = [strings[n[1]] for n in nodes]
out, into, at = [], [[] for _ in nodes], 0
for number, n in enumerate(nodes):
    out.append([e[2] // len(NODE) for e in edges[at:at + n[4]]])
    for e in edges[at:at + n[4]]:
        name = strings[e[1]] if edge_types[e[0]] == "property" else e[1]
        into[e[2] // len(NODE)].append((number, name))
    at += n[4]


def reached(without=None):
    seen, stack = {0}, [0]
    while stack:
        for to in out[stack.pop()]:
            if to not in seen and to != without:
                seen.add(to)
                stack.append(to)
    return seen


assert len(reached()) == len(nodes), "some hang from nothing"

# ---------------------------------------------------------------- the blocks
blocks = [json.loads(line)
          for line in ask("list", "--format=json", target).splitlines()]
first = names.index("(GC roots)") + 1
while first < len(nodes) and node_types[nodes[first][0]] == "synthetic":
    first += 1
assert len(nodes) - first == len(blocks)
assert [n[3] for n in nodes[first:]] == [b["size"] for b in blocks]
total = json.loads(ask("report", "--json", target))["totals"]
assert sum(n[3] for n in nodes) == total["bytes"]
number_of = {b["addr"]: first + i for i, b in enumerate(blocks)}

# ---------------------------------------------------------------- the stacks
trace_stack, trace_own, per_block = {}, {}, {}


def walk(flat, frames):
    assert len(flat) % 5 == 0
    for i in range(0, len(flat), 5):
        number, info, count, size, children = flat[i:i + 5]
        assert number not in trace_stack
        here = frames + [strings[infos[info][1]]]
        trace_stack[number], trace_own[number] = here, (count, size)
        walk(children, here)


walk(whole["trace_tree"], [])
for n in nodes[first:]:
    count, size = per_block.get(n[5], (0, 0))
    per_block[n[5]] = (count + 1, size + n[3])
assert all(trace_own[k] == v for k, v in per_block.items())
assert sum(c for c, _ in trace_own.values()) == len(blocks)

# ------------------------------------------------------- held against `why`
looked = 0
roots = {n for n in range(first) if node_types[nodes[n][0]] == "synthetic"}
step = max(1, len(blocks) // 12)
for b in blocks[::step]:
    number = number_of[b["addr"]]
    why = json.loads(ask("why", "--json", "--top=0", target, b["addr"]))
    # retained: what is reached, and not without it
    lost = set(range(len(nodes))) - reached(number)
    assert sum(nodes[n][3] for n in lost) == why["retained"]["bytes"], b
    assert len(lost) == why["retained"]["blocks"], b
    # who refers to it
    want = [(number_of.get(holder, holder), name)
            for holder, name in referrers.named(why, number_of)]
    got = []
    for number_from, name in into[number]:
        if names[number_from] == "(lost)":
            assert why["lost"] == "definite"
            continue
        got.append((names[number_from] if number_from in roots
                    else number_from, name))
    assert sorted(map(str, got)) == sorted(map(str, want)), (got, want)
    # who asked for it, as far as functions have names
    stack = trace_stack[nodes[number][5]][1:][::-1]
    assert len(stack) == len(why["stack"]), (stack, why["stack"])
    for name, frame in zip(stack, why["stack"]):
        assert not frame["function"] or name == frame["function"]
    if why["type"]:
        assert names[number] == why["type"]
    looked += 1
assert looked
print(len(blocks), "blocks,", looked, "looked at")
