"""How alerts were handled: how soon somebody took one on, how soon it was over, how often it came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from collab.analytics.book import Book, opened
from collab.analytics.figure import mean, share
from collab.analytics.measure import slice_of
from collab.analytics.zone import moment_of
from collab.history import History

BACK_S = 1800.0
"""An alert that fires again within so many seconds of its end flaps."""

FIGURES = {
    "taken": ("MTTA: the mean time from firing until somebody took it on, of the alerts that somebody took on.", "s"),
    "over": ("MTTR: the mean time from firing until it was over, of the alerts that are over.", "s"),
    "back": ("The share of alerts over for half an hour, or back before, that fired again within it.", "share"),
}
"""What each figure of a rule says, and its unit."""

COLUMNS = [
    "rule",
    "severity",
    "fired",
    "open",
    *(f"{name}{part}" for name in FIGURES for part in ("", "_low", "_high", "_n")),
]


def handling(
    source: History | Book, start: int | datetime | None = None, end: int | datetime | None = None
) -> pd.DataFrame:
    """A row for each rule whose alerts fired from start until before end, the one that fired most on top.

    `fired` counts alerts, `open` those not over yet. `taken` (MTTA) and `over` (MTTR) are means in seconds, `back` is a
    share; each has its interval (`_low`, `_high`) and how many alerts are behind it (`_n`). What they say stands in
    `.attrs["definitions"]`. NaN is "cannot be said".

    Raises:
        ValueError: a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    alerts, last = opened(source).once("handling", _read)
    alerts = alerts.iloc[slice_of(alerts["fired"].to_numpy(np.int64), start, end)]
    rows = [_row(rule, of_rule, last) for rule, of_rule in alerts.groupby("rule")]
    rows.sort(key=lambda row: (-row["fired"], row["rule"]))
    found = pd.DataFrame(rows, columns=COLUMNS)
    found.attrs["definitions"] = {name: said for name, (said, _) in FIGURES.items()}
    return found


def _read(history: History) -> tuple[pd.DataFrame, int]:
    """Each alert that fired: when, when somebody first took it on, when it was over; and the last recorded moment."""
    alerts = history.sql(
        "SELECT rule, labels, arg_max(severity, seq) FILTER (severity IS NOT NULL) AS severity, "
        "min(us) FILTER (change = 'fired') AS fired, min(us) FILTER (change = 'acknowledged') AS taken, "
        "max(us) FILTER (change = 'resolved') AS over "
        "FROM (SELECT *, epoch_us(time) AS us FROM alerts WHERE rule IS NOT NULL) GROUP BY alert, rule, labels "
        "HAVING fired IS NOT NULL ORDER BY fired, alert"
    )
    later = alerts.groupby(["rule", "labels"])["fired"].shift(-1)
    alerts["next"] = later
    last = history.sql("SELECT max(epoch_us(time)) AS us FROM events")["us"][0]
    return alerts, 0 if pd.isna(last) else int(last)


def _row(rule: object, alerts: pd.DataFrame, last: int) -> dict[str, Any]:
    seconds = {name: (alerts[name] - alerts["fired"]).dropna().to_numpy(float) / 1e6 for name in ("taken", "over")}
    gone = alerts[alerts["over"].notna()]
    soon = (gone["next"] - gone["over"]) / 1e6 < BACK_S
    known = soon | ((last - gone["over"]) / 1e6 >= BACK_S)
    figures = {name: mean(values, "s", FIGURES[name][0]) for name, values in seconds.items()}
    figures["back"] = share(int(soon.sum()), int(known.sum()), FIGURES["back"][0])
    row: dict[str, Any] = {"rule": rule, "severity": alerts["severity"].iloc[-1], "fired": len(alerts)}
    row["open"] = int(alerts["over"].isna().sum())
    for name, one in figures.items():
        row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high, f"{name}_n": one.n}
    return row
