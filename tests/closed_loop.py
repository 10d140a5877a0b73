"""A team whose load follows from who got what, in plain Python and with laws of its own: the truth for simulations."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from math import exp, log, log2

import numpy as np
import pandas as pd

from collab.records import FACTORS, SCALE
from collab.winning import simplex_grid

KINDS = ("condo", "house", "land")
START = pd.Timestamp("2026-03-02", tz="UTC")


@dataclass(frozen=True)
class Ways:
    """How the team works; its laws are none of the product's families: gamma times, a load that counts squared."""

    agents: int = 8
    load: float = 0.7
    at_once: bool = False
    memory_s: float = 4 * 3600.0
    static_replies: bool = False
    seed: int = 0
    capacity: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        shape = (len(KINDS), self.agents)
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("capacity", chance.integers(3, 7, self.agents))
        put("expertise", np.rint(chance.uniform(0.1, 1.0, shape) * SCALE).astype(int))
        put("performance", np.rint(chance.uniform(0.35, 0.65, self.agents) * SCALE).astype(int))
        put("answer_s", chance.uniform(25, 110, self.agents))
        put("handling_s", 900 * chance.uniform(0.6, 1.5, shape))
        put("skill", chance.normal(0, 0.4, self.agents))
        put("worth", np.array([200.0, 500.0, 120.0]))
        held_s = float(self.handling_s.mean()) + (0 if self.at_once else 1.4 * float(self.answer_s.mean()))
        put("gap_s", held_s / (self.load * self.capacity.sum()))

    def answer(self, agent: int, load: float, chance: np.random.Generator) -> float:
        """Seconds until the first answer."""
        return self.answer_s[agent] * (1 + 1.3 * load**2) * chance.gamma(3) / 3

    def odds(self, kind: int, agent: int, response_s: float, score: int) -> float:
        """Log-odds of converting."""
        match = self.expertise[kind, agent] / SCALE
        slow = 0.3 * log2(1 + response_s / 60)
        return -1.1 + 1.6 * match + self.skill[agent] - slow + 0.01 * (score - 50)


def run(ways: Ways, weights: tuple[int, ...], leads: int, seed: int, explore: float = 0.0) -> list[dict]:
    """The team at work: a row a lead, with all candidates' factors as they were when it was given."""
    chance, grid = np.random.default_rng([ways.seed, seed]), simplex_grid()
    arrivals = np.cumsum(chance.exponential(ways.gap_s, leads)).tolist()
    kinds, scores = chance.choice(3, leads, p=[0.5, 0.3, 0.2]).tolist(), chance.integers(0, 101, leads).tolist()
    active, ended = np.zeros(ways.agents, int), []
    heard, total_s, last_s = np.zeros(ways.agents), np.zeros(ways.agents), np.zeros(ways.agents)
    answers: list[tuple[float, int, float]] = []
    waiting: list[int] = []
    found: list[dict] = [{}] * leads

    def hear(until_s: float) -> None:
        while answers and answers[0][0] <= until_s:
            time_s, agent, response_s = heapq.heappop(answers)
            kept = 0.5 ** ((time_s - last_s[agent]) / ways.memory_s)
            heard[agent], total_s[agent] = heard[agent] * kept + 1, total_s[agent] * kept + response_s
            last_s[agent] = time_s

    def give(lead: int, now_s: float) -> None:
        hear(now_s)
        fade = 0.5 ** ((now_s - last_s) / ways.memory_s)
        mean_s = (total_s * fade + 300) / (heard * fade + 5)
        replies = np.rint(60 / (60 + mean_s) * SCALE).astype(int)
        if ways.static_replies:
            replies = np.rint(60 / (60 + 1.5 * ways.answer_s) * SCALE).astype(int)
        free = np.rint((1 - active / ways.capacity) * SCALE).astype(int)
        factors = np.stack([free, ways.expertise[kinds[lead]], ways.performance, replies])
        open_ = active < ways.capacity
        drawn = chance.random() < explore
        used = grid[chance.integers(len(grid))] if drawn else np.array(weights)
        agent = int(np.where(open_, used @ factors, -1).argmax())
        wins = np.bincount(np.where(open_[:, None], factors.T @ grid.T, -1).argmax(axis=0), minlength=ways.agents)
        best = int(np.where(open_, np.array(weights) @ factors, -1).argmax())
        chances = explore * wins / len(grid) + (1 - explore) * (np.arange(ways.agents) == best)
        active[agent] += 1
        answer_s = ways.answer(agent, active[agent] / ways.capacity[agent], chance)
        handling_s = ways.handling_s[kinds[lead], agent] * chance.gamma(2) / 2
        response_s = now_s - arrivals[lead] + answer_s
        heapq.heappush(answers, (now_s + answer_s, agent, response_s))
        end_s = max(now_s + handling_s, now_s + answer_s) if ways.at_once else now_s + answer_s + handling_s
        heapq.heappush(ended, (end_s, agent))
        chance_of = 1 / (1 + exp(-ways.odds(kinds[lead], agent, response_s, scores[lead])))
        converted = bool(chance.random() < chance_of)
        value = ways.worth[kinds[lead]] * exp(chance.normal(0, 0.5)) if converted else 0.0
        found[lead] = {
            "arrival_s": arrivals[lead],
            "start_s": now_s,
            "kind": kinds[lead],
            "score": scores[lead],
            "agent": agent,
            "factors": factors,
            "open": open_,
            "chances": chances,
            "response_s": response_s,
            "handling_s": handling_s,
            "end_s": end_s,
            "converted": converted,
            "value": value,
        }

    def free(until_s: float) -> None:
        while ended and ended[0][0] <= until_s:
            time_s, agent = heapq.heappop(ended)
            active[agent] -= 1
            if waiting:
                give(waiting.pop(0), time_s)

    for lead, now_s in enumerate(arrivals):
        free(now_s)
        if (active < ways.capacity).any() and not waiting:
            give(lead, now_s)
        else:
            waiting.append(lead)
    free(float("inf"))
    return found


def frames(ways: Ways, rows: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The log as anybody would have it: candidates, outcomes, agents."""
    n, m = len(rows), ways.agents
    ids = [f"agent-{number:02}" for number in range(m)]
    factors = np.stack([row["factors"] for row in rows])
    candidates = pd.DataFrame(
        {
            "decision": np.repeat(np.arange(n), m),
            "agent": np.tile(ids, n),
            "eligible": np.concatenate([row["open"] for row in rows]),
            **{name: factors[:, place].reshape(-1) for place, name in enumerate(FACTORS)},
            "propensity": np.concatenate([row["chances"] for row in rows]),
            "chosen": (np.array([row["agent"] for row in rows])[:, None] == np.arange(m)).reshape(-1),
        }
    )
    outcomes = pd.DataFrame(
        {
            "decision": np.arange(n),
            "time": START + pd.to_timedelta([row["arrival_s"] for row in rows], unit="s"),
            "lead": [f"lead-{number}" for number in range(n)],
            "lead_type": [KINDS[row["kind"]] for row in rows],
            "lead_score": [row["score"] for row in rows],
            "agent": [ids[row["agent"]] for row in rows],
            **{name: [row[name] for row in rows] for name in ("response_s", "handling_s", "converted", "value")},
        }
    )
    return candidates, outcomes, pd.DataFrame({"agent": ids, "capacity": ways.capacity})


def truth(ways: Ways, weights: tuple[int, ...], leads: int, seeds: int, first: int = 1000) -> dict[str, float]:
    """What the team comes to under weights: means over many runs, computed from the rows alone."""
    return (
        pd.DataFrame([_figures(ways, run(ways, weights, leads, first + seed)) for seed in range(seeds)])
        .mean()
        .to_dict()
    )


def _figures(ways: Ways, rows: list[dict]) -> dict[str, float]:
    first_s, last_s = rows[0]["arrival_s"], max(row["arrival_s"] for row in rows)
    utilization, overload = [], []
    for agent in range(ways.agents):
        steps = [(row["start_s"], 1) for row in rows if row["agent"] == agent]
        steps += [(row["end_s"], -1) for row in rows if row["agent"] == agent]
        held, at_s, busy_s, red_s = 0, first_s, 0.0, 0.0
        for time_s, step in [*sorted(steps), (last_s, 0)]:
            until_s = min(max(time_s, first_s), last_s)
            busy_s += (until_s - at_s) * held / ways.capacity[agent]
            red_s += (until_s - at_s) * (held / ways.capacity[agent] >= 0.9)
            at_s, held = until_s, held + step
        utilization.append(busy_s / (last_s - first_s))
        overload.append(red_s / (last_s - first_s))
    u = np.array(utilization)
    return {
        "response_s": float(np.mean([row["response_s"] for row in rows])),
        "wait_s": float(np.mean([row["start_s"] - row["arrival_s"] for row in rows])),
        "converted": float(np.mean([row["converted"] for row in rows])),
        "value": float(np.mean([row["value"] for row in rows])),
        "utilization": float(u.mean()),
        "overload": float(np.mean(overload)),
        "balance": float(u.sum() ** 2 / (len(u) * (u**2).sum())),
        "log_response": float(np.mean([log(row["response_s"]) for row in rows])),
    }
