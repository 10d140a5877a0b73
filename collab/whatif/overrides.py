"""Decisions of anyone's frames in whose place a person chose: another agent had the lead than the router gave it to."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif import roster_frame
from collab.whatif.cases import Cases

STRANGER = "who is a candidate of no decision; give one who is, or leave it empty"


def overridden(
    cases: Cases, names: pd.DataFrame, outcomes: pd.DataFrame | None, roster: pd.DataFrame | None
) -> NDArray[np.int64]:
    """The keys of decisions whose outcomes name another agent than the one who was chosen.

    Raises:
        ValueError: names the row of an agent whom nobody knows.
    """
    if outcomes is None or "agent" not in outcomes:
        return np.empty(0, np.int64)
    known, stranger = cases.agents, STRANGER
    if isinstance(roster, pd.DataFrame) and "agent" in roster:
        known, stranger = (*known, *sorted(set(roster["agent"].astype(str)) - set(known))), roster_frame.STRANGER
    had = roster_frame.rows(outcomes["agent"], known, "outcomes", stranger)
    place = pd.Index(names["decision"]).get_indexer(outcomes["decision"])
    told = np.flatnonzero((place >= 0) & (had >= 0))
    other = had[told] != cases.chosen[place[told]].astype(np.int64) - 1
    return np.asarray(cases.keys[place[told[other]]], np.int64)


def by_hand(number: int) -> str:
    """So many decisions in whose place a person chose, in words."""
    many = "decision in whose place a person chose is" if number == 1 else "decisions in whose place a person chose are"
    return f"{number:,} {many}"
