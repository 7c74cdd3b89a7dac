"""A headless browser, told what to do over WebDriver's HTTP protocol (w3.org/TR/webdriver2)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
)
_BROWSERS = ("chromium", "google-chrome", "chromium-browser")
_OPENER = build_opener(ProxyHandler({}))
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how the protocol names a reference


@dataclass(frozen=True)
class Browser:
    """One window. Scripts get their arguments as `arguments`, and return plain values."""

    session: str

    def open(self, url: str) -> None:
        _ask("POST", f"{self.session}/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        return _ask(
            "POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)}
        )

    def click(self, selector: str) -> None:
        """As a person does: the pointer goes to the middle of it, and presses."""
        found = self.run("return document.querySelector(arguments[0])", selector)
        assert found, f"there is no {selector}"
        origin = {_ELEMENT: found[_ELEMENT]}
        steps = [
            {"type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": steps}
        _ask("POST", f"{self.session}/actions", {"actions": [pointer]})

    def keys(self, *pressed: str) -> None:
        """Keys on the keyboard, one after the other, wherever the focus is."""
        steps = [{"type": way, "value": key} for key in pressed for way in ("keyDown", "keyUp")]
        _ask(
            "POST",
            f"{self.session}/actions",
            {"actions": [{"type": "key", "id": "k", "actions": steps}]},
        )

    def complaints(self) -> list[str]:
        """What the console got since the last time: errors of scripts, refusals of the policy."""
        found = _ask("POST", f"{self.session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in found if entry["level"] != "INFO"]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Started with a profile of its own, ended at the end."""
    folder = os.environ.get("CHROMEWEBDRIVER", "")
    program = shutil.which("chromedriver", path=folder or None)
    chrome = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    assert program and chrome, "the tests need a browser: make services"
    driver = subprocess.Popen(
        [program, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert driver.stdout is not None
        port = next(m[1] for line in driver.stdout if (m := re.search(r"on port ([1-9]\d*)", line)))
        options = {"binary": chrome, "args": [*_FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        home = f"http://127.0.0.1:{port}"
        made = _ask("POST", f"{home}/session", {"capabilities": {"alwaysMatch": wanted}})
        session = f"{home}/session/{made['sessionId']}"
        try:
            yield Browser(session)
        finally:
            _ask("DELETE", session)
    finally:
        driver.terminate()
        driver.wait(10)


def _ask(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with _OPENER.open(request, timeout=60) as answer:
        return json.loads(answer.read())["value"]
