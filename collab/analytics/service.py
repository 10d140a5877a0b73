"""How soon customers are served: the share answered in time, and how long each part of the way takes."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from collab.analytics.book import Book, opened
from collab.analytics.figure import Figure, percentiles, share, table
from collab.analytics.hours import Hours
from collab.analytics.measure import MEASURES, read, recorded, slice_of
from collab.analytics.zone import SECOND, Moments, moment_of
from collab.history import History
from collab.metrics import TARGET_S

STAGES = ("waiting_s", "deciding_ms", "accepting_s", "answering_s", "response_s", "resolution_s")
"""The parts of the way, which are never averaged together, and the two that span it."""

FROM_ARRIVAL = {"response_s", "resolution_s"}
"""What can be counted in business hours: what customers wait for."""

ANSWERS = """SELECT epoch_us(a.time) AS arrived, coalesce(r.answered, -1) AS answered FROM arrivals AS a
LEFT JOIN (SELECT lead, min(epoch_us(time)) AS answered FROM responses GROUP BY lead) AS r ON a.lead = r.lead
ORDER BY arrived"""
"""When each lead came and was answered first, -1 for never."""

CUTS = {"p50": 0.5, "p90": 0.9}


def service_level(
    source: History | Book,
    target_s: float = TARGET_S,
    start: int | datetime | None = None,
    end: int | datetime | None = None,
    hours: Hours | None = None,
) -> Figure:
    """The share of leads that were answered within the target, of those that came from start until before end.

    A lead without an answer counts as missed once its time is over, and is not in it before.

    Args:
        source: what happened.
        target_s: seconds until the first answer.
        start: a moment or an aware time; without one, all leads before.
        end: a moment or an aware time; without one, all leads after.
        hours: count these seconds only.

    Raises:
        ValueError: the target is not above 0, or a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    if not isinstance(target_s, int | float | np.number) or not 0 < target_s < np.inf:
        raise ValueError(f"target_s is {target_s!r}; give seconds above 0, e.g. 60")
    said = f"The share of leads whose first answer came within {target_s:g} s, of those whose time is over.{_in(hours)}"
    book = opened(source)
    reach = recorded(book)
    if reach is None:
        return Figure(unit="share", definition=said)
    rows = book.once("answers", lambda history: history.sql(ANSWERS))
    arrived, answered = (rows[name].to_numpy(np.int64) for name in ("arrived", "answered"))
    part = slice_of(arrived, start, end)
    return level_of(arrived[part], answered[part], reach[1], target_s, said, hours)


def level_of(
    arrived: Moments, answered: Moments, until: int, target_s: float, definition: str, hours: Hours | None = None
) -> Figure:
    """The share answered within the target; `answered` is below 0 for what was not until the moment `until`."""
    known = answered >= 0
    ends = np.where(known, answered, until)
    waited = (ends - arrived) / SECOND if hours is None else hours.seconds(arrived, ends)
    met = known & (waited <= target_s)
    missed = waited > target_s
    return share(int(met.sum()), int(met.sum() + missed.sum()), definition)


def stages(
    source: History | Book,
    start: int | datetime | None = None,
    end: int | datetime | None = None,
    hours: Hours | None = None,
) -> pd.DataFrame:
    """The median and the 90th percentile of each part of the way, with intervals of order statistics, a row each.

    With business hours, what customers wait for (first response, resolution) counts these only.
    """
    found: dict[str, Figure] = {}
    book = opened(source)
    for name in STAGES:
        measure, sample = MEASURES[name], read(book, name, start, end)
        values, said = sample.value, measure.definition
        if hours is not None and name in FROM_ARRIVAL:
            values = hours.seconds(sample.us - np.round(values * SECOND).astype(np.int64), sample.us)
            said += _in(hours)
        cuts = percentiles(values, CUTS, measure.unit, said)
        found |= {f"{name} {cut}": figure for cut, figure in cuts.items()}
    return table(found)


def _in(hours: Hours | None) -> str:
    """That time counts in business hours only, if it does."""
    if hours is None:
        return ""
    if not isinstance(hours, Hours):
        raise TypeError(f"hours is {hours!r}; give collab.analytics.Hours('mon-fri 09:00-17:30', 'Europe/Berlin')")
    return f" Seconds count in business hours only: {hours.week}, {hours.zone.name}."


class Replies(Struct, frozen=True):
    """Seconds until the first answer of each conversation, until later ones, and how many wait for one."""

    first_s: NDArray[np.float64]
    next_s: NDArray[np.float64]
    waiting: int


def replies(conversation: NDArray[np.int64], us: Moments, customer: NDArray[np.bool_]) -> Replies:
    """How long customers waited for each answer, in messages of anyone's data, in whatever order.

    A wait begins with the first message of a customer that nobody has answered yet and ends with the next message of
    somebody else in the conversation. (A history of this house has the first answer only: `response_s`.)

    Raises:
        ValueError: the three are not of the same length.
    """
    if not len(conversation) == len(us) == len(customer):
        raise ValueError(
            f"conversation, us and customer have {len(conversation)}, {len(us)}, {len(customer)}; give one each"
        )
    order = np.lexsort((us, conversation))
    talk, time, asks = conversation[order], us[order], customer[order].astype(bool)
    new = np.concatenate(([True], talk[1:] != talk[:-1])) if len(talk) else np.empty(0, bool)
    turn = new | np.concatenate(([True], asks[1:] != asks[:-1])) if len(talk) else new
    talk, time, asks = talk[turn], time[turn], asks[turn]  # the first message of each turn
    answered = np.concatenate((talk[1:] == talk[:-1], [False])) if len(talk) else np.empty(0, bool)
    waits = np.append(np.diff(time), 0) / SECOND
    asked_before = pd.Series(asks).groupby(talk).cumsum().to_numpy() if len(talk) else np.empty(0)
    first = asks & answered & (asked_before == 1)
    return Replies(waits[first], waits[asks & answered & ~first], int((asks & ~answered).sum()))
