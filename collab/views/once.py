"""What all sessions of a process show of a frame is made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from collab.views.frame import Frame

NEWEST = 8
"""So many are kept, as a process may show several teams, and sessions may be a frame apart."""


Made = TypeVar("Made")


class Once(Generic[Made]):
    """Makes something of a frame, or hands out what was made of it before.

    Args:
        make: from a frame to what is shown.
        by: what of the frame decides; the same object means the same result.
    """

    def __init__(self, make: Callable[[Frame], Made], by: Callable[[Frame], Any]) -> None:
        self._make, self._by = make, by
        self._made: tuple[tuple[Any, Made], ...] = ()

    def of(self, frame: Frame) -> Made:
        """What is made of this frame."""
        what = self._by(frame)
        for before, made in self._made:
            if before is what:
                return made
        made = self._make(frame)
        self._made = ((what, made), *self._made[: NEWEST - 1])
        return made
