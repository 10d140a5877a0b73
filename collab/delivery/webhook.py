"""Signed webhooks as https://www.standardwebhooks.com specifies them: a receiver knows who sent it, when, and which."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from collab.delivery.message import Message
from collab.delivery.secret import Secret
from collab.delivery.undelivered import Undelivered

PREFIX = "whsec_"
BYTES = range(24, 65)
"""How many bytes a secret has."""

LATER = {408, 425, 429}
"""Answers of the 400s that another time may be others."""

READ = 2048
"""So many bytes of an answer are read; nothing of it is kept."""


def key_of(secret: Secret, what: str) -> bytes:
    """The bytes of a secret.

    Raises:
        ValueError: it is none; it is not shown.
    """
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True) if text.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if len(key) not in BYTES:
        fix = (
            "make one by: python -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
        )
        raise ValueError(f"{what} is not {PREFIX} and base64 of {BYTES[0]} to {BYTES[-1]} bytes; {fix}")
    return key


def signature(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: HMAC-SHA256 of id, time and body by each key, so that keys can be changed."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return " ".join(f"v1,{one}" for one in made)


def payload(message: Message) -> bytes:
    """The body: what kind of thing it is, when it was made, and the whole message."""
    data = msgspec.to_builtins(message)
    data |= {"severity": message.severity, "title": message.title}
    return msgspec.json.encode({"type": "alerts.notified", "timestamp": data.pop("time"), "data": data})


class Webhook:
    """Posts messages to one address; redirects are not followed, since only the owner says where messages go.

    The id of a message is the same at each try; the time, and so the signature, is that of the try.
    """

    def __init__(self, url: str, keys: Sequence[bytes], timeout_s: float) -> None:
        self._url, self._keys, self._timeout_s = urlsplit(url), keys, timeout_s

    def send(self, message: Message) -> None:
        """Post the message.

        Raises:
            Undelivered: nobody took it.
        """
        body, timestamp = payload(message), int(time.time())
        headers = {
            "content-type": "application/json",
            "user-agent": "collab",
            "webhook-id": message.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._keys, message.id, timestamp, body),
        }
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=self._timeout_s)
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read(READ)
        except (OSError, http.client.HTTPException) as error:
            raise Undelivered(f"no answer within {self._timeout_s:g} s or at all: {_reason(error)}") from None
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise refused(answer.status, answer.getheader("retry-after"))


def refused(status: int, retry_after: str | None) -> Undelivered:
    """What an answer other than 2xx means."""
    if 300 <= status < 400:
        return Undelivered(f"answered {status}, a redirect, which is not followed; write the new url down", again=False)
    if status >= 500 or status in LATER:
        after = float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0
        return Undelivered(f"answered {status}", after_s=after)
    return Undelivered(f"answered {status}, which another try would not change", again=False)


def _reason(error: Exception) -> str:
    """The kind of an error and the system's word for it; never its text, which may quote an address."""
    said = getattr(error, "strerror", None)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
