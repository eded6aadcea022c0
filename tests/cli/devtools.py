# SPDX-License-Identifier: MIT
"""What Chrome's DevTools has of a process: devtools.py COMMAND OLD NOW

OLD and NOW are two snapshots of the process: `malloc_tracer snapshot` made them.
Both are exported and loaded by the code of the Memory panel in the DevTools that
is part of Chromium; what it says has to be what COMMAND says of them."""

import collections
import json
import os
import subprocess
import sys

from browser import Browser
import referrers

command, old, now = sys.argv[1:]
PIECE = 1 << 20
STEPS = 12


def check(is_so, what):
    if not is_so:
        sys.exit(f"FAIL: {what}")


def same(what, got, want):
    check(got == want, f"{what}: {got}, not {want}")


def ask(*args):
    out = subprocess.run((command,) + args, capture_output=True, text=True)
    check(out.returncode == 0, f"{args}: {out.stderr}")
    return out.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Blocks:
    """Those of a target, as the command and as the browser have them."""

    def __init__(self, b, target):
        self.b, self.target = b, target
        text = ask("export", "--format=heapsnapshot", target)
        whole = json.loads(text)
        self.list = lines(ask("list", "--format=json", target))
        # the last nodes are the blocks, in their order
        ids = whole["nodes"][2::7][-len(self.list):]
        self.address = {i: x["addr"] for i, x in zip(ids, self.list)}
        self.nodes = whole["snapshot"]["node_count"]
        for at in range(0, len(text), PIECE):
            b.run(f"snapshots.write({json.dumps(text[at:at + PIECE])})")
        self.number = b.run("snapshots.load()")
        self.objects = {self.address[n["id"]]: n
                        for n in self.say("objects")
                        if n["id"] in self.address}

    def say(self, what, *more):
        args = ",".join(map(str, (self.number,) + more))
        return self.b.run(f"snapshots.{what}({args})")

    def check_all(self):
        total = json.loads(ask("report", "--json", self.target))["totals"]
        same("the number of nodes", self.say("size"),
             {"nodes": self.nodes, "bytes": total["bytes"]})
        same("the sizes of blocks",
             {a: n["self"] for a, n in self.objects.items()},
             {x["addr"]: x["size"] for x in self.list})
        sums = collections.Counter()
        for x in self.list:
            sums[self.objects[x["addr"]]["class"]] += x["size"]
        same("the sizes of classes",
             {c["name"]: c["self"] for c in self.say("classes")
              if c["self"]}, +sums)

    def check_block(self, addr):
        why = json.loads(ask("why", "--json", "--top=0", self.target, addr))
        n = self.objects[addr]
        same(f"what {addr} retains", n["retained"], why["retained"]["bytes"])
        if why["type"]:
            same(f"the class of {addr}", n["class"], why["type"])
        want = referrers.named(why, self.objects)
        got = [(self.address.get(r["id"], r["from"]), r["name"])
               for r in self.say("retainers", n["index"])]
        if why["lost"] == "definite":
            check(any(r == "(lost)" for r, _ in got), f"{addr} is not lost")
            got = [r for r in got if r[0] != "(lost)"]
        same(f"what refers to {addr}", sorted(got), sorted(want))
        frames = self.say("stack", n["index"])
        same(f"the stack of {addr} hangs from", frames.pop()["name"], "(root)")
        same(f"the stack of {addr}", len(frames), len(why["stack"]))
        for frame, site in zip(frames, why["stack"]):
            if site["function"]:
                same(f"the stack of {addr}", frame["name"], site["function"])
            if site["file"]:
                same(f"the stack of {addr}", [frame["script"], frame["line"]],
                     [site["file"], site["line"]])

    def check_some(self):
        step = max(1, len(self.list) // STEPS)
        for x in self.list[::step]:
            self.check_block(x["addr"])


def check_growth(before, after):
    """Of each class of @after, and of all together."""
    classes = before.b.run(
        f"snapshots.comparison({before.number}, {after.number})")
    whole = json.loads(ask("diff", "--json", "--top=0", before.target,
                           after.target))
    # places come and go, too
    names = {n["class"] for side in (before, after)
             for n in side.objects.values()}
    classes = [c for c in classes if c["name"] in names]
    same("the process", whole["process"], "same")
    for what, many, size in (("new", "added", "addedSize"),
                             ("gone", "removed", "removedSize")):
        same(f"what is {what}", [sum(c[many] for c in classes),
                                 sum(c[size] for c in classes)],
             [whole["changed"][what]["blocks"],
              whole["changed"][what]["bytes"]])
    # what is new is named as blocks are, by their functions or classes
    want = {}
    for change in lines(ask("diff", "--blocks", "--json", before.target,
                            after.target)):
        side = before if change["change"] == "gone" else after
        name = side.objects[change["addr"]]["class"]
        at = want.setdefault(name, [0, 0, 0, 0])
        first = 2 if change["change"] == "gone" else 0
        at[first] += 1
        at[first + 1] += change["size"]
    check(want, "nothing has changed")
    same("what changed", {c["name"]: [c["added"], c["addedSize"], c["removed"],
                                      c["removedSize"]]
                          for c in classes}, want)
    for c in classes:
        same("the growth of " + c["name"], [c["count"], c["size"]],
             [c["added"] - c["removed"], c["addedSize"] - c["removedSize"]])
    for g in whole["groups"]:
        found = [c for c in classes if c["name"] == g["key"]]
        if found:
            same(f"the growth of {g['key']}",
                 [found[0]["count"], found[0]["size"]],
                 [g["blocks"], g["bytes"]])
    return [c["name"] for c in classes]


with Browser(os.getcwd()) as b:
    b.go("devtools://devtools/bundled/devtools_app.html")
    with open(os.path.join(os.path.dirname(__file__), "devtools.js"),
              encoding="utf-8") as f:
        b.run(f.read())
    if not b.run("snapshots.ready()"):
        print("SKIP: this Chromium's DevTools has no worker for snapshots")
        sys.exit(77)
    blocks = Blocks(b, old)
    blocks.check_all()
    blocks.check_some()
    if now != old:
        later = Blocks(b, now)
        later.check_all()
        print(*check_growth(blocks, later))
    same("complaints", b.run("snapshots.complaints"), [])
