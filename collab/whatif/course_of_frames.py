"""The course of the leads in anyone's frames of candidates, outcomes and agents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE
from collab.whatif.columns import checked, numeric, refuse_empty, shown, where
from collab.whatif.comers import comers
from collab.whatif.course import Course
from collab.whatif.drawn import in_force
from collab.whatif.held import Held, held, overfull
from collab.whatif.presences import able_of, shifts_of
from collab.whatif.replies import law_of, resting
from collab.whatif.roster_frame import rows, static, team
from collab.whatif.units import refuse_other_units
from collab.whatif.world import Agents, Replies

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEEDED = ("decision", "time", "agent", "response_s", "handling_s", "converted")
"""The columns of outcomes without which a team cannot be simulated; the others are taken as all alike."""

ROUNDS = 3
"""So often it is worked out who waited for whom."""

OFF = 0.02
"""From here on, availability is not the free share of capacity, or is told of if no other law of the load fits."""

LOADS = 61
"""So many entries has another law: with capacities of 1 to 6, one for each load."""

PLACES = np.linspace(0, 1, LOADS)

WAITED = "; if leads do not go in the order in which they come, give how long each waited as waited_s in outcomes"

ASTRAY = 0.01
"""From such a share of leads on it is told that they did not go in the order in which they came."""


MOVES = 100.0
"""Ten-thousandths; a factor that deviates more from what is taken for it is told of."""


class Grid(NamedTuple):
    """What the candidates say, by lead and agent: (leads, agents) each, factors in ten-thousandths, NaN unknown."""

    eligible: NDArray[np.bool_]
    factors: dict[str, Floats]


def course_of_frames(
    candidates: pd.DataFrame, outcomes: pd.DataFrame, agents: pd.DataFrame
) -> tuple[Course, tuple[str, ...]]:
    """The course, and what to know of it.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    ids, capacity = team(agents, candidates)
    leads = _leads(outcomes)
    grid = _grid(candidates, leads, ids)
    columns = _columns(leads, ids)
    kind, kinds = pd.factorize(leads["lead_type"].astype(str), sort=True)
    able = able_of(grid.eligible, kind, len(kinds))
    (found, at_once, free_by_load), notes = _held(leads, columns, grid, capacity, able[kind])
    _refuse_overfull(columns, at_once, ids, capacity)
    full = found.before(columns["agent"], len(ids)) >= capacity
    order = _given(found)
    shifts = shifts_of(found.start_s[order], grid.eligible[order], full[order], able[kind][order])
    at_start, law, told = _factors(agents, ids, capacity, grid, found, columns)
    course = Course(
        agents=ids,
        kinds=tuple(map(str, kinds)),
        **columns,
        due_s=columns["arrival_s"],
        kind=kind.astype(np.int64),
        start_s=found.start_s,
        active=found.active,
        single=~(leads["lead"].duplicated(keep=False) & leads["lead"].notna()).to_numpy(),
        weights=in_force(candidates, leads),
        explore=np.full(len(leads), np.nan),
        expertise=np.where(np.isnan(grid.factors["expertise"]), -1, grid.factors["expertise"]).astype(np.int16),
        able=able[kind],
        team=at_start,
        shifts=shifts,
        at_once=at_once,
        replies=law or Replies(),
        free_by_load=free_by_load,
    )
    return course, (*notes, *told)


def _columns(leads: pd.DataFrame, ids: tuple[str, ...]) -> dict[str, Any]:
    """What the leads say by themselves, as a `Course` names it."""
    seconds = leads["time"].astype("int64").to_numpy() / 1e6
    origin = float(seconds[0]) if len(seconds) else 0.0
    numbers = {name: _numbers(leads, name) for name in ("response_s", "handling_s", "converted", "value")}
    lost = np.isnan(numbers["value"]) & (numbers["converted"] == 0)  # and so was worth nothing
    return {
        "origin": origin,
        "arrival_s": seconds - origin,
        "agent": rows(leads["agent"], ids, "outcomes"),
        "score": np.nan_to_num(_numbers(leads, "lead_score")),
        **(numbers | {"value": np.where(lost, 0.0, numbers["value"])}),
    }


def _held(
    leads: pd.DataFrame, columns: dict[str, Any], grid: Grid, capacity: Ints, able: NDArray[np.bool_]
) -> tuple[tuple[Held, bool, Floats | float], tuple[str, ...]]:
    """What agents held, whether handling begins with the assignment, and how availability follows: as fits the log."""
    waited_s = _numbers(leads, "waited_s") if "waited_s" in leads else None
    arrival_s, agent, response_s, handling_s = (
        columns[name] for name in ("arrival_s", "agent", "response_s", "handling_s")
    )
    both = [held(arrival_s, agent, response_s, handling_s, capacity, waited_s, once) for once in (False, True)]
    if waited_s is None:
        both = [
            _waited(one, columns, grid, capacity, able, once) for one, once in zip(both, (False, True), strict=True)
        ]
    loads = [one.before(agent, len(capacity)) / capacity for one in both]
    laws: list[Floats | float] = [-1.0, -1.0]
    apart = [_apart(1 - load, grid) for load in loads]
    if min(apart) > OFF:
        others = [_by_load(load, grid) for load in loads]
        by_others = [_apart(np.interp(load, PLACES, law), grid) for load, law in zip(loads, others, strict=True)]
        if min(by_others) <= OFF:  # else it would be a law of nothing
            laws, apart = [*others], by_others
        else:
            refuse_other_units(leads, columns, min(apart), lambda *times: _apart_of(columns, times, grid, capacity))
    at_once = bool(apart[1] < 0.9 * apart[0])
    law, notes = laws[at_once], tuple[str, ...]()
    if apart[at_once] > OFF:
        hint = WAITED if waited_s is None else ""
        notes = (f"availability does not follow from the load; it is off by {apart[at_once]:.2f} on average{hint}",)
    elif waited_s is None and (astray := _astray(both[at_once], agent, capacity)) > ASTRAY:
        notes = (f"{astray:.0%} of the leads were answered before their turn{WAITED}",)
    if waited_s is not None and len(agent) and (early := float(np.mean(response_s + 1 < waited_s))) > ASTRAY:
        notes += (f"{early:.0%} of the leads have a response_s below their waited_s; both count from the arrival",)
    return (both[at_once], at_once, law), notes


def _leads(outcomes: pd.DataFrame) -> pd.DataFrame:
    """The outcomes in the order of arrival, with all columns that are used."""
    checked(outcomes, "outcomes", NEEDED, "a simulation needs")
    refuse_empty(outcomes, "time", "outcomes", "when the lead came in")
    if "lead_type" in outcomes:
        refuse_empty(outcomes, "lead_type", "outcomes", "or leave the column out")
    leads = outcomes.assign(time=pd.to_datetime(outcomes["time"], utc=True).astype("datetime64[us, UTC]"))
    for name, otherwise in (("lead_type", ""), ("lead_score", 0.0), ("value", 0.0), ("lead", outcomes["decision"])):
        if name not in leads:
            leads[name] = otherwise
    return leads.iloc[leads["time"].argsort(kind="stable")]  # with their labels, which errors name


def _grid(candidates: pd.DataFrame, leads: pd.DataFrame, ids: tuple[str, ...]) -> Grid:
    row = pd.Index(leads["decision"]).get_indexer(candidates["decision"])
    column = rows(candidates["agent"], ids, "candidates")
    keep = row >= 0
    row, column, shape = row[keep], column[keep], (len(leads), len(ids))
    eligible = np.zeros(shape, bool)
    given = candidates["eligible"].to_numpy(bool) if "eligible" in candidates else np.ones(len(candidates), bool)
    eligible[row, column] = given[keep]
    factors = {}
    for name in FACTORS:
        values = candidates[name].to_numpy(np.float64)
        scale = 1.0 if pd.api.types.is_integer_dtype(candidates[name].dtype) else float(SCALE)
        factors[name] = np.full(shape, np.nan)
        factors[name][row, column] = np.rint(values[keep] * scale)
    return Grid(eligible, factors)


def _waited(
    found: Held, columns: dict[str, Any], grid: Grid, capacity: Ints, able: NDArray[np.bool_], at_once: bool
) -> Held:
    """What was held if leads that nobody could take waited for who came; some being known shows more of them."""
    arrival_s, agent, response_s, handling_s = (
        columns[name] for name in ("arrival_s", "agent", "response_s", "handling_s")
    )
    not_before_s = arrival_s
    for _ in range(ROUNDS):
        full = found.before(agent, len(capacity)) >= capacity
        again_s = comers(arrival_s, agent, response_s, found.start_s, grid.eligible, full, able)
        again_s = np.maximum(again_s, not_before_s)
        if (again_s == not_before_s).all():
            break
        not_before_s = again_s
        found = held(arrival_s, agent, response_s, handling_s, capacity, None, at_once, not_before_s)
    return found


def _given(found: Held) -> Ints:
    """The leads that somebody got, in the order in which they did."""
    order = np.argsort(found.start_s, kind="stable")  # NaN, who got none, come last
    return order[: np.count_nonzero(np.isfinite(found.start_s))]


def _apart(free: Floats, grid: Grid) -> float:
    """How far the logged availability is from this, on average."""
    apart = np.abs(free - grid.factors["availability"] / SCALE)[grid.eligible]
    return float(np.nanmean(apart)) if np.isfinite(apart).any() else 0.0


def _apart_of(columns: dict[str, Any], times: tuple[Floats, ...], grid: Grid, capacity: Ints) -> float:
    """The same with other times of response and handling, whenever handling begins."""
    arrival_s, agent = columns["arrival_s"], columns["agent"]
    both = [held(arrival_s, agent, times[0], times[1], capacity, None, once) for once in (False, True)]
    return min(_apart(1 - one.before(agent, len(capacity)) / capacity, grid) for one in both)


def _astray(found: Held, agent: Ints, capacity: Ints) -> float:
    """The share of leads that were answered before their agent had room, had all gone in their order."""
    return float((found.active > capacity[agent]).mean()) if len(agent) else 0.0


def _refuse_overfull(columns: dict[str, Any], at_once: bool, ids: tuple[str, ...], capacity: Ints) -> None:
    """Raise a ValueError if leads that were surely open at once are more than their agent can hold."""
    arrival_s, response_s, handling_s = (columns[name] for name in ("arrival_s", "response_s", "handling_s"))
    answered_s = arrival_s + response_s
    ended_s = (arrival_s if at_once else answered_s) + handling_s
    held_at_once = overfull(answered_s, ended_s, columns["agent"], capacity)
    if held_at_once.any():
        most = int((held_at_once / capacity).argmax())
        raise ValueError(
            f"capacity is {capacity[most]} for agent {ids[most]!r} in agents, who held {held_at_once[most]} leads at "
            "once by response_s and handling_s in outcomes; give how many leads they hold at most, and times in seconds"
        )


def _by_load(load: Floats, grid: Grid) -> Floats:
    """The mean availability that was logged at each load, as a table; between two that were seen, on the line."""
    logged = grid.factors["availability"] / SCALE
    known = grid.eligible & ~np.isnan(logged)
    place = np.rint(np.clip(load[known], 0, 1) * (LOADS - 1)).astype(np.int64)
    n, total = np.bincount(place, minlength=LOADS), np.bincount(place, logged[known], minlength=LOADS)
    seen = np.flatnonzero(n)
    return np.interp(np.arange(LOADS), seen, total[seen] / n[seen])


def _factors(
    agents: pd.DataFrame, ids: tuple[str, ...], capacity: Ints, grid: Grid, found: Held, columns: dict[str, Any]
) -> tuple[Agents, Replies | None, tuple[str, ...]]:
    """How performance and responsiveness go on: as the frame of agents says, or as the log shows."""
    known = agents.assign(agent=agents["agent"].astype(str)).set_index("agent").loc[list(ids)]
    notes = []
    merit, spread = resting(grid.factors["performance"])
    if "performance" in known:
        merit = static(known, "performance")
    elif spread > MOVES:
        notes.append(f"performance moves by {spread / SCALE:.3f} around each agent's mean, which is taken for it")
    if "responsiveness" in known:
        level, law = static(known, "responsiveness"), None
    else:
        order = _given(found)
        response_s = columns["response_s"][order]
        answered_s = columns["arrival_s"][order] + response_s
        logged, start_s = grid.factors["responsiveness"][order], found.start_s[order]
        best = law_of(logged, start_s, columns["agent"][order], answered_s, response_s)
        level, law = best.level, best.replies
        if best.deviation > MOVES:
            notes.append(f"responsiveness is off its law by {best.deviation / SCALE:.3f} on average")
    replies = -1 if law is not None else level
    return replace(Agents.new(capacity), merit=merit, replies=replies), law, tuple(notes)


def _numbers(leads: pd.DataFrame, name: str) -> Floats:
    """A column of numbers, NaN where it is empty or missing."""
    if name not in leads:
        return np.full(len(leads), np.nan)
    values = numeric(leads[name]).to_numpy(np.float64, na_value=np.nan)
    wrong = np.flatnonzero((np.isnan(values) & leads[name].notna().to_numpy()) | (values < 0) | np.isinf(values))
    if len(wrong) and name != "value":
        row = int(wrong[0])
        raise ValueError(
            f"{name} is {shown(leads[name].iloc[row])} in {where(leads, row, 'outcomes')}; "
            f"give a number of 0 or more, or leave {'the column out' if name == 'lead_score' else 'it empty'}"
        )
    return values
