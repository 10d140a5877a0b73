"""How long a lead is looked for among all that are recorded, and what became of one.

    python benchmarks/finding.py [--decisions 100000] [--rounds 10]

The history is written by the recorder's own writer, from decisions of 8 candidates that the real router made; of more
than 100,000, the others are copies of their candidates. The limit is to read what every lead was when it came in, which
a name is looked for in, and nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from _history import TENANT, fill

from collab.contact import customer_of
from collab.history import History
from collab.history.leads import CAME, found, story


def main(decisions: int, rounds: int) -> None:
    """Fill, ask, print."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), decisions)
        history = History(folder, TENANT)
        (lead,) = history.rows(["decisions"], "SELECT lead FROM decisions LIMIT 1")[0]
        customer = customer_of("zoe@example.com", "", TENANT)
        asked: dict[str, Callable[[], Any]] = {
            "reading all arrivals": lambda: history.rows(
                ["events"], f"SELECT sum(length(data)) FROM events WHERE {CAME}"
            ),
            "by a name that many have": lambda: found(history, "zoe"),
            "by a name that nobody has": lambda: found(history, "nobody such"),
            "by an e-mail": lambda: found(history, customer=customer),
            "what became of one": lambda: story(history, lead),
        }
        limit = 0.0
        for name, ask in asked.items():
            took = [took_ms(ask) for _ in range(rounds + 1)][1:]
            p50, p95 = np.percentile(took, [50, 95])
            limit = limit or float(p50)
            print(f"{name:26} p50 {p50:7.0f} ms   p95 {p95:7.0f} ms   {p50 / limit:5.2f} x the limit")


def took_ms(ask: Callable[[], Any]) -> float:
    """How long it took, in milliseconds."""
    begun = perf_counter()
    ask()
    return 1000 * (perf_counter() - begun)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    main(given.decisions, given.rounds)
