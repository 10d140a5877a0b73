"""Notices, clocks and receivers for the tests of delivery."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct

from collab.delivery import Cause, Notice
from collab.rules import Severity

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
SOON_S = 20.0


def notice(number: int | str = 1, severity: str = "high", *, at: datetime = NOON, **given: Any) -> Notice:
    """A notice of one alert."""
    cause = Cause(id=f"alert-{number}", rule="overload", labels={"agent": f"a{number}"}, value=0.93)
    told = {"title": f"a{number} is overloaded", "body": "93 % for 60 s", "alerts": (cause,)} | given
    return Notice(id=f"n-{number}", tenant="demo", severity=Severity(severity), time=at, **told)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, seconds: float) -> None:
        """Let time go on."""
        self.now += timedelta(seconds=seconds)


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when the condition holds."""
    end = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end, f"after {SOON_S:g} s still not: {what}"
        time.sleep(0.01)


class Got(Struct, frozen=True):
    """What a receiver was posted."""

    path: str
    headers: dict[str, str]
    body: bytes


class Sink:
    """An HTTP receiver that keeps what it gets and answers by `answer(number of the request)`.

    `answer` returns a status, or a status and headers; it may wait.
    """

    def __init__(self, answer: Callable[[int], int | tuple[int, dict[str, str]]]) -> None:
        self.got: list[Got] = []
        sink, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # who sent it was killed amid it: nothing came
                    return
                with lock:
                    sink.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    number = len(sink.got)
                said = answer(number)
                status, headers = said if isinstance(said, tuple) else (said, {})
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    pass  # who asked is gone

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def sink(answer: Callable[[int], int | tuple[int, dict[str, str]]] = lambda number: 200) -> Iterator[Sink]:
    """A receiver, until the end of the block."""
    made = Sink(answer)
    try:
        yield made
    finally:
        made.close()
