"""Who had their share of the leads: measures of evenness, and a ledger of what each agent had and was due (pure).

A lead credits the agent who gets it. Everybody who was there and could have had it was due an equal share of it, or one
in proportion to their capacity. Both fade, so that a long absence is forgotten; and none is due to the absent, so that
who comes back is not flooded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from numbers import Real
from typing import Literal, NamedTuple

import numpy as np

from collab.events import Event, LeadAssigned, LeadClosed, LeadOverridden
from collab.gates import AHEAD, STICKY
from collab.records import Decision
from collab.team import Agent

HALF_LIFE_H = 8.0
"""After so many hours a lead counts half."""

FAINTEST = 0.01
"""Who was due less than so many leads is in no measure: what is left of somebody who is long gone."""

By = Literal["agent", "capacity"]
"""How a lead is shared among those to whom it was due: equally, or in proportion to capacity."""


def jain(shares: Sequence[float]) -> float | None:
    """Jain's index of shares: (sum x)^2 / (n sum x^2); 1 is even, 1/n is all for one.

    1 when all are 0 (nobody is ahead of anybody); None without shares. Jain, Chiu and Hawe, DEC-TR-301, 1984.

    Raises:
        ValueError: a share is below 0 or no number.
    """
    x = _shares(shares)
    if not x.size:
        return None
    squares = float(x.size * (x * x).sum())
    return float(x.sum()) ** 2 / squares if squares else 1.0


def jain_of(agents: Iterable[Agent]) -> float | None:
    """Jain's index of utilization over those of the agents who are on shift and not offline; None without any."""
    return jain([agent.utilization for agent in agents if agent.online])


def gini(shares: Sequence[float]) -> float | None:
    """The Gini coefficient of shares: the mean of |x - y| over all n^2 pairs, over twice the mean; 0 is even.

    It is (n - 1) / n when one has all, and 0 when all are 0; None without shares. Gini, Variabilità e mutabilità, 1912.

    Raises:
        ValueError: a share is below 0 or no number.
    """
    x = np.sort(_shares(shares))
    if not x.size:
        return None
    total, n = float(x.sum()), x.size
    # sorted, the sum of |x - y| over all pairs is twice the sum of (2 i - n - 1) x_i for i of 1 to n
    return float((2 * np.arange(1, n + 1) - n - 1) @ x) / (n * total) if total else 0.0


def max_min(shares: Sequence[float]) -> float | None:
    """The largest share over the smallest: 1 is even, infinite when somebody has none and another some.

    1 when all are 0; None without shares.

    Raises:
        ValueError: a share is below 0 or no number.
    """
    x = _shares(shares)
    if not x.size:
        return None
    most, least = float(x.max()), float(x.min())
    return most / least if least else (inf if most else 1.0)


def _shares(shares: Sequence[float]) -> np.ndarray:
    x = np.asarray(shares, float)
    if x.size and not (np.isfinite(x).all() and x.min() >= 0):
        wrong = int(np.flatnonzero(~(np.isfinite(x) & (x >= 0)))[0])
        raise ValueError(f"shares[{wrong}] is {x[wrong]}; give numbers of 0 or more")
    return x


class Standing(NamedTuple):
    """What an agent was due and had, in leads, each faded by its age."""

    due: float
    had: float

    @property
    def deficit(self) -> float:
        """Leads that the agent is owed; below 0, those they are ahead."""
        return self.due - self.had


class Ledger:
    """What each agent had and was due. Leads are taken in one by one in order, and reading changes nothing.

    So it is the same, bit for bit, however its leads are split into calls. A time before the last one counts as that.

    Args:
        half_life_h: hours after which a lead counts half; None for never.
        by: whether shares are equal or in proportion to capacity.

    Attributes:
        time_s: the time of the last lead, in seconds; minus infinity before the first.

    Raises:
        ValueError: the half-life is not above 0, or `by` is neither.
    """

    def __init__(self, half_life_h: float | None = HALF_LIFE_H, by: By = "agent") -> None:
        if half_life_h is not None and not (isinstance(half_life_h, Real) and half_life_h > 0):
            raise ValueError(f"half_life is {half_life_h!r}; give hours above 0, or None for never")
        if by not in ("agent", "capacity"):
            raise ValueError(f"by is {by!r}; give 'agent' for equal shares or 'capacity' for proportional ones")
        self.by = by
        self._half_life_s = inf if half_life_h is None else half_life_h * 3600
        self._due: dict[str, float] = {}
        self._had: dict[str, float] = {}
        self.time_s = -inf
        self._given_s: dict[str, float] = {}

    def give(self, agent: str, time_s: float, owed: Mapping[str, float]) -> None:
        """Credit an agent with a lead at a time in seconds, which was due to some in proportion to these numbers.

        The agent counts among them, with the least part that any of them has, if they are not named: then a person gave
        them the lead. So all that is due is all that was had.
        """
        self._fade(time_s)
        parts = owed if agent in owed else {**owed, agent: min(owed.values(), default=1.0)}
        whole = sum(parts.values())
        if whole <= 0:  # nobody has capacity; a person gave the lead all the same
            parts, whole = dict.fromkeys(parts, 1.0), float(len(parts))
        for one, part in parts.items():
            self._due[one] = self._due.get(one, 0.0) + part / whole
        self._had[agent] = self._had.get(agent, 0.0) + 1.0

    def move(self, agent: str, to: str, given_s: float, time_s: float) -> None:
        """Credit another agent with a lead that was given at some time, and the one who had it no more."""
        self._fade(time_s)
        left = self._left(min(given_s, self.time_s))
        self._had[agent] = max(0.0, self._had.get(agent, 0.0) - left)
        self._had[to] = self._had.get(to, 0.0) + left

    def hear(self, event: Event) -> None:
        """Take in what happened on a team's stream; events that give and take no leads change nothing.

        A lead that its agent gave back counts for them, as it was their turn; one that a person gave to another agent
        counts for that one from the time it was given.
        """
        if isinstance(event, LeadAssigned) and event.decision.agent is not None:
            self._given_s[event.decision.lead.id] = event.time.timestamp()
            self.give(event.decision.agent, event.time.timestamp(), owed(event.decision, self.by))
        elif isinstance(event, LeadOverridden) and event.lead in self._given_s:
            self.move(event.agent, event.to, self._given_s[event.lead], event.time.timestamp())
        elif isinstance(event, LeadClosed):
            self._given_s.pop(event.lead, None)

    def standings(self, time_s: float | None = None) -> dict[str, Standing]:
        """What each agent was due and had, by id, at a time in seconds; after the last lead if none is given."""
        left = 1.0 if time_s is None or not self._due else self._left(self.time_s, time_s)
        agents = sorted({*self._due, *self._had})
        return {one: Standing(self._due.get(one, 0.0) * left, self._had.get(one, 0.0) * left) for one in agents}

    def ahead(self, time_s: float, most: float) -> frozenset[str]:
        """Those who had more than so many leads above what they were due."""
        return frozenset(one for one, standing in self.standings(time_s).items() if -standing.deficit > most)

    def _left(self, since_s: float, time_s: float | None = None) -> float:
        """What is left at a time of a lead that was given at another."""
        age_s = (self.time_s if time_s is None else time_s) - since_s
        return float(0.5 ** (max(0.0, age_s) / self._half_life_s))

    def _fade(self, time_s: float) -> None:
        if time_s <= self.time_s:
            return
        if self.time_s > -inf:
            left = self._left(self.time_s, time_s)
            for amounts in (self._due, self._had):
                for agent in amounts:
                    amounts[agent] *= left
        self.time_s = time_s


def able(gate: str) -> bool:
    """Was an agent behind this gate there and able to take the lead? "" is no gate.

    So were those who were passed over for others: as another knows the customer, or as they were ahead.
    """
    return gate in ("", STICKY, AHEAD)


def owed(decision: Decision, by: By = "agent") -> dict[str, float]:
    """To whom a decision's lead was due, and in what proportion."""
    candidates = decision.candidates
    parts = candidates.capacity if by == "capacity" else [1] * len(candidates)
    rows = zip(candidates.agent, candidates.gate, parts, strict=True)
    return {agent: float(part) for agent, gate, part in rows if able(gate)}


def evenness(standings: Iterable[Standing]) -> dict[str, float | None]:
    """The three measures of had / due, over those who were due anything, and how many these are (`n`).

    Over what was due, so that who was there for an hour is not compared with who was there all day.
    """
    ratios = [one.had / one.due for one in standings if one.due >= FAINTEST]
    return {"jain": jain(ratios), "gini": gini(ratios), "max_min": max_min(ratios), "n": len(ratios)}
