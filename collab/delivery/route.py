"""Who is told of a notice, and when: by severity, labels and hours, and whom next if nobody takes it up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from collab.delivery.notice import Notice
from collab.delivery.window import Window, over
from collab.records import Fact, Key
from collab.rules import Severity

Targets = Annotated[tuple[Key, ...], Meta(min_length=1)]

CRITICAL_S = 0.5
"""A critical notice waits at most so long for others to join it; then it takes along what waits."""


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom else to tell if after so many seconds somebody has yet to take the alerts up."""

    after_s: Annotated[float, Meta(gt=0, le=7 * 86400)]
    to: Targets


class Route(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Takes the notices that are bad enough, have an alert with these labels, and come in these hours.

    Attributes:
        to: the targets that are told.
        least: the least severity; info is never sent.
        labels: an alert of the notice must have all of them.
        hours: it takes nothing outside them, if there are any; for who is on duty.
        quiet: what comes in them waits for their end, unless it is critical.
        within_s: how long a notice waits for others, to go as one message.
        then: the escalation: whom to tell later, while somebody has yet to take the alerts up.
    """

    to: Targets
    least: Severity = Severity.low
    labels: dict[str, str] = {}
    hours: tuple[Window, ...] = ()
    quiet: tuple[Window, ...] = ()
    within_s: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    then: tuple[Step, ...] = ()

    def takes(self, notice: Notice) -> bool:
        """Does the notice go this way?"""
        bad = notice.severity is not Severity.info and notice.severity.grade >= self.least.grade
        wanted = self.labels.items()
        about = not wanted or any(wanted <= cause.labels.items() for cause in notice.alerts)
        return bad and about and (not self.hours or any(one.open(notice.time) for one in self.hours))


class Due(Fact, frozen=True, kw_only=True):
    """A notice on its way to one target: it may go from `ready` on with others, and goes at `due` at the latest.

    `step` is 0 for who is told first, then 1, 2 … of the escalation.
    """

    notice: Notice
    target: Key
    step: int
    ready: datetime
    due: datetime


def dues(notice: Notice, routes: Iterable[Route]) -> list[Due]:
    """Who is told and when, each target once a step even if several routes name it: the earliest counts."""
    found: dict[tuple[str, int], Due] = {}
    for route in routes:
        if not route.takes(notice):
            continue
        critical = notice.severity is Severity.critical
        within = timedelta(seconds=min(route.within_s, CRITICAL_S) if critical else route.within_s)
        for number, (after_s, targets) in enumerate([(0.0, route.to), *((one.after_s, one.to) for one in route.then)]):
            asked = notice.time + timedelta(seconds=after_s)
            ready = asked if critical else over(route.quiet, asked)
            for target in targets:
                one = Due(notice=notice, target=target, step=number, ready=ready, due=ready + within)
                before = found.get((target, number), one)
                found[target, number] = min(before, one, key=lambda due: due.due)
    return list(found.values())
