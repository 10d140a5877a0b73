"""How much faster a whole team is simulated in numba than by the same rules in pure Python and in simpy, in one run.

    python benchmarks/simulate.py [--leads 20000] [--agents 50] [--rounds 5] [--weights 64]

A team that is loaded to seven tenths and always on shift, leads of six types. The two are run in turns, and each round
gives its own ratio, of which the median and the best runs' are printed; a run is the rules alone, on tables that are
ready, without the figures. Both must end with the same bits. In simpy every lead is a process that waits for its answer
and its end, and decides by the same rules in Python; who got which lead must be the same.

Then so many weights are simulated with their figures on as many threads as there are cores, as a search over the grid
does it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numpy as np
import simpy

from collab.whatif import rules
from collab.whatif.compiled_rules import run as compiled_run
from collab.whatif.simulation import Simulation, in_objects, plain
from collab.whatif.world import Agents, Leads, Mechanism, Shifts, World
from collab.winning import simplex_grid

WEIGHTS = (35, 30, 20, 15)
GOAL, GOAL_SIMPY, GOAL_GRID = 40.0, 70.0, 4e6
SIMPY_ROUNDS = 2
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


class InSimpy:
    """The same team as processes of simpy: leads that are waiting for an answer, and then for their end."""

    def __init__(self, simulation: Simulation) -> None:
        *tables, laws = simulation.tables(WEIGHTS)
        self.agents, self.leads, self.cells, edges = (in_objects(table) for table in tables)
        self.laws, self.env = plain(laws), simpy.Environment()
        self.waiting: list[list[int]] = [[] for _ in range(laws.queues)]
        for agent in self.agents:
            rules._begin(agent, self.laws)
        for edge in edges[:-1]:
            if edge.time_s <= laws.first_s:
                rules._change_shift(self.agents[edge.agent], edge, self.laws)
        self.env.process(self.source())

    def source(self) -> Iterator[simpy.Event]:
        """Let the leads come."""
        for number, lead in enumerate(self.leads[:-1]):
            yield self.env.timeout(lead.arrival_s - self.env.now)
            chosen = rules._choose(self.agents, self.cells, self.laws, lead, self.env.now)
            if chosen < 0:
                rules.heappush(self.waiting[lead.queue], lead.rank)
            else:
                self.begin(number, rules._give(self.agents, chosen, self.cells, lead, self.laws, self.env.now))

    def begin(self, number: int, answered_s: float) -> None:
        """Let a lead be worked on."""
        self.env.process(self.worked_on(self.leads[number], answered_s))

    def worked_on(self, lead: Any, answered_s: float) -> Iterator[simpy.Event]:
        """From the assignment to the end; then those who wait are given away."""
        agent = self.agents[lead.agent]
        cell = self.cells[lead.type * len(self.agents) + lead.agent]
        yield self.env.timeout(answered_s - self.env.now)
        rules._answer(agent, lead, cell, self.laws, answered_s)
        yield self.env.timeout(lead.closed_s - self.env.now)
        rules._close(agent, lead, cell, self.laws, lead.closed_s)
        given: list[tuple[float, int]] = []
        if any(self.waiting):
            all_ = self.agents, self.leads, self.cells, self.laws, given, self.waiting
            rules._drain(*all_, lead.closed_s)
        for answered, number in given:
            self.begin(number, answered)


def against_simpy(world: World) -> None:
    """Print the ratio to simpy."""
    simulation, ratios = Simulation(world, 1, compiled=True), []
    for _ in range(SIMPY_ROUNDS):
        peer = InSimpy(simulation)
        start = perf_counter()
        peer.env.run()
        between = perf_counter()
        *tables, laws = simulation.tables(WEIGHTS)
        begin = perf_counter()
        compiled_run(*tables, laws)
        ratios.append((between - start) / (perf_counter() - begin))
        same = np.mean(tables[1]["agent"][:-1] == [lead.agent for lead in peer.leads[:-1]])
        if same < 0.999:  # simpy adds delays to its clock, which rounds
            raise SystemExit(f"simpy gave only {same:.2%} of the leads to the same agents")
    ratio = float(np.median(ratios))
    print(
        f"  numba: {ratio:.0f} x as fast as simpy with the same rules; "
        f"goal {GOAL_SIMPY:.0f} x: {'met' if ratio >= GOAL_SIMPY else 'MISSED'}"
    )


def over_a_grid(world: World, count: int) -> None:
    """Print how many leads x weights are simulated in a second of a core, with figures."""
    simulation, cores = Simulation(world, 1, compiled=True), len(os.sched_getaffinity(0))
    chosen = [tuple(one) for one in np.random.default_rng(1).choice(simplex_grid(5), count, replace=False).tolist()]
    simulation.run(chosen[0])
    with ThreadPoolExecutor(cores) as pool:
        start = perf_counter()
        list(pool.map(lambda weights: simulation.run(weights).figures, chosen))
        seconds = perf_counter() - start
    rate = len(world.leads) * count / seconds / cores
    print(
        f"  {count} weights with figures on {cores} threads: {rate / 1e6:.2f}M leads x weights per core-second; "
        f"goal {GOAL_GRID / 1e6:.0f}M: {'met' if rate >= GOAL_GRID else 'MISSED'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--weights", type=int, default=64)
    args = parser.parse_args()
    world = team(args.leads, args.agents, 1)
    measure(world, args.rounds)
    against_simpy(world)
    over_a_grid(world, args.weights)


if __name__ == "__main__":
    main()
