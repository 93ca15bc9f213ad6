"""A real browser without a window, by the DevTools protocol over a pipe."""

import base64
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-pipe"),
)

# The browser reads from descriptor 3 and writes to 4, whatever they are here.
START = "import os, sys; [os.dup2(int(n), i) for i, n in enumerate(sys.argv[1:3], 3)]; "
START += "os.execv(sys.argv[3], sys.argv[3:])"


class Page:
    """A tab of the browser.

    Attributes
    ----------
    messages : list of str
        All that was written to the console.
    requests : list of str
        The addresses that were asked for.
    """

    def __init__(self, to_browser, from_browser):
        self._to, self._from = to_browser, from_browser
        self._n, self._rest, self._events = 0, b"", []
        self._session = self._target = None
        self.messages, self.requests = [], []

    def open(self, url):
        """Load a page in place of the one before, and wait for it."""
        self._session = None
        if self._target:
            self.ask("Target.closeTarget", targetId=self._target)
        self._target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._attach(self._target)
        self.ask("Page.navigate", url=url)
        while "Page.loadEventFired" not in self._events:
            self._hear(self._read())

    def enter_frame(self):
        """Go into the sandboxed frame of the page; messages and requests are its own."""
        self._session = None
        frames = self.ask("Target.getTargets")["targetInfos"]
        (frame,) = [each["targetId"] for each in frames if each["url"] == "about:srcdoc"]
        self._attach(frame)

    def _attach(self, target):
        """Hear and ask a page or a frame; it tells again what it wrote to the console before."""
        self.messages, self.requests, self._events = [], [], []
        answer = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = answer["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        """Send a command, and return the answer."""
        self._n += 1
        message = {"id": self._n, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._n:
            self._hear(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def run(self, code):
        """Return the value of an expression of JavaScript."""
        answer = self.ask("Runtime.evaluate", expression=code, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def look(self, width, height=900, scheme="light", media=""):
        """Set the size of the window, and what its user prefers."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)

    def click(self, selector):
        """Click with the mouse on the middle of the first element that fits."""
        x, y = self.run(
            f"""(() => {{
                const element = document.querySelector({json.dumps(selector)});
                element.scrollIntoView({{block: "center", inline: "center"}});
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self):
        """The whole page as PNG."""
        answer = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def _read(self):
        while b"\0" not in self._rest:
            more = os.read(self._from, 1 << 16)
            assert more, "the browser has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _hear(self, event):
        name, params = event.get("method", ""), event.get("params", {})
        self._events.append(name)
        if name in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.messages.append(json.dumps(params))
        elif name == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])


@contextmanager
def browser(folder):
    """A page of a new browser, whose files are in a folder."""
    import fcntl  # which only some systems have

    near_in, far_out = os.pipe()
    far_in, near_out = os.pipe()
    # Beyond 4, so that none of them is overwritten.
    far = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (far_in, far_out)]
    command = [sys.executable, "-c", START, *map(str, far), CHROMIUM, *FLAGS]
    with open(folder / "browser.log", "wb") as log:
        process = subprocess.Popen(
            [*command, f"--user-data-dir={folder / 'browser'}", "about:blank"],
            pass_fds=far,
            stderr=log,
        )
    for end in (far_in, far_out, *far):
        os.close(end)
    page = Page(near_out, near_in)
    try:
        yield page
    finally:
        page._session = None
        page.ask("Browser.close")
        process.wait(60)
        os.close(near_in)
        os.close(near_out)
