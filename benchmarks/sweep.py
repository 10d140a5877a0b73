"""How long all weights of the grid take on all decisions, as ratios to arithmetic and to plain numpy in the same run.

    python benchmarks/sweep.py [--decisions 1000000] [--rounds 7]

1,771 weights (steps of 5), 8 candidates a decision; the sweep begins with the logged columns, so that laying them out
is in its time. The floor is what scoring every candidate under every weights takes at least, four fused products each,
at the rate of a loop over registers with two threads. A second line gives the ratio to one addition and one maximum
each, what a walk along every line takes at least. GEMM and argmax score a part of the decisions, scaled up: in double
precision, as numpy computes unless it is told otherwise, and in single precision, which also holds every score exactly.
All are run in turns, and each round gives its own ratios, of which the median is printed.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from collab.weights import Weights
from collab.whatif import grid
from collab.whatif.cases import Cases
from collab.winning import simplex_grid

STEP, CANDIDATES, PLAIN = 5, 8, 5_000
GOALS = {"floor": 1.6, "plain": 100.0}
ROUNDS, WIDTH = 1_000_000, 96
"""The loops over registers: so many times so many numbers, which fill twelve registers of 256 bits."""


def decisions(n: int) -> tuple[Cases, NDArray[np.float64]]:
    """Random decisions chosen under the default weights, and for each 1, u, u^2 and v."""
    chance = np.random.default_rng(1)
    factors = chance.integers(0, 10_001, (4, n * CANDIDATES), dtype=np.int16)
    score = (np.array(Weights().integers(), np.int32) @ factors.astype(np.int32)).reshape(n, CANDIDATES)
    chosen = (score.argmax(axis=1) + 1).astype(np.uint16)
    agent = np.tile(np.arange(1, CANDIDATES + 1, dtype=np.uint16), n)
    names = tuple(f"agent-{number}" for number in range(CANDIDATES))
    u = 1 / chance.uniform(0.05, 1, n)
    columns = np.stack([np.ones(n), u, u**2, u * chance.integers(0, 2, n)])
    return Cases(names, np.arange(n), chosen, np.full(n, CANDIDATES), agent, factors), columns


@numba.njit(nogil=True, fastmath=True)
def _products(start, by, plus, rounds):  # type: ignore[no-untyped-def]  # noqa: ANN202
    x = np.full(WIDTH, start)
    for _ in range(rounds):
        for i in range(WIDTH):
            x[i] = x[i] * by + plus
    return x.sum()


@numba.njit(nogil=True)
def _maxima(start, plus, most, rounds):  # type: ignore[no-untyped-def]  # noqa: ANN202
    x = np.full(WIDTH, start)
    for _ in range(rounds):
        for i in range(WIDTH):
            x[i] = max(np.add(x[i], plus), most)
    return x.sum()


def twice(loop: Callable[..., Any], *args: Any) -> Callable[[], None]:
    """Runs the loop in two threads at once."""
    pool = ThreadPoolExecutor(2)

    def run() -> None:
        for one in [pool.submit(loop, *args, ROUNDS) for _ in range(2)]:
            one.result()

    return run


def plain(cases: Cases, columns: NDArray[np.float64], precision: type[np.floating[Any]]) -> NDArray[np.float64]:
    """GEMM and argmax on the first decisions."""
    weights = simplex_grid(STEP).astype(precision)
    n = min(PLAIN, len(cases.counts))
    out = np.zeros((len(weights), len(columns)))
    for start in range(0, n, 1000):
        part = slice(start, min(start + 1000, n))
        factors = cases.factors[:, part.start * CANDIDATES : part.stop * CANDIDATES].astype(precision)
        best = (weights @ factors).reshape(len(weights), -1, CANDIDATES).argmax(axis=2)
        out += (best + 1 == cases.chosen[part]).astype(np.float64) @ columns[:, part].T
    return out


def check(cases: Cases, columns: NDArray[np.float64], share: grid.Share) -> None:
    """Refuse to measure what does not compute the same."""
    n = min(PLAIN, len(cases.counts))
    rows = slice(0, n * CANDIDATES)
    some = Cases(
        cases.agents, cases.keys[:n], cases.chosen[:n], cases.counts[:n], cases.agent[rows], cases.factors[:, rows]
    )
    expected = plain(cases, columns, np.float32)
    for way in (share, grid.in_numpy):
        found = grid.sums(some, columns[:, :n], STEP, way)
        if not np.array_equal(found[:, 0], expected[:, 0]) or not np.allclose(found, expected, rtol=1e-9):
            raise SystemExit("the sweep and plain scoring differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    share = grid.in_numba()
    if share is None:
        raise SystemExit("numba is missing, and the floor is measured with it")
    cases, columns = decisions(args.decisions)
    check(cases, columns, share)
    runs: dict[str, Callable[[], object]] = {
        "sweep": lambda: grid.sums(cases, columns, STEP, share),
        "products": twice(_products, np.float32(0.5), np.float32(0.25), np.float32(0.1)),
        "maxima": twice(_maxima, np.int32(0), np.int32(3), np.int32(1)),
        "double": lambda: plain(cases, columns, np.float64),
        "single": lambda: plain(cases, columns, np.float32),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number, (name, run) in itertools.product(range(args.rounds + 1), runs.items()):
        start = perf_counter()
        run()
        if number:
            times[name].append(perf_counter() - start)
    took = {name: np.array(values) for name, values in times.items()}
    work = args.decisions * CANDIDATES * grid.count(STEP)
    floor, walk = (took[name] * work / (2 * ROUNDS * WIDTH) for name in ("products", "maxima"))
    above, beside = np.median(took["sweep"] / (4 * floor)), np.median(took["sweep"] / walk)
    print(f"{grid.count(STEP):,} weights, {args.decisions:,} x {CANDIDATES}: {np.median(took['sweep']):.2f} s")
    print(
        f"  {above:.2f} x the arithmetic of every score ({np.median(4 * floor):.2f} s); "
        f"goal {GOALS['floor']} x: {'met' if above <= GOALS['floor'] else 'MISSED'}"
    )
    print(f"  {beside:.2f} x an addition and a maximum for every score ({np.median(walk):.2f} s)")
    for name in ("double", "single"):
        scaled = took[name] * args.decisions / min(PLAIN, args.decisions)
        gain = np.median(scaled / took["sweep"])
        print(
            f"  GEMM and argmax in {name} precision take {gain:.0f} x as long ({np.median(scaled):.0f} s "
            f"from {PLAIN:,} decisions); goal {GOALS['plain']:.0f} x: {'met' if gain >= GOALS['plain'] else 'MISSED'}"
        )


if __name__ == "__main__":
    main()
