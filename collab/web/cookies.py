"""What cookies say that this process, or another with its keys, has signed."""

from __future__ import annotations

from tornado.web import decode_signed_value


def read(secret: str | None, name: str, value: str | None) -> str | None:
    """What the cookie of this name says; None if there is none, or it is not signed with the secret."""
    said = None if secret is None else decode_signed_value(secret, name, value)
    return None if said is None else said.decode()
