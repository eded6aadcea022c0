# SPDX-License-Identifier: MIT
"""README's pictures: pictures.py PAGE SNAPSHOT FOLDER

page.png is PAGE of `malloc_tracer export --format=html`; devtools.png the Memory
panel of the DevTools that is part of Chromium, with SNAPSHOT of
--format=heapsnapshot in it, and in that one of its blocks chosen."""

import os
import sys
import time

from browser import Browser

page, snapshot, folder = sys.argv[1:]
PATIENCE = 60
WIDTH = 1180
# one of redis-server's functions
CLASS = "createObject"

# What is in shadow trees is found as well.
FIND = """(() => {
    const found = [];
    const walk = (node) => {
        for (const root of [node.shadowRoot, node].filter(Boolean))
            for (const child of root.children)
                (found.push(child), walk(child));
    };
    walk(document.documentElement);
    globalThis.find = (name, text) => found.filter(
        (e) => e.localName === name && (!text || e.textContent.includes(text))
               && e.getBoundingClientRect().width);
    globalThis.files = found.filter((e) => e.type === "file");
})()"""


def until(b, what, text):
    """Runs @text until it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            b.run(FIND)
            found = b.run(text)
            if found:
                return found
        except RuntimeError:
            pass  # it is not set up yet
        time.sleep(0.3)
    sys.exit(f"there is no {what}")


def size(b, height):
    b.ask("Emulation.setDeviceMetricsOverride", width=WIDTH, height=height,
          deviceScaleFactor=1, mobile=False)
    b.ask("Emulation.setScrollbarsHidden", hidden=True)
    b.media("light")


def save(b, name):
    time.sleep(1)
    b.picture(os.path.join(folder, name))


def place(row):
    return ("(() => { const r = %s?.getBoundingClientRect();"
            " return r && [r.x, r.y, r.height]; })()" % row)


def press(b, what, element):
    x, y, height = until(b, what, place(element))
    b.click(x + 60, y + height / 2)


def take_page(b):
    size(b, 1035)
    b.open(page)
    save(b, "page.png")


def take_devtools(b):
    size(b, 740)
    b.go("devtools://devtools/bundled/devtools_app.html")
    until(b, "Memory panel", """(async () => {
        const ui = await import("/bundled/ui/legacy/legacy.js");
        await ui.ViewManager.ViewManager.instance().showView("heap-profiler");
        return true;
    })()""")
    until(b, "way to load a file", "files.length")
    of = b.ask("Runtime.evaluate", expression="files[0]")["result"]["objectId"]
    b.ask("DOM.setFileInputFiles", files=[os.path.abspath(snapshot)],
          objectId=of)
    name = os.path.splitext(os.path.basename(snapshot))[0]
    # it is read whole when its size is there
    until(b, "size", "find('span').some((e) => /^\\(.*B\\)$/.test("
          "e.textContent.trim()))")
    press(b, "snapshot", f"find('span', '{name}').find("
          "(e) => e.className.includes('title'))")
    # what stands in the table of classes, and below one that is opened
    row = ("find('tr', '\\u00d7').find("
           f"(e) => e.textContent.startsWith('{CLASS}'))")
    press(b, CLASS, row)
    b.key("ArrowRight")
    press(b, "block of it", f"find('tr', '{CLASS}@')[0]")
    until(b, "retainers", "find('tr', 'in(GC roots)').length")
    save(b, "devtools.png")


with Browser(folder, size=(WIDTH, 1100)) as b:
    take_page(b)
    take_devtools(b)
