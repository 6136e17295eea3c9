# SPDX-License-Identifier: MIT
"""A headless Chromium, told what to do by the Chrome DevTools Protocol over a pair of pipes: no port, no package.

The protocol: https://chromedevtools.github.io/devtools-protocol/ . Messages are JSON with a NUL behind each.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    def __init__(self, program, folder, patience_s=60):
        self.patience_s = patience_s
        to_child, self.to = os.pipe()
        self.back, from_child = os.pipe()
        # The browser reads descriptor 3 and writes descriptor 4.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$0" "$@" 3<&{to_child} 4>&{from_child}', program, "--headless=new",
             "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             "--disable-dev-shm-usage", f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(to_child, from_child), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.received = b""
        self.events = []
        self.number = 0
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def message(self, end):
        while b"\0" not in self.received:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.back, 1 << 16)
            if not more:
                raise EOFError("the browser ended")
            self.received += more
        text, self.received = self.received.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.to, text):]
        end = time.monotonic() + self.patience_s
        while True:
            message = self.message(end)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def open(self, path):
        """Loads a file; the events of its loading are in self.events."""
        self.events = []
        self.ask("Page.navigate", url=f"file://{path}")
        end = time.monotonic() + self.patience_s
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message(end))

    def of(self, method):
        return [event["params"] for event in self.events if event.get("method") == method]

    def complaints(self):
        """What the page's script threw, or the browser said against the page."""
        said = [event["exceptionDetails"]["text"] for event in self.of("Runtime.exceptionThrown")]
        said += [event["entry"]["text"] for event in self.of("Log.entryAdded")]
        return said + [event["type"] for event in self.of("Runtime.consoleAPICalled")]

    def requests(self):
        return [event["request"]["url"] for event in self.of("Network.requestWillBeSent")]

    def value(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def view(self, width, height, scheme="light"):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path):
        self.save(path, self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True))

    def screenshot_of_view(self, path):
        self.save(path, self.ask("Page.captureScreenshot", format="png"))

    @staticmethod
    def save(path, shot):
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def print(self, path):
        """A4, upright, with margins of 1.2 cm."""
        page = self.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, marginTop=0.47, marginBottom=0.47,
                        marginLeft=0.47, marginRight=0.47, printBackground=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(page["data"]))

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
        except (OSError, EOFError, TimeoutError, RuntimeError):
            self.process.kill()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
