"""What each agent of a log had of the leads and was due, over time, and how even it is."""

from __future__ import annotations

from datetime import UTC
from html import escape
from math import isfinite

import numpy as np
import pandas as pd

from collab.fairness import HALF_LIFE_H, By, Ledger, Standing, evenness
from collab.legible import several
from collab.whatif.turns import Turns

CAVEAT = (
    "Shares are counted in leads, not in what they were worth or took, and only while an agent was there and able to "
    "take one."
)
"""What stands beside every result."""

MEASURES = {
    "jain": "Jain's index, (sum x)^2 / (n sum x^2); 1 is even, 1/n all for one",
    "gini": "Gini coefficient, the mean |x - y| of all pairs over twice the mean; 0 is even",
    "max_min": "the largest x over the smallest; 1 is even",
}
"""The measures in words; x is what an agent had over what they were due."""

AMOUNTS = ("due", "had", "deficit")
"""What is counted of each agent, in leads."""


class Fairness:
    """Who had their share of a log's leads: what each agent had and was due, in leads that fade with their age.

    Attributes:
        half_life: hours after which a lead counts half; None for never.
        by: whether a lead is due equally or in proportion to capacity, to all who were there and able to take it.
        n: leads that were given.
        ledger: the ledger after the last of them.
        caveat: what cannot be read from this.
    """

    caveat = CAVEAT

    def __init__(
        self, turns: Turns, half_life: float | None = HALF_LIFE_H, by: By = "agent", points: int = 500
    ) -> None:
        if not isinstance(points, int | np.integer) or points < 1:
            raise ValueError(f"points is {points!r}; give how many times are kept, 1 or more")
        self.half_life, self.by, self.ledger = half_life, by, Ledger(half_life, by)
        self.n = sum(not hasattr(turn, "to") for turn in turns)
        kept = set(np.linspace(0, len(turns) - 1, min(points, len(turns))).astype(int).tolist())
        self._points: dict[float, dict[str, Standing]] = {}  # the last of each time
        for number, turn in enumerate(turns):
            turn.enter(self.ledger)
            if number in kept:
                self._points[self.ledger.time_s] = self.ledger.standings()

    def frame(self) -> pd.DataFrame:
        """A row for each kept time and each agent who was due or had anything by then: time, agent, due, had, deficit.

        In leads, each faded by its age; `deficit` is due less had: below 0 the agent is ahead of their share.
        """
        rows = [
            (time_s, agent, one.due, one.had, one.deficit)
            for time_s, standings in self._points.items()
            for agent, one in standings.items()
        ]
        times, agents, *numbers = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
        micros = (np.array(times, np.float64) * 1e6).round().astype("datetime64[us]")
        return pd.DataFrame(
            {
                "time": pd.DatetimeIndex(micros).tz_localize(UTC),
                "agent": pd.array(list(agents), dtype="str"),
                **{
                    name: np.array(values, float)
                    for name, values in zip(("due", "had", "deficit"), numbers, strict=True)
                },
            }
        )

    def standings(self) -> pd.DataFrame:
        """Each agent after the last lead, who is owed most first: agent, due, had, deficit, and ratio, had over due."""
        found = self.ledger.standings()
        order = sorted(found, key=lambda agent: (-found[agent].deficit, agent))
        columns = {name: [getattr(found[agent], name) for agent in order] for name in ("due", "had", "deficit")}
        frame = pd.DataFrame(
            {"agent": pd.array(order, dtype="str")} | {k: np.array(v, float) for k, v in columns.items()}
        )
        return frame.assign(ratio=frame["had"] / frame["due"].where(frame["due"] > 0))

    def measures(self) -> dict[str, float | None]:
        """`jain`, `gini` and `max_min` of had over due after the last lead, and `n`, the agents that they compare."""
        return evenness(self.ledger.standings().values())

    def said(self) -> str:
        """The measures in a line."""
        found = self.measures()
        if not found["n"]:
            return "there are no logged decisions"
        shown = ", ".join(f"{name} {_number(found[name])}" for name in MEASURES)
        who = several(int(found["n"]), "agent")
        half = "nothing fades" if self.half_life is None else f"a lead counts half after {self.half_life:g} h"
        return f"{shown} over {who} and {several(self.n, 'lead')} ({half}; shares by {self.by})"

    def __str__(self) -> str:
        table = f"\n{self.standings().to_string(index=False, float_format='{:.2f}'.format)}" if self.n else ""
        return f"Fairness: {self.said()}{table}\n  {self.caveat}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("agent", *AMOUNTS, "had / due"))
        rows = "".join(
            f"<tr><td>{escape(agent)}</td>{''.join(f'<td>{value:.2f}</td>' for value in values)}</tr>"
            for agent, *values in self.standings().itertuples(index=False)
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        said = f"<p><b>Fairness: {escape(self.said())}</b></p>"
        return f"<div>{said}{table}<p><small>{escape(self.caveat)}</small></p></div>"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}" if isfinite(value) else "infinite"
