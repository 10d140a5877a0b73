"""Signs above all tabs: what everybody must know now, whatever they look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import panel as pn

from collab.alerts import Rank, called
from collab.desk import utc_now
from collab.floor import Seat
from collab.rules import Severity
from collab.team import State
from collab.views.board import Board
from collab.views.experiment import turn
from collab.views.frame import Frame
from collab.views.notice import Notice
from collab.views.theme import plain


class Said(NamedTuple):
    """What a sign says, as Markdown, and how grave it is; without words the sign is not there."""

    object: str
    severity: Literal["info", "warning", "error"] = "info"


class Sign(pn.viewable.Viewer):
    """Shows what `say` makes of each frame of the board.

    Args:
        board: the session's board.
        say: from a frame to what everybody must know.
    """

    def __init__(self, board: Board, say: Callable[[Frame], Said], **params: Any) -> None:
        super().__init__(**params)
        self._board, self._say = board, say
        self.alert = Notice(brief=True)
        board.param.watch(lambda event: self._show(), ["frame", "paused"])
        self._show()

    def _show(self) -> None:
        said = self._say(self._board.frame)
        wanted = said._asdict() | {"visible": bool(said.object)}
        if any(getattr(self.alert, name) != value for name, value in wanted.items()):
            self.alert.param.update(**wanted)

    def __panel__(self) -> Notice:
        return self.alert


def losing(frame: Frame) -> Said:
    """That nothing can be done at the moment, since when, and what to do about it."""
    if frame.lost is None:
        return Said("")
    since = f"{frame.lost:%Y-%m-%d %H:%M:%S} UTC"
    said = (
        f"**Redis has not answered since {since}.** What is shown stands still from then on. Nothing can be routed, "
        "said or taken on until it answers; see that redis-server runs and that this machine reaches it."
    )
    return Said(said, "error")


def reading(frame: Frame) -> Said:
    """That this page only follows another process, and what to do once that has ended."""
    if frame.lost is None:
        return Said(
            "Another process has this team and records it; this page follows its history, a second or two behind. "
            "Route leads on that process's page."
        )
    return Said(
        f"**Nobody has this team: the process that recorded it has ended, as was seen at {frame.lost:%H:%M:%S} UTC on "
        f"{frame.lost:%Y-%m-%d}.** What is shown stands still. Start that one again, and this page follows it; or end "
        "this one and start it anew, and it records.",
        "error",
    )


def pausing(board: Board) -> Callable[[Frame], Said]:
    """That the page stands still, and since when."""

    def said(frame: Frame) -> Said:
        since = board.stood
        return Said(
            ""
            if since is None
            else f"**Paused at {since:%H:%M:%S} UTC.** All but the rooms stands still until Pause is off."
        )

    return said


def leaving(seat: Seat | None) -> list[Callable[[Frame], Said]]:
    """That who signed in may not be here any more, and what they can do."""
    return [] if seat is None else [lambda frame: Said(plain(seat.gone), "error")]


def alerting(frame: Frame) -> Said:
    """The alert to look at first, and how many more nobody has taken on."""
    asking = [rank for rank in frame.alerts if asks(rank) and frame.silence(rank.alert) is None]
    if not asking:
        return Said("")
    first = asking[0].alert
    more = f" And {len(asking) - 1} more." if len(asking) > 1 else ""
    value = frame.values.get(first.id, "")
    now = f" It {plain(value)}." if value.endswith("now") else ""  # else the summary says it
    said = f"**{plain(called(first, frame.names))}.**{now}{more} The Alerts tab has what can be done."
    return Said(said, "error" if first.severity == Severity.critical else "warning")


def asks(rank: Rank) -> bool:
    """Does this alert ask for somebody: it fires, and is more than news?"""
    return rank.alert.state == State.firing and rank.alert.severity.grade >= Severity.medium.grade


def experimenting(frame: Frame) -> Said:
    """That an experiment runs, whose turn it is and when it ends."""
    return Said("" if frame.experiment is None else plain(turn(frame.experiment, utc_now())))
