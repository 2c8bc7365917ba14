"""A real headless Chromium, driven through chromedriver's plain HTTP protocol: no client library needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kit.ports import free_port

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip


class Chromium:
    """One browser with one tab."""

    def __init__(self, base: str, session: str) -> None:
        """Take the address of a chromedriver and its session."""
        self._base = f"{base}/session/{session}"

    def open(self, path: Path, address: str = "") -> None:
        """Load a report at an address within it, and wait until its script has listed the cases."""
        self._post("url", {"url": "about:blank"})  # only another page is loaded anew for another address
        self._post("url", {"url": f"{path.as_uri()}#{address}" if address else path.as_uri()})
        self.wait("return document.getElementById('count').textContent.includes(' of ')")

    def show(self, path: Path) -> None:
        """Load a local file."""
        self._post("url", {"url": path.as_uri()})

    def run(self, script: str, *arguments: object) -> Any:
        """Run a function body in the page and return what it returns."""
        return self._post("execute/sync", {"script": script, "args": arguments})

    def wait(self, script: str, timeout_s: float = 15.0) -> None:
        """Wait until the function body returns true."""
        end = time.monotonic() + timeout_s
        while not self.run(script):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press one key where the focus is."""
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._post("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def command(self, name: str, **parameters: object) -> Any:
        """Give a command of the DevTools protocol."""
        return self._post("goog/cdp/execute", {"cmd": name, "params": parameters})

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Return what was logged since the last call: `browser` or `performance`."""
        found: list[dict[str, Any]] = self._post("se/log", {"type": kind})
        return found

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen, or the whole page, as PNG."""
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _post(self, what: str, body: object) -> Any:
        return _request(f"{self._base}/{what}", body)


@contextmanager
def chromium(profile: Path, width: int = 1280, height: int = 900) -> Iterator[Chromium]:
    """Start Chromium with a fresh profile; skip without it, except under CI, where it has to be there."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("chromium and chromedriver are not installed (apt-get install chromium chromium-driver)")
        pytest.skip("chromium and chromedriver are not installed")
    port = free_port()
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_for(base)
        arguments = [*_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        capabilities = {
            "goog:chromeOptions": {"args": arguments, "binary": browser},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        made = _request(f"{base}/session", {"capabilities": {"alwaysMatch": capabilities}})
        try:
            yield Chromium(base, made["sessionId"])
        finally:  # the driver leaves its browser behind when it is ended first
            _request(f"{base}/session/{made['sessionId']}", None, method="DELETE")
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(base: str) -> None:
    for _ in range(200):
        try:
            if _request(f"{base}/status", None, method="GET")["ready"]:
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.05)
    pytest.fail("chromedriver did not start")


def _request(url: str, body: object, method: str = "POST") -> Any:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from None
