"""Servers of the dashboard for tests, each a process of its own, and what to ask of them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import panel as pn
from msgspec import Struct
from ports import free_port, listens

from collab.views.socket import prepare

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
START_S = 200.0
"""How long a server may take until it answers."""

SOON_S = 90.0
"""How long a test waits for what must come."""

LEFT = ("tornado.iostream.StreamClosedError", "tornado.websocket.WebSocketClosedError")
LEAVING = re.compile(
    r'bokeh/server/connection\.py", line \d+, in session\n +assert self\._session is not None\n[ ^]*\nAssertionError$',
    re.MULTILINE,
)
"""What Bokeh says of what a page still told when it was left."""

FILLED = {
    "Team": "The same in hours and minutes",
    "Alerts": "Rules in force",
    "Leads": "A decision taken apart",
    "Chat": "Come in",
    "What-if": "logged leads",
    "Tuning": "compared with the log as it was",
    "Analytics": "Click a bucket to see its rows",
    "Diagnostics": "Looked at every",
}
"""The tabs, and what is read on each once it is filled."""


class Served(Struct, frozen=True):
    """A server that answers: where, its process, and the file with what it says."""

    url: str
    process: Any
    log: Path

    @property
    def pid(self) -> int:
        """The id of the server's process."""
        return self.process.pid

    def health(self) -> dict[str, Any]:
        """What `/healthz` says."""
        return json.loads(got(f"{self.url}healthz"))


def until(condition: Callable[[], bool], what: str, seconds: float = SOON_S) -> None:
    """Return when the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.05)


def got(url: str) -> str:
    """What is at the address."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


@contextmanager
def serving(
    log: Path,
    *command: str,
    probe: str,
    path: str = "",
    history: Path | None = None,
    port: int = 0,
    **environment: str,
) -> Iterator[Served]:
    """Serve with `collab …` or `panel …` on a port, a free one if it is 0; in the end it is stopped like Ctrl-C.

    It must end by itself. The page is at `path`; the server has started once `probe` answers, which is no page: on a
    slow machine pages that nobody waits for any more would still be made, and the next would wait for them.
    """
    port = port or free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COLLAB_", "BOKEH_", "PANEL_"))}
    env |= {"WS_PORT": "0", "COLLAB_KEYS": str(log.with_name("keys"))} | environment
    env |= {"COLLAB_HISTORY": str(history)} if history else {}
    with log.open("w") as file:
        process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:], "--port", str(port)], cwd=ROOT, env=env, stdout=file, stderr=file
        )
        root = f"http://localhost:{port}/"
        try:
            until(lambda: _answers(process, root + probe, log), f"{command} answers", START_S)
            yield Served(root + path, process, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(SOON_S)
            finally:
                process.kill()
                process.wait()


def raised(log: Path) -> list[str]:
    """The exceptions in what a server says, but those of a page that is left while something is sent to it.

    Tornado logs these as tasks whose exception nobody looked at; they harm nothing.
    """
    said = LEAVING.sub("", log.read_text())
    found = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception|Unreachable|Late)\b.*", said, re.MULTILINE)
    return [one for one in found if not one.startswith(LEFT)]


def _answers(process: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    assert process.poll() is None, f"the server ended: {log.read_text()[-2000:]}"
    try:
        return bool(got(url))
    except OSError:
        return False


@contextmanager
def shown(view: Callable[[], Any]) -> Iterator[str]:
    """The address at which this process shows a view to each session."""
    prepare()
    port = free_port()
    server = pn.serve(view, port=port, show=False, threaded=True, verbose=False)
    until(lambda: listens(port), "the page answers")
    yield f"http://localhost:{port}/"
    server.stop()
