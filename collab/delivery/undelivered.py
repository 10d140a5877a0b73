"""Why a message did not get there."""

from __future__ import annotations


class Undelivered(Exception):
    """The receiver did not take a message.

    Attributes:
        again: would it help to send it again?
        after_s: not before so many seconds, if the receiver said so.
    """

    def __init__(self, reason: str, *, again: bool = True, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.again, self.after_s = again, after_s
