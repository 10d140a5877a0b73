"""The way from a member to a gateway: how it is opened, and whether it will be open later if it is not now."""

from __future__ import annotations

import logging
from ssl import SSLCertVerificationError, SSLContext
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode

logger = logging.getLogger(__name__)

PING_S = 5.0
"""A gateway that does not answer a ping in this time, asked as often, is lost."""

OPEN_S = 5.0
"""How long one try to connect may take."""

LATER = frozenset({408, 425, 429})
"""Answers of the kind "it is wrong as it is asked" that another try may not get."""


class Way:
    """Opens connections to one gateway.

    Args:
        url: its address.
        ssl: whom to trust at `wss://…`; else the system's authorities and those in SSL_CERT_FILE.

    Raises:
        ValueError: the address is of no gateway.
    """

    def __init__(self, url: str, ssl: SSLContext | None) -> None:
        if not isinstance(url, str) or not url.startswith(("ws://", "wss://")):
            raise ValueError(f"url is {url!r}; it begins with ws:// or wss://, e.g. ws://localhost:8765")
        if ssl is not None and url.startswith("ws://"):
            raise ValueError(f"ssl is given and url is {url!r}; make it wss://, or leave ssl out")
        self._url = url
        self._secure: dict[str, Any] = {} if ssl is None else {"ssl": ssl}

    def open(self) -> connect:
        """A connection that is being opened."""
        alive: dict[str, Any] = {"open_timeout": OPEN_S, "ping_interval": PING_S, "ping_timeout": PING_S}
        return connect(self._url, compression=None, max_size=None, **alive, **self._secure)

    def failed(self, error: Exception, *, entered: bool, again: bool) -> None:
        """Log that it is tried again: each time, or once with a warning while one was not in yet.

        Raises:
            ConnectionError: one is not in yet, and never will be; says why, and the fix.
        """
        if not entered and (why := self._never(error)) is not None:
            raise ConnectionError(why) from error
        what = str(error) or "it is silent"
        if entered:
            logger.info("the connection to %s is lost, trying again: %s", self._url, what)
        elif not again:
            said = "no gateway answers at %s, trying again: %s; start one with `collab serve`, or mend the url"
            logger.warning(said, self._url, what)

    def _never(self, error: Exception) -> str | None:
        """Why it will not work later either; None if it may."""
        if isinstance(error, SSLCertVerificationError):
            fix = "give connect(…, ssl=…) a context that knows its authority, or name that in SSL_CERT_FILE"
            return f"the certificate of {self._url} is not trusted ({error.verify_message}); {fix}"
        if isinstance(error, InvalidStatus):
            status = error.response.status_code
            if 400 <= status < 500 and status not in LATER:
                fix = (
                    "give the address of the gateway, not that of its pages, and let what is before it pass WebSockets"
                )
                return f"url is {self._url!r}, which answers HTTP {status}; {fix}"
        return None


def too_long(error: Exception) -> bool:
    """Did the gateway end the connection because of a frame that is too long?"""
    return (
        isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == CloseCode.MESSAGE_TOO_BIG
    )
