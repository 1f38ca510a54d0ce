"""A headless Chromium, told what to do over a pipe (the DevTools protocol)."""

import base64
import json
import os
import shutil
import subprocess
import sys

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
)
LAUNCH = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]]
for number, pipe in zip((3, 4), pipes):
    os.dup2(pipe, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads commands from file 3 and writes answers to file 4."""


class Browser:
    """One page in a Chromium of its own.

    Args:
        folder: of its profile; tests give a temporary one.
        width, height: of the window, in pixels.
    """

    def __init__(self, folder, width=1100, height=1000):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._process = subprocess.Popen(
            [
                *[sys.executable, "-SEc", LAUNCH, str(theirs_in), str(theirs_out)],
                CHROMIUM,
                *FLAGS,
                f"--user-data-dir={folder}",
                f"--window-size={width},{height}",
                "about:blank",
            ],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in = os.fdopen(ours_in, "rb")
        self._out = os.fdopen(ours_out, "wb")
        self._number = 0
        self._session = None
        self.errors = []
        targets = self.do("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        attached = self.do("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "DOM", "Log"):
            self.do(f"{domain}.enable")

    def do(self, method, **parameters):
        """Send one command; return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        self._out.flush()
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._notice(answer)

    def open(self, address):
        """Go to an address."""
        self.do("Page.navigate", url=address)

    def run(self, script):
        """Return the value of JavaScript; promises are awaited."""
        answer = self.do(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition, seconds=20):
        """Wait until JavaScript is true."""
        script = f"""new Promise((resolve) => {{
            const end = Date.now() + {seconds * 1000};
            const look = () => {{
                let found = false;
                try {{ found = !!({condition}); }} catch {{ }}
                if (found || Date.now() > end) resolve(found);
                else setTimeout(look, 50);
            }};
            look();
        }})"""
        assert self.run(script), condition

    def choose_file(self, selector, path):
        """Choose a file in an input, as a person does."""
        root = self.do("DOM.getDocument")["root"]["nodeId"]
        node = self.do("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.do("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def screenshot(self, path):
        """Save what is on the whole page as a PNG file."""
        options = {"format": "png", "captureBeyondViewport": True}
        data = self.do("Page.captureScreenshot", **options)["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self):
        """End Chromium."""
        self._session = None
        self.do("Browser.close")
        self._process.wait(30)
        self._in.close()
        self._out.close()

    def _receive(self):
        data = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "Chromium ended"
            data += byte
        return json.loads(data)

    def _notice(self, event):
        """Remember what a person would see in red in the console."""
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"])
        if method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(parameters["entry"]["text"])
