"""A headless Chromium over a pipe (the DevTools protocol), with the standard library alone."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60


def find() -> str | None:
    """The first installed browser of `NAMES`."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class NoBrowser(Exception):
    """The program ended or said nothing: it is no browser that works here."""


class Browser:
    """`seen` collects every event that the page sent."""

    def __init__(self, to: int, source: int) -> None:
        self._to, self._source, self._unread, self._sent = to, source, b"", 0
        self._session: str | None = None
        self.seen: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        text = json.dumps(message | ({"sessionId": self._session} if self._session else {}))
        try:
            os.write(self._to, text.encode() + b"\0")
        except BrokenPipeError as error:
            raise NoBrowser("the browser ended") from error
        while True:
            answer = self._read()
            if answer.get("id") == self._sent:
                assert "error" not in answer, (method, answer)
                return dict(answer["result"])
            self.seen.append(answer)

    def show(self, page: Path, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Open the page and wait until it is loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.seen.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.seen):
            self.seen.append(self._read())

    def value(self, expression: str) -> Any:
        """Of an expression in the page. The page's own policy forbids scripts in the page, not this."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + SECONDS
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._source], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise NoBrowser(f"the browser said nothing for {SECONDS} s")
            piece = os.read(self._source, 1 << 16)
            if not piece:
                raise NoBrowser("the browser ended")
            self._unread += piece
        text, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(text))


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Browser]:
    """Running while the block lasts. It resolves no host name, so nothing can be fetched whatever a page asks for."""
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run "
        f"--disable-component-update --remote-debugging-pipe --user-data-dir={profile}"
    ).split()
    # The protocol's pipes are the file descriptors 3 and 4, which the shell can put in place.
    shell = ["sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null', "sh"]
    with subprocess.Popen(
        [*shell, program, *flags, "--host-resolver-rules=MAP * ~NOTFOUND"],
        bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        try:
            yield Browser(process.stdin.fileno(), process.stdout.fileno())
        finally:
            process.stdin.close()  # the browser ends when its pipe does
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
