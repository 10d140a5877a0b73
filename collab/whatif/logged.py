"""The log as evidence: decisions whose outcome is known, of a history or of anyone's frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Number
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.cases import Cases
from collab.whatif.columns import flag, label, microseconds, refuse_empty, shown, where
from collab.whatif.evidence import Evidence
from collab.whatif.ripening import Ripening, ripening
from collab.whatif.splits import Split, often, splits

if TYPE_CHECKING:
    from collab.history import History

METRICS = ("converted", "value")
"""What a lead may have earned."""

DAY_US = 86_400_000_000
"""Microseconds of a day; decisions of one day may depend on each other."""

OF_HISTORY = """SELECT a.seq, epoch_us(a.time) AS time, a.property_type AS kind, a.lead_score AS score, a.overridden,
  o.converted, o.value, epoch_us(o.closed) AS closed, row_number() OVER (ORDER BY a.time, a.decision) AS rank
FROM assignments AS a LEFT JOIN outcomes AS o ON a.lead = o.lead
QUALIFY row_number() OVER (PARTITION BY a.lead ORDER BY a.seq) = 1
ORDER BY a.seq"""
"""Each lead's first decision, with what came of the lead in the end: later decisions on it are part of that."""


class Counts(NamedTuple):
    """How many decisions the log has, and how many of them say what came of the lead.

    `overridden` are those in whose place a person chose, `open` those whose outcome is not known yet, and `again` the
    further decisions on a lead that was given back.
    """

    known: int
    overridden: int
    open: int
    again: int


def of_history(history: History, cases: Cases) -> tuple[Evidence, Counts]:
    """The evidence of a history's decisions, which `cases` holds with their propensities, by seq."""
    found = history.sql(OF_HISTORY)
    last = history.sql("SELECT epoch_us(max(time)) AS time FROM events")["time"][0]
    seq = found["seq"].to_numpy(np.int64)
    place = np.searchsorted(cases.keys, seq)
    there = np.flatnonzero(np.isin(seq, cases.keys))
    ripens = ripening_of(found, 0 if pd.isna(last) else last)
    found = found.iloc[there].assign(place=place[there])
    time = found["time"].to_numpy(np.int64)
    mature, rewards = earned(found, last, ripens)
    overridden = found["overridden"].to_numpy(bool)
    keep = np.flatnonzero(mature & ~overridden)
    counts = Counts(len(keep), int(overridden.sum()), int((~mature & ~overridden).sum()), len(cases.keys) - len(found))
    leads, split = _leads(found["kind"].to_numpy(object), found["score"].to_numpy(np.float64))
    evidence = _of_decisions(cases, found["place"].to_numpy()[keep], rewards, leads, split, time // DAY_US, keep)
    rank = found["rank"].to_numpy(np.int64)[keep].argsort().argsort()
    return replace(evidence, rank=rank, overridden=counts.overridden, slow=ripens.said(last - time[keep])), counts


def ripening_of(found: pd.DataFrame, last: float) -> Ripening:
    """How long conversions take, of leads with time, closed and converted, at a time in microseconds."""
    time, closed = (found[name].to_numpy(np.float64, na_value=np.nan) for name in ("time", "closed"))
    ended = ~np.isnan(closed)
    sold = found["converted"].to_numpy(np.float64, na_value=0.0)[ended] > 0
    return ripening((closed - time)[ended], (last - time)[ended], sold)


def earned(found: pd.DataFrame, last: float, ripens: Ripening) -> tuple[NDArray[np.bool_], dict[str, Any]]:
    """Which leads are old enough to count, and what came of each by metric, weighed up by what is not known yet.

    A lead that is open or was lost has 0; if many of its age are converted later, those that were already count more.
    """
    age = last - found["time"].to_numpy(np.float64)
    mature = age >= ripens.window
    counts = np.ones(len(age))
    counts[mature] = ripens.counts(age[mature])
    return mature, {metric: found[metric].to_numpy(np.float64, na_value=0.0) * counts for metric in METRICS}


def of_frames(
    cases: Cases,
    names: pd.DataFrame,
    outcomes: pd.DataFrame,
    candidates: pd.DataFrame,
    overridden: NDArray[np.int64],
) -> tuple[Evidence, Counts]:
    """The evidence of frames: of the decisions that have a row of outcomes where converted (or value) is not empty.

    With times and leads in the candidates the outcome counts for the lead's first decision, as of a history; that is
    left out if its key is among the `overridden`.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    given = places(names, outcomes)
    place, again = _firsts(given, names, candidates)
    values = _earned(outcomes)
    by_hand = (place == given) & np.isin(cases.keys[given], overridden)
    keep = np.flatnonzero(~np.isnan(next(iter(values.values()))) & ~by_hand)
    keep = keep[place[keep].argsort(kind="stable")]
    for name in ("lead_type", "lead_score"):
        if name in outcomes:
            refuse_empty(outcomes, name, "outcomes", "or leave the column out")
    kind = outcomes["lead_type"].to_numpy(object) if "lead_type" in outcomes else np.full(len(outcomes), "")
    score = _numbers(outcomes, "lead_score") if "lead_score" in outcomes else np.zeros(len(outcomes))
    days = _days(outcomes["time"]) if "time" in outcomes else _days_of(candidates, names)[place]
    leads, split = _leads(kind, score)
    left = int(by_hand.sum())
    counts = Counts(len(keep), left, len(cases.keys) - len(keep) - again - left, again)
    found = _of_decisions(cases, place[keep], values, leads, split, days, keep)
    return replace(found, rank=_rank(candidates, names, outcomes, place, keep), overridden=left), counts


def _rank(
    candidates: pd.DataFrame,
    names: pd.DataFrame,
    outcomes: pd.DataFrame,
    place: NDArray[np.int64],
    keep: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The places of the kept outcomes by the decisions' times, if there are any, then by their ids, as of a history."""
    times = np.zeros(len(keep), np.int64)
    if "time" in candidates:
        times = microseconds(_first_times(candidates, names))[place[keep]]
    elif "time" in outcomes:
        times = microseconds(outcomes["time"])[keep]
    ids = names["decision"].astype(str).to_numpy(object)[place[keep]]
    return np.asarray(np.lexsort((ids, times)).argsort(), np.int64)


def _firsts(place: NDArray[np.int64], names: pd.DataFrame, candidates: pd.DataFrame) -> tuple[NDArray[np.int64], int]:
    """The places of the first decisions on the same leads, and how many later ones there are."""
    if "time" not in candidates or names["lead"].isna().any():
        return place, 0
    time = _first_times(candidates, names).to_numpy()
    order = pd.DataFrame({"lead": names["lead"].to_numpy(object), "time": time}).sort_values("time", kind="stable")
    firsts = order.drop_duplicates("lead").reset_index().set_index("lead")["index"]
    found = firsts.loc[names["lead"].to_numpy(object)[place]].to_numpy(np.int64)
    if len(np.unique(found)) < len(found):  # outcomes of each decision by itself
        return place, 0
    return found, len(names) - len(firsts)


def _earned(outcomes: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """What came of the leads, by metric; all are known or none is, and a lead that did not convert has the value 0."""
    metrics = [metric for metric in METRICS if metric in outcomes]
    if not metrics:
        has = ", ".join(map(str, outcomes.columns))
        raise ValueError(f"outcomes has none of the columns {', '.join(METRICS)}; give one of them; it has {has}")
    values = {metric: _numbers(outcomes, metric) for metric in metrics}
    if "converted" not in values:
        return values
    converted = values["converted"]
    known = converted[~np.isnan(converted)]
    if len(known) < len(converted) and len(known) > 1 and known.all():
        row = int(np.flatnonzero(np.isnan(converted))[0])
        raise ValueError(
            f"converted is empty in {where(outcomes, row, 'outcomes')} and nowhere false; "
            "make it false for leads that did not convert, and leave it empty for open ones only"
        )
    if "value" in values:
        lost = np.isnan(values["value"]) & (converted == 1)
        if lost.any():
            there = where(outcomes, int(np.flatnonzero(lost)[0]), "outcomes")
            raise ValueError(f"value is empty in {there}, whose lead converted; give what it was worth")
        values["value"] = np.where(np.isnan(values["value"]) & (converted == 0), 0.0, values["value"])
        values["value"] = np.where(np.isnan(converted), np.nan, values["value"])
    return values


def _of_decisions(
    cases: Cases,
    places: NDArray[np.int64],
    rewards: Mapping[str, NDArray[np.float64]],
    leads: NDArray[np.float64],
    split: tuple[Split, ...],
    days: NDArray[np.int64],
    keep: NDArray[np.int64],
) -> Evidence:
    """The evidence of the decisions at these ascending places; the rest is given by row, of which `keep` are taken."""
    some = Evidence(cases, {}, np.zeros((len(cases.keys), 0))).some(places)
    kept = {metric: values[keep] for metric, values in rewards.items()}
    blocks = days[keep] if len(np.unique(days)) > 1 else None
    return Evidence(some.cases, kept, leads[keep], blocks, splits=tuple(one.of(keep) for one in split))


def places(names: pd.DataFrame, outcomes: pd.DataFrame) -> NDArray[np.int64]:
    """The place of each outcome's decision among the candidates' decisions.

    Raises:
        ValueError: there is no such decision, or it has two rows; names the row, the value and the fix.
    """
    place = pd.Index(names["decision"]).get_indexer(outcomes["decision"])
    if len(lost := np.flatnonzero(place < 0)):
        row, value = int(lost[0]), outcomes["decision"].iloc[int(lost[0])]
        raise ValueError(
            f"decision is {shown(value)} in {label(outcomes, row, 'outcomes')}, which the candidates "
            f"{_unlike(names['decision'], value)}; give its candidates, or leave the outcome out"
        )
    twice = outcomes["decision"].duplicated().to_numpy()
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        value = outcomes["decision"].iloc[row]
        raise ValueError(
            f"decision is {shown(value)} again in {label(outcomes, row, 'outcomes')}; keep one row for each"
        )
    return np.asarray(place, np.int64)


def _unlike(ids: pd.Series, value: Any) -> str:
    """Why an id is not among others, which may be only of another kind."""
    if not len(ids):
        return "do not have, as they have no rows"
    kinds = type(ids.iloc[0]).__name__, type(value).__name__
    alike = str(value) in set(ids.astype(str))
    return f"have as {kinds[0]}, not {kinds[1]}" if alike else "do not have"


def _numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column of numbers or flags; an empty field is NaN."""
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column.dtype) and (odd := _text(column)) is not None:
        told = f"{name} is {shown(column.iloc[odd])} in {where(frame, odd, 'outcomes')}, of dtype {column.dtype}"
        raise ValueError(f"{told}; {_fix(name, column.iloc[odd])}")
    found = column.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero(np.isinf(found) | ((name == "converted") & ~np.isnan(found) & (found != 0) & (found != 1)))
    if len(wrong):
        row = int(wrong[0])
        there = where(frame, row, "outcomes")
        raise ValueError(f"{name} is {shown(column.iloc[row])} in {there}; {_fix(name, column.iloc[row])}")
    return found


def _fix(name: str, value: Any) -> str:
    """What such a value should be, and of text how to make it that."""
    if name == "converted":
        return flag("outcomes", name, value)
    text = f"; convert the column with pd.to_numeric(outcomes[{name!r}])" if isinstance(value, str) else ""
    return f"it is a finite number{text}"


def _text(column: pd.Series) -> int | None:
    """The place of the first value that is neither a number nor empty."""
    for row, value in enumerate(column):
        if not isinstance(value, Number | np.bool_) and not pd.isna(value):
            return row
    return None


def _days(column: pd.Series) -> NDArray[np.int64]:
    return microseconds(column) // DAY_US


def _days_of(candidates: pd.DataFrame, names: pd.DataFrame) -> NDArray[np.int64]:
    """The day of each decision by its candidates' time; all the same if they have none."""
    return _days(_first_times(candidates, names)) if "time" in candidates else np.zeros(len(names), np.int64)


def _first_times(candidates: pd.DataFrame, names: pd.DataFrame) -> pd.Series:
    """The time of each decision by its candidates."""
    return candidates.drop_duplicates("decision").set_index("decision")["time"].loc[names["decision"]]


def _leads(kind: NDArray[Any], score: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[Split, ...]]:
    """What the model knows of each lead: its score, and of which of the frequent kinds it is; and how these split."""
    codes, kinds = pd.factorize(kind)
    spread = float(score.std()) if len(score) else 0.0
    columns = [(score - score.mean()) / spread] if spread > 0 else []
    columns += [codes == one for one in often(codes)[1:]]  # the first is the mean's
    known = np.column_stack(columns).astype(np.float64) if columns else np.zeros((len(score), 0))
    return known, splits(codes, kinds, score)
