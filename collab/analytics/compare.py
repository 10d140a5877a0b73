"""Agents compared fairly: for the same mix of leads, shrunk towards the team, and apart only where the log can tell.

A row's value is a sum of what its case brings (the lead's own columns) and what its agent does; least squares finds
both at once, so who gets the hard leads is not the worse for it. The standard errors hold for unequal variances (White,
1980). Agents are seen as drawn from one team whose spread is found by DerSimonian and Laird (1986); each is shrunk
towards its mean by how little is known of them (empirical Bayes, with the intervals of Morris, JASA 78, 1983). Two
agents differ if the difference of their unshrunk figures does by Holm's method (1979) over all pairs, at `ALPHA`: with
equal agents that names any pair in less than one team of twenty. Else they cannot be told apart, which is a result.

It adjusts for what a lead states, not for what nobody wrote down: a router that sees more than the log can mislead it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations
from math import exp, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from collab.analytics.book import Book, opened
from collab.analytics.figure import LEVEL, z
from collab.analytics.measure import Measure, measure_of, slice_of
from collab.analytics.zone import moment_of
from collab.history import History

Floats = NDArray[np.float64]

CASE = {
    "property_type": "d.property_type",
    "location": "d.location",
    "language": "d.language",
    "urgency": "d.urgency",
    "score": "least(d.lead_score // 25, 3)::VARCHAR",
    "budget": "CASE WHEN d.budget IS NULL THEN 'none' ELSE floor(log2(greatest(d.budget, 1)))::VARCHAR END",
}
"""What makes a case, and the SQL of it: the score in quarters, the budget in doublings."""

ALPHA = 0.03
"""The chance of any false finding; below one in twenty also where few rows are further from the normal law."""

FEWEST = 30
"""An agent with fewer rows is left out."""

LEAST = 1e-3
"""Times are compared by their logarithms; none counts as shorter than a millisecond of a second."""


class Comparison(Struct, frozen=True, kw_only=True):
    """What can be said of agents.

    Attributes:
        measure: what is compared.
        agents: a row for each: agent, n, raw (as it was), value (adjusted and shrunk), low, high, unit, apart (ids of
            those whom they can be told apart from).
        pairs: a row for each pair: one, other, difference, low, high (of each alone), p (Holm's), apart. Differences of
            times are ratios.
        mean: the team's figure.
        spread: the standard deviation of agents' true figures, as found; of logarithms for times.
        left_out: agents with fewer than `FEWEST` rows.
        case: the columns that were adjusted for.
    """

    measure: Measure
    agents: pd.DataFrame
    pairs: pd.DataFrame
    mean: float
    spread: float
    left_out: tuple[str, ...]
    case: tuple[str, ...]

    @property
    def definition(self) -> str:
        """What a dot and its line say, in words."""
        kind = "The geometric mean of each agent" if self.measure.kind == "time" else "Each agent's mean"
        mix = f"if all had the team's mix of {', '.join(self.case)}" if self.case else "as it was, without adjustment"
        return (
            f"{self.measure.definition} {kind}, {mix}, shrunk towards the team by how little is known; the line holds "
            f"it {LEVEL:.0%} of the time. Agents differ only where Holm's method over all pairs says so."
        )

    @property
    def verdict(self) -> str:
        """What it comes to, in a sentence."""
        apart, pairs = int(self.pairs["apart"].sum()), len(self.pairs)
        if not pairs:
            return f"There are not two agents with {FEWEST} rows each, so nobody is compared."
        if not apart:
            return f"The log cannot tell these {len(self.agents)} agents apart."
        return f"{apart} of {pairs} pairs of agents differ; the others cannot be told apart."


def compare(
    source: History | Book,
    measure: str | Measure = "converted",
    start: int | datetime | None = None,
    end: int | datetime | None = None,
    case: Sequence[str] = tuple(CASE),
) -> Comparison:
    """Compare the agents of a history by a measure, from start until before end.

    Raises:
        ValueError: there is no such measure or case, or the measure is not of agents, or a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    found = measure_of(measure)
    if unknown := [one for one in case if one not in CASE]:
        raise ValueError(f"case has {unknown[0]!r}; give some of {', '.join(CASE)}")
    if found.kind == "count":
        raise ValueError(f"measure is {found.name!r}, which is of no agent; give a time, a share or a mean")
    rows, cells = opened(source).once(f"cases {found.name}", lambda history: _read(history, found))
    part = slice_of(rows["us"].to_numpy(np.int64), start, end)
    place, y = (rows[name].to_numpy()[part] for name in ("cell", "y"))
    sums = {"n": None, "total": y, "squares": y * y}
    counted = {name: np.bincount(place, weights=one, minlength=len(cells)) for name, one in sums.items()}
    full = cells.assign(**counted)
    by = full[full["n"] > 0].groupby(["agent", *case], sort=True, as_index=False)
    return of_cells(by[list(sums)].sum(), found, tuple(case))


def _read(history: History, measure: Measure) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every row's moment, value and cell, in the order of time; and the cells: agent and case."""
    value = f"ln(greatest(m.value, {LEAST}))" if measure.kind == "time" else "m.value"
    named = ", ".join(f"{sql} AS {name}" for name, sql in CASE.items())
    joined = f"SELECT m.time, m.agent, {value} AS y, {named} FROM ({measure.query}) AS m JOIN decisions AS d "
    cell = f"hash(agent, {', '.join(CASE)})"
    rows = history.sql(
        f"SELECT epoch_us(time) AS us, y, {cell} AS cell FROM ({joined} ON m.decision = d.decision) ORDER BY us"
    )
    cells = history.sql(
        f"SELECT {cell} AS cell, agent, {', '.join(CASE)} FROM ({joined} ON m.decision = d.decision) "
        "GROUP BY ALL ORDER BY cell"
    )
    places = np.searchsorted(cells["cell"].to_numpy(), rows["cell"].to_numpy())
    return rows.assign(cell=places), cells.drop(columns="cell")


def of_cells(cells: pd.DataFrame, measure: Measure, case: tuple[str, ...] = ()) -> Comparison:
    """Compare agents by cells: agent, the columns of the case, n, and the sum and sum of squares of values.

    Times come as logarithms.
    """
    per_agent = cells.groupby("agent", sort=True)["n"].sum()
    left_out = tuple(map(str, per_agent.index[per_agent < FEWEST]))
    kept = cells[~cells["agent"].isin(left_out)].reset_index(drop=True)
    agents = sorted(map(str, per_agent.index[per_agent >= FEWEST]))
    back = exp if measure.kind == "time" else float
    said: dict[str, Any] = {"measure": measure, "left_out": left_out, "case": case}
    if not agents:
        columns = ["agent", "n", "raw", "value", "low", "high", "unit", "apart"]
        none = pd.DataFrame(columns=columns), _pairs([], np.empty(0), np.empty((0, 0)), measure)
        return Comparison(agents=none[0], pairs=none[1], mean=float("nan"), spread=0.0, **said)
    effect, covariance, unknown = _fit(kept, agents, case)
    mean = float(kept["total"].sum() / kept["n"].sum())
    shrunk, variance, spread = _shrunk(effect, covariance)
    pairs = _pairs(agents, effect, covariance, measure)
    sums = kept.groupby("agent", sort=True)[["total", "n"]].sum()
    half = z() * np.sqrt(variance + unknown)
    rows = pd.DataFrame(
        {
            "agent": agents,
            "n": sums["n"].to_numpy(np.int64),
            "raw": [back(one) for one in (sums["total"] / sums["n"])],
            "value": [back(one) for one in mean + shrunk],
            "low": [_bounded(back(one), measure) for one in mean + shrunk - half],
            "high": [_bounded(back(one), measure) for one in mean + shrunk + half],
            "unit": measure.unit,
            "apart": _apart(agents, pairs),
        }
    )
    return Comparison(agents=rows, pairs=pairs, mean=back(mean), spread=spread, **said)


def _fit(cells: pd.DataFrame, agents: list[str], case: tuple[str, ...]) -> tuple[Floats, Floats, float]:
    """Each agent's effect for the same case, of a mean of 0; the covariance; and the variance of the team's mean."""
    n, total, squares = (cells[name].to_numpy(np.float64) for name in ("n", "total", "squares"))
    blocks = [(cells["agent"].to_numpy()[:, None] == np.array(agents, object)).astype(np.float64)]
    for one in case:
        words = cells[one].astype(str)
        blocks.append((words.to_numpy()[:, None] == np.array(sorted(set(words))[1:], object)).astype(np.float64))
    x = np.hstack(blocks)
    inverse = np.linalg.pinv(x.T @ (n[:, None] * x), hermitian=True)
    beta = inverse @ (x.T @ total)
    predicted = x @ beta
    residual = np.maximum(squares - 2 * predicted * total + n * predicted**2, 0)
    rows, free = n.sum(), max(n.sum() - np.linalg.matrix_rank(x), 1)
    sandwich = inverse @ (x.T @ (residual[:, None] * x)) @ inverse * (rows / free)
    k = len(agents)
    weight = np.array([n[blocks[0][:, place] > 0].sum() for place in range(k)]) / rows
    centre = np.eye(k) - weight
    return centre @ beta[:k], centre @ sandwich[:k, :k] @ centre.T, float(residual.sum()) / rows / free


def _shrunk(effect: Floats, covariance: Floats) -> tuple[Floats, Floats, float]:
    """Effects shrunk towards their middle, their variances, and the spread of true effects."""
    k, variance = len(effect), np.maximum(np.diag(covariance), 1e-12)
    weight = 1 / variance
    middle = float(weight @ effect / weight.sum())
    scale = float(weight.sum() - (weight @ weight) / weight.sum())
    q = float(weight @ (effect - middle) ** 2)
    between = max(0.0, (q - (k - 1)) / scale) if scale > 0 else 0.0
    total = between + variance
    towards = float((effect / total).sum() / (1 / total).sum())
    known = max(0, k - 3)  # of three agents nobody knows the spread well enough to shrink by it
    share = known / max(k - 1, 1) * variance / total
    found = variance * (1 - (k - 1) / k * share)
    found += 2 / max(known, 1) * share**2 * (effect - towards) ** 2 * total.mean() / total
    return effect + share * (towards - effect), found, sqrt(between)


def _pairs(agents: list[str], effect: Floats, covariance: Floats, measure: Measure) -> pd.DataFrame:
    rows = []
    for i, j in combinations(range(len(agents)), 2):
        error = sqrt(max(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j], 1e-24))
        off = float(effect[i] - effect[j])
        rows.append((agents[i], agents[j], off, off - z() * error, off + z() * error, 2 * _tail(abs(off) / error)))
    found = pd.DataFrame(rows, columns=["one", "other", "difference", "low", "high", "p"])
    found["p"] = holm(found["p"].to_numpy(np.float64))
    found["apart"] = found["p"] < ALPHA
    if measure.kind == "time":
        for name in ("difference", "low", "high"):
            found[name] = np.exp(found[name].to_numpy(np.float64))
    return found


def holm(p: Floats) -> Floats:
    """Chances of each of several findings, so that the least of them is right about all: Holm, 1979."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty_like(p)
    found[order] = np.minimum(steps, 1.0)
    return found


def _tail(at: float) -> float:
    return NormalDist().cdf(-at)


def _bounded(value: float, measure: Measure) -> float:
    return min(1.0, max(0.0, value)) if measure.kind == "share" else value


def _apart(agents: list[str], pairs: pd.DataFrame) -> list[tuple[str, ...]]:
    found: dict[str, list[str]] = {agent: [] for agent in agents}
    for one, other in pairs.loc[pairs["apart"], ["one", "other"]].itertuples(index=False):
        found[one].append(other)
        found[other].append(one)
    return [tuple(sorted(found[agent])) for agent in agents]
