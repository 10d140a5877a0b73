"""The server's side of the page: its socket without Nagle's delay, and the routes beside it."""

from __future__ import annotations

import functools
import json
from typing import Any

from bokeh.server.views.ws import WSHandler
from tornado.web import RequestHandler

from collab.office import Office
from collab.views.board import feed_of


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


class Health(RequestHandler):
    """`/healthz`: what works in this process, as JSON."""

    def initialize(self, office: Office) -> None:
        """Answer for this office."""
        self.office = office

    def get(self) -> None:
        """200 with the status of the office, and how many boards are shown."""
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(self.office.status() | {"boards": feed_of(self.office).boards}))


def routes(office: Office) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """The routes beside the dashboard."""
    return [("/healthz", Health, {"office": office})]
