"""A headless Chromium, spoken to by its own DevTools protocol; no driver is needed."""

import asyncio
import base64
import os
import shutil
import subprocess
import time
from contextlib import contextmanager

import aiohttp
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    *("--headless=new", "--disable-gpu", "--no-first-run", "--mute-audio"),
    *("--remote-debugging-port=0", "--remote-allow-origins=*", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-dev-shm-usage"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
PATIENCE = 60


class Browser:
    """One page of a browser."""

    def __init__(self, runner, socket):
        """Takes over a connection to the page."""
        self._runner, self._socket, self._number = runner, socket, 0
        self.events = []

    def ask(self, method, **words):
        """Sends one command and waits for its result."""
        return self._runner.run(self._send(method, words))

    async def _send(self, method, words):
        self._number += 1
        order = {"id": self._number, "method": method, "params": words}
        await self._socket.send_json(order)
        while True:
            message = await self._socket.receive_json(timeout=PATIENCE)
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def run(self, script):
        """Runs a script in the page; returns its value."""
        found = self.ask(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, script, patience=PATIENCE):
        """Waits until a script's value is true; returns it."""
        end = time.monotonic() + patience
        while not (found := self.run(script)):
            assert time.monotonic() < end, (script, self.run("document.body.innerText"))
            time.sleep(0.1)
        return found

    def open(self, address):
        """Goes to a page."""
        self.ask("Page.enable")
        self.ask("Page.navigate", url=address)
        self.wait(f"location.href.startsWith({address!r}) && document.readyState")

    def watch(self):
        """Has events from now on, of the console, the network and dialogs."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.events.clear()

    def faults(self):
        """Lists errors of scripts and of the console, and dialogs, since ``watch``."""
        self.run("1")  # what happened before has been sent
        shown = ("Runtime.exceptionThrown", "Page.javascriptDialogOpening")
        return [
            event
            for event in self.events
            if event["method"] in shown
            or event.get("params", {}).get("type") == "error"
            or event.get("params", {}).get("entry", {}).get("level") == "error"
        ]

    def requests(self):
        """Lists the addresses that were asked for since ``watch``."""
        sent = (e for e in self.events if e["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def resize(self, width, height=900):
        """Shows the page at a size, of which a phone's is 390 wide."""
        size = {"width": width, "height": height}
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            **size,
            deviceScaleFactor=1,
            mobile=False,
        )

    def emulate(self, *, media="", scheme="light"):
        """Shows the page as on paper, or in a scheme of colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)

    def shot(self, path, *, width, height, dark=False):
        """Writes a screenshot of the page at a size."""
        self.resize(width, height)
        self.emulate(scheme="dark" if dark else "light")
        time.sleep(0.3)
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))


def chromium():
    """Finds the browser; skips where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("needs Chromium (Debian's package chromium)")
    return found


@contextmanager
def browser(folder, *, camera=None):
    """Starts a browser with a profile of its own, whose camera shows a file.

    Args:
        folder: an empty place.
        camera: a .mjpeg file; none takes the browser's own test picture.

    Yields:
        Its page.
    """
    words = [chromium(), *SWITCHES, f"--user-data-dir={folder}"]
    words += [f"--use-file-for-fake-video-capture={camera}"] if camera else []
    words += ["--no-sandbox"] if os.geteuid() == 0 else []
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([*words, "about:blank"], stdout=quiet, stderr=quiet)  # noqa: S603 - a browser, our own words
    try:
        with asyncio.Runner() as runner:
            session = runner.run(_session())
            try:
                address = runner.run(_page(session, folder / "DevToolsActivePort"))
                socket = runner.run(session.ws_connect(address, max_msg_size=0))
                yield Browser(runner, socket)
                runner.run(socket.close())
            finally:
                runner.run(session.close())
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


async def _session():
    return aiohttp.ClientSession()


async def _page(session, file):
    """Waits for the browser; returns the address of its page."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if file.exists() and (lines := file.read_text().splitlines()):
            async with session.get(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                pages = [t for t in await answer.json() if t["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
        await asyncio.sleep(0.1)
    raise TimeoutError("the browser did not start")
