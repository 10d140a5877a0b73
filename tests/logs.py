"""Logged decisions in frames, of all small sizes, and what plain Python says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from collab.records import FACTORS

LOGGED = (35, 30, 20, 15)
AGENTS = ("ana", "bo", "Bo", "cy", "é", "a10", "a9")
Row = dict[str, Any]


def best(rows: list[Row], weights: tuple[int, ...]) -> str:
    """The winner among the eligible rows of one decision, in plain Python."""
    eligible = [row for row in rows if row["eligible"]]
    return min(
        eligible, key=lambda row: (-sum(w * row[f] for w, f in zip(weights, FACTORS, strict=True)), row["agent"])
    )["agent"]


def by_decision(frame: pd.DataFrame) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row["decision"], []).append(row)
    return found


@st.composite
def logs(draw: st.DrawFn, greedy: bool = False) -> pd.DataFrame:
    """Decisions with ragged candidates, many ties, and at least one eligible agent each."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.sampled_from([[0, 10_000], [0, 1, 4999, 5000, 10_000], range(10_001)]))
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 40))):
        own = [
            {"decision": f"d{number}", "lead": f"l{number}", "agent": agent, "eligible": bool(chance.random() < 0.7)}
            | dict(zip(FACTORS, chance.choice(levels, len(FACTORS)).tolist(), strict=True))
            for agent in chance.permutation(AGENTS)[: chance.integers(1, len(AGENTS) + 1)].tolist()
        ]
        own[0]["eligible"] = True
        eligible = [row["agent"] for row in own if row["eligible"]]
        chosen = best(own, LOGGED) if greedy else str(chance.choice(eligible))
        rows += [row | {"chosen": row["agent"] == chosen} for row in own]
    return pd.DataFrame(rows)
