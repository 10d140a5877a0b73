"""Decisions that are in a log twice under two ids, as when it was put together from parts that overlap."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.columns import READ, shown

FEW, FEW_SHARE = 3, 0.01
"""So many decisions, or this share of all, may repeat another by chance."""


def warn_of_repeats(candidates: pd.DataFrame, outcomes: pd.DataFrame) -> None:
    """Tell of decisions that repeat others in all but their id, if their times are known and there are many."""
    known = outcomes[[name for name in READ["outcomes"] if name in outcomes and name != "decision"]]
    if "time" not in known:
        if "time" not in candidates:
            return
        times = candidates.drop_duplicates("decision").set_index("decision")["time"]
        known = known.assign(time=times.loc[outcomes["decision"]].array)
    few = max(FEW, FEW_SHARE * len(outcomes))
    alike = np.flatnonzero(known.duplicated(keep=False))
    if len(alike) <= few:  # their candidates need no comparing, which takes longer
        return
    known = known.iloc[alike].assign(rows=_marks(candidates, outcomes["decision"].iloc[alike]))
    same = known.groupby(list(known), dropna=False, sort=False).ngroup().to_numpy()
    again = np.flatnonzero(pd.Series(same).duplicated().to_numpy())
    if len(again) > few:
        pair = (np.argmax(same == same[again[0]]), again[0])
        first, other = (shown(outcomes["decision"].iloc[alike[place]]) for place in pair)
        warnings.warn(
            f"{len(again):,} of the {len(outcomes):,} decisions repeat another in all but their id (time, agents, "
            f"factors, choice and outcome), as {other} does {first}; if they are the same, drop them: they count "
            "twice, and intervals are too narrow",
            stacklevel=3,
        )


def _marks(candidates: pd.DataFrame, decisions: pd.Series) -> NDArray[np.uint64]:
    """A number for each of these decisions, the same for all whose candidates are, in whatever order."""
    place = pd.Index(decisions).get_indexer(candidates["decision"])
    names = [name for name in READ["candidates"] if name in candidates and name != "decision"]
    marks = pd.util.hash_pandas_object(candidates.loc[place >= 0, names], index=False).to_numpy(np.uint64)
    found = np.zeros(len(decisions), np.uint64)
    np.add.at(found, place[place >= 0], marks)
    return found
