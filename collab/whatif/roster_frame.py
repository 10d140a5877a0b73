"""The frame of agents that a simulation needs: who there is, how much they hold, and what of them never changes."""

from __future__ import annotations

from unicodedata import normalize

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import SCALE
from collab.whatif.columns import checked, label, refuse_empty, shown

Ints = NDArray[np.int64]

MOST = 1_000_000
"""Nobody holds more leads at once."""

STRANGER = "who is not in agents; give a row with their capacity"


def team(agents: pd.DataFrame, candidates: pd.DataFrame) -> tuple[tuple[str, ...], Ints]:
    """The ids, sorted, and the capacity of each."""
    checked(agents, "agents", ("agent", "capacity"))
    for name in ("agent", "capacity"):
        refuse_empty(agents, name, "agents", "or drop the row")
    ids = agents["agent"].astype(str)
    if ids.duplicated().any():
        row = int(np.flatnonzero(ids.duplicated())[0])
        raise ValueError(f"agent is {ids.iloc[row]!r} again in {label(agents, row, 'agents')}; keep one row for each")
    capacity = pd.to_numeric(agents["capacity"], errors="coerce").to_numpy(np.float64)
    if pd.api.types.is_bool_dtype(agents["capacity"]):
        capacity = np.full(len(agents), np.nan)
    wrong = ~((capacity >= 1) & (capacity <= MOST) & (capacity == np.rint(capacity)))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"capacity is {shown(agents['capacity'].iloc[row])} in {label(agents, row, 'agents')}; "
            "give how many leads the agent holds at most, a whole number of 1 to 1,000,000"
        )
    lost = sorted(set(candidates["agent"].astype(str)) - set(ids))
    if lost:
        meant = _meant(lost[0], tuple(ids))
        raise ValueError(f"agent {lost[0]!r} is in candidates and not in agents; give a row with their capacity{meant}")
    order = np.argsort(ids.to_numpy(object), kind="stable")
    return tuple(ids.iloc[order]), capacity[order].astype(np.int64)


def static(known: pd.DataFrame, name: str) -> Ints:
    """A factor that does not move, in ten-thousandths."""
    column = known[name].infer_objects()
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    scale = 1 if pd.api.types.is_integer_dtype(column.dtype) else SCALE
    empty = np.isnan(values)  # which has made floats of whole numbers, so it is said first
    wrong = empty if empty.any() else ~((values >= 0) & (values * scale <= SCALE))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{name} is {shown(column.iloc[row])} for agent {known.index[row]!r} in agents; it is a share of 0 to 1, "
            "or of a column of whole numbers ten-thousandths; give it for every agent, or leave the column out"
        )
    found: Ints = np.rint(values * scale).astype(np.int64)
    return found


def rows(column: pd.Series, ids: tuple[str, ...], title: str, stranger: str = STRANGER) -> Ints:
    """The row of each agent; -1 where nobody is named; `stranger` is said of who is not among the ids."""
    empty = column.isna().to_numpy()
    known = pd.Index(ids)
    found = known.get_indexer(pd.Index(column.astype(str)))
    if pd.api.types.is_float_dtype(column.dtype):  # whole numbers beside an empty field have become 11.0
        whole = column.map(lambda one: str(int(one)) if float(one).is_integer() else str(one))
        found = np.where(found < 0, known.get_indexer(pd.Index(whole)), found)
    lost = np.flatnonzero((found < 0) & ~empty)
    if len(lost):
        row = int(lost[0])
        named = column.iloc[row]
        raise ValueError(f"agent is {shown(named)} in {label(column, row, title)}, {stranger}{_meant(str(named), ids)}")
    return np.where(empty, -1, found).astype(np.int64)


def _meant(name: str, ids: tuple[str, ...]) -> str:
    """Who is called the same but for spaces, case or how letters are composed, which nobody sees."""
    alike = next((one for one in ids if _plain(one) == _plain(name)), None)
    hint = ", which differs in spaces, case or how letters are composed (see unicodedata.normalize)"
    return f"; or write {alike!r}{hint}" if alike else ""


def _plain(name: str) -> str:
    return normalize("NFKC", name).strip().casefold()
