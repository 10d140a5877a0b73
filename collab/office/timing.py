"""The time of an office: the stream's, as far as this machine's clock differs from it, so that all hosts agree."""

from __future__ import annotations

import logging
from datetime import datetime

from collab.desk import Desk
from collab.team_at_work import Clock

logger = logging.getLogger(__name__)

OFF_S = 2.0
"""A clock that is further off than this is worth a word, as tokens and pages go by it."""


class Timing:
    """Corrects an office's clock by the time of its stream, and says if there is much to correct.

    Args:
        tenant: whose office, for the log.
        clock: the office's.
    """

    def __init__(self, tenant: str, clock: Clock) -> None:
        self._tenant, self._clock, self._said = tenant, clock, False

    async def begin(self, desk: Desk) -> None:
        """Go by the time of the desk's stream, from now on.

        Raises:
            StreamUnreachable: it does not answer.
        """
        desk.attendance.compare = self._clock.compare
        await desk.attendance.devices()

    def now(self) -> datetime:
        """The time by which the office goes."""
        return self._clock()

    @property
    def trouble(self) -> str:
        """How far this machine's clock is off, with the fix; "" if it is not, by much."""
        off_s = self._clock.off.total_seconds()
        if abs(off_s) <= OFF_S:
            return ""
        which = "behind" if off_s > 0 else "ahead of"
        return (
            f"this machine is {abs(off_s):.1f} s {which} Redis, by whose time the team works; "
            "let both follow a time server"
        )

    def look(self) -> None:
        """Log it if the clock went wrong, or right again; once."""
        trouble = self.trouble
        if bool(trouble) != self._said:
            self._said = bool(trouble)
            if trouble:
                logger.warning("the clock: %s (seen by the office of %s)", trouble, self._tenant)
            else:
                logger.info("the clock goes right again (seen by the office of %s)", self._tenant)
