"""The rows behind a figure: the same query, in the spans of time that it was made of, shown or written to a file."""

from __future__ import annotations

import reprlib
from pathlib import Path

import numpy as np
import pandas as pd

from collab.analytics.measure import COLUMNS, Measure, literal, measure_of
from collab.analytics.spans import Spans
from collab.history import History

FORMATS = {".csv": "(FORMAT csv, HEADER)", ".parquet": "(FORMAT parquet)"}
"""What `export` writes, by the ending of the file's name."""


def query(
    measure: str | Measure, spans: Spans | None = None, agent: str | None = None, limit: int | None = None
) -> str:
    """The SQL of the rows of a measure in these spans and of this agent, in the order of the stream.

    It asks a history's views and nothing else, so `History.sql` and `History.connect` give the same rows.

    Raises:
        ValueError: there is no such measure, the limit is below 0, or the spans are no array of starts and ends.
    """
    if limit is not None and limit < 0:
        raise ValueError(f"limit is {limit}; give 0 or more rows, or None for all")
    conditions = [] if spans is None else [_inside(spans)]
    if agent is not None:
        conditions.append("agent = '" + agent.replace("'", "''") + "'")
    asked = " AND ".join(f"({one})" for one in conditions) or "true"
    last = "" if limit is None else f" LIMIT {limit}"
    return f"SELECT {', '.join(COLUMNS)} FROM ({measure_of(measure).query}) WHERE {asked} ORDER BY seq{last}"


def rows(
    history: History,
    measure: str | Measure,
    spans: Spans | None = None,
    agent: str | None = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """The rows behind a figure: seq, time, lead, decision, agent, value."""
    return history.sql(query(measure, spans, agent, limit))


def export(
    history: History, path: str | Path, measure: str | Measure, spans: Spans | None = None, agent: str | None = None
) -> Path:
    """Write the rows behind a figure to a new or replaced .csv or .parquet file.

    Raises:
        ValueError: the file's name ends otherwise, or as `query` has it.
        FileNotFoundError: its folder is not there.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise ValueError(f"path is {str(path)!r}; give a name that ends in {' or '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder; make it first, or name another")
    asked, target = query(measure, spans, agent), str(path).replace("'", "''")
    with history.connect() as connection:
        connection.execute(f"COPY ({asked}) TO '{target}' {FORMATS[path.suffix]}")
    return path


def _inside(spans: Spans) -> str:
    if not isinstance(spans, np.ndarray) or spans.dtype.kind != "i" or spans.shape[1:] != (2,):
        raise ValueError(
            f"spans are {reprlib.repr(spans)}; give an array with a row (start, end) for each, in microseconds since "
            "1970, such as the bucket(0) of a trend or the cell(0, 9) of a heat"
        )
    each = (f"(time >= {literal(start)} AND time < {literal(end)})" for start, end in spans.tolist())
    return " OR ".join(each) or "false"
