"""The figures of a report: what a rescore and the estimates came to, in records that a file can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from collab.whatif.answers import Estimate, Estimates, Limits, Refused
from collab.whatif.backtest import far, said
from collab.whatif.grounds import Backing, Trust
from collab.whatif.measures import digits
from collab.whatif.rescore import Rescored

MOST_MOVES = 20
"""So many of the largest moves between two agents are reported."""

DIGITS = 6
"""Figures are kept with so many digits: the last ones of a sum differ from machine to machine."""


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The base of what a report holds; what is empty is left out of the file."""


class Gets(Row, frozen=True):
    """How many leads an agent has as logged, and as rescored."""

    agent: str
    name: str
    before: int
    after: int


class Moves(Row, frozen=True):
    """Who would get which leads, at the loads of the log.

    `n` decisions were rescored, of which `moved` go to somebody else; `left_out` were a person's, and `sticky` stay
    with the agent who knows the customer. `moves` are the largest: from, to, leads.
    """

    n: int
    moved: int
    share_moved: float
    left_out: int = 0
    sticky: int = 0
    agents: tuple[Gets, ...] = ()
    moves: tuple[tuple[str, str, int], ...] = ()


class Judged(Row, frozen=True):
    """An estimate of one metric, or what was simulated of it, with intervals; or, where `refused` says why, none.

    `before` is the log as it was, or the weights in force, simulated too; `off` is how wrong back-tests of a simulation
    were at most; `bounds` hold whatever the log never tried.
    """

    metric: str
    question: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    before: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    n: int | None = None
    ess: float | None = None
    refused: str = ""
    bounds: tuple[float, float] | None = None
    off: str = ""
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.refused or self.value is None:
            return f"refused: {self.refused or 'nothing is known'}"
        parts = [digits(self.value)]
        for name, value in (("", self.difference), ("from", self.difference_low), ("to", self.difference_high)):
            if value is not None:
                parts.append(f"{name or 'difference'} {digits(value, '+')}")
        return " ".join(parts)


class Figures(Row, frozen=True):
    """All that a report shows: the rescore, what is judged per lead, and what is simulated of the whole team."""

    rescore: Moves
    per_lead: tuple[Judged, ...] = ()
    whole_team: tuple[Judged, ...] = ()


def moves_of(rescored: Rescored, names: Mapping[str, str]) -> Moves:
    """What is reported of a rescore; `names` are what agents are called, by id."""
    shares = rescored.shares()[["agent", "leads_before", "leads_after"]].itertuples(index=False)
    largest = sorted(rescored.moves(), key=lambda move: (-move[2], move[:2]))[:MOST_MOVES]
    return Moves(
        n=rescored.n,
        moved=rescored.moved,
        share_moved=_short(rescored.share_moved) or 0.0,
        left_out=rescored.left_out,
        sticky=rescored.sticky,
        agents=tuple(
            Gets(agent=agent, name=names.get(agent, agent), before=int(had), after=int(has))
            for agent, had, has in shares
        ),
        moves=tuple(largest),
    )


def judged_of(estimates: Estimates) -> tuple[Judged, ...]:
    """What is reported of estimates or of a simulation, refusals included, in their order."""
    return tuple(_judged(one) for one in estimates.values())


def _judged(one: Estimate | Refused) -> Judged:
    trust = one.trust
    rests: dict[str, Any] = {} if trust is None else {"n": trust.n, "warnings": trust.warnings}
    if isinstance(trust, Trust):
        rests["ess"] = _short(trust.ess)
    elif isinstance(trust, Backing) and math.isfinite(trust.off):
        rests["off"] = said(one.metric, trust.off)
        if far(one.metric, trust.off, Limits()):
            rests["warnings"] = (f"decide nothing on {one.metric}", *trust.warnings)
    if isinstance(one, Refused):
        bounds = None if one.bounds is None else tuple(_short(end) for end in one.bounds)
        fields: dict[str, Any] = {"refused": one.reason, "bounds": bounds}
    else:
        fields = {"before": _short(one.base)}
        for name in ("value", "low", "high", "difference", "difference_low", "difference_high"):
            fields[name] = _short(getattr(one, name))
    return Judged(metric=one.metric, question=one.question, **rests, **fields)


def _short(value: float) -> float | None:
    """The number with six digits; None for none."""
    return float(f"{float(value):.{DIGITS}g}") if math.isfinite(value) else None
