# SPDX-License-Identifier: MIT
"""Has speedscope read a file in Chromium: speedscope.py RELEASE FILE

RELEASE is the folder of speedscope's built page. Prints its stacks in the order
of their names, "main;work;f 4096", as its own export has them."""

import base64
import collections
import json
import os
import pathlib
import sys
import time

from browser import Browser

release, file = sys.argv[1:]
PATIENCE = 60

# as speedscope's command gives its page a file
with open(file, "rb") as f:
    data = base64.b64encode(f.read()).decode()
given = os.path.abspath("given.js")
with open(given, "w", encoding="ascii") as f:
    f.write("speedscope.loadFileFromBase64"
            f"({json.dumps(os.path.basename(file))}, {json.dumps(data)})")
page = pathlib.Path(release, "index.html").resolve().as_uri()

with Browser(os.getcwd()) as b:
    b.go(f"{page}#localProfilePath={given}")
    # what it would save is kept here; there is something to save once the file
    # is read
    b.run("""URL.createObjectURL = (blob) => {
        globalThis.saved = blob.text();
    };
    HTMLAnchorElement.prototype.click = () => {}; 0""")
    until = time.monotonic() + PATIENCE
    text = None
    while text is None and time.monotonic() < until:
        b.run("""window.dispatchEvent(new KeyboardEvent("keydown", {
            key: "s", ctrlKey: true, bubbles: true })); 0""")
        text = b.run("globalThis.saved ?? null")
        time.sleep(0.1)
    if text is None:
        sys.exit("FAIL: speedscope has read nothing: "
                 + json.dumps(b.run("document.body.textContent")[:400])
                 + json.dumps(b.errors))

whole = json.loads(text)
frames = [f["name"] for f in whole["shared"]["frames"]]
sums = collections.Counter()
for profile in whole["profiles"]:
    # functions that begin and end; what lies between two is the stack's then
    stack, at = [], profile["startValue"]
    for event in profile["events"]:
        sums[";".join(stack)] += event["at"] - at
        at = event["at"]
        if event["type"] == "O":
            stack.append(frames[event["frame"]])
        elif stack.pop() != frames[event["frame"]]:
            sys.exit("FAIL: speedscope's functions are not nested")
for stack, number in sorted(sums.items()):
    if number:
        print(f"{stack} {number:.0f}")
