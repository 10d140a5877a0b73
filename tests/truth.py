"""Worlds whose truth is known: leads with random candidates, routed by weights that explore, and what came of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE
from collab.winning import simplex_grid

AGENTS = 5
LOGGED = (35, 30, 20, 15)
EXPLORE = 0.2


class World:
    """Leads of a team of five, each routed on its own: what one is given changes nothing for the next.

    Attributes:
        factors: (leads, agents, 4), in ten-thousandths.
        chance: (leads, agents), by which the logged agent was drawn.
        chosen: (leads,), the place of the agent who got each.
        expected: (leads, agents), the true chance of converting.
        converted, value: (leads,), what came of them.
    """

    def __init__(self, n: int, seed: int, explore: float = EXPLORE, *, alike: bool = False) -> None:
        chance = np.random.default_rng(seed)
        self.n = n
        self.factors = chance.integers(0, SCALE + 1, (n, AGENTS, 4))
        self.chance = (explore * self.drawn() if explore else 0.0) + (1 - explore) * self.greedy(LOGGED)
        self.chosen = (self.chance.cumsum(axis=1) < chance.random((n, 1)) - 1e-12).sum(axis=1).clip(max=AGENTS - 1)
        shares = self.factors / SCALE
        skill = np.linspace(-0.1, 0.1, AGENTS)
        # where all are alike, no weights earn more than others
        self.expected = (
            0.3 + np.zeros((n, AGENTS))
            if alike
            else 0.15 + 0.3 * shares[:, :, 1] * shares[:, :, 2] + 0.1 * shares[:, :, 0] + skill
        )
        self.converted = chance.random(n) < self.expected[np.arange(n), self.chosen]
        self.value = np.where(self.converted, chance.gamma(4.0, 250.0, n), 0.0)
        self.day = np.sort(chance.integers(0, 30, n))

    def greedy(self, weights: tuple[int, ...]) -> NDArray[np.float64]:
        """1 for whom the weights choose."""
        best = (self.factors @ np.array(weights)).argmax(axis=1)
        return (np.arange(AGENTS) == best[:, None]).astype(float)

    def drawn(self) -> NDArray[np.float64]:
        """The share of the grid's weights under which each agent wins."""
        grid = simplex_grid().T.astype(np.float32)  # whole numbers below 2^24, which singles hold exactly
        found = np.zeros((self.n, AGENTS))
        for start in range(0, self.n, 500):
            scores = self.factors[start : start + 500].astype(np.float32) @ grid
            best, free = scores.max(axis=1), np.ones((len(scores), len(grid.T)), bool)
            for agent in range(AGENTS):  # of equal scores the first has it
                won = free & (scores[:, agent] == best)
                found[start : start + 500, agent] = won.mean(axis=1)
                free &= ~won
        return found

    def truth(self, weights: tuple[int, ...]) -> float:
        """The mean chance of converting under other weights."""
        return float((self.expected * self.greedy(weights)).sum() / self.n)

    def candidates(self, propensity: NDArray[np.float64] | None = None) -> pd.DataFrame:
        """The log, one row a candidate."""
        frame = pd.DataFrame(
            {
                "decision": np.repeat(np.arange(self.n), AGENTS),
                "agent": np.tile([f"agent-{number}" for number in range(AGENTS)], self.n),
                "eligible": True,
                "propensity": (self.chance if propensity is None else propensity).reshape(-1),
                "chosen": (self.chosen[:, None] == np.arange(AGENTS)).reshape(-1),
            }
        )
        return frame.assign(**{factor: self.factors[:, :, at].reshape(-1) for at, factor in enumerate(FACTORS)})

    def outcomes(self) -> pd.DataFrame:
        """What came of the leads, one row a decision."""
        time = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(self.day, unit="D")
        fields = {"decision": np.arange(self.n), "time": time, "converted": self.converted, "value": self.value}
        return pd.DataFrame(fields)
