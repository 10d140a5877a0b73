"""The server's side of the page: its socket, without Nagle's delay, and what is said when it is lost."""

from __future__ import annotations

import functools
from typing import Any

import panel as pn
from bokeh.server.views.ws import WSHandler

GONE = "The server does not answer. This page comes back by itself when it does."
"""What a page says when its server is gone."""


def prepare() -> None:
    """Make this process, or this session of `panel serve`, ready for pages that say when their server is gone."""
    pn.extension("tabulator", notifications=True, reconnect=False, disconnect_notification=GONE)
    send_at_once()


def send_at_once() -> None:
    """Turn Nagle's algorithm off on every page's socket: small patches leave at once instead of after an answer.

    Bokeh's handler leaves it on and has no setting for it; twice is as once.
    """
    if getattr(WSHandler.open, "at_once", False):
        return
    opened = WSHandler.open

    @functools.wraps(opened)
    def open_at_once(self: WSHandler, *args: Any, **kwargs: Any) -> Any:
        self.set_nodelay(True)
        return opened(self, *args, **kwargs)

    open_at_once.at_once = True  # type: ignore[attr-defined]
    WSHandler.open = open_at_once
