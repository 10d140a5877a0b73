"""What is shown now in one session: the newest frame of the team."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

import pandas as pd
import panel as pn
import param

from collab.desk import utc_now
from collab.floor import Seat
from collab.metrics import band, percentiles
from collab.office import Office, SeatedOffice
from collab.protocol import Role
from collab.records import Lead
from collab.views.feed import feed_of
from collab.views.frame import Frame
from collab.views.scheduling import at_end, scheduler

READS = (
    "This page follows the history that another process records, so leads are routed and given at that process's page."
)
"""Why a page that only follows gives no commands."""


class Board(param.Parameterized):
    """The reactive state of one session: the newest frame, until it is paused or closed.

    Views depend on `frame` and send commands through `office`.

    Args:
        office: whose team it is; `shared`, too, by which what all sessions share is found.
        seat: who signed in; None where nobody has to, and everybody may do everything.
    """

    frame = param.ClassSelector(class_=Frame, default=Frame(), doc="The team as it is shown now.")
    paused = param.Boolean(default=False, doc="Hold all but the rooms still; on going on, the newest is shown at once.")
    person = param.String("", doc="What who acts here calls themselves, where nobody has to sign in.")
    member = param.String("", doc="As whom rooms are read here, by id; nobody's at first where nobody has to sign in.")

    lead = param.Dict({}, doc="What stands in the form of a lead that was not routed yet, by field, and `by` whom.")

    def __init__(self, office: Office, seat: Seat | None = None, **params: Any) -> None:
        self.office: Any = office if seat is None else SeatedOffice(office, seat)
        self.shared, self.seat, self._feed = office, seat, feed_of(office)
        self.schedule = scheduler()
        self._waiting, self.closed, self._whole = False, False, self._feed.frame
        self.stood: datetime | None = utc_now() if params.get("paused") else None  # since when it is paused
        super().__init__(frame=self._own(self._whole), member=self.by, **params)
        self._feed.join(self)
        at_end(self.close)

    def push(self) -> None:
        """Show the newest frame on this session's next tick; may be called from any thread."""
        if not self._waiting:
            self._waiting = True
            self.schedule(self._show)

    @property
    def sees(self) -> bool:
        """Is what is new shown to who looks, and may they see it?"""
        return not self.paused and not self.closed and not self.gone

    @property
    def gone(self) -> str:
        """Why who signed in may not be here any more; "" while they may, and where nobody has to."""
        return "" if self.seat is None else self.seat.gone

    def among(self) -> int:
        """How many boards of this team are shown in this process, this one among them."""
        return max(1, self._feed.boards)

    @param.depends("member", watch=True)
    def _reads(self) -> None:
        self._feed.join(self)

    def close(self) -> None:
        """Take no more frames."""
        self.closed = True
        self._feed.leave(self)

    @param.depends("paused", watch=True)
    def _hold(self) -> None:
        self.stood = utc_now() if self.paused else None

    @param.depends("paused", watch=True)
    def _show(self) -> None:
        self._waiting = False
        if self.gone or (not self.paused and self._whole is not self._feed.frame):
            begun, self._whole = monotonic(), self._feed.frame
            with pn.io.hold():
                self.frame = self._own(self._whole)
            self._feed.spent(monotonic() - begun)

    def _own(self, frame: Frame) -> Frame:
        """What of a frame this session may see."""
        if self.gone:
            self.close()
            return Frame()
        return frame.of(self.by) if self.of_agent else frame

    @property
    def of_agent(self) -> bool:
        """Whether an agent signed in, who sees the team and their own leads."""
        return self.seat is not None and self.seat.role == Role.agent

    @property
    def by(self) -> str:
        """Who signed in, in whose name all is done here; "" where nobody has to."""
        return "" if self.seat is None else self.seat.id

    def refusal(self, command: str) -> str:
        """Why nobody here may give this command of the desk, "override" say; "" if they may."""
        if self.office.desk is None:
            return READS
        return "" if self.seat is None else self.seat.refusal(command)

    def sign(self, field: Any) -> None:
        """Let a field for a person's name show who signed in, so that nothing else is typed there."""
        if self.by:
            field.param.update(value=self.by, disabled=True)

    def table(self) -> pd.DataFrame:
        """The agents that are shown: agent, name, presence, active leads, capacity, utilization (1 is full), band."""
        columns = ["agent", "name", "presence", "active", "capacity", "utilization", "band"]
        rows = [
            (a.id, a.name, str(a.presence), a.active, a.capacity, a.utilization, band(a.utilization))
            for a in self.frame.agents
        ]
        return pd.DataFrame(rows, columns=columns)

    def latency(self) -> dict[str, float | None]:
        """Percentiles of the newest event latencies in milliseconds, with `n`."""
        return percentiles([point.ms for point in self._feed.frame.latencies])

    async def route(self, lead: Lead) -> Any:
        """Route a lead at the desk; returns the decision.

        Raises:
            RuntimeError: this office only reads.
        """
        desk = self.office.desk
        if desk is None:
            raise RuntimeError(
                "This page follows the history that another process records, so it cannot route leads; "
                "use that process's page, or give both the same Redis (COLLAB_REDIS)."
            )
        return await self.office.ask(desk.route_lead(lead))
