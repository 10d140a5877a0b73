"""One logged decision explained: what every candidate scored and was made of, and what it would have taken to win."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from collab.reasons import apart, rises
from collab.records import FACTORS, SCALE
from collab.routing import FULL_SCORE, best
from collab.whatif.case import Case
from collab.whatif.nearest import Nearest, nearest
from collab.whatif.rescore import Values

SHOWN = ("agent", "gate", "score", "propensity", "chosen", "factor", "rise", "moved")
"""The columns of the frame that its text shows."""


class Explained:
    """A decision under some weights: who wins and why, and the smallest changes that make any other candidate win.

    Attributes:
        decision: its id.
        lead: the lead's id; None of frames without a column of leads.
        chosen: who got the lead; None if it waits.
        winner: who wins under these weights: the highest score among the eligible, of equal ones the lowest agent id.
        weights: the four integers, in the order of `FACTORS`: those that chose, if no others were asked for.
        agents: the candidates' ids, sorted.
    """

    def __init__(self, case: Case, weights: Values) -> None:
        self.decision, self.lead, self.chosen = case.decision, case.lead, case.chosen
        self.agents, self.weights = case.agents, weights
        self._case = case
        self._eligible = np.array([not gate for gate in case.gates], bool)
        self._points = np.array(weights, np.int64)[:, None] * case.factors
        self._scores = self._points.sum(axis=0)
        self._first = best(self._scores, self._eligible)
        self.winner = None if self._first is None else case.agents[self._first]

    def frame(self) -> pd.DataFrame:
        """A row a candidate, by agent id.

        agent, eligible, gate; the four factors in ten-thousandths; `<factor>_points`, each times its weight, which sum
        to score (0 to 1,000,000); propensity; chosen; wins; behind, the points of score that the winner is ahead.
        What it takes to win: `factor` is that which alone needs the smallest `rise`, in ten-thousandths; `moved` is the
        smallest sum of changes of the weights, in hundredths, and `to_<factor>` are these weights. Both are 0 for the
        winner, and empty where nothing does it or a gate is shut.
        """
        case, near = self._case, self._nearest
        behind = (0 if self._first is None else self._scores[self._first]) - self._scores
        least = [self._rise(row) for row in range(len(self.agents))]
        rise = [None if one is None else one[1] - had for one, had in zip(least, self._had(least), strict=True)]
        columns: dict[str, Any] = {
            "agent": pd.array(list(self.agents), dtype="str"),
            "eligible": self._eligible,
            "gate": pd.array(list(case.gates), dtype="str"),
            **dict(zip(FACTORS, case.factors, strict=True)),
            **{f"{name}_points": points for name, points in zip(FACTORS, self._points, strict=True)},
            "score": self._scores,
            "propensity": np.full(len(self.agents), np.nan) if case.propensity is None else case.propensity,
            "chosen": [agent == self.chosen for agent in self.agents],
            "wins": [row == self._first for row in range(len(self.agents))],
            "behind": behind,
            "factor": pd.array([one[0] if one and one[0] else None for one in least], dtype="str"),
            "rise": pd.array(rise, dtype="Int64"),
            "moved": _known(near.moved),
        }
        columns |= {f"to_{name}": _known(column) for name, column in zip(FACTORS, near.weights.T, strict=True)}
        return pd.DataFrame(columns)

    def why_not(self, agent: object) -> str:
        """Why this candidate did not get the lead, and the smallest changes with which they would have.

        Args:
            agent: an id, as text or as the frames have it.

        Raises:
            ValueError: the agent was no candidate; names those that were.
        """
        if (agent := str(agent)) not in self.agents:
            raise ValueError(f"agent is {agent!r}, who was no candidate; those were {', '.join(self.agents) or 'none'}")
        row, first = self.agents.index(agent), self._first
        score = self._scores[row] / FULL_SCORE
        if gate := self._case.gates[row]:
            ahead = first is None or (-self._scores[row], row) < (-self._scores[first], first)
            would = "would" if ahead else "would not"
            return f"{agent} could not be asked: {gate}; with the gate open, their {score:.3f} {would} have won."
        assert first is not None
        if row == first:
            return self._why(agent)
        has, had = apart(self._scores[first] / FULL_SCORE, score, 3)
        tie = "in a tie, which the lowest id wins," if has == had else f"behind the {has} of {self.winner},"
        return f"{agent} scores {had}, {tie} and would have won {self._with(row)}."

    def _why(self, agent: str) -> str:
        """What is said of the winner."""
        scores = f"{agent} has the highest score of who could be asked, {self._scores[self._first] / FULL_SCORE:.3f}"
        if agent == self.chosen:
            return f"{agent} got the lead: {scores}."
        if self._case.by:
            return f"{scores}; {self._case.by} gave the lead to {self.chosen}."
        return f"{scores}; the lead went to {self.chosen}, not by these weights." if self.chosen else f"{scores}."

    def _with(self, row: int) -> str:
        """The smallest changes with which the eligible candidate of a row would win, in words."""
        ways = []
        if (least := self._rise(row)) is not None:
            needed, had = apart(least[1] / SCALE, self._case.factors[FACTORS.index(least[0]), row] / SCALE, 4)
            ways.append(f"with {least[0]} {needed} instead of {had}")
        if (moved := int(self._nearest.moved[row])) >= 0:
            ways.append(f"under the weights {named(self._nearest.weights[row])} ({moved} hundredths moved)")
        return ", or ".join(ways) or "with no single factor and under no weights"

    def _rise(self, row: int) -> tuple[str, int] | None:
        """The factor of the smallest rise that wins, and what it must be; none is named for the winner."""
        first = self._first
        if first is None or not self._eligible[row]:
            return None
        if row == first:
            return "", 0
        gap = int(self._scores[first] - self._scores[row]) + (0 if row < first else 1)
        return next(iter(rises(self._case.factors[:, row].tolist(), self.weights, gap)), None)

    def _had(self, least: list[tuple[str, int] | None]) -> list[int]:
        factors = self._case.factors
        return [int(factors[FACTORS.index(one[0]), row]) if one and one[0] else 0 for row, one in enumerate(least)]

    @cached_property
    def _nearest(self) -> Nearest:
        return nearest(self._case.factors, self._eligible, self.weights)

    def _title(self) -> str:
        got = f"went to {self.chosen}" if self.chosen else "waits"
        lead = "its lead" if self.lead is None else f"lead {self.lead}"
        return f"Decision {self.decision}: {lead} {got} (weights explained: {named(self.weights)})"

    def __str__(self) -> str:
        lines = [self._title(), self.frame()[list(SHOWN)].to_string(index=False, na_rep="-")]
        return "\n".join([*lines, *(self.why_not(agent) for agent in self.agents)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("agent", *FACTORS, "score", "why, or why not"))
        rows = ""
        for row, agent in enumerate(self.agents):
            parts = "".join(f"<td>{points / FULL_SCORE:.3f}</td>" for points in self._points[:, row])
            score = f"<td>{self._scores[row] / FULL_SCORE:.3f}</td>"
            rows += f"<tr><td>{escape(agent)}</td>{parts}{score}<td>{escape(self.why_not(agent))}</td></tr>"
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div><p><b>{escape(self._title())}</b></p>{table}</div>"


def _known(values: Any) -> Any:
    """Whole numbers, empty where they are -1."""
    return pd.arrays.IntegerArray(np.asarray(values, np.int64), np.asarray(values) < 0)


def named(weights: Iterable[int]) -> str:
    """Weights in words, each by its factor."""
    return ", ".join(f"{factor} {value}" for factor, value in zip(FACTORS, weights, strict=True))
