"""How far leads get: came in, given, taken up, answered, ended, sold."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from collab.analytics.book import Book, opened
from collab.analytics.figure import share
from collab.analytics.measure import slice_of
from collab.analytics.zone import moment_of
from collab.history import History

STEPS = {
    "arrived": ("arrivals", "true", "Leads that came in."),
    "assigned": ("decisions", "true", "Leads that were given to an agent."),
    "accepted": ("offers", "outcome = 'accepted'", "Leads that an agent took up."),
    "answered": ("responses", "true", "Leads whose customer got a first answer."),
    "closed": ("closings", "true", "Leads on which the work ended."),
    "converted": ("closings", "converted", "Leads that became a sale."),
}
"""Each step's view, which of its rows count, and what it says."""


def funnel(
    source: History | Book, start: int | datetime | None = None, end: int | datetime | None = None
) -> pd.DataFrame:
    """A row for each step, of leads that came in from start until before end, whenever they took the step.

    `leads` took the step, `share` is that of all leads with Wilson's interval (`low`, `high`), `of_previous` that of
    the step before. A lead counts once, and leads that are still open are in the steps they have taken.

    Raises:
        ValueError: a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    rows = opened(source).once("funnel", lambda history: history.sql(_query()))
    part = slice_of(rows["us"].to_numpy(np.int64), start, end)
    row = [int(rows[name].to_numpy()[part].sum()) for name in STEPS]
    found = []
    for (name, (_, _, said)), leads, last in zip(STEPS.items(), row, (row[0], *row), strict=False):
        one = share(leads, row[0], said)
        of_previous = leads / last if last else float("nan")
        found.append((name, leads, one.value, one.low, one.high, of_previous, row[0], "share", said))
    columns = ["step", "leads", "share", "low", "high", "of_previous", "n", "unit", "definition"]
    return pd.DataFrame(found, columns=columns)


def _query() -> str:
    """When each lead came, and whether it took each step."""
    taken = (f"lead IN (SELECT lead FROM {view} WHERE {kept}) AS {name}" for name, (view, kept, _) in STEPS.items())
    came = "SELECT lead, min(epoch_us(time)) AS us FROM arrivals GROUP BY lead"
    return f"SELECT us, {', '.join(taken)} FROM ({came}) ORDER BY us"
