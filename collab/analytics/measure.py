"""What can be asked of a history: measures, each one query with a row for every event that it measures."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from collab.analytics.book import Book, opened
from collab.analytics.zone import Moments, moment, moment_of
from collab.history import History

Kind = Literal["time", "share", "mean", "count"]
"""A time has percentiles, a share and a mean an average, a count is events per hour."""

COLUMNS = ("seq", "time", "lead", "decision", "agent", "value")
"""The columns of every measure's query; `decision` and `agent` are empty where there is none yet."""


class Measure(Struct, frozen=True, kw_only=True):
    """One thing that is measured.

    Attributes:
        name: how it is asked for.
        label: what people call it.
        unit: s, ms, share, …
        kind: how its values come together in one figure.
        definition: what exactly one value says.
        query: SQL over the history's views, of `COLUMNS`.
    """

    name: str
    label: str
    unit: str
    kind: Kind
    definition: str
    query: str


class Sample(Struct, frozen=True):
    """Values of a measure with their moments, in no certain order."""

    us: Moments
    value: NDArray[np.float64]


def _between(later: str, earlier: str) -> str:
    return f"(epoch_us({later}) - epoch_us({earlier})) / 1e6"


MEASURES = {
    one.name: one
    for one in (
        Measure(
            name="response_s",
            label="First response",
            unit="s",
            kind="time",
            definition="Seconds from a lead's arrival to the first answer to the customer, at the time of the answer.",
            query="SELECT seq, time, lead, decision, agent, response_s AS value FROM responses",
        ),
        Measure(
            name="waiting_s",
            label="Waiting for an agent",
            unit="s",
            kind="time",
            definition="Seconds that a lead waited in the queue before it was given to an agent, at that time.",
            query="SELECT seq, time, lead, decision, agent, waited_s AS value FROM decisions",
        ),
        Measure(
            name="deciding_ms",
            label="Deciding on an agent",
            unit="ms",
            kind="time",
            definition="Milliseconds that the router took to decide, which is no part of waiting.",
            query="SELECT seq, time, lead, decision, agent, decided_ms AS value FROM decisions",
        ),
        Measure(
            name="accepting_s",
            label="Accepting",
            unit="s",
            kind="time",
            definition="Seconds from a decision until its agent took the lead up; those never taken up are not in it.",
            query="SELECT o.seq, o.time, o.lead, o.decision, o.agent, "
            f"{_between('o.time', 'd.time')} AS value FROM offers AS o JOIN decisions AS d "
            "ON o.decision = d.decision WHERE o.outcome = 'accepted'",
        ),
        Measure(
            name="answering_s",
            label="Answering",
            unit="s",
            kind="time",
            definition="Seconds from taking a lead up to its first answer; those answered unaccepted are not in it.",
            query="SELECT r.seq, r.time, r.lead, r.decision, r.agent, "
            f"{_between('r.time', 'o.time')} AS value FROM responses AS r JOIN offers AS o "
            "ON r.decision = o.decision WHERE o.outcome = 'accepted'",
        ),
        Measure(
            name="resolution_s",
            label="Resolution",
            unit="s",
            kind="time",
            definition="Seconds from a lead's arrival to the end of the work on it, at the time of the end.",
            query="SELECT c.seq, c.time, c.lead, c.decision, c.agent, "
            f"{_between('c.time', 'a.time')} AS value FROM closings AS c JOIN arrivals AS a ON c.lead = a.lead",
        ),
        Measure(
            name="converted",
            label="Conversion",
            unit="share",
            kind="share",
            definition="The share of ended leads that became a sale, at the time of the end.",
            query="SELECT seq, time, lead, decision, agent, converted::DOUBLE AS value FROM closings",
        ),
        Measure(
            name="satisfaction",
            label="Satisfaction",
            unit="of 5",
            kind="mean",
            definition="The mean mark, 1 to 5, that customers gave at the end; who was not asked is not in it.",
            query="SELECT seq, time, lead, decision, agent, satisfaction AS value FROM closings "
            "WHERE satisfaction IS NOT NULL",
        ),
        Measure(
            name="arrivals",
            label="Leads that came in",
            unit="leads per hour",
            kind="count",
            definition="How many leads came in for each hour that was recorded.",
            query="SELECT seq, time, lead, NULL::VARCHAR AS decision, NULL::VARCHAR AS agent, 1.0 AS value "
            "FROM arrivals",
        ),
    )
}
"""Every measure by name."""


def measure_of(measure: str | Measure) -> Measure:
    """The measure of this name.

    Raises:
        ValueError: there is none; the message names those that are.
    """
    if isinstance(measure, Measure):
        return measure
    if measure not in MEASURES:
        raise ValueError(f"measure is {measure!r}; give one of {', '.join(MEASURES)}")
    return MEASURES[measure]


def literal(us: int) -> str:
    """A moment as an SQL literal."""
    return f"TIMESTAMPTZ '{moment(us).isoformat()}'"


def read(
    source: History | Book,
    measure: str | Measure,
    start: int | datetime | None = None,
    end: int | datetime | None = None,
) -> Sample:
    """The values of a measure from start until before end, in the order of time.

    Raises:
        ValueError: there is no such measure, or a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    found = measure_of(measure)
    query = f"SELECT epoch_us(time) AS us, value FROM ({found.query}) ORDER BY us"
    rows = opened(source).once(f"measure {found.name}", lambda history: history.sql(query))
    us, value = rows["us"].to_numpy(np.int64), rows["value"].to_numpy(np.float64)
    part = slice_of(us, start, end)
    return Sample(us[part], value[part])


def slice_of(us: Moments, start: int | None, end: int | None) -> slice:
    """Which of ordered moments lie from start until before end."""
    first = 0 if start is None else int(np.searchsorted(us, start))
    return slice(first, len(us) if end is None else int(np.searchsorted(us, end)))


def recorded(source: History | Book) -> tuple[int, int] | None:
    """The moments of the first and the last event of a history; None of an empty one."""
    query = "SELECT epoch_us(min(time)), epoch_us(max(time)) FROM events"
    first, last = opened(source).once("recorded", lambda history: history.rows(["events"], query)[0])
    return None if first is None else (first, last)


def adopted(source: History | Book, start: int, end: int) -> pd.DataFrame:
    """Which weights came into force from start until before end: us, id, person, reason."""
    query = "SELECT epoch_us(time) AS us, id, person, reason FROM weights ORDER BY us, seq"
    rows = opened(source).once("adopted", lambda history: history.sql(query))
    return rows[slice_of(rows["us"].to_numpy(np.int64), start, end)].reset_index(drop=True)
