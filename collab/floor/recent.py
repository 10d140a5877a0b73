"""What happened in a room lately, at hand for those who come back."""

from __future__ import annotations

from collections import deque

import msgspec

from collab.history.past import redacted

KEPT = 1000
"""So many of a room's newest events are at hand."""


class Recent:
    """The newest events of a room as JSON, each with its number."""

    def __init__(self, number: int) -> None:
        self.last = number
        self.events: deque[bytes] = deque(maxlen=KEPT)

    @property
    def first(self) -> int:
        """The number of the oldest that is at hand."""
        return self.last - len(self.events) + 1

    def add(self, event: bytes) -> int:
        """Take the next event in, and return its number."""
        self.last += 1
        self.events.append(event)
        return self.last

    def redact(self, message: str) -> None:
        """Forget the words of a message."""
        needle = message.encode()
        for place, data in enumerate(self.events):
            if needle in data and b'"text":' in data:
                event = msgspec.json.decode(data)
                if event["event"] in ("message_sent", "message_edited") and message in (
                    event["id"],
                    event.get("message"),
                ):
                    self.events[place] = redacted(data)

    def after(self, number: int) -> list[bytes]:
        """All after a number, which is not before `first` - 1."""
        return [*self.events][len(self.events) - (self.last - number) :] if number < self.last else []
