"""The history for other tools: a plain DuckDB file, and the page that explains its tables."""

from __future__ import annotations

import os
from pathlib import Path

from collab.history.pinned import comment, quoted
from collab.history.reading import History
from collab.history.schema import SNAPSHOTS, TABLES, VERSION, VIEWS


def export(history: History, path: str | os.PathLike[str]) -> Path:
    """Write the history into a new DuckDB file, with tables, views and comments, and return its path.

    Raises:
        FileExistsError: there is a file; nothing is overwritten.
        FileNotFoundError: its folder is not there.
    """
    target = Path(path)
    if target.exists():
        raise FileExistsError(f"{target} exists; give the name of a new file, or remove it")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target.parent} is no folder; make it first, or name another")
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    with history.connect() as connection:
        connection.execute(f"ATTACH {quoted(str(partial))} AS exported")
        tables = [table for table in TABLES.values() if table is not SNAPSHOTS]
        for table in tables:
            connection.execute(f"CREATE TABLE exported.{table.name} AS SELECT * FROM temp.{table.name} ORDER BY seq")
        connection.execute("DETACH exported")
    import duckdb  # as in collab.history.pinned

    with duckdb.connect(partial, config={"autoinstall_known_extensions": "false"}) as file:
        for view in VIEWS.values():
            if view.query:
                file.execute(f"CREATE VIEW {view.name} AS {view.query}")
            if view is not SNAPSHOTS:
                comment(file, "VIEW" if view.query else "TABLE", view)
    return partial.replace(target)


def markdown() -> str:
    """The tables, views and columns as the page docs/history.md."""
    lines = [
        "# The history",
        "",
        "Everything that happened, kept as tables that any number of processes read while one writes. A history is a",
        "folder (or an object-store URL) with a folder for each tenant and in it a Delta table for each table below.",
        "Rows are only ever added, and each carries the place (`seq`) of its event on the stream, so a history *as of*",
        "a place or a time is the rows up to it. Times are UTC, durations end in `_s` or `_ms`.",
        "",
        "```python",
        "from datetime import UTC, datetime",
        "",
        "from collab import History",
        "",
        'history = History("data/history", tenant="demo")',
        "history.assignments()  # a pandas frame",
        'history.sql("SELECT agent, count(*) FROM assignments GROUP BY agent")',
        "history.as_of(datetime(2026, 11, 2, tzinfo=UTC)).outcomes()",
        "```",
        "",
        "A connection from `History.connect()` sees the history of that moment; the files it reads are kept for at",
        "least an hour, so open a new one for newer rows.",
        f"This page is made from `collab/history/schema.py` (version {VERSION} of the tables).",
    ]
    for view in VIEWS.values():
        kind = "view" if view.query else "table"
        lines += ["", f"## {view.name} ({kind})", "", view.comment, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| {column.name} | {column.sql_type.lower()} | {column.comment} |" for column in view.columns]
    return "\n".join(lines) + "\n"
