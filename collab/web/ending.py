"""The end of a process whose main thread serves pages."""

from __future__ import annotations

import signal

from tornado.ioloop import IOLoop


def end_when_told() -> None:
    """Let SIGTERM stop the main thread's loop, as Panel lets SIGINT.

    An exception from a handler is lost if it is raised where none can be, as in a page's finalizer.
    """
    loop = IOLoop.current()
    loop.asyncio_loop.add_signal_handler(signal.SIGTERM, loop.stop)  # type: ignore[attr-defined]
