"""What a forecast says, or why it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from collab.legible import several

LEVELS = (0.8, 0.95)
"""How often what comes shall lie within the two intervals."""


@dataclass(frozen=True)
class Abstained:
    """No forecast: what is known is too little for one.

    Attributes:
        reason: what is missing, and what would help.
        known_days: open days of which all leads are known.
        needed_days: how many it takes at least.
    """

    reason: str
    known_days: int
    needed_days: int

    def __str__(self) -> str:
        return f"no forecast: {self.reason}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p><b>No forecast.</b> {escape(self.reason)}</p>"


@dataclass(frozen=True)
class Predicted:
    """Leads by interval.

    Attributes:
        table: a row an open interval: `start`, `leads` (the mean), `low80`, `high80`, `low95`, `high95`.
        known_days: open days that it rests on.
        since, until: the first of them, and up to when leads were known.
        zone: on whose clock.
        left_out: which weekdays with leads are not taken for open, which days are far off, and of which weekdays only
            the newest say when leads come, a sentence each.
    """

    table: pd.DataFrame
    known_days: int
    since: pd.Timestamp
    until: pd.Timestamp
    zone: str
    left_out: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """The table, which is yours to change."""
        return self.table.copy()

    def days(self) -> pd.DataFrame:
        """Mean leads a day: day, leads."""
        day = self.table["start"].dt.tz_localize(None).dt.normalize().rename("day")
        return self.table.groupby(day)["leads"].sum().reset_index()

    def __str__(self) -> str:
        span = f"{self.table['start'].iloc[0]:%d %b} to {self.table['start'].iloc[-1]:%d %b %Y} ({self.zone})"
        said = (
            f"{several(round(self.table['leads'].sum()), 'lead')} forecast, {span}, from {self.known_days} known days"
        )
        return "; ".join((said, *self.left_out))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        days = self.days()
        rows = "".join(
            f"<tr><td>{d:%a %d %b}</td><td>{n:,.0f}</td></tr>" for d, n in zip(*(days[c] for c in days), strict=True)
        )
        head = "<tr><th>day</th><th>leads</th></tr>"
        return f"<div><p><b>{escape(str(self))}</b></p><table>{head}{rows}</table></div>"
