"""The course of the leads in a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.factors import READY
from collab.gates import LACKS
from collab.records import FACTORS, Presence, Urgency
from collab.team import PICK_UP_S, Team
from collab.whatif.course import Course
from collab.whatif.silences import overlap_s, silences, without
from collab.whatif.world import Agents, Shifts

if TYPE_CHECKING:
    from collab.history import History
    from collab.whatif.reading import Window

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEADS = f"""WITH firsts AS (
  SELECT *, count(*) OVER (PARTITION BY lead) AS times FROM assignments
  QUALIFY row_number() OVER (PARTITION BY lead ORDER BY seq) = 1
)
SELECT a.lead, epoch_us(a.time) AS arrived, a.property_type AS kind, a.urgency, a.lead_score AS score,
  d.seq, d.agent, epoch_us(d.time) AS started, d.explore, d.times, d.overridden,
  {", ".join(f"d.w_{factor}" for factor in FACTORS)},
  o.response_s, o.converted, o.value, epoch_us(o.closed) AS closed
FROM arrivals AS a LEFT JOIN firsts AS d ON a.lead = d.lead LEFT JOIN outcomes AS o ON a.lead = o.lead
ORDER BY a.time, a.seq"""
"""Each lead with its first decision and what came of it in the end."""

PRESENCES = "SELECT seq, epoch_us(time) AS time, agent, change, presence, capacity, on_shift FROM presence ORDER BY seq"

BY_HAND = "given by a person, whom the simulation does not know"

COLUMNS = ("seq", "agent", "gate", "active", "expertise")
"""What is read of the candidates."""


def course_of_history(history: History, window: Window) -> tuple[Course, tuple[str, ...]]:
    """The course of the leads that came in a window, and what to know of it."""
    leads = _leads(history, window)
    arrived = leads["arrived"].to_numpy(np.float64) / 1e6
    origin = float(arrived[0]) if len(arrived) else 0.0
    ids, able, held, expertise = _candidates(history, leads)
    changes = history.sql(PRESENCES)
    kind, kinds = pd.factorize(leads["kind"].astype(str), sort=True)
    agent = pd.Index(ids).get_indexer(pd.Index(leads["agent"].astype(object))).astype(np.int64)
    score = leads["score"].to_numpy(np.float64)
    shifts = shifts_of(ids, changes, origin)
    start_s, response_s, handling_s, silent = _worked(leads, changes, shifts, origin)
    wait_s = leads["urgency"].map({str(one): PICK_UP_S[one] for one in Urgency}).to_numpy(np.float64)
    alone = (_column(leads, "times") == 1) & ~leads["overridden"].fillna(False).to_numpy(bool)
    course = Course(
        agents=ids,
        kinds=tuple(map(str, kinds)),
        origin=origin,
        arrival_s=arrived - origin,
        due_s=arrived - origin + wait_s * (1 - score / 200),
        kind=kind.astype(np.int64),
        score=score,
        agent=agent,
        start_s=start_s,
        response_s=response_s,
        handling_s=np.where(handling_s >= 0, handling_s, np.nan),
        converted=_column(leads, "converted"),
        value=_column(leads, "value"),
        active=_loads(agent, held),
        single=alone,
        weights=_filled(np.stack([_column(leads, f"w_{factor}") for factor in FACTORS], axis=1)),
        explore=_column(leads, "explore"),
        expertise=expertise,
        able=able,
        team=_agents(ids, history.as_of(_before(history, origin)).team(), changes, origin),
        shifts=without(shifts, silent),
    )
    return course, _notes(leads, silent)


def _leads(history: History, window: Window) -> pd.DataFrame:
    leads = history.sql(LEADS)
    arrived = leads["arrived"].to_numpy(np.float64)
    since, until = (None if one is None else one.timestamp() * 1e6 for one in window)
    keep = (arrived >= (-np.inf if since is None else since)) & (arrived < (np.inf if until is None else until))
    return leads[keep].reset_index(drop=True)


def _worked(
    leads: pd.DataFrame, changes: pd.DataFrame, shifts: Shifts, origin: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Start, response and handling of each lead in seconds, without the silences in the work; and the silences."""
    arrived_s, start_s, closed_s = (_column(leads, name) / 1e6 - origin for name in ("arrived", "started", "closed"))
    response_s = _column(leads, "response_s")
    answered_s, told_s = arrived_s + response_s, changes["time"].to_numpy(np.float64) / 1e6 - origin
    silent = silences(np.concatenate([arrived_s, start_s, answered_s, closed_s, told_s]), shifts)
    handling_s = closed_s - answered_s - overlap_s(answered_s, closed_s, silent)
    return start_s, response_s - overlap_s(start_s, answered_s, silent), handling_s, silent


def _before(history: History, origin: float) -> int:
    """The place of the last event before the first lead."""
    found = history.sql(f"SELECT coalesce(max(seq), 0) AS seq FROM events WHERE epoch_us(time) < {int(origin * 1e6)}")
    return int(found["seq"][0])


def _candidates(
    history: History, leads: pd.DataFrame
) -> tuple[tuple[str, ...], NDArray[np.bool_], Ints, NDArray[np.int16]]:
    """The ids of all agents; for each lead and agent whether they are able, what they held, and the expertise."""
    columns = history.columns("candidates", COLUMNS)
    ids = tuple(map(str, columns["agent.names"].tolist()))
    given = np.flatnonzero(leads["seq"].notna())  # the others wait
    seqs = pd.Index(leads["seq"].iloc[given].astype(np.int64))
    place = seqs.get_indexer(pd.Index(columns["seq"].astype(np.int64)))
    keep = place >= 0
    row, agent, gate = (
        given[place[keep]],
        columns["agent"][keep].astype(np.int64),
        columns["gate"][keep].astype(np.int64),
    )
    lacks = np.array([str(one).startswith(LACKS) for one in columns["gate.names"].tolist()], bool)
    shape = (len(leads), len(ids))
    able, held, expertise = np.ones(shape, bool), np.zeros(shape, np.int64), np.full(shape, -1, np.int16)
    able[row, agent] = ~lacks[gate]
    held[row, agent] = columns["active"][keep]
    expertise[row, agent] = columns["expertise"][keep]
    return ids, able, held, expertise


def _loads(agent: Ints, held: Ints) -> Ints:
    """How many leads each lead's agent had with it; 0 for those that wait."""
    given = np.flatnonzero(agent >= 0)
    found = np.zeros(len(agent), np.int64)
    found[given] = held[given, agent[given]] + 1
    return found


def _agents(ids: tuple[str, ...], team: Team, changes: pd.DataFrame, origin: float) -> Agents:
    """The agents as they were before the first lead; capacities as they were last."""
    capacity = changes.dropna(subset=["capacity"]).groupby("agent")["capacity"].last()
    known = [team.agents.get(one) for one in ids]

    def each(name: str) -> list[float]:
        return [0 if one is None else getattr(one, name) for one in known]

    responded = [one.responded.timestamp() - origin if one and one.responded else 0.0 for one in known]
    return Agents(
        capacity=np.array([int(capacity.get(one, 0)) for one in ids], np.int64),
        closed=np.array(each("closed"), np.int64),
        converted=np.array(each("converted"), np.int64),
        rated=np.array(each("rated"), np.int64),
        satisfaction=np.array(each("satisfaction"), np.float64),
        response_weight=np.array(each("response_weight"), np.float64),
        response_total_s=np.array(each("response_total_s"), np.float64),
        responded_s=np.array(responded, np.float64),
    )


def shifts_of(ids: tuple[str, ...], changes: pd.DataFrame, origin: float) -> Shifts:
    """When each agent was on shift and not offline, with how ready they were."""
    parts = [np.empty((4, 0))]
    for row, agent in enumerate(ids):
        own = changes[changes["agent"] == agent]
        begun_s = own["time"].to_numpy(np.float64) / 1e6 - origin
        there = own["on_shift"].ffill().fillna(True).to_numpy(bool) & (own["change"] != "left").to_numpy(bool)
        presence = own["presence"].ffill().fillna(str(Presence.offline))
        ready = np.where(there, presence.map({str(one): ready for one, ready in READY.items()}), 0.0)
        ended_s = np.append(begun_s[1:], np.inf) if len(begun_s) else begun_s  # what nobody ended goes on
        keep = (ready > 0) & (ended_s > begun_s)
        parts.append(np.stack([np.full(len(own), row), begun_s, ended_s, ready])[:, keep])
    agent_row, start_s, end_s, ready = np.concatenate(parts, axis=1)
    return Shifts(agent_row.astype(np.int64), start_s, end_s, ready)


def _filled(weights: Floats) -> Ints:
    """The weights in force for each lead; those without a decision have those of the lead before."""
    known = ~np.isnan(weights[:, 0])
    if not known.any():
        return np.full(weights.shape, -1, np.int64)
    last = np.maximum.accumulate(np.where(known, np.arange(len(weights)), -1))
    last = np.where(last < 0, int(np.argmax(known)), last)
    found: Ints = weights[last].astype(np.int64)
    return found


def _column(leads: pd.DataFrame, name: str) -> Floats:
    found: Floats = leads[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _notes(leads: pd.DataFrame, silent: Floats) -> tuple[str, ...]:
    """What the simulation leaves out of this history."""
    again = int((leads["times"] > 1).sum())
    chosen = int(leads["overridden"].fillna(False).astype(bool).sum())
    notes = []
    if again:
        notes.append(f"{were(again)} given back and given again, which is not simulated")
    if chosen:
        notes.append(f"{were(chosen)} {BY_HAND}")
    if len(silent):
        hours = float((silent[:, 1] - silent[:, 0]).sum()) / 3600
        notes.append(
            f"{len(silent):,} time{'s' if len(silent) != 1 else ''}, {hours:.1f} h in all, nothing was recorded though "
            "agents were there: that counts as if nobody had been, and no work is counted then"
        )
    return tuple(notes)


def were(number: int) -> str:
    """So many leads, in words, before what was done with them."""
    return f"{number:,} lead was" if number == 1 else f"{number:,} leads were"
