"""How long each panel of the analytics takes over a history of a million assignments.

    python benchmarks/analytics.py [--decisions 1000000] [--rounds 20]

Leads come at all hours of 90 days, are given to one of eight agents, taken up, answered and closed. Each panel is asked
again and again in one process, as a page does, with everything imported; the history is read anew each time.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
from _history import START, TENANT, fill
from deltalake import write_deltalake

from collab.analytics import Book, Hours, compare, funnel, heat, occupancy, rows, service_level, stages, trend
from collab.analytics.zone import DAY, HOUR
from collab.history import History

GOALS_MS = {1_000_000: 300.0, 10_000_000: 2_000.0}
"""The most that a panel may take, by how many assignments there are at most."""
SPAN_S = 90 * 86_400
ZONE = "Europe/Berlin"
HAPPENED = {
    "arrivals": "came",
    "decisions": "came + wait",
    "offers": "came + wait + take",
    "responses": "came + wait + take + answer",
    "closings": "came + wait + take + answer + work",
}
"""When each of a lead's events comes, in seconds."""


def grow(folder: Path, decisions: int) -> None:
    """Write so many leads and what became of them beside the history's own."""
    fill(folder, 100)
    tables = duckdb.connect()
    tables.execute("SELECT setseed(0.5)")
    tables.execute(
        f"CREATE TABLE leads AS SELECT i, i * {SPAN_S} / {decisions} AS came, -20 * ln(random()) AS wait, "
        "-30 * ln(random()) AS take, -25 * ln(random()) AS answer, -3600 * ln(random()) AS work, random() AS luck, "
        f"'agent-' || floor(8 * random())::INTEGER AS agent FROM range({decisions}) AS r(i)"
    )
    moments = " UNION ALL ".join(f"SELECT '{name}' AS kind, i, {at} AS s FROM leads" for name, at in HAPPENED.items())
    tables.execute(f"CREATE TABLE happened AS SELECT *, 10000 + row_number() OVER (ORDER BY s) AS seq FROM ({moments})")
    own = {
        "arrivals": "'abcdefgh'[1 + i % 8] AS location",
        "decisions": "'D' || i AS decision, l.agent AS agent, 'abcdefgh'[1 + i % 8] AS location, wait AS waited_s",
        "offers": "'D' || i AS decision, l.agent AS agent, 'accepted' AS outcome, NULL::VARCHAR AS to_agent, "
        "NULL::VARCHAR AS person, NULL::VARCHAR AS reason",
        "responses": "'D' || i AS decision, l.agent AS agent, wait + take + answer AS response_s",
        "closings": "'D' || i AS decision, l.agent AS agent, luck < 0.3 AS converted",
    }
    for name, columns in own.items():
        path = str(folder / TENANT / name)
        like = path if name not in ("offers", "responses") else ""
        written = f"h.seq AS seq, TIMESTAMPTZ '{START}' + to_microseconds((s * 1e6)::BIGINT) AS time, 'L' || i AS lead"
        sample = f"(SELECT * FROM read_parquet('{like}/*.parquet') LIMIT 1) AS t" if like else ""
        chosen = f"t.* REPLACE ({written}, {columns})" if like else f"{written}, {columns}"
        query = f"SELECT {chosen} FROM happened AS h JOIN leads AS l USING (i){', ' + sample if sample else ''} "
        write_deltalake(path, tables.sql(query + f"WHERE kind = '{name}' ORDER BY h.seq"), mode="append")
    last = f"SELECT t.* REPLACE (TIMESTAMPTZ '{START + timedelta(seconds=SPAN_S)}' AS time) FROM t"
    path = str(folder / TENANT / "events")
    source = f"WITH t AS (SELECT * FROM read_parquet('{path}/*.parquet') LIMIT 1) {last}"
    write_deltalake(path, tables.sql(source), mode="append")


def panels(book: Book) -> dict[str, Callable[[], Any]]:
    """Every panel by name, asked over all that is recorded."""
    end = int(START.timestamp() + SPAN_S) * 1_000_000
    start, hours = end - 90 * DAY, Hours("mon-fri 09:00-18:00", ZONE)
    week = heat(book, "response_s", ZONE)
    assert week is not None
    return {
        "trend, last day by hours": lambda: trend(book, "response_s", ZONE),
        "trend, 90 days": lambda: trend(book, "response_s", ZONE, start, end, DAY),
        "trend, 90 days by hours": lambda: trend(book, "response_s", ZONE, start, end, HOUR),
        "week of response times": lambda: heat(book, "response_s", ZONE),
        "week of arrivals": lambda: heat(book, "arrivals", ZONE),
        "agents by conversion": lambda: compare(book, "converted"),
        "agents by response time": lambda: compare(book, "response_s"),
        "service level": lambda: service_level(book),
        "service level, business hours": lambda: service_level(book, hours=hours),
        "stages": lambda: stages(book),
        "occupancy": lambda: occupancy(book, zone=ZONE),
        "funnel": lambda: funnel(book),
        "rows behind a cell": lambda: rows(book.history, "response_s", week.cell(0, 10), limit=500),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        grow(Path(folder) / "history", args.decisions)
        book = Book(History(Path(folder) / "history", TENANT))
        goal_ms = next((goal for most, goal in GOALS_MS.items() if args.decisions <= most), math.inf)
        print(f"{args.decisions:,} assignments; goal {goal_ms:.0f} ms p95 once it was asked first")
        for name, ask in panels(book).items():
            took, begun = [], perf_counter()
            ask()
            first = perf_counter() - begun
            for _ in range(args.rounds):
                begun = perf_counter()
                ask()
                took.append(1000 * (perf_counter() - begun))
            middle, late = np.percentile(took, [50, 95])
            said = "met" if late <= goal_ms else "MISSED"
            print(f"  {name:30} {middle:6.0f} ms, p95 {late:6.0f} ms: {said}; the first time {first:.1f} s")


if __name__ == "__main__":
    main()
