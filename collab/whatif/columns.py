"""The columns of anyone's frames: which there must be, which are misspelt, what a row of them is called in errors."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS

READ = {
    "candidates": (
        "decision",
        "agent",
        *FACTORS,
        "chosen",
        "propensity",
        "eligible",
        "lead",
        "time",
        "weights",
        "gate",
    ),
    "outcomes": (
        *("decision", "converted", "value", "time", "lead", "lead_type", "lead_score", "agent"),
        *("response_s", "handling_s", "waited_s", "closed"),
    ),
    "agents": ("agent", "capacity", "performance", "responsiveness"),
}
"""What is read of each frame, if it is there; other columns may stand beside them."""

ROW_OF = {"candidates": "a candidate", "outcomes": "a decision", "agents": "an agent"}

FIRST_YEAR, LAST_YEAR = 1678, 2261
"""The years that pandas counts in nanoseconds."""

BORN = datetime(1970, 1, 1, tzinfo=UTC)
"""What numbers that are times count from."""

INFANCY = timedelta(weeks=8)
"""A time of our days in microseconds that is read as nanoseconds, or in seconds as milliseconds, is less after it."""

SECONDS = ("response_s", "handling_s", "waited_s")
MOST_S, MOST = 1e9, 1e15
"""The longest duration of outcomes, some 31 years, and the largest number; squares of more get lost in sums."""

ALIKE = 0.85
"""From so much of their letters in common on, one name is a misspelling of the other."""


def microseconds(times: pd.Series) -> NDArray[np.int64]:
    """Times as whole microseconds since 1970; those without a zone are UTC."""
    converted = pd.to_datetime(times, utc=True).astype("datetime64[us, UTC]")
    return np.asarray(converted.astype("int64").to_numpy(), np.int64)


def checked(frame: pd.DataFrame, title: str, needed: Sequence[str], why: str = "it needs") -> None:
    """Refuse a frame whose columns are missing, there twice, in its index, or called nearly as one that is read.

    Raises:
        TypeError: it is no frame.
        ValueError: names the column and the fix.
    """
    if not isinstance(frame, pd.DataFrame):
        kind, fix = type(frame).__name__, f"give a pandas frame with one row {ROW_OF[title]}"
        if hasattr(frame, "to_pandas"):  # a frame of polars is called DataFrame, too
            kind, fix = f"a {type(frame).__module__.partition('.')[0]} {kind}", f"give {title}.to_pandas()"
        raise TypeError(f"{title} are {kind}; {fix}")
    twice = [name for name in READ[title] if np.count_nonzero(frame.columns == name) > 1]
    if twice:
        raise ValueError(f"{title} has more than one column {twice[0]!r}; keep one of them")
    if index := [name for name in READ[title] if name in frame.index.names and name not in frame.columns]:
        raise ValueError(f"{title} has {', '.join(index)} in its index, not as a column; give {title}.reset_index()")
    _refuse_misspelt([str(name) for name in frame.columns], title)
    _refuse_kinds(frame, title)
    if missing := [name for name in needed if name not in frame.columns]:
        raise ValueError(
            f"{title} has no column {', '.join(map(repr, missing))}; {why} {', '.join(needed)}, "
            f"and has {', '.join(map(str, frame.columns)) or 'none'}"
        )


def _refuse_misspelt(names: Sequence[str], title: str) -> None:
    absent = {_letters(name): name for name in READ[title] if name not in names}
    for name in names:
        letters = _letters(name)
        alike = [] if name in READ[title] else get_close_matches(letters, absent, 1, ALIKE)
        alike += [one for one in absent if name not in READ[title] and _swapped(letters, one)]
        if alike:
            meant = absent[alike[0]]
            raise ValueError(
                f"{title} has no column {meant!r}, but one {name!r}; did you mean {meant!r}? "
                "rename it, or call it something else if it is not that"
            )


def _swapped(name: str, other: str) -> bool:
    """Whether two letters side by side have changed places, which in short names leaves little in common."""
    apart = [place for place, pair in enumerate(zip(name, other, strict=False)) if pair[0] != pair[1]]
    side_by_side = len(name) == len(other) and len(apart) == 2 and apart[1] == apart[0] + 1
    return side_by_side and name[apart[0]] == other[apart[1]] and name[apart[1]] == other[apart[0]]


def _refuse_kinds(frame: pd.DataFrame, title: str) -> None:
    for name in READ[title]:
        if name not in frame or frame[name].dtype.kind != "O" or isinstance(frame[name].dtype, pd.StringDtype):
            continue
        odd = next(
            (row for row, one in enumerate(frame[name]) if isinstance(one, list | dict | set | bytes | np.ndarray)),
            None,
        )
        if odd is None:
            continue
        value, fix = frame[name].iloc[odd], "give a text or a number"
        if isinstance(value, bytes):
            fix = f"{fix}, as {title}[{name!r}].str.decode('utf-8') makes of bytes"
        raise ValueError(f"{name} is {shown(value)} in {label(frame, odd, title)}; {fix}")


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def where(frame: pd.DataFrame, row: int, title: str = "") -> str:
    """What a row, given by its place, is called: its label, and its decision if it has one."""
    decision = frame["decision"].iloc[row] if "decision" in frame else None
    return label(frame, row, title) + ("" if pd.isna(decision) else f" (decision {shown(decision)})")


def label(frame: pd.DataFrame | pd.Series, row: int, title: str = "") -> str:
    """The same by its label only; with its place where others have the same label."""
    text = f"row {frame.index[row]} of {title}" if title else f"row {frame.index[row]}"
    return text if frame.index.is_unique else f"{text} (number {row} from 0)"


def refuse_empty(frame: pd.DataFrame, name: str, title: str = "", fix: str = "or drop its decision") -> None:
    """Refuse a column with an empty field (None, NaN, NaT).

    Raises:
        ValueError: names the column, the row and the fix.
    """
    empty = np.flatnonzero(frame[name].isna().to_numpy())
    if len(empty):
        raise ValueError(f"{name} is empty (NaN) in {where(frame, int(empty[0]), title)}; give it a value, {fix}")


def aware_times(frame: pd.DataFrame, title: str, name: str, *, empty: bool = False) -> None:
    """Refuse a column of times without a zone, or with empty fields unless they may be; a missing column is fine.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    if name not in frame or not len(frame):
        return
    if not empty:
        refuse_empty(frame, name, title, "or leave the column out")
    column = frame[name]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return
    for row, value in enumerate(column):
        if not pd.isna(value) and getattr(value, "tzinfo", None) is None:
            fix = f"convert the column with pd.to_datetime(..., {_unit(value)}utc=True)"
            if isinstance(value, (bool, np.bool_)):  # which pandas makes a moment of 1970 of
                fix = "give the time at which it was, or leave the column out"
            raise ValueError(
                f"{name} of {title} is {value} in {where(frame, row)}, which is no time with a zone; {fix}"
            )
        if not pd.isna(value) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValueError(
                f"{name} of {title} is {value} in {where(frame, row)}; "
                f"give a time of the years {FIRST_YEAR} to {LAST_YEAR}"
            )


def _unit(value: Any) -> str:
    """What pandas must be told of a number, which else it takes for nanoseconds: by its digits, those of our days."""
    if not isinstance(value, Real) or not np.isfinite(float(value)):
        return ""
    digits = len(f"{abs(float(value)):.0f}")
    return f"unit={('s', 'ms', 'us', 'ns')[min(max((digits - 8) // 3, 0), 3)]!r}, "


def warn_of_birth(frame: pd.DataFrame, title: str) -> None:
    """Tell of times that all lie in the first weeks of 1970: numbers that were read in too small a unit."""
    if (found := when(frame)) is not None and len(frame) > 1 and BORN <= found[0] <= found[1] < BORN + INFANCY:
        warnings.warn(
            f"time of {title} is {found[1]} at most, so all lie in the first weeks of 1970; if they were numbers, "
            "convert these with pd.to_datetime(..., unit='s', utc=True), or 'ms' or 'us', whatever they count",
            stacklevel=3,
        )


def refuse_huge(outcomes: pd.DataFrame) -> None:
    """Refuse durations and numbers of outcomes so large that nothing can be reckoned with them.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    for name in (*SECONDS, "value", "lead_score"):
        if name not in outcomes:
            continue
        most = MOST_S if name in SECONDS else MOST
        values = numeric(outcomes[name]).to_numpy(np.float64, na_value=np.nan)
        if len(huge := np.flatnonzero((np.abs(values) > most) & np.isfinite(values))):
            row, fix = int(huge[0]), "seconds, at most 1e9" if name in SECONDS else "a number of -1e15 to 1e15"
            raise ValueError(
                f"{name} is {shown(outcomes[name].iloc[row])} in {where(outcomes, row, 'outcomes')}; give {fix}"
            )


def when(frame: pd.DataFrame | None) -> tuple[datetime, datetime] | None:
    """The first and the last time of a frame; None if it has none."""
    if frame is None or "time" not in frame or frame["time"].isna().all():
        return None
    times = pd.to_datetime(frame["time"], utc=True)
    return times.min().floor("us").to_pydatetime(), times.max().floor("us").to_pydatetime()


def same_in_decision(frame: pd.DataFrame, name: str, decision: NDArray[np.int64]) -> None:
    """Refuse a column of candidates that differs within a decision; `decision` counts from 0, as they first stand.

    Raises:
        ValueError: names the column, both rows and the fix.
    """
    first = np.unique(decision, return_index=True)[1]
    codes = pd.factorize(frame[name])[0]
    odd = np.flatnonzero(codes != codes[first][decision])
    if len(odd):
        row, other = int(odd[0]), int(first[decision[odd[0]]])
        one, two = (shown(frame[name].iloc[place]) for place in (row, other))
        raise ValueError(
            f"{name} is {one} in {where(frame, row)} and {two} in {label(frame, other)}; "
            "give all candidates of a decision the same"
        )


def weights_in(value: Any) -> tuple[int, int, int, int] | None:
    """The four integers at the end of the name of weights, e.g. of `v1-35-30-20-15`; None if they do not sum to 100."""
    numbers = [int(one) for one in re.findall(r"\d+", str(value))[-4:]]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 and sum(numbers) == 100 else None


def named_weights(frame: pd.DataFrame, decision: NDArray[np.int64]) -> None:
    """Refuse a column of weights that are none, or differ within a decision; empty fields are not known.

    Raises:
        ValueError: names the row, the value and the fix.
    """
    if "weights" not in frame:
        return
    same_in_decision(frame, "weights", decision)
    codes, names = pd.factorize(frame["weights"])
    odd = [number for number, name in enumerate(names) if weights_in(name) is None]
    if odd:
        row = int(np.argmax(codes == odd[0]))
        raise ValueError(
            f"weights is {shown(names[odd[0]])} in {where(frame, row)}; give four whole numbers that sum to 100, "
            "e.g. 'v1-35-30-20-15', or leave it empty"
        )


def numeric(column: pd.Series) -> pd.Series:
    """A column of numbers, durations in seconds; what is neither is NaN."""
    if column.dtype.kind == "m":  # of pyarrow, too, whose durations pandas takes for numbers or for objects
        return pd.Series(column.dt.total_seconds().to_numpy(np.float64, na_value=np.nan), column.index)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pd.Series(np.nan, column.index)
    if column.dtype == object and any(isinstance(one, timedelta | np.timedelta64) for one in column):
        return numeric(pd.to_timedelta(column, errors="coerce"))
    return pd.Series(pd.to_numeric(column, errors="coerce"))


def flag(title: str, name: str, value: Any) -> str:
    """What a value should be that is neither true nor false, and of words how to make it that."""
    words = f"; make words that, e.g. with {title}[{name!r}].map({{'yes': True, 'no': False}})"
    return f"it is true or false{words if isinstance(value, str) else ''}"


def shown(value: Any) -> str:
    """A value as it is written in errors."""
    if isinstance(value, pd.Timestamp | np.datetime64):
        return str(value)
    return repr(value.item() if isinstance(value, np.generic) else value)
