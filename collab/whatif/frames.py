"""Anyone's decisions, in a frame with one row a candidate, checked and turned into integers."""

from __future__ import annotations

import warnings
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE
from collab.whatif.calibration import slack
from collab.whatif.cases import Cases, Rows, cases
from collab.whatif.columns import (
    aware_times,
    checked,
    flag,
    label,
    named_weights,
    refuse_empty,
    same_in_decision,
    shown,
    where,
)
from collab.whatif.evidence import ROUNDING

NEEDED = ("decision", "agent", *FACTORS, "chosen")
"""The columns without which nothing can be rescored; `eligible` is true, and `lead` empty, where they are missing."""

PERCENT = 100
"""Whole numbers that never exceed it, beside shares, are meant as shares or percentages."""

MANY = 100
"""Of so many rows the largest tells what a factor is meant in."""

FEW, FEW_SHARE = 3, 0.01
"""So many choices without a chance, or this share of all, are slips of whoever made the frame."""


def read(candidates: pd.DataFrame) -> tuple[Cases, pd.DataFrame]:
    """The decisions, and a frame with the id and lead of each, in the order in which they first stand.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    checked(candidates, "candidates", NEEDED)
    refuse_empty(candidates, "decision", fix="or drop the row")
    for name in ("agent", "lead"):
        if name in candidates:
            refuse_empty(candidates, name)
    aware_times(candidates, "candidates", "time")
    decision, ids = pd.factorize(candidates["decision"])
    for name in ("lead", "time"):
        if name in candidates:
            same_in_decision(candidates, name, decision.astype(np.int64))
    named_weights(candidates, decision.astype(np.int64))
    _refuse_mixed(candidates)
    agent, agents = _agents(candidates["agent"])
    first = np.unique(decision, return_index=True)[1]
    leads = candidates["lead"].iloc[first].to_numpy() if "lead" in candidates else np.full(len(first), None)
    names = pd.DataFrame({"decision": np.asarray(ids), "lead": leads})
    rows = Rows(
        agents=agents,
        keys=np.arange(len(ids), dtype=np.int64),
        names=np.asarray(ids, dtype=object),
        decision=decision.astype(np.int64),
        agent=agent,
        eligible=flags(candidates, "eligible") if "eligible" in candidates else np.ones(len(candidates), bool),
        chosen=flags(candidates, "chosen"),
        factors={name: factor(candidates, name) for name in FACTORS},
        where=lambda row: label(candidates, row),
        propensity=_propensity(candidates) if "propensity" in candidates else None,
    )
    found = cases(rows)
    if rows.propensity is not None:
        _refuse_odd_sum(candidates, rows.propensity, decision)
    return found, names


def _agents(column: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    codes, ids = pd.factorize(column)
    named = [str(one) for one in ids]
    agents = sorted(set(named))
    place = {agent: number for number, agent in enumerate(agents)}
    return np.array([place[one] for one in named], np.int64)[codes], agents


def flags(frame: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """A column of true and false.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    refuse_empty(frame, name)
    values: NDArray[Any] = frame[name].to_numpy()
    if values.dtype == bool:
        return values
    odd = np.flatnonzero(~frame[name].isin([True, False]).to_numpy(dtype=bool))
    if len(odd):
        row = int(odd[0])
        raise ValueError(
            f"{name} is {shown(values[row])} in {where(frame, row)}; {flag('candidates', name, values[row])}"
        )
    return values.astype(bool)


def _propensity(frame: pd.DataFrame) -> NDArray[np.float64]:
    """The chance of each candidate, above 0 for the chosen and 0 for the ineligible."""
    refuse_empty(frame, "propensity")
    if not pd.api.types.is_numeric_dtype(frame["propensity"].dtype):
        odd = next((row for row, one in enumerate(frame["propensity"]) if not isinstance(one, Number)), 0)
        at = f" (it is {shown(frame['propensity'].iloc[odd])} in {where(frame, odd)})" if len(frame) else ""
        raise ValueError(
            f"propensity is of dtype {frame['propensity'].dtype}{at}; it is a chance, a number of 0 to 1; "
            "convert the column with .astype(float)"
        )
    found = frame["propensity"].to_numpy(dtype=np.float64)
    chosen = flags(frame, "chosen")
    never = chosen & (found == 0)
    # a few are slips to be mended; more of them are choices that nobody logged, which estimates then refuse
    never &= never.sum() <= max(FEW, FEW_SHARE * chosen.sum()) or never.sum() == chosen.sum()
    shut = ~flags(frame, "eligible") if "eligible" in frame else np.zeros(len(frame), bool)
    for wrong, why in (
        (~((found >= 0) & (found <= 1 + ROUNDING)), "it is a chance of 0 to 1"),
        (never, "its agent was chosen, so the chance was above 0; leave out what a person chose, or give more digits"),
        (shut & (found > 0), "its agent was not eligible, so the chance was 0; make it 0, or eligible true"),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ValueError(f"propensity is {found[row]} in {where(frame, row)}; {why}")
    return np.asarray(np.minimum(found, 1.0), np.float64)


def _refuse_odd_sum(frame: pd.DataFrame, found: NDArray[np.float64], decision: NDArray[Any]) -> None:
    """Refuse slips, as above: a few decisions whose propensities do not sum to 1. Of many, estimates say it."""
    sums = np.bincount(decision, found)
    odd = np.flatnonzero(np.abs(sums - 1) > slack(found, np.bincount(decision)))
    if 0 < len(odd) <= max(FEW, FEW_SHARE * len(sums)):
        row = int(np.argmax(decision == odd[0]))
        raise ValueError(
            f"propensity sums to {sums[odd[0]]:.6g} over the decision that begins in "
            f"{where(frame, row)}; give the chance of every candidate, so that they sum to 1"
        )


def _refuse_mixed(frame: pd.DataFrame) -> None:
    """Refuse a whole-number factor that looks like a share or a percentage beside others that are shares.

    Whole numbers count ten-thousandths, so a 1 that was meant as all would count as nearly nothing.
    """
    if not any(pd.api.types.is_float_dtype(frame[name].dtype) for name in FACTORS):
        _warn_of_small(frame)
        return
    for name in FACTORS:
        if not pd.api.types.is_integer_dtype(frame[name].dtype) or not len(frame):
            continue
        most = frame[name].max()
        if 0 < most <= PERCENT:
            row = int(frame[name].to_numpy().argmax())
            raise ValueError(
                f"{name} is {most} in {where(frame, row)} and never more, in whole numbers, which count "
                f"ten-thousandths, while other factors are shares of 0 to 1; make it shares too, of dtype float"
            )


def _warn_of_small(frame: pd.DataFrame) -> None:
    """Warn of a factor that never exceeds 100 ten-thousandths where others do: it may be meant in hundredths."""
    if len(frame) < MANY or not all(pd.api.types.is_integer_dtype(frame[name].dtype) for name in FACTORS):
        return
    most = {name: int(frame[name].max()) for name in FACTORS}
    small = [name for name in FACTORS if 0 < most[name] <= PERCENT]
    if small and max(most.values()) > PERCENT:
        message = (
            f"{small[0]} is {most[small[0]]} at most, in ten-thousandths as the other factors, and so counts next to "
            "nothing; if it is in hundredths, multiply it by 100"
        )
        warnings.warn(message, stacklevel=5)


def factor(frame: pd.DataFrame, name: str) -> NDArray[Any]:
    """Ten-thousandths, from whole numbers as they are and from shares of 0 to 1.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    refuse_empty(frame, name)
    column = frame[name].infer_objects()
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.to_numpy(dtype=np.int64)
    if not pd.api.types.is_float_dtype(column.dtype):
        if not len(column):
            return np.zeros(0, np.int64)
        raise ValueError(
            f"{name} is {shown(column.iloc[0])} in {where(frame, 0)}, of dtype {column.dtype}; "
            f"make it whole ten-thousandths (0 to {SCALE:,}) or shares (0.0 to 1.0)"
        )
    shares = column.to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~((shares >= 0) & (shares <= 1)))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(
            f"{name} is {shares[row]} in {where(frame, row)}; a factor of dtype float is a share of 0 to 1 "
            f"(make the column whole numbers if it counts ten-thousandths)"
        )
    return np.asarray(np.rint(shares * SCALE), dtype=np.int64)
