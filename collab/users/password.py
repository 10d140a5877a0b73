"""Passwords as they are kept: scrypt with a salt of their own, written with what it takes to check them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

COST, BLOCKS, TIMES = 2**14, 8, 5
"""How hard a guess is: 16 MiB and some tenths of a second of one core."""

MOST = 1_024
"""A longer password is none: hashing what anybody may send must end."""

LEAST = 8
"""The fewest characters of a new password."""


def hashed(password: str) -> str:
    """The password as it is kept: `scrypt:cost:blocks:times:salt:hash`.

    Raises:
        ValueError: it is too short or too long.
    """
    if not LEAST <= len(password) <= MOST:
        raise ValueError(f"password has {len(password)} characters; give {LEAST} to {MOST:,}")
    salt = secrets.token_bytes(16)
    found = _scrypt(password, salt, COST, BLOCKS, TIMES)
    return ":".join(["scrypt", str(COST), str(BLOCKS), str(TIMES), _text(salt), _text(found)])


def is_hash(text: str) -> bool:
    """Whether this is a password as `hashed` writes it."""
    try:
        _parts(text)
    except ValueError:
        return False
    return True


def is_password(password: str, kept: str) -> bool:
    """Whether this is the password that is kept so; a wrong one takes as long as the right one."""
    cost, blocks, times, salt, found = _parts(kept)
    return len(password) <= MOST and hmac.compare_digest(_scrypt(password, salt, cost, blocks, times), found)


def _scrypt(password: str, salt: bytes, cost: int, blocks: int, times: int) -> bytes:
    most = 2 * 128 * cost * blocks
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=blocks, p=times, maxmem=most, dklen=32)


def _parts(text: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        name, cost, blocks, times, salt, found = text.split(":")
        parts = int(cost), int(blocks), int(times), _bytes(salt), _bytes(found)
    except (ValueError, binascii.Error):
        raise ValueError("this is no kept password; make its line with `collab user add`") from None
    dear = parts[0] * parts[1] * parts[2] > 2**20 or parts[0] < 2 or parts[0] & (parts[0] - 1) or min(parts[1:3]) < 1
    if name != "scrypt" or dear or len(parts[4]) != 32:
        raise ValueError("this is no kept password; make its line with `collab user add`")
    return parts


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
