"""How a team stands at one moment, in numbers, and how it stood in the last hour."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct

from collab.fairness import jain_of
from collab.records import Presence
from collab.rules import Rule
from collab.team import SAMPLES, Team

HOUR = timedelta(hours=1)
"""How far back the trend of each number goes."""

EVERY = timedelta(seconds=30)
"""How far apart two points of a trend are."""

WINDOW = timedelta(seconds=1800)
"""How far back first responses count if no rule in force says so."""


class Standing(Struct, frozen=True, kw_only=True):
    """How a team stands: who is `here` (on shift, neither away nor offline), what they hold, who waits, what came.

    `active` and `capacity` are of those here, `others` are leads that the rest hold. `balance` is Jain's index over the
    `online` (on shift and not offline). `response_s` is the median of the `responses` in the window, of which a
    team remembers the newest 1,000 only (`cut` if there may be more); `converted` of `closed` are of the last day,
    `satisfaction` is the mean of all `rated`; `responded` and `ended` are when the newest of them came.
    """

    time: datetime | None = None
    agents: int = 0
    here: int = 0
    online: int = 0
    active: int = 0
    capacity: int = 0
    others: int = 0
    waiting: int = 0
    oldest_s: float | None = None
    response_s: float | None = None
    responses: int = 0
    cut: bool = False
    responded: datetime | None = None
    balance: float | None = None
    converted: int = 0
    closed: int = 0
    ended: datetime | None = None
    satisfaction: float | None = None
    rated: int = 0

    @property
    def load(self) -> float | None:
        """Leads held by those here over what they can hold; None if that is nothing."""
        return self.active / self.capacity if self.capacity else None

    @property
    def conversion(self) -> float | None:
        """Sales over closed leads of the last day; None without any."""
        return self.converted / self.closed if self.closed else None


def standing(team: Team, now: datetime) -> Standing:
    """How a team stands now."""
    agents = team.members()
    online = [agent for agent in agents if agent.online]
    here = [agent for agent in online if agent.presence != Presence.away]
    active, waiting, alerts = sum(agent.active for agent in here), team.queue(), team.alerts
    responses = _since(alerts.responses.newest, now - window(alerts.rules))
    closed, converted, ended = team.day.until(now)
    rated = sum(agent.rated for agent in agents)
    return Standing(
        time=now,
        agents=len(agents),
        here=len(here),
        online=len(online),
        active=active,
        capacity=sum(agent.capacity for agent in here),
        others=sum(agent.active for agent in team.agents.values()) - active,
        waiting=len(waiting),
        oldest_s=max(((now - lead.queued).total_seconds() for lead in waiting), default=None),
        response_s=median(seconds for _, seconds in responses) if responses else None,
        responses=len(responses),
        cut=len(responses) >= SAMPLES,
        responded=responses[-1][0] if responses else None,
        balance=jain_of(agents),
        converted=converted,
        closed=closed,
        ended=ended,
        satisfaction=sum(agent.satisfaction for agent in agents) / rated if rated else None,
        rated=rated,
    )


def window(rules: tuple[Rule, ...]) -> timedelta:
    """How far back first responses count: as the rule in force that watches them has it."""
    found = (rule for rule in rules if rule.on and rule.kind == "slow_response")
    return next((timedelta(seconds=rule.window_s) for rule in found), WINDOW)


class Lately:
    """How a team stood in the last hour: what was last within each half minute, and what is now."""

    def __init__(self) -> None:
        self._kept: deque[Standing] = deque()

    def take(self, now: Standing) -> tuple[Standing, ...]:
        """Add how it stands now; returns the last hour, the newest last."""
        assert now.time is not None
        kept = self._kept
        if len(kept) > 1 and _slot(kept[-1]) == _slot(now):
            kept.pop()
        kept.append(now)
        while (first := kept[0].time) is not None and now.time - first > HOUR:
            kept.popleft()
        return tuple(kept)


def _slot(one: Standing) -> int:
    return 0 if one.time is None else int(one.time.timestamp() // EVERY.total_seconds())


def _since(samples: list[tuple[datetime, float]], start: datetime) -> list[tuple[datetime, float]]:
    """The samples from a moment on; they are in the stream's order, which is that of time but for a moment."""
    return samples[bisect_left(samples, start, key=lambda sample: sample[0]) :]
