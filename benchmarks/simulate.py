"""How much faster a whole team is simulated in numba than by the same rules in pure Python, in one run.

    python benchmarks/simulate.py [--leads 20000] [--agents 50] [--rounds 5]

A team that is loaded to seven tenths and always on shift, leads of six types. The two are run in turns, and each round
gives its own ratio, of which the median and the best runs' are printed; a run is the rules alone, on tables that are
ready, without the figures. Both must end with the same bits.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np

from collab.whatif import rules
from collab.whatif.compiled_rules import run as compiled_run
from collab.whatif.simulation import Simulation, in_objects, plain
from collab.whatif.world import Agents, Leads, Mechanism, Shifts, World

WEIGHTS = (35, 30, 20, 15)
GOAL = 40.0
TYPES, CAPACITY, LOAD, HELD_S = 6, 4, 0.7, 680.0


def team(leads: int, agents: int, seed: int) -> World:
    """So many leads for a team that they load to about `LOAD`."""
    chance = np.random.default_rng(seed)
    arrival_s = np.cumsum(chance.exponential(HELD_S / (LOAD * agents * CAPACITY), leads))
    shape = (TYPES, agents)
    laws = Mechanism(
        answer_s=chance.uniform(20, 90, shape),
        answer_by_load=0.8,
        answer_spread=0.5,
        handling_s=600 * chance.uniform(0.7, 1.3, shape),
        handling_spread=0.6,
        odds=chance.normal(-1, 0.5, shape),
        odds_by_response=-0.25,
        value=chance.uniform(1, 5, TYPES),
    )
    due_s = arrival_s + chance.choice([60, 300, 900, 3600], leads)
    return World(
        Leads(arrival_s, chance.integers(0, TYPES, leads), due_s),
        Agents.new(np.full(agents, CAPACITY)),
        Shifts.always(agents),
        laws,
        chance.integers(0, 10_001, shape),
        np.ones(shape),
    )


def measure(world: World, rounds: int) -> None:
    """Print the ratio of both ways."""
    simulation = Simulation(world, 1, compiled=True)
    times: dict[str, list[float]] = {"numba": [], "python": []}
    for number in range(rounds + 1):
        *tables, laws = simulation.tables(WEIGHTS)
        start = perf_counter()
        compiled_run(*tables, laws)
        between = perf_counter()
        *others, laws = simulation.tables(WEIGHTS)
        objects = [in_objects(table) for table in others]
        begin = perf_counter()
        rules.run(*objects, plain(laws))
        end = perf_counter()
        if [lead.closed_s for lead in objects[1]] != tables[1]["closed_s"].tolist():
            raise SystemExit("numba and Python differ")
        if number:
            times["numba"].append(between - start)
            times["python"].append(end - begin)
    numba, python = (np.array(times[name]) for name in ("numba", "python"))
    n = len(world.leads)
    ratio = float(np.median(python / numba))
    print(f"{n:,} leads, {len(world.agents)} agents, utilization {simulation.run(WEIGHTS).figures.utilization:.2f}")
    print(
        f"  numba: {ratio:.0f} x as fast as Python (best runs {python.min() / numba.min():.0f} x); "
        f"goal {GOAL:.0f} x: {'met' if ratio >= GOAL else 'MISSED'}"
    )
    print(f"  a lead: {1e9 * np.median(numba) / n:,.0f} ns in numba, {1e9 * np.median(python) / n:,.0f} ns in Python")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    measure(team(args.leads, args.agents, 1), args.rounds)


if __name__ == "__main__":
    main()
