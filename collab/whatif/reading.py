"""A history's decisions, read as cases: all of a window, or those that are new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, aware
from collab.whatif.cases import Cases, Rows, cases
from collab.whole import number

if TYPE_CHECKING:
    from collab.history import History

COLUMNS = ("seq", "agent", "eligible", *FACTORS, "chosen")
"""What is read of a history's candidates."""


class Window(NamedTuple):
    """Decisions of `since` (included) to `until` (not included), both aware or None."""

    since: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None) -> Window:
        """The window between two times.

        Raises:
            ValueError: one is no aware time, or `since` is not before `until`.
        """
        since = None if since is None else aware(since, "since")
        until = None if until is None else aware(until, "until")
        if since and until and since >= until:
            raise ValueError(
                f"since is {since.isoformat()}, which is not before until, {until.isoformat()}; "
                "give an earlier since, more days, or a later until"
            )
        return cls(since, until)

    def seqs(self, history: History, after: int) -> NDArray[np.int64] | None:
        """The places of its decisions after a place, sorted; None if it has no bounds."""
        if self.since is None and self.until is None:
            return None
        found = history.sql(f"SELECT seq FROM decisions WHERE {self._where(after)} ORDER BY seq")
        return found["seq"].to_numpy(dtype=np.int64)

    def period(self, history: History) -> tuple[datetime, datetime] | None:
        """When the first and the last of its decisions were made; None if there are none."""
        found = history.sql(f"SELECT min(time) AS first, max(time) AS last FROM decisions WHERE {self._where(0)}")
        first, last = found["first"][0], found["last"][0]
        return None if pd.isna(first) else (first.to_pydatetime(), last.to_pydatetime())

    def _where(self, after: int) -> str:
        where = [f"seq > {after}"]
        where += [f"time >= '{self.since.isoformat()}'::TIMESTAMPTZ"] if self.since else []
        where += [f"time < '{self.until.isoformat()}'::TIMESTAMPTZ"] if self.until else []
        return " AND ".join(where)


def before(history: History, days: float, since: datetime | None) -> datetime | None:
    """The time so many days before the last event, or `since` if that is later.

    Raises:
        ValueError: it is no number above 0, or reaches back before the year 1.
    """
    if not number(days, "days", "give a number above 0") > 0:
        raise ValueError(f"days is {days}; give a number above 0")
    last = history.sql("SELECT max(time) AS time FROM events")["time"][0]
    if pd.isna(last):
        return since
    try:
        start: datetime = last.to_pydatetime() - timedelta(days=days)
    except OverflowError:
        raise ValueError(f"days is {days:g}, which is before the year 1; give fewer, or none for all") from None
    return start if since is None else max(start, aware(since, "since"))


def read_all(history: History, window: Window, *, propensity: bool = False) -> Cases:
    """The decisions of a window, with their propensities if they are wanted."""
    columns = history.columns("candidates", (*COLUMNS, "propensity") if propensity else COLUMNS)
    agents = columns["agent.names"].tolist()
    return _cases(agents, columns, np.asarray(columns["agent"]), window.seqs(history, 0))


def read_new(history: History, window: Window, after: int) -> Cases:
    """The decisions of a window after a place."""
    query = f"SELECT {', '.join(COLUMNS)} FROM candidates WHERE seq > {after} ORDER BY seq, agent"
    found = history.sql(query)
    columns = {name: found[name].to_numpy() for name in COLUMNS}
    agents, codes = np.unique(columns["agent"].astype(object), return_inverse=True)
    return _cases(agents.tolist(), columns, codes.astype(np.int64), window.seqs(history, after))


def _cases(
    agents: list[str],
    columns: dict[str, NDArray[Any]],
    codes: NDArray[np.integer],
    only: NDArray[np.int64] | None,
) -> Cases:
    seq = np.asarray(columns["seq"], np.int64)
    keep = slice(None) if only is None else np.isin(seq, only)
    seq, chosen = seq[keep], np.asarray(columns["chosen"], bool)[keep]
    begins = np.ones(len(seq), bool)  # a history gives its rows in the order of the stream
    np.not_equal(seq[1:], seq[:-1], out=begins[1:])
    keys, decision = seq[begins], np.cumsum(begins, dtype=np.int32) - np.int32(1)
    rows = Rows(
        agents=agents,
        keys=keys,
        names=keys,
        decision=decision,
        agent=codes[keep],
        # a person may choose whom the router would not have asked; such decisions are left out afterwards
        eligible=np.asarray(columns["eligible"], bool)[keep] | chosen,
        chosen=chosen,
        factors={factor: np.asarray(columns[factor])[keep] for factor in FACTORS},
        where=lambda row: f"the candidates at seq {seq[row]}",
        propensity=np.asarray(columns["propensity"])[keep] if "propensity" in columns else None,
    )
    return cases(rows)


def overridden(history: History) -> NDArray[np.int64]:
    """The places of decisions that a person took or overrode."""
    return history.sql("SELECT seq FROM assignments WHERE overridden")["seq"].to_numpy(dtype=np.int64)


def sticky(history: History) -> NDArray[np.int64]:
    """The places of decisions for the agent who knew the customer."""
    return history.sql("SELECT seq FROM decisions WHERE mode = 'sticky'")["seq"].to_numpy(dtype=np.int64)
