"""Who got each lead of a log, and to whom it was due, in the order in which they were given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.fairness import By, Ledger, able
from collab.whatif.columns import aware_times, microseconds, refuse_empty
from collab.whatif.frames import flags
from collab.whatif.reading import Window

if TYPE_CHECKING:
    from collab.history import History

OVERRIDDEN = """SELECT o.seq, d.seq AS decided, epoch_us(o.time) AS time, epoch_us(d.time) AS given, o.agent, o.to_agent
FROM offers AS o JOIN decisions AS d ON o.decision = d.decision
WHERE o.outcome = 'overridden' ORDER BY o.seq"""
"""Leads that a person gave to another agent afterwards."""


class Turn(NamedTuple):
    """A lead that was given at a time in seconds: to whom, and who was there and able, with their capacities."""

    time_s: float
    agent: str
    there: tuple[str, ...]
    capacity: tuple[float, ...]

    def enter(self, ledger: Ledger) -> None:
        """Enter it in a ledger."""
        parts = self.capacity if ledger.by == "capacity" else (1.0,) * len(self.there)
        ledger.give(self.agent, self.time_s, dict(zip(self.there, parts, strict=True)))


class Moved(NamedTuple):
    """A lead that a person gave to another agent after it was given, times in seconds."""

    time_s: float
    agent: str
    to: str
    given_s: float

    def enter(self, ledger: Ledger) -> None:
        """Enter it in a ledger."""
        ledger.move(self.agent, self.to, self.given_s, self.time_s)


Turns = list[Turn | Moved]
"""In the order of the log."""


def of_history(history: History, window: Window) -> Turns:
    """The decisions of a window of a history, and what people changed of them in it."""
    columns = history.columns("candidates", ("seq", "time", "agent", "gate", "capacity", "chosen"))
    seq, only = np.asarray(columns["seq"]).astype(np.int64), window.seqs(history, 0)
    keep = np.ones(len(seq), bool) if only is None else np.isin(seq, only)
    gates = np.array([able(str(gate)) for gate in columns["gate.names"]], bool)
    given = _turns(
        seq[keep],
        np.asarray(columns["time"]).astype("datetime64[us]").astype(np.int64)[keep],
        columns["agent.names"].astype(object)[np.asarray(columns["agent"])[keep]],
        gates[np.asarray(columns["gate"])[keep]],
        np.asarray(columns["capacity"])[keep],
        np.asarray(columns["chosen"]).astype(bool)[keep],
    )
    moved = history.sql(OVERRIDDEN)
    moved = moved if only is None else moved[moved["decided"].isin(only)]
    until = np.inf if window.until is None else window.until.timestamp()
    rows = zip(*(moved[name] for name in ("seq", "time", "agent", "to_agent", "given")), strict=True)
    later = [(int(place), Moved(time / 1e6, agent, to, was / 1e6)) for place, time, agent, to, was in rows]
    every: list[tuple[int, Turn | Moved]] = [*given, *(one for one in later if one[1].time_s < until)]
    return [turn for _, turn in sorted(every, key=lambda one: one[0])]


def of_frame(
    candidates: pd.DataFrame, by: By, outcomes: pd.DataFrame | None = None, agents: pd.DataFrame | None = None
) -> Turns:
    """The decisions of a frame with one row a candidate, as `WhatIf.from_frames` takes it, by their time.

    Outcomes that name another agent than the one who was chosen tell to whom a person gave the lead, who had it then.
    Capacities are those of the candidates; where these have none, those of the agents.

    Raises:
        ValueError: it has no times, or no capacities to share by.
    """
    candidates = _timed(candidates, by, agents)
    eligible = flags(candidates, "eligible") if "eligible" in candidates else np.ones(len(candidates), bool)
    if "gate" in candidates:
        named = candidates["gate"].fillna("").astype(str)
        eligible = eligible | named.map(lambda gate: gate != "" and able(gate)).to_numpy(bool)
    first = candidates.groupby("decision", sort=False)["time"].transform("min")
    place, ids = pd.factorize(candidates["decision"])
    order = np.lexsort((candidates["agent"].astype(str).to_numpy(object), place, microseconds(first)))
    capacity = candidates["capacity"].to_numpy(np.float64) if "capacity" in candidates else np.ones(len(candidates))
    found = _turns(
        place[order],
        microseconds(first)[order],
        candidates["agent"].astype(str).to_numpy(object)[order],
        eligible[order],
        capacity[order],
        flags(candidates, "chosen")[order],
    )
    if outcomes is None or "agent" not in outcomes:
        return [turn for _, turn in found]
    given = outcomes.loc[outcomes["agent"].notna(), ["decision", "agent"]]
    had = dict(zip(pd.Index(ids).get_indexer(given["decision"]).tolist(), map(str, given["agent"]), strict=True))
    return [turn._replace(agent=had.get(at, turn.agent)) for at, turn in found]


def _timed(candidates: pd.DataFrame, by: By, agents: pd.DataFrame | None) -> pd.DataFrame:
    """The candidates with what shares are counted by: times, and capacities if these count."""
    if by == "capacity" and "capacity" not in candidates and agents is not None:
        held = dict(zip(agents["agent"].astype(str), agents["capacity"], strict=True))
        candidates = candidates.assign(capacity=candidates["agent"].astype(str).map(held))
    for name in ("time", "capacity") if by == "capacity" else ("time",):
        if name not in candidates:
            fix = "give it to each row" + (", or give agents with theirs to from_frames" if name == "capacity" else "")
            raise ValueError(
                f"candidates has no column {name!r}; it has {', '.join(map(str, candidates.columns))}; {fix}"
            )
        refuse_empty(candidates, name, "candidates")
    aware_times(candidates, "candidates", "time")
    return candidates


def _turns(
    decision: NDArray[Any],
    time_us: NDArray[np.int64],
    agent: NDArray[Any],
    there: NDArray[np.bool_],
    capacity: NDArray[Any],
    chosen: NDArray[np.bool_],
) -> Sequence[tuple[int, Turn]]:
    """Candidates, those of a decision together, as turns with the decision's place."""
    edges = [*np.flatnonzero(np.diff(decision, prepend=-1)).tolist(), len(decision)]
    who = agent[chosen].tolist()  # every decision of a log has one who was chosen
    agents, parts, able_ = agent.tolist(), capacity.astype(np.float64).tolist(), there.tolist()
    found = []
    for number, (low, high) in enumerate(pairwise(edges)):
        rows = [row for row in range(low, high) if able_[row]]
        turn = Turn(
            int(time_us[low]) / 1e6, who[number], tuple(agents[row] for row in rows), tuple(parts[row] for row in rows)
        )
        found.append((int(decision[low]), turn))
    return found
