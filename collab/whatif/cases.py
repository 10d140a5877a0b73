"""Logged decisions as plain columns: which agents could have had each lead, with what factors, and who got it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE

MOST_AGENTS = 2047
"""So many different agents fit beside a score in 32 bits."""


class Cases(NamedTuple):
    """Decisions with their eligible candidates only, one decision after the other, each by agent id.

    An agent is a code: 1 for the first of `agents` (sorted by id), and 0 for nobody. `keys`, `chosen` and `counts`
    have a value for each decision; `agent` and `factors` (four rows, in ten-thousandths) for each candidate. A decision
    whose `chosen` is 0 is left out of results. `propensity` and `source`, the row that it came from, have
    a value a candidate, if propensities were read.
    """

    agents: tuple[str, ...]
    keys: NDArray[np.int64]
    chosen: NDArray[np.uint16]
    counts: NDArray[np.int64]
    agent: NDArray[np.uint16]
    factors: NDArray[np.int16]
    propensity: NDArray[np.float64] | None = None
    source: NDArray[np.int64] | None = None


class Rows(NamedTuple):
    """Candidates in any order, before they are checked.

    `decision` counts from 0, `keys` and `names` identify decisions for results and in errors, `agent` is a place in
    `agents`, and `where` says in words which row of the source a row is.
    """

    agents: Sequence[str]
    keys: NDArray[np.int64]
    names: Sequence[Any] | NDArray[Any]
    decision: NDArray[np.integer]
    agent: NDArray[np.integer]
    eligible: NDArray[np.bool_]
    chosen: NDArray[np.bool_]
    factors: Mapping[str, NDArray[Any]]
    where: Callable[[int], str]
    propensity: NDArray[np.float64] | None = None


def cases(rows: Rows) -> Cases:
    """The rows, checked and in order.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    if len(rows.agents) > MOST_AGENTS:
        raise ValueError(
            f"the decisions have {len(rows.agents):,} different agents and rescoring holds {MOST_AGENTS:,}; "
            "give fewer decisions, e.g. with since="
        )
    _check_factors(rows)
    order = _order(rows)
    _check_chosen(rows)
    keep = _kept(rows.eligible, order)
    decision, agent = rows.decision[keep], rows.agent[keep].astype(np.uint16) + np.uint16(1)
    chosen = np.zeros(len(rows.keys), np.uint16)
    picked = np.flatnonzero(rows.chosen)
    chosen[rows.decision[picked]] = rows.agent[picked] + 1
    factors = np.empty((len(FACTORS), len(decision)), np.int16)
    for number, factor in enumerate(FACTORS):
        factors[number] = rows.factors[factor][keep]
    counts = np.bincount(decision, minlength=len(rows.keys))
    further = () if rows.propensity is None else (rows.propensity[keep], np.arange(len(rows.decision))[keep])
    return Cases(tuple(rows.agents), rows.keys, chosen, counts, agent, factors, *further)


def _kept(eligible: NDArray[np.bool_], order: NDArray[np.int64] | None) -> slice | NDArray[np.int64]:
    """Which rows are eligible, in their order."""
    if order is not None:
        return order[eligible[order]]
    return slice(None) if eligible.all() else np.flatnonzero(eligible)


def join(first: Cases, second: Cases) -> Cases:
    """All decisions of both."""
    agents = tuple(sorted({*first.agents, *second.agents}))
    code = {agent: number for number, agent in enumerate(agents, 1)}
    if len(agents) > MOST_AGENTS:
        raise ValueError(f"the decisions have {len(agents):,} different agents; rescoring holds {MOST_AGENTS:,}")

    def both(name: str) -> NDArray[np.uint16]:
        parts = []
        for part in (first, second):
            codes = np.array([0, *(code[agent] for agent in part.agents)], np.uint16)
            parts.append(codes[getattr(part, name)])
        return np.concatenate(parts)

    return Cases(
        agents,
        np.concatenate([first.keys, second.keys]),
        both("chosen"),
        np.concatenate([first.counts, second.counts]),
        both("agent"),
        np.concatenate([first.factors, second.factors], axis=1),
    )


def _check_factors(rows: Rows) -> None:
    for factor in FACTORS:
        values = rows.factors[factor]
        if len(values) and (values.min() < 0 or values.max() > SCALE):
            row = int(np.flatnonzero((values < 0) | (values > SCALE))[0])
            raise ValueError(
                f"{factor} is {values[row]} in {rows.where(row)}; "
                f"a whole-number factor counts ten-thousandths, 0 to {SCALE:,}"
            )


def _order(rows: Rows) -> NDArray[np.int64] | None:
    """The order by decision and agent, None if the rows have it; refuses an agent who is twice in a decision."""
    decision, agent = rows.decision, rows.agent
    further, later = decision[1:] > decision[:-1], (decision[1:] == decision[:-1]) & (agent[1:] > agent[:-1])
    if np.all(further | later):
        return None
    place = decision.astype(np.int64) * (len(rows.agents) + 1) + agent
    order = np.argsort(place, kind="stable")
    same = np.flatnonzero(np.diff(place[order]) == 0)
    if len(same):
        one, two = int(order[same[0]]), int(order[same[0] + 1])
        raise ValueError(
            f"agent is {rows.agents[rows.agent[one]]!r} twice in decision {_name(rows, one)}: {rows.where(one)} and "
            f"{rows.where(two)}; keep one row for each candidate"
        )
    return order


def _check_chosen(rows: Rows) -> None:
    picked = np.bincount(rows.decision[rows.chosen], minlength=len(rows.keys))
    if np.any(picked != 1):
        number = int(np.flatnonzero(picked != 1)[0])
        members = np.flatnonzero(rows.decision == number)
        several = [rows.where(int(row)) for row in members if rows.chosen[row]]
        row = int(members[0])
        if several:
            found = f"chosen is true {len(several)} times in decision {_name(rows, row)}: {' and '.join(several[:2])}"
        else:
            found = f"chosen is false in every row of decision {_name(rows, row)} ({rows.where(row)} is its first)"
        raise ValueError(f"{found}; mark the one agent who got the lead")
    shut = np.flatnonzero(rows.chosen & ~rows.eligible)
    if len(shut):
        row = int(shut[0])
        raise ValueError(
            f"eligible is false in {rows.where(row)}, but its agent {rows.agents[rows.agent[row]]!r} was chosen in "
            f"decision {_name(rows, row)}; make it true, or leave the decision out"
        )


def _name(rows: Rows, row: int) -> str:
    name = rows.names[int(rows.decision[row])]
    return repr(name.item() if isinstance(name, np.generic) else name)
