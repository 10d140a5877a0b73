"""How long it takes to say what other weights would have earned, with intervals and bounds, of a log in memory.

    python benchmarks/estimate.py [--decisions 1000000] [--weights 7]

Decisions among 8 candidates, all with an outcome, of which a fifth was explored. The limit is rescoring them, which
says who would have got each lead and nothing of what came of it. The wealth of the bettors, from which the bounds that
always hold follow, is also summed decision by decision, as it is defined; both must give the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd

from collab.records import FACTORS, SCALE
from collab.whatif import Estimate, WhatIf, kernel
from collab.whatif.wealth import BETS, Wealth

AGENTS, EXPLORE, MEANS = 8, 0.2, 30
WEIGHTS = np.array((35, 30, 20, 15))


def log(n: int, seed: int) -> WhatIf:
    """Decisions at random loads, and what came of them."""
    chance = np.random.default_rng(seed)
    factors = chance.integers(0, SCALE + 1, (4, n, AGENTS))
    best = np.tensordot(WEIGHTS, factors, 1).argmax(axis=1)
    propensity = np.full((n, AGENTS), EXPLORE / AGENTS)
    propensity[np.arange(n), best] += 1 - EXPLORE
    chosen = np.where(chance.random(n) < EXPLORE, chance.integers(0, AGENTS, n), best)
    converted = chance.random(n) < 0.2 + 0.2 * factors[1, np.arange(n), chosen] / SCALE
    candidates = pd.DataFrame(
        {
            "decision": np.repeat(np.arange(n), AGENTS),
            "agent": np.tile([f"agent-{number}" for number in range(AGENTS)], n),
            "eligible": True,
            "propensity": propensity.ravel(),
            "chosen": (chosen[:, None] == np.arange(AGENTS)).ravel(),
        }
    ).assign(**{factor: factors[place].ravel() for place, factor in enumerate(FACTORS)})
    time = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(3 * np.arange(n), unit="s")
    value = np.where(converted, chance.exponential(100, n), 0.0)
    outcomes = pd.DataFrame({"decision": np.arange(n), "time": time, "converted": converted, "value": value})
    return WhatIf.from_frames(candidates, outcomes)


def took(work: Callable[[tuple[int, ...]], object], many: list[tuple[int, ...]]) -> float:
    """The median of how many milliseconds it takes for each."""
    found = []
    for one in many:
        start = perf_counter()
        work(one)
        found.append(1e3 * (perf_counter() - start))
    return float(np.median(found))


def directly(values: np.ndarray, mean: float) -> float:
    """The logarithm of the mean wealth, decision by decision."""
    stakes = [float(np.log1p(bet * (values / mean - 1)).sum()) for bet in BETS]
    return float(np.logaddexp.reduce(stakes)) - np.log(len(BETS))


def main(decisions: int, count: int) -> None:
    what_if = log(decisions, 1)
    many = [(35 - more, 30 + more, 20, 15) for more in range(1, count + 1)]
    kernel.warm().join()
    what_if.rescore(many[0])
    if not isinstance(found := what_if.estimate(many[0]).converted, Estimate):
        raise SystemExit(f"there is no estimate: {found}")
    limit, estimated = took(what_if.rescore, many), took(what_if.estimate, many)
    print(f"{decisions:,} decisions of {AGENTS} candidates, all with an outcome")
    print(f"  an estimate of both metrics: {estimated:.0f} ms, {estimated / limit:.0f} x rescoring")
    values = np.random.default_rng(2).lognormal(0, 0.5, decisions) * (np.random.default_rng(3).random(decisions) < 0.3)
    means = np.linspace(0.2, 1.2, MEANS) * values.mean()
    start = perf_counter()
    wealth = Wealth(values)
    short = [wealth.logarithm(mean) for mean in means]
    between = perf_counter()
    long = [directly(values, mean) for mean in means]
    end = perf_counter()
    np.testing.assert_allclose(short, long, rtol=1e-9, atol=1e-6)
    print(f"  the wealth against {MEANS} means: {(end - between) / (between - start):.0f} x as fast as by decisions")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--weights", type=int, default=7)
    given = parser.parse_args()
    main(given.decisions, given.weights)
