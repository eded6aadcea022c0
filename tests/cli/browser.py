# SPDX-License-Identifier: MIT
"""Chromium without a display, driven through a pipe.

    with Browser(folder) as b:
        b.open(path); b.go(url)
        b.run("document.title")
        b.click(x, y); b.key("Enter")
        b.requests      what it asked for beside that file
        b.errors        what the page's script failed with
"""

import json
import os
import pathlib
import select
import shutil
import subprocess
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]
PATIENCE = 60


def find():
    return next((n for n in NAMES if shutil.which(n)), None)


class Browser:
    def __init__(self, folder, size=(1200, 900)):
        # it reads 3 and writes 4
        read, self.write = os.pipe()
        self.read, write = os.pipe()
        given = [os.dup(read), os.dup(write)]

        def pipes():
            # neither may be in the way of the other
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate(given)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)

        self.log = open(os.path.join(folder, "browser.log"), "wb")
        self.process = subprocess.Popen(
            [find(), "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             f"--user-data-dir={folder}/profile",
             f"--window-size={size[0]},{size[1]}",
             "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            close_fds=False, preexec_fn=pipes)
        for fd in [read, write, *given]:
            os.close(fd)
        self.number = 0
        self.left = b""
        self.requests = []
        self.errors = []
        self.loaded = False
        self.session = None
        page = next(t for t in self.ask("Target.getTargets")["targetInfos"]
                    if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", flatten=True,
                                targetId=page["targetId"])["sessionId"]
        for domain in "Page", "Network", "Runtime", "Log":
            self.ask(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def message(self):
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.left:
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self.read], [], [], wait)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.read, 1 << 20)
            if not more:
                raise EOFError("the browser is gone")
            self.left += more
        text, self.left = self.left.split(b"\0", 1)
        return json.loads(text)

    def note(self, m):
        method, params = m.get("method"), m.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"]))
        elif (method == "Log.entryAdded" and
              params["entry"]["level"] == "error"):
            self.errors.append(params["entry"]["text"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def ask(self, method, **params):
        self.number += 1
        m = {"id": self.number, "method": method, "params": params}
        if self.session:
            m["sessionId"] = self.session
        os.write(self.write, json.dumps(m).encode() + b"\0")
        while True:
            m = self.message()
            if m.get("id") != self.number:
                self.note(m)
            elif "error" in m:
                raise RuntimeError(f"{method}: {m['error']}")
            else:
                return m["result"]

    def open(self, path):
        self.go(pathlib.Path(path).resolve().as_uri())

    def go(self, url):
        self.loaded = False
        self.ask("Page.navigate", url=url)
        while not self.loaded:
            self.note(self.message())
        self.requests = [r for r in self.requests
                         if r not in (url, "about:blank")]

    def run(self, text):
        r = self.ask("Runtime.evaluate", expression=text, returnByValue=True,
                     awaitPromise=True)
        if "exceptionDetails" in r:
            raise RuntimeError(json.dumps(r["exceptionDetails"]))
        return r["result"].get("value")

    def click(self, x, y):
        for kind in "mousePressed", "mouseReleased":
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y,
                     button="left", clickCount=1)

    def key(self, key, text=None):
        codes = {"Enter": 13, "Backspace": 8, "Home": 36, "ArrowLeft": 37,
                 "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key,
                 windowsVirtualKeyCode=codes.get(key, 0),
                 **({"text": text} if text else {}))
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key,
                 windowsVirtualKeyCode=codes.get(key, 0))

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def media(self, scheme):
        self.ask("Emulation.setEmulatedMedia", media="", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path):
        import base64
        r = self.ask("Page.captureScreenshot", format="png")
        with open(path, "wb") as f:
            f.write(base64.b64decode(r["data"]))
