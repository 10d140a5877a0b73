"""How long it takes to open 1M decisions of 8 candidates from a history for rescoring, and how much memory they hold.

    python benchmarks/opening.py [--decisions 1000000] [--rounds 5]

Some of the decisions are made by the real router and written by the recorder's own writer; the others are copies of
their candidates at other places of the stream. The limit is DuckDB's own scan of the same columns of the same files
into numpy, on the same two threads. Each round is a process of its own, as an analyst's is, with everything imported.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np
import psutil
from _history import TENANT, fill

from collab.cli.options import leave
from collab.history import History
from collab.records import FACTORS
from collab.whatif import WhatIf
from collab.whatif.reading import COLUMNS

REAL = 20_000
GOAL_S, GOAL_MEMORY = 1.5, 3.0
FACTOR_BYTES = 2


def opened(folder: str) -> dict[str, float]:
    """Seconds to open, seconds of the bare scan, the decisions, and the bytes that the process holds more."""
    WhatIf(History(folder, TENANT).as_of(1))  # what is loaded with the first question is loaded
    columns = ", ".join(COLUMNS)
    start = perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        files = f"{folder}/{TENANT}/candidates/*.parquet"
        connection.sql(f"SELECT {columns} FROM read_parquet('{files}')").fetchnumpy()
    scanned = perf_counter() - start
    gc.collect()
    before = psutil.Process().memory_full_info().uss
    start = perf_counter()
    what_if = WhatIf(History(folder, TENANT))
    seconds = perf_counter() - start
    gc.collect()
    return {
        "open_s": seconds,
        "scan_s": scanned,
        "n": what_if.n,
        "held": psutil.Process().memory_full_info().uss - before,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.folder:
        print(json.dumps(opened(args.folder)))
        leave()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "history", args.decisions, REAL)
        command = [sys.executable, __file__, "--folder", str(Path(folder) / "history")]
        rounds = [json.loads(subprocess.check_output(command)) for _ in range(args.rounds)]
    n = rounds[0]["n"]
    open_s, scan_s, held = (np.median([one[name] for one in rounds]) for name in ("open_s", "scan_s", "held"))
    factors = n * 8 * len(FACTORS) * FACTOR_BYTES
    print(f"{n:,.0f} decisions of 8 candidates")
    print(
        f"  opened in {open_s:.2f} s, {open_s / scan_s:.1f} x DuckDB's scan of the same columns ({scan_s:.2f} s); "
        f"goal {GOAL_S} s: {'met' if open_s <= GOAL_S else 'MISSED'}"
    )
    print(
        f"  {held / 2**20:,.0f} MiB held, {held / factors:.1f} x the factors' {factors / 2**20:,.0f} MiB; "
        f"goal {GOAL_MEMORY:.0f} x: {'met' if held <= GOAL_MEMORY * factors else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
