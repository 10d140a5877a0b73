"""A port of its own for the pages of a process that has no dashboard."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from collab.web.page import Missing
from collab.web.routes import routes
from collab.web.site import Site

logger = logging.getLogger(__name__)

IDLE_S = 60.0
"""A connection over which nothing is asked for so long is closed."""

LEAVE_S = 5.0
"""So long what is under way may take when the process ends; then it is cut off."""


class Listener:
    """Serves the pages of a site at one address.

    Args:
        site: whose pages.
        host: the address; all by default.
        port: the port; 0 takes a free one.
        tls: certificate and key, for `https://`.
    """

    def __init__(
        self, site: Site, *, host: str | None = None, port: int = 8766, tls: ssl.SSLContext | None = None
    ) -> None:
        self.site, self.host, self.port, self._tls = site, host, port, tls
        self._server: HTTPServer | None = None

    async def start(self) -> Listener:
        """Listen in the running loop; `port` is the port then.

        Raises:
            OSError: the port is taken, or may not be listened on.
        """
        application = Application(
            routes(self.site),
            default_handler_class=Missing,
            default_handler_args={"site": self.site},
            log_function=_say_nothing,
        )
        sockets = bind_sockets(self.port, self.host)
        self._server = HTTPServer(application, ssl_options=self._tls, idle_connection_timeout=IDLE_S)
        self._server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        logger.info("health, metrics and webhooks are on port %s", self.port)
        return self

    async def stop(self) -> None:
        """Take nothing new, answer what is under way, and close; twice is as once."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    while self.site.under_way:  # noqa: ASYNC110 - it is seldom, short, and any of many may be the last
                        await asyncio.sleep(0.01)
            await server.close_all_connections()


def _say_nothing(handler: Any) -> None:
    """A request is no line of the log; `/metrics` counts it."""
