# SPDX-License-Identifier: MIT
"""The page in a browser: page.py PAGE ANSWER DIFF DIFF_ANSWER EVIL NAME

PAGE is of what `report --by=function --json` has in ANSWER, DIFF of what `diff`
has in DIFF_ANSWER; in EVIL there is a function that is called NAME."""

import json
import os
import socket
import sys

from browser import Browser

page, answer, diff, diff_answer, evil, evil_name = sys.argv[1:]
with open(answer, encoding="utf-8") as f:
    answer = json.load(f)
with open(diff_answer, encoding="utf-8") as f:
    diff_answer = json.load(f)

MEMBERS = [("bytes", "bytes"), ("blocks", "blocks"), ("unused", "slack")]


def check(is_so, what):
    if not is_so:
        sys.exit(f"FAIL: {what}")


def same(what, got, want):
    check(got == want, f"{what}: {got}, not {want}")


def state(b):
    return b.run("({view: page.view, shown: page.shown, chosen: page.chosen,"
                 " before: page.before.length, found: byId('found').value,"
                 " boxes: page.boxes.length})")


def colours(b):
    """How many different ones the graph is drawn in."""
    return b.run("""(() => {
        const c = byId("flame"), g = c.getContext("2d");
        const d = new Uint32Array(
            g.getImageData(0, 0, c.width, c.height).data.buffer);
        return new Set(d).size;
    })()""")


def table(b):
    """FUNCTION, MODULE and the exact numbers of each row."""
    return b.run("""[...document.querySelectorAll("#functions tbody tr")]
        .map((r) => [...r.querySelectorAll("td:not(.share):not(.number)")]
            .map((c) => c.textContent).concat([...r.querySelectorAll(".number")]
            .map((c) => Number(c.title.replace(/,/g, "")))))""")


def groups(of):
    return [[g["key"], g["module"]] + [g[m] for _, m in MEMBERS]
            for g in of["groups"]]


def pick(b, view, value):
    """By the controls, as a user does."""
    b.run(f"""for (const [id, to] of [["view", "{view}"], ["value", {value}]]) {{
        byId(id).value = to;
        byId(id).dispatchEvent(new Event("change"));
    }}""")


def graph_sums(b, level):
    """NAME, MODULE and width of the boxes in line @level of the graph."""
    return b.run(f"""page.boxes.filter((x) => x.y === {level}).map((x) => [
        nodeName(page.data, tree(), x.node),
        nodeModule(page.data, tree(), x.node),
        weights().up[x.node] - weights().down[x.node]])""")


def centre(b, condition):
    """Where the widest box is that meets a condition."""
    return b.run(f"""(() => {{
        byId("flame").scrollIntoView();
        const r = byId("flame").getBoundingClientRect();
        const box = page.boxes.filter((x) => {condition})
            .sort((p, q) => q.w - p.w)[0];
        return [r.left + box.x + box.w / 2, r.top + box.y * LINE + LINE / 2,
                box.node];
    }})()""")


def sums(rows, column):
    all_ = {}
    for row in rows:
        key = tuple(row[:2])
        all_[key] = all_.get(key, 0) + row[column]
    return {k: v for k, v in all_.items() if v}


def open_page(b, path):
    b.open(path)
    same("requests", b.requests, [])
    same("errors", b.errors, [])
    check(colours(b) > 3, "nothing is drawn")
    b.run("page.rowsShown = 1e6; fillTable()")


def check_numbers(b, of):
    same("the table", sorted(table(b)), sorted(groups(of)))
    for value, (name, member) in enumerate(MEMBERS):
        want = sums(groups(of), 2 + value)
        for view, level in ("inverted", 1), ("functions", 2):
            pick(b, view, value)
            # what is narrower than a pixel is not drawn
            got = sums(graph_sums(b, level), 2)
            for key, number in got.items():
                same(f"{name} of {key}, {view}", number, want.get(key))
            check(len(got) > 0, f"{view} by {name}: nothing is drawn")
        pick(b, "stacks", value)
        same(f"{name} in all", graph_sums(b, 0)[0][2], of["totals"][member])
    pick(b, "stacks", 0)


def check_zoom(b):
    inner = "x.y >= 1 && x.w < 1000 && x.w > 20"
    if not b.run(f"page.boxes.some((x) => {inner})"):
        pick(b, "inverted", 0)
    x, y, node = centre(b, inner)
    b.click(x, y)
    now = state(b)
    same("the node that is shown", now["shown"], node)
    check(b.run("page.boxes.find((x) => x.node === page.shown).w ==="
                " byId('flame').clientWidth"), "it is not as wide as the graph")
    b.key("Backspace")
    same("after Backspace", state(b)["shown"], 0)
    # the same with keys alone
    b.run("byId('flame').focus()")
    b.key("Home")
    b.run("choose(0)")
    b.key("ArrowDown")
    first = state(b)["chosen"]
    check(first != 0, "ArrowDown does not move")
    same("the first child", first, b.run("children(weights(), 0)[0]"))
    b.key("Enter")
    same("after Enter", state(b)["shown"], first)
    same("what is said", b.run("byId('detail').textContent").split(" ")[0],
         b.run("nodeName(page.data, tree(), page.shown)").split(" ")[0])
    b.key("Escape")
    same("after Escape", state(b)["shown"], 0)
    b.key("Enter")
    b.run("byId('back').click()")
    same("after Back", state(b)["shown"], 0)
    # to what is beside it, and up again
    pick(b, "inverted", 0)
    b.run("byId('flame').focus()")
    beside = b.run("[...children(weights(), 0)]")
    for key, chosen in [("ArrowDown", beside[0]), ("ArrowRight", beside[1]),
                        ("ArrowLeft", beside[0]), ("ArrowUp", 0)]:
        b.key(key)
        same(f"after {key}", state(b)["chosen"], chosen)
    b.key("ArrowDown")
    b.key("Enter")
    b.key("Home")
    same("after Home", state(b)["shown"], 0)
    pick(b, "stacks", 0)


def check_search(b, of):
    name = of["groups"][0]["key"]
    b.run("document.activeElement.blur()")
    b.key("/", "/")
    same("who has the keys", b.run("document.activeElement.id"), "search")
    b.type(f"/^{name}$/")
    rows = table(b)
    same("the rows that are found", sorted(rows),
         sorted(r for r in groups(of) if r[0] == name))
    pick(b, "functions", 0)
    check(state(b)["found"].startswith(b.run(
        f"(isDiff(page.data) ? signed : amount)('bytes', "
        f"{sum(r[2] for r in rows)})")), f"found {state(b)['found']}")
    b.run("byId('search').value = '';"
          "byId('search').dispatchEvent(new Event('input'))")
    same("all rows", len(table(b)), len(of["groups"]))
    pick(b, "stacks", 0)


def check_sort(b, of):
    press = ("[...document.querySelectorAll('#functions th button')]"
             ".find((x) => x.textContent === '%s').click()")
    said = "document.querySelector('th[aria-sort]').ariaSort"
    # functions have as many blocks as each other, but not as much unused
    b.run(press % "Unused")
    got = [r[4] for r in table(b)]
    check(len(set(got)) > 3, f"few differ: {got}")
    same("by what is unused", got, sorted(got, reverse=True))
    same("which way", b.run(said), "descending")
    b.run(press % "Unused")
    same("the other way round", [r[4] for r in table(b)], sorted(got))
    same("which way", b.run(said), "ascending")
    b.run(press % "Function")
    names = [r[0] for r in table(b)]
    same("by name", names, sorted(g["key"] for g in of["groups"]))
    same("what is said of it", b.run(
        "document.querySelector('th[aria-sort]').textContent"), "Function")
    # from a function to who calls it
    b.run("document.querySelector('#functions tbody button').click()")
    same("its callers", b.run("nodeName(page.data, tree(), page.shown)"),
         names[0])
    same("the view", state(b)["view"], "inverted")
    pick(b, "stacks", 0)


def check_schemes(b):
    got = []
    for scheme in "light", "dark":
        b.media(scheme)
        # who waits for that is told before the next frame
        b.run("new Promise((f) => requestAnimationFrame(() =>"
              " requestAnimationFrame(f))).then(() => 0)")
        got.append(b.run("[getComputedStyle(document.body).backgroundColor,"
                         " String(byId('flame').getContext('2d')"
                         ".getImageData(5, 3, 1, 1).data)]"))
    check(got[0][0] != got[1][0], f"the page looks alike: {got}")
    check(got[0][1] != got[1][1], f"the graph looks alike: {got}")
    b.media("light")
    check(len(b.ask("Page.printToPDF")["data"]) > 1000, "it does not print")


def check_silence(b):
    """Nothing leaves the page, even where somebody tries."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        s.settimeout(0.5)
        url = f"http://127.0.0.1:{s.getsockname()[1]}/"
        same("fetch", b.run(f"fetch('{url}').then(() => 'sent', () => 'no')"),
             "no")
        b.run(f"""new Promise((done) => {{
            const i = new Image();
            i.onload = i.onerror = done;
            i.src = "{url}i.png";
        }}).then(() => 0)""")
        b.run(f"""new Promise((done) => {{
            const e = document.createElement("script");
            e.onload = e.onerror = done;
            e.src = "{url}s.js";
            document.body.append(e);
        }}).then(() => 0)""")
        try:
            s.accept()
            sys.exit("FAIL: a request left the page")
        except socket.timeout:
            pass
    # nor does a script run that is not the page's
    b.run("document.body.insertAdjacentHTML('beforeend',"
          " '<img src=x onerror=\"globalThis.ran = 1\">')")
    b.run("new Promise((done) => setTimeout(done, 200)).then(() => 0)")
    check(not b.run("globalThis.ran"), "an attribute's script ran")


def check_evil(b):
    b.run("globalThis.alert = () => { globalThis.ran = 1; }")
    same("images", b.run("document.images.length"), 0)
    check(evil_name in [r[0] for r in table(b)],
          f"{evil_name} is not in {table(b)}")
    pick(b, "inverted", 0)
    x, y, _ = centre(b, "nodeName(page.data, tree(), x.node) === "
                     + json.dumps(evil_name))
    b.click(x, y)
    check(b.run("byId('detail').textContent").startswith(evil_name),
          "the name is not shown")
    same("images", b.run("document.images.length"), 0)
    check(not b.run("globalThis.ran"), "a name ran")
    same("scripts", b.run("document.scripts.length"), 2)


with Browser(os.getcwd()) as b:
    open_page(b, page)
    check_numbers(b, answer)
    check_zoom(b)
    check_search(b, answer)
    check_sort(b, answer)
    check_schemes(b)
    same("errors", b.errors, [])
    open_page(b, diff)
    check_numbers(b, diff_answer)
    check_search(b, diff_answer)
    check_schemes(b)
    open_page(b, evil)
    check_evil(b)
    same("errors", b.errors, [])
    check_silence(b)
