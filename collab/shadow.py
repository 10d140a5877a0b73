"""Weights in the shadow: who would have got each lead under a second set, counted as decisions are made (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from collab.records import FACTORS, Decision
from collab.weights import hundredths

NEWEST = 20
"""How many of the newest disagreements are kept."""

RECENT = 100
"""The share that is streamed is that of so many of the newest decisions."""

POINTS = 300
"""So many of its values are kept."""


class Disagreement(Struct, frozen=True):
    """A lead that went to `agent` and would have gone to `instead`."""

    lead: str
    name: str
    time: datetime
    agent: str
    instead: str


class Point(Struct, frozen=True):
    """After decision `number`, at `time`, this share of the newest decisions differed."""

    number: int
    time: datetime
    share: float


class Seen(Struct, frozen=True, kw_only=True):
    """What was seen so far; frozen, so that any thread may look at it.

    `n` decisions were compared, of which `differ` would have gone to somebody else. `got` and `would` count leads by
    agent: as it was, and in the shadow. `left_out` were a person's choice or that of drawn weights. `newest` is the
    newest disagreement first, `points` the newest point last.
    """

    n: int = 0
    differ: int = 0
    left_out: int = 0
    got: dict[str, int] = {}
    would: dict[str, int] = {}
    newest: tuple[Disagreement, ...] = ()
    points: tuple[Point, ...] = ()
    recent: tuple[bool, ...] = ()

    @property
    def share(self) -> float | None:
        """The share of decisions that differ; None without one."""
        return self.differ / self.n if self.n else None


class Shadow:
    """Scores decisions under a second set of weights; it sees them when they are made and changes none.

    Attributes:
        values: the four integers that sum to 100.
        seen: what was seen so far.

    Raises:
        ValueError: the weights are not four whole numbers that sum to 100.
    """

    def __init__(self, weights: str | Sequence[int]) -> None:
        self.values, self.seen = hundredths(weights), Seen()

    def instead(self, decision: Decision) -> str | None:
        """Who would have got the lead: the highest score of those whose gates are open, in a tie the lowest id."""
        candidates = decision.candidates
        best, chosen = -1, None
        for agent, gate, *factors in zip(
            candidates.agent, candidates.gate, *(getattr(candidates, factor) for factor in FACTORS), strict=True
        ):
            score = sum(weight * factor for weight, factor in zip(self.values, factors, strict=True))
            if not gate and score > best:
                best, chosen = score, agent
        return chosen

    def take(self, decision: Decision) -> None:
        """See one more decision."""
        agent, seen = decision.agent, self.seen
        if agent is None:
            return
        if decision.mode in ("manual", "jitter"):
            self.seen = replace(seen, left_out=seen.left_out + 1)
            return
        instead = self.instead(decision) or agent
        differs = instead != agent
        recent = (*seen.recent[1 - RECENT :], differs)
        newest = seen.newest
        if differs:
            lead = decision.lead
            newest = (Disagreement(lead.id, lead.name, decision.time, agent, instead), *newest[: NEWEST - 1])
        point = Point(seen.n + 1, decision.time, sum(recent) / len(recent))
        self.seen = replace(
            seen,
            n=seen.n + 1,
            differ=seen.differ + differs,
            got=seen.got | {agent: seen.got.get(agent, 0) + 1},
            would=seen.would | {instead: seen.would.get(instead, 0) + 1},
            newest=newest,
            points=(*seen.points[1 - POINTS :], point),
            recent=recent,
        )
