"""What all pages show alike is made once a frame, and written to their sockets as one ready message."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Protocol

from collab.views.frame import Frame
from collab.views.once import Once
from collab.views.socket import Wire, ready

logger = logging.getLogger(__name__)


class Wall(Protocol):
    """Where a page shows a mural."""

    wire: Wire | None

    @property
    def seen(self) -> bool:
        """May and does somebody look at it now?"""


class Mural:
    """Pieces of HTML that are made of each frame for all the pages together.

    Each page that shows it asks for all of it first, then hears what changes. What is not looked at hears nothing, and
    all of it when it is looked at again.

    Args:
        name: by which pages know it.
        make: from a frame to its pieces: safe HTML by name, in order.
        murals: those of the team, which paint it.
    """

    def __init__(self, name: str, make: Callable[[Frame], Mapping[str, str]], murals: Murals) -> None:
        self.name, self.pieces = name, dict[str, str]()
        self._made, self._murals = Once(make, _moment), murals
        self._walls: weakref.WeakKeyDictionary[Wall, bool] = weakref.WeakKeyDictionary()

    def of(self, frame: Frame) -> Mapping[str, str]:
        """Its pieces at a frame."""
        return self._made.of(frame)

    def hang(self, wall: Wall) -> None:
        """Show all of it on this wall, and from now on what changes; call it in the loop of the page's server."""
        self._murals.paint_in(asyncio.get_running_loop())
        self._walls[wall] = False
        self.level(wall)

    def level(self, wall: Wall) -> None:
        """Show all of it on a wall that was not looked at, if it is now."""
        if self._walls.get(wall) is not False or not wall.seen:
            return
        if not any(self._walls.values()):  # nobody looked, and nothing was made
            self.pieces = dict(self.of(self._murals.frame))
        self._walls[wall] = True
        self._write([wall], self.pieces)

    def leave(self, wall: Wall) -> None:
        """Something else is shown on this wall until it is level again."""
        if wall in self._walls:
            self._walls[wall] = False

    def paint(self, frame: Frame) -> None:
        """Write to each page what is new for it; call it in the loop of the pages' server."""
        level = dict(self._walls)
        sees = {wall: wall.seen for wall in level}
        self._walls.update(sees)
        seeing = [wall for wall, one in sees.items() if one]
        if seeing:
            pieces = dict(self.of(frame))
            fresh = {name: html for name, html in pieces.items() if self.pieces.get(name) != html}
            changed, self.pieces = bool(fresh) or list(self.pieces) != list(pieces), pieces
            if changed:
                self._write([wall for wall in seeing if level[wall]], fresh)
            self._write([wall for wall in seeing if not level[wall]], pieces)

    def _write(self, walls: list[Wall], fresh: Mapping[str, str]) -> None:
        if walls:
            message = ready(self.name, json.dumps({"order": list(self.pieces), "fresh": fresh}))
            for wall in walls:
                try:
                    if wall.wire is not None:
                        wall.wire.write(message)
                except Exception:  # the other pages go on; this one is shown all of it with the next frame
                    logger.exception("a page could not be told what is new")
                    self._walls[wall] = False


class Murals:
    """The murals of a team, in the order in which they are painted.

    Args:
        spent: hears how many seconds a frame took to make and to write.
    """

    def __init__(self, spent: Callable[[float], None] = lambda seconds: None) -> None:
        self.frame = Frame()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._spent, self._due, self._lock = spent, False, threading.Lock()
        self._murals: dict[str, Mural] = {}
        self._mark = uuid.uuid4().hex[:8]

    def mural(self, name: str, make: Callable[[Frame], Mapping[str, str]]) -> Mural:
        """The mural of this name, made by `make` if it is the first time; pages know it by a name of its own.

        So a page with views of two teams takes each of its murals for what it is.
        """
        with self._lock:
            return self._murals.setdefault(name, Mural(f"{name}-{self._mark}", make, self))

    def paint_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Paint in this loop from now on; what was asked of another, which may have stopped, is asked anew."""
        if loop is not self.loop:
            self.loop, self._due = loop, False

    def push(self, frame: Frame) -> None:
        """Show this frame as soon as the server's loop comes to it; may be called from any thread."""
        self.frame = frame
        if self.loop is not None and not self._due:
            self._due = True
            try:
                self.loop.call_soon_threadsafe(self._paint)
            except RuntimeError:  # the server has stopped; another may start
                self.loop, self._due = None, False

    def _paint(self) -> None:
        begun, self._due = monotonic(), False
        for mural in tuple(self._murals.values()):
            try:
                mural.paint(self.frame)
            except Exception:
                logger.exception("what pages show as %r could not be made", mural.name)
        self._spent(monotonic() - begun)


def _moment(frame: Frame) -> Any:
    """What stays the same of a frame whoever it is for, and is another in the next."""
    return frame.standing
