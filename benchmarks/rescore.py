"""How long one rescoring takes, in numba and in numpy, as ratios to reading the same bytes with two threads.

    python benchmarks/rescore.py [--decisions 1000000] [--rounds 30]

Uniform: 8 candidates of a team of 8 in every decision. Ragged: 1 to 15 of a team of 40. The three are run in turns, and
each round gives its own ratios, of which the median and the best are printed; the reading is a sum in numba.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numba
import numpy as np
from numpy.typing import NDArray

from collab.weights import Weights
from collab.whatif import kernel
from collab.whatif.cases import Cases
from collab.whatif.packed import Packed, pack

WEIGHTS = (20, 45, 20, 15)
GOALS = {"numba": 1.5, "numpy": 10.0}


def decisions(n: int, counts: NDArray[np.int64], team: int, seed: int) -> Packed:
    """So many random decisions among a team, with so many candidates each, chosen under the default weights."""
    chance = np.random.default_rng(seed)
    rows = int(counts.sum())
    factors = chance.integers(0, 10_001, (4, rows), dtype=np.int16)
    starts = np.cumsum(counts) - counts
    place = np.arange(rows) - np.repeat(starts, counts)
    # `count` different agents in order: a random start, then steps that leave room for those to come
    room = team // counts.max()
    agent = (place * room + chance.integers(0, room, rows) + 1).astype(np.uint16)
    # logged is who is best under the default weights: of equal scores the first
    value = np.array(Weights().integers()) @ factors.astype(np.int64)
    line = np.argsort(np.repeat(np.arange(n), counts) * (1 << 40) - value * (1 << 12) + place)[starts]
    names = tuple(f"agent-{number:02}" for number in range(team))
    return pack(Cases(names, np.arange(n), agent[line], counts, agent, factors))


@numba.njit(nogil=True)
def _sum(values: NDArray[np.int64]) -> int:
    total = 0
    for i in range(len(values)):
        total += values[i]
    return total


def reading(packed: Packed) -> Callable[[], None]:
    """Reads every byte that rescoring reads, half of them in a second thread."""
    arrays = [array.reshape(-1).view(np.int64) for array in (packed.base, packed.diff, packed.chosen, packed.first)]
    halves = [[array[: len(array) // 2] for array in arrays], [array[len(array) // 2 :] for array in arrays]]
    second = ThreadPoolExecutor(1)

    def read(half: list[NDArray[np.int64]]) -> int:
        return sum(_sum(array) for array in half)

    def run() -> None:
        other = second.submit(read, halves[1])
        read(halves[0])
        other.result()

    return run


def measure(title: str, packed: Packed, rounds: int) -> None:
    """Print the ratios of some packed decisions."""
    numba_share = kernel.in_numba()
    runs: dict[str, Callable[[], object]] = {"read": reading(packed)}
    if numba_share:
        runs["numba"] = lambda: kernel.flows(packed, WEIGHTS, numba_share)
    runs["numpy"] = lambda: kernel.flows(packed, WEIGHTS, kernel.in_numpy)
    if numba_share and not np.array_equal(runs["numba"](), runs["numpy"]()):
        raise SystemExit("numba and numpy differ")
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number, (name, run) in itertools.product(range(rounds + 2), runs.items()):
        start = perf_counter()
        run()
        if number > 1:
            times[name].append(perf_counter() - start)
    read = np.array(times["read"])
    print(f"{title}: {packed.nbytes / 2**20:.0f} MiB, read in {1e3 * np.median(read):.2f} ms")
    for name, goal in GOALS.items():
        if name in times:
            took = np.array(times[name])
            ratio = np.median(took / read)
            print(
                f"  {name}: {ratio:.2f} x the reading (best runs {took.min() / read.min():.2f} x), "
                f"{1e3 * np.median(took):.2f} ms; goal {goal} x: {'met' if ratio <= goal else 'MISSED'}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    kernel.warm().join()
    n = args.decisions
    measure(f"uniform, {n:,} x 8", decisions(n, np.full(n, 8), 8, 1), args.rounds)
    counts = np.random.default_rng(2).integers(1, 16, n)
    measure(f"ragged, {n:,} x 1 to 15 (8 on average)", decisions(n, counts, 40, 3), args.rounds)


if __name__ == "__main__":
    main()
