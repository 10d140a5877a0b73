"""What DuckDB answers, as numpy columns and as pandas frames, without a Python string for every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from collab.history.columns import SQL_TYPES, Column, Table
from collab.history.pinned import quoted
from collab.history.schema import CANDIDATES

if TYPE_CHECKING:
    import duckdb

FEW = 32
"""Up to so many different words are looked up in a list, which is faster than an enumeration."""

PER_DECISION = ("decision", "lead")
"""Text that all candidates of a decision share: it is read once, from the decisions."""


def fetch(connection: duckdb.DuckDBPyConnection, view: Table, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Columns of a view, in the order of the stream.

    Words are integer codes, -1 for none, and `<name>.names` has the words, sorted. Columns with empty fields may be
    masked arrays. Short integers stay short, times are datetime64 in UTC.
    """
    columns = [view.column(name) for name in names]
    shared = [c.name for c in columns if view is CANDIDATES and c.name in PER_DECISION]
    words = _words(connection, view, [column for column in columns if column.word])
    by_seq = any(column.name == "seq" for column in view.columns)
    selected = [_selected(column, words) for column in columns if column.name not in shared]
    if by_seq:
        selected.append("seq AS _seq")
    found: dict[str, Any] = connection.execute(f"SELECT {', '.join(selected)} FROM {view.name}").fetchnumpy()
    if by_seq:
        _sort(found)
        if shared:
            found |= _of_decisions(connection, shared, found["_seq"])
    out: dict[str, np.ndarray] = {}
    for column in columns:
        out[column.name] = found[column.name]
        if column.word:
            out[f"{column.name}.names"] = words[column.name]
    return out


def frame(connection: duckdb.DuckDBPyConnection, view: Table) -> pd.DataFrame:
    """A whole view as a frame; its dtypes are the same with and without rows."""
    columns = fetch(connection, view, [column.name for column in view.columns])
    arrays = {column.name: _array(column, columns) for column in view.columns}
    return pd.DataFrame(arrays, copy=False)


def frame_of(relation: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    """The answer to any query as a frame, times in UTC."""
    zoned = [str(kind) == "TIMESTAMP WITH TIME ZONE" for kind in relation.types]
    names = list(relation.columns)
    if any(zoned):
        plain = [f"#{n}::TIMESTAMP" if z else f"#{n}" for n, z in enumerate(zoned, 1)]
        relation = relation.project(", ".join(f"{text} AS c{n}" for n, text in enumerate(plain)))
    found: pd.DataFrame = relation.df()
    if any(zoned):
        series = [found[f"c{n}"].dt.tz_localize("UTC") if z else found[f"c{n}"] for n, z in enumerate(zoned)]
        found = pd.DataFrame(dict(enumerate(series)))
        found.columns = pd.Index(names)
    return found


def _words(connection: duckdb.DuckDBPyConnection, view: Table, columns: list[Column]) -> dict[str, np.ndarray]:
    if not columns:
        return {}
    lists = ", ".join(f"list(DISTINCT {column.name})" for column in columns)
    row = connection.execute(f"SELECT {lists} FROM {view.name}").fetchall()[0]
    words = (sorted(word for word in found or () if word is not None) for found in row)
    return {column.name: np.array(found, dtype=object) for column, found in zip(columns, words, strict=True)}


def _selected(column: Column, words: dict[str, np.ndarray]) -> str:
    name = column.name
    if not column.word:
        return f"{name}::{SQL_TYPES[column.type]} AS {name}" if column.type == "short" else name
    listed = ", ".join(map(quoted, words[name]))
    if not listed:
        return f"(-1)::INTEGER AS {name}"
    if len(words[name]) <= FEW:
        return f"coalesce(list_position([{listed}], {name}) - 1, -1)::INTEGER AS {name}"
    return f"coalesce(enum_code({name}::ENUM({listed}))::INTEGER, -1) AS {name}"


def _sort(columns: dict[str, np.ndarray]) -> None:
    seq = columns["_seq"]
    if len(seq) > 1 and not np.all(seq[1:] >= seq[:-1]):
        order = np.argsort(seq, kind="stable")
        for name, values in columns.items():
            columns[name] = values[order]


def _of_decisions(connection: duckdb.DuckDBPyConnection, names: list[str], seq: np.ndarray) -> dict[str, np.ndarray]:
    found: dict[str, Any] = connection.execute(
        f"SELECT seq, {', '.join(names)} FROM decisions ORDER BY seq"
    ).fetchnumpy()
    rows = np.searchsorted(found["seq"], seq)
    return {name: found[name][rows] for name in names}


def _array(column: Column, columns: dict[str, np.ndarray]) -> Any:
    values = columns[column.name]
    if column.word:
        words = np.array([*columns[f"{column.name}.names"], np.nan], dtype=object)
        return pd.array(words[values], dtype="str")
    mask = np.ma.getmaskarray(values) if np.ma.isMaskedArray(values) else None
    data = np.ma.getdata(values)
    if column.type == "string":
        text = data if mask is None else np.where(mask, np.nan, data)
        return pd.array(text, dtype="str")
    if column.type == "timestamp":
        times = data.astype("datetime64[us]")
        times = times if mask is None else np.where(mask, np.datetime64("NaT", "us"), times)
        return pd.DatetimeIndex(times).tz_localize("UTC")
    if column.type == "double":
        return data if mask is None else np.where(mask, np.nan, data)
    if column.type == "binary":
        return data
    data = data.astype(np.int32) if column.type == "short" else data
    if not column.null:
        return data
    empty = np.zeros(len(data), dtype=bool) if mask is None else mask
    if column.type == "boolean":
        return pd.arrays.BooleanArray(data.astype(bool), empty)
    return pd.arrays.IntegerArray(data, empty)
