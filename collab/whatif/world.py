"""A team and its leads as columns of numbers: who comes, who is there, and by which laws leads turn out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from collab.factors import PRIOR_RESPONSES, TARGET_RESPONSE_S
from collab.records import SCALE
from collab.team import RESPONSE_HALF_LIFE_S
from collab.whatif import rules
from collab.whatif.arrays import LARGE, check_order, floats, whole_numbers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Leads:
    """The leads, in the order in which they arrive; all times are seconds after one moment.

    Attributes:
        arrival_s: when each arrives.
        lead_type: the code of its type, from 0.
        due_s: by when it should be picked up; of those that wait, the one due first goes first, in a tie the first
            of the two that arrived (see `collab.team.OpenLead.due`).
        odds: what is added to the log-odds of converting, whoever gets it; 0 if it is left out.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """

    arrival_s: Floats
    lead_type: Ints
    due_s: Floats
    odds: Floats | float = 0.0

    def __post_init__(self) -> None:
        n = len(_hold(self, "arrival_s", floats("arrival_s", self.arrival_s)))
        check_order("arrival_s", self.arrival_s, "sort the leads by arrival")
        _hold(self, "lead_type", whole_numbers("lead_type", self.lead_type, (n,), least=0))
        _hold(self, "due_s", floats("due_s", self.due_s, (n,)))
        _hold(self, "odds", floats("odds", _each(self.odds, n), (n,)))

    def __len__(self) -> int:
        return len(self.arrival_s)


@dataclass(frozen=True)
class Agents:
    """The agents, sorted by id, with what is known of each at the start, as in `collab.team.Agent`.

    Attributes:
        capacity: how many leads each holds at most.
        closed: leads closed so far, of which `converted` did; of these `rated` were rated, with the sum `satisfaction`.
        converted: see `closed`.
        rated: see `closed`.
        satisfaction: see `closed`.
        response_weight: the number of first responses, each halved every four hours up to the newest.
        response_total_s: their sum, halved alike.
        responded_s: when the newest was, in the seconds of the leads; of no account where `response_weight` is 0.
        merit: performance in ten-thousandths if it never changes, -1 if it follows from what is closed.
        replies: responsiveness alike; -1 if it follows from responses.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """

    capacity: Ints
    closed: Ints
    converted: Ints
    rated: Ints
    satisfaction: Floats
    response_weight: Floats
    response_total_s: Floats
    responded_s: Floats
    merit: Ints | int = -1
    replies: Ints | int = -1

    def __post_init__(self) -> None:
        n = len(_hold(self, "capacity", whole_numbers("capacity", self.capacity, least=0)))
        for name in ("closed", "converted", "rated"):
            _hold(self, name, whole_numbers(name, getattr(self, name), (n,), least=0))
        for name in ("satisfaction", "response_weight", "response_total_s"):
            _hold(self, name, floats(name, getattr(self, name), (n,), least=0))
        _hold(self, "responded_s", floats("responded_s", self.responded_s, (n,)))
        for name in ("merit", "replies"):
            _hold(self, name, whole_numbers(name, _each(getattr(self, name), n), (n,), least=-1, most=SCALE))
        if (more := self.converted > self.closed).any():
            place = int(np.flatnonzero(more)[0])
            raise ValueError(
                f"converted[{place}] is {self.converted[place]}, above closed[{place}], {self.closed[place]}; "
                "count a converted lead as closed too"
            )

    def __len__(self) -> int:
        return len(self.capacity)

    @classmethod
    def new(cls, capacity: Any) -> Self:
        """Agents of whom nothing is known yet but how many leads they hold."""
        nothing: Any = np.zeros(len(capacity))
        return cls(capacity, *[nothing] * (len(fields(cls)) - 3))


@dataclass(frozen=True)
class Shifts:
    """When agents may be given leads: a row an interval, from `start_s` until just before `end_s`.

    Who is not on shift works on with what they hold. An end may be infinite. `ready` is the share of the free part of
    their capacity that counts as availability then, 0 to 1 (see `collab.factors.READY`); all of it if it is left out.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """

    agent: Ints
    start_s: Floats
    end_s: Floats
    ready: Floats | float = 1.0

    def __post_init__(self) -> None:
        n = len(_hold(self, "agent", whole_numbers("agent", self.agent, least=0)))
        _hold(self, "start_s", floats("start_s", self.start_s, (n,), least=-np.inf))
        _hold(self, "end_s", floats("end_s", self.end_s, (n,), most=np.inf))
        _hold(self, "ready", floats("ready", _each(self.ready, n), (n,), least=0, most=1))
        if (empty := self.end_s <= self.start_s).any():
            row = int(np.flatnonzero(empty)[0])
            raise ValueError(
                f"end_s[{row}] is {self.end_s[row]}, not after start_s[{row}], {self.start_s[row]}; end the shift later"
            )
        order = np.lexsort((self.start_s, self.agent))
        same = np.diff(self.agent[order]) == 0
        if (twice := same & (self.start_s[order][1:] < self.end_s[order][:-1])).any():
            one, two = order[int(np.flatnonzero(twice)[0]) :][:2].tolist()
            raise ValueError(
                f"start_s[{two}] is {self.start_s[two]}, within shift {one} of the same agent, {self.agent[one]}; "
                "join shifts that overlap"
            )

    @classmethod
    def always(cls, agents: int) -> Self:
        """Everybody is on shift all the time."""
        return cls(np.arange(agents), np.full(agents, -np.inf), np.full(agents, np.inf))


@dataclass(frozen=True)
class Replies:
    """How responsiveness follows from first responses: target / (target + mean), as `collab.factors.responsiveness`.

    Attributes:
        half_life_s: how long until a response counts half.
        kept: how much the earlier ones count once there is another, besides.
        prior_responses: how many responses of `prior_s` seconds an agent without any counts as, above 0.
        prior_s: see `prior_responses`.
        target_s: the mean that makes 0.5.

    Raises:
        ValueError: names the field, the value and the fix.
    """

    half_life_s: float = RESPONSE_HALF_LIFE_S
    kept: float = 1.0
    prior_responses: float = PRIOR_RESPONSES
    prior_s: float = TARGET_RESPONSE_S
    target_s: float = TARGET_RESPONSE_S

    def __post_init__(self) -> None:
        for name in ("half_life_s", "kept", "prior_responses", "prior_s", "target_s"):
            least = 0.0 if name in ("kept", "prior_s") else 1e-9
            _hold(self, name, float(floats(name, getattr(self, name), (), least=least)))

    @property
    def rest(self) -> int:
        """The responsiveness of an agent without responses, in ten-thousandths."""
        return round(self.target_s / (self.target_s + self.prior_s) * SCALE)


@dataclass(frozen=True)
class Mechanism:
    """The laws by which leads are answered, handled and converted; n types, m agents.

    The first answer comes `answer_s` x `answer_by_load` seconds after the assignment on average, the lead closes
    `handling_s` x `handling_by_load` after that, both at the agent's utilization with the lead itself. The lead
    converts with the log-odds `odds` + `odds_by_response`, the response time being counted from the arrival, and is
    then worth `value` on average.

    Attributes:
        answer_s: n x m means.
        answer_by_load: factors at utilizations evenly spaced from 0 to 1, two or more; b alone is 1 to 1 + b.
        answer_spread: the standard deviation of a lognormal factor's logarithm, or factors with a mean of 1 in
            ascending order, of which one is drawn.
        handling_s: n x m means.
        handling_spread: as of the answer.
        odds: n x m log-odds of converting after a response of 60 s.
        odds_by_response: what is added, at response times evenly spaced in their logarithm from 60/8 s to 60 x 64 s;
            b alone is b for each doubling.
        value: n x m means, or n.
        value_spread: as of the answer.
        handling_by_load: as of the answer.
        replies: how responsiveness follows from responses; as in the router, if it is left out.
        free_by_load: availability at utilizations evenly spaced from 0 to 1; the free share, as in the router's, is -1.
        at_once: whether handling begins with the assignment, beside the answer, instead of after it.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """

    answer_s: Floats
    answer_by_load: Floats
    answer_spread: Floats
    handling_s: Floats
    handling_spread: Floats
    odds: Floats
    odds_by_response: Floats
    value: Floats
    value_spread: Floats | float = 0.0
    handling_by_load: Floats | float = 0.0
    at_once: bool = False
    replies: Replies = field(default_factory=Replies)
    free_by_load: Floats | float = -1.0

    def __post_init__(self) -> None:
        types, agents = _hold(self, "odds", floats("odds", self.odds, (-1, -1))).shape
        for name in ("answer_s", "handling_s", "value"):
            given = np.asarray(getattr(self, name), np.float64)
            if name == "value" and given.ndim == 1 and len(given) == types:
                given = np.repeat(given[:, None], agents, axis=1)
            least = -LARGE if name == "value" else 0.0
            _hold(self, name, floats(name, given, (types, agents), least=least))
        for name in ("free_by_load", "answer_by_load", "handling_by_load"):
            _hold(self, name, _table(name, getattr(self, name), (1.0, 1.0), (0.0, 1.0), least=0.0))
        slope = (rules.LEAST_DOUBLINGS, rules.MOST_DOUBLINGS)
        _hold(self, "odds_by_response", _table("odds_by_response", self.odds_by_response, (0.0, 0.0), slope, -LARGE))
        for name in ("answer_spread", "handling_spread", "value_spread"):
            shape = () if np.ndim(getattr(self, name)) == 0 else (-1,)
            _hold(self, name, floats(name, getattr(self, name), shape, least=0))


@dataclass(frozen=True)
class World:
    """All that a simulation needs but weights and luck; n types, m agents.

    Attributes:
        expertise: n x m, in ten-thousandths; it does not change.
        able: n x m, whether the agent has the skills without which leads of the type cannot be helped.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """

    leads: Leads
    agents: Agents
    shifts: Shifts
    mechanism: Mechanism
    expertise: Ints
    able: NDArray[np.bool_]

    def __post_init__(self) -> None:
        types, agents = self.mechanism.odds.shape
        if agents != len(self.agents) or not agents:
            raise ValueError(f"odds has {agents} agents and capacity {len(self.agents)}; give the same, 1 or more")
        _hold(self, "expertise", whole_numbers("expertise", self.expertise, (types, agents), least=0, most=SCALE))
        _hold(self, "able", whole_numbers("able", self.able, (types, agents), least=0, most=1).astype(bool))
        whole_numbers("lead_type", self.leads.lead_type, least=0, most=types - 1)
        whole_numbers("agent", self.shifts.agent, least=0, most=agents - 1)


def _hold(record: Any, name: str, value: Any) -> Any:
    """Set a field of a frozen record once it is checked."""
    object.__setattr__(record, name, value)
    return value


def _table(name: str, given: Any, base: tuple[float, float], slope: tuple[float, float], least: float) -> Floats:
    """A table of two or more entries, from one or from a single slope."""
    if np.ndim(given) == 0:
        slopes = float(floats(name, given, ())) * np.asarray(slope)
        return floats(name, np.asarray(base) + slopes, (2,), least=least)
    found = floats(name, given, least=least)
    if len(found) < 2:
        raise ValueError(f"{name} has {len(found)} entries; give two or more, or one number")
    return found


def _each(given: Any, n: int) -> Any:
    """One value for each of n, if only one is given."""
    return np.full(n, given) if np.ndim(given) == 0 else given
