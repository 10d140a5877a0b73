"""The logged leads under other weights: how many would have gone to somebody else, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, WeightsVersion
from collab.weights import Weights, hundredths

Values = tuple[int, int, int, int]
AnyWeights = Weights | WeightsVersion | Mapping[str, int] | Sequence[int] | str

CAVEAT = (
    "Rescoring keeps the loads of the log: under other weights the loads themselves would have changed, so response "
    "times and balance cannot be read from it."
)
"""What stands beside every result."""


class Rescored:
    """Who would have got each logged lead under some weights, at the loads of the log.

    Attributes:
        weights: the four integers, in the order of `FACTORS`.
        agents: ids, sorted; the order of `counts`.
        counts: leads by logged agent (row) and rescored agent (column).
        n: decisions that were rescored.
        moved: how many of them would have gone to somebody else.
        left_out: decisions that a person took or overrode, which are in no count.
        sticky: how many of `n` stay whatever the weights, with the agent who knew the customer.
        caveat: what cannot be read from this.
    """

    caveat = CAVEAT

    def __init__(
        self,
        weights: Values,
        agents: tuple[str, ...],
        counts: NDArray[np.int64],
        left_out: int,
        decisions: Callable[[Values], pd.DataFrame],
        sticky: int = 0,
    ) -> None:
        self.weights, self.agents, self.counts, self.left_out, self.sticky = weights, agents, counts, left_out, sticky
        self.n = int(counts.sum())
        self.moved = self.n - int(np.trace(counts))
        self._decisions = decisions

    @property
    def share_moved(self) -> float:
        """`moved` over `n`, 0 to 1; 0 if there are no decisions."""
        return self.moved / self.n if self.n else 0.0

    @property
    def before(self) -> dict[str, float]:
        """Each agent's share of the leads as logged, 0 to 1."""
        return dict(zip(self.agents, self._share(1).tolist(), strict=True))

    @property
    def after(self) -> dict[str, float]:
        """Each agent's share of the leads as rescored, 0 to 1."""
        return dict(zip(self.agents, self._share(0).tolist(), strict=True))

    def shares(self) -> pd.DataFrame:
        """Each agent's leads and share of them, as logged and as rescored, by agent."""
        return pd.DataFrame(
            {
                "agent": pd.array(list(self.agents), dtype="str"),
                "leads_before": self.counts.sum(axis=1),
                "leads_after": self.counts.sum(axis=0),
                "share_before": self._share(1),
                "share_after": self._share(0),
            }
        )

    def moves(self) -> list[tuple[str, str, int]]:
        """The leads that move, by the agent they leave and the agent they go to: from, to, leads."""
        counts = self.counts.tolist()
        return [
            (source, target, counts[row][column])
            for row, source in enumerate(self.agents)
            for column, target in enumerate(self.agents)
            if row != column and counts[row][column]
        ]

    def flows(self) -> pd.DataFrame:
        """`moves` as a frame."""
        columns = list(zip(*self.moves(), strict=True)) or [(), (), ()]
        names = {"from": columns[0], "to": columns[1]}
        frame = pd.DataFrame({name: pd.array(list(column), dtype="str") for name, column in names.items()})
        return frame.assign(leads=np.array(columns[2], dtype=np.int64))

    def matrix(self) -> pd.DataFrame:
        """All leads by logged agent (row) and rescored agent (column); those on the diagonal stay."""
        rows, columns = pd.Index(self.agents, name="from", dtype="str"), pd.Index(self.agents, name="to", dtype="str")
        return pd.DataFrame(self.counts, index=rows, columns=columns)

    def decisions(self) -> pd.DataFrame:
        """Every decision in the order of the log: decision, lead, logged, rescored, margin.

        `margin` is how far the rescored agent is ahead of the next eligible one, in points of score (0 to 1,000,000);
        0 is a tie, and it is empty if nobody else was eligible.
        """
        return self._decisions(self.weights)

    def __repr__(self) -> str:
        return f"{self._words()}\n  {self.caveat}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("agent", "leads before", "after", "share before", "after"))
        rows = "".join(
            f"<tr><td>{escape(agent)}</td><td>{had:,}</td><td>{has:,}</td><td>{was:.1%}</td><td>{is_:.1%}</td></tr>"
            for agent, had, has, was, is_ in self.shares().itertuples(index=False)
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<div><p><b>{escape(self._words())}</b></p>{table}<p><small>{escape(self.caveat)}</small></p></div>"

    def _words(self) -> str:
        weights = ", ".join(f"{factor} {value}" for factor, value in zip(FACTORS, self.weights, strict=True))
        left = f"; {self.sticky:,} sticky stay" if self.sticky else ""
        left += f"; {self.left_out:,} overridden left out" if self.left_out else ""
        if not self.n:
            return f"Rescored ({weights}): there are no logged decisions{left}"
        moved = f"{self.moved:,} of {self.n:,} leads ({self.share_moved:.1%}) would have gone to somebody else"
        return f"Rescored ({weights}): {moved}{left}"

    def _share(self, axis: int) -> NDArray[np.float64]:
        shares: NDArray[np.float64] = self.counts.sum(axis=axis) / max(self.n, 1)
        return shares


def integers(weights: AnyWeights) -> Values:
    """The four weights as integers that sum to 100, in the order of `FACTORS`.

    Raises:
        ValueError: they are not four whole numbers of 0 or more that sum to 100.
    """
    if isinstance(weights, Weights):
        return weights.integers()
    given: Any = weights.values if isinstance(weights, WeightsVersion) else weights
    if isinstance(given, pd.Series) and set(FACTORS) <= set(given.index):  # a row of a sweep
        given = [int(one) if float(one).is_integer() else one for one in given[list(FACTORS)]]
    if isinstance(given, str):
        return hundredths(given)
    if isinstance(given, Mapping):
        if set(given) != set(FACTORS):
            fix = f"name {', '.join(FACTORS)}, or give a collab.Weights, whose others share the rest"
            raise ValueError(f"weights name {', '.join(map(str, given))}; {fix}")
        given = [given[factor] for factor in FACTORS]
    values = list(given) if isinstance(given, Iterable) else [given]
    whole = all(isinstance(value, Integral) and not isinstance(value, bool) for value in values)
    if len(values) != len(FACTORS) or not whole or min(values) < 0 or sum(values) != 100:
        raise ValueError(
            f"weights are {str(values)[:80]}; give four whole numbers of 0 or more that sum to 100, in the order "
            f"{', '.join(FACTORS)}, or a collab.Weights"
        )
    a, e, p, r = (int(value) for value in values)
    return a, e, p, r
