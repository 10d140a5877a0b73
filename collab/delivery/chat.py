"""The way to people: e-mail, Slack, Teams, ntfy and over a hundred others through Apprise."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from collab.delivery.message import Message
from collab.delivery.secret import Secret
from collab.delivery.undelivered import Undelivered
from collab.rules import Severity

KIND = {Severity.critical: "failure", Severity.high: "failure", Severity.medium: "warning"}
"""What Apprise calls a severity; it chooses colours and icons by it."""

TALK = ("apprise", "urllib3.connectionpool", "requests_oauthlib.oauth1_auth")
"""Loggers that quote whole URLs, with the secrets in them."""

CAUSE = re.compile(r"error=(\d{3})\b|(?i:(connection) error)")


class Chat:
    """Sends messages by one Apprise URL.

    Raises:
        ValueError: Apprise is not installed, or does not know the URL, which is not shown.
    """

    def __init__(self, url: Secret, timeout_s: float, what: str) -> None:
        try:
            import apprise
        except ImportError:
            fix = "install it: pip install -e '.[notify]' in the checkout of collab"
            raise ValueError(f"{what} needs Apprise; {fix}") from None
        self._timeout_s = timeout_s
        with _hushed():
            asset = apprise.AppriseAsset(async_mode=False, http_redirects=False, app_id="collab", app_url="")
            self._apprise = apprise.Apprise(asset=asset)
            known = self._apprise.add(url.reveal())
        if not known or len(self._apprise) != 1:
            scheme = url.reveal().partition("://")[0] if "://" in url.reveal() else ""
            begins = f", which begins with {scheme!r}," if scheme.isalnum() and len(scheme) < 20 else ""
            raise ValueError(f"{what}{begins} is no one Apprise URL; https://appriseit.com/services shows their forms")

    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            Undelivered: nobody took it.
        """
        with _hushed() as said:
            result = self._apprise.notify(
                body=message.text,
                title=message.title,
                notify_type=KIND.get(message.severity, "info"),
                body_format="text",
                timeout=self._timeout_s,
            )
        if not result:
            reason = said[-1] if said else result.status.name.lower()
            raise Undelivered(f"Apprise could not send it: {reason}")


_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


class _Hush(logging.Filter):
    """Keeps what is logged of our sending out of everybody's logs, and takes the cause of a failure from it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Is the record somebody else's?"""
        said = _said.get()
        if said is None:
            return True
        for status, connection in CAUSE.findall(record.getMessage()):
            said.append(f"answered {status}" if status else f"no {connection.lower()}")
        return False


_HUSH = _Hush()


@contextmanager
def _hushed() -> Iterator[list[str]]:
    """What is logged in here by those who talk stays in here."""
    for name in TALK:
        logging.getLogger(name).addFilter(_HUSH)  # the same filter is added once
    said: list[str] = []
    before = _said.set(said)
    try:
        yield said
    finally:
        _said.reset(before)
