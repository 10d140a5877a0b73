"""Who should take it: gates first, then the weighted score (pure).

Scores are integers (factors of 0 to 10,000 times weights that sum to 100), ties go to the lowest agent id, so that
the router, SQL, numpy and the compiled kernels choose the same agent, bit for bit.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Collection, Mapping
from datetime import datetime
from math import erf, hypot, sqrt

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from collab.factors import PRIOR_LEADS, PRIOR_RESPONSES, Sheet
from collab.gates import AHEAD, STICKY, Pacing, gates_of
from collab.records import SCALE, Candidates, Decision, Lead, WeightsVersion, aware, checked, seconds_between
from collab.team import Team

ROUTER = "3"
"""The version of these rules, logged with every decision; a change of a gate or a factor raises it."""

FULL_SCORE = SCALE * 100
"""The score of an agent whose four factors are all 1."""

PERFORMANCE_SPREAD, RESPONSE_SPREAD, ROUNDING = 0.28, 0.25, 0.01
"""Standard deviation of one lead's part in performance and of one response's in responsiveness; the least error."""

GRID_STEP = 5
"""Exploration draws weights from all that are multiples of this many hundredths."""

CROWD = 16
"""Among more agents, those who can win under no weights are left out before every weights is tried."""


def decide(
    lead: Lead,
    team: Team | Sheet,
    time: datetime,
    weights: WeightsVersion | None = None,
    *,
    seed: int = 0,
    explore: float = 0.0,
    declined: Mapping[str, datetime] | None = None,
    refusals: Mapping[str, int] | None = None,
    arrived: datetime | None = None,
    known: str | None = None,
    pacing: Pacing | None = None,
    position: int = 0,
    ahead: Collection[str] = (),
) -> Decision:
    """Choose an agent for the lead, or nobody if every gate is shut, and record all that the choice was made of.

    Args:
        team: who could take it; a `Sheet` that was refreshed saves the columns.
        weights: those in force; a team knows its own.
        seed: fixes an exploring draw.
        explore: the share of leads (0 to 1) routed by weights drawn at random, so that other weights can be judged.
        declined: who gave this lead back, and when last.
        refusals: how often they did, once if it does not say.
        arrived: when the lead came in; the waiting time is counted from it.
        known: the agent who had the customer's last lead; a team knows its own.
        pacing: how soon agents are asked again.
        position: its place in the queue, 0 for a lead that did not wait.
        ahead: who had more than their share and leaves the lead to others, if any may take it.
    """
    sheet, weights = _sheet(team, weights)
    factors = sheet.factors(lead, time := aware(time))
    known = team.known.get(lead.customer) if known is None and isinstance(team, Team) else known
    gates = gates_of(lead, sheet, time, pacing or Pacing(), declined or {}, refusals or {}, known, ahead)
    sticky = known is not None and known in sheet.row and not gates[sheet.row[known]]
    chance = 0.0 if sticky else explore
    decision = _choose(sheet, factors, gates, weights, lead=lead, time=time, seed=seed, explore=chance)
    waited_s = seconds_between(arrived, time) if arrived else 0.0
    return replace(decision, mode="sticky" if sticky else decision.mode, position=position, waited_s=waited_s)


def _choose(
    sheet: Sheet,
    factors: NDArray[np.int64],
    gates: list[str],
    weights: WeightsVersion,
    *,
    lead: Lead,
    time: datetime,
    seed: int,
    explore: float,
) -> Decision:
    """The best of the eligible agents, by the weights in force or by drawn ones, with all the candidates."""
    eligible = np.array([not gate for gate in gates], dtype=bool)
    scores = np.asarray(weights.values, np.int64) @ factors
    greedy = best(scores, eligible)
    drawn = _draw(seed, explore)
    chosen = greedy if drawn is None else best(np.asarray(drawn, np.int64) @ factors, eligible)
    chances = propensities(factors, eligible, greedy, explore)
    decision = Decision(
        lead=lead,
        time=time,
        agent=None,
        candidates=_candidates(sheet, gates, factors, scores, chances),
        weights=weights,
        seed=seed,
        mode="greedy" if drawn is None else "jitter",
        drawn=drawn,
        explore=explore,
        router=ROUTER,
    )
    if chosen is None:
        return decision
    return replace(
        decision,
        agent=sheet.agents[chosen],
        score=int(scores[chosen]),
        confidence=_confidence(chosen, sheet, scores, eligible, weights),
        propensity=chances[chosen],
    )


def best(scores: NDArray[np.int64], eligible: NDArray[np.bool_]) -> int | None:
    """The index of the highest score among the eligible, the lowest index in a tie; None if none is eligible."""
    if not eligible.any():
        return None
    return int(np.argmax(np.where(eligible, scores, -1)))


def chosen_by(decision: Decision, agent: str, by: str, reason: str = "") -> Decision:
    """The decision as a person took it: the same candidates, another agent, and no propensity.

    Raises:
        ValueError: the agent was no candidate, or nobody is named.
    """
    if not by.strip():
        raise ValueError(f"by is {by!r}; name the person who chose")
    candidates = decision.candidates
    if agent not in candidates.agent:
        raise ValueError(
            f"agent is {agent!r}, who was no candidate; those were {', '.join(candidates.agent) or 'none'}"
        )
    row = candidates.agent.index(agent)
    # nobody was kept from it by another's knowing the customer, or by being ahead: a person may choose whom they like
    gates = ["" if gate in (STICKY, AHEAD) else gate for gate in candidates.gate]
    candidates = replace(candidates, gate=gates, propensity=[0.0] * len(candidates))
    chosen = {"agent": agent, "score": candidates.score[row], "candidates": candidates, "confidence": 0.0}
    chance = {"mode": "manual", "drawn": None, "explore": 0.0, "propensity": 0.0}
    return checked(replace(decision, by=by, reason=reason, **chance, **chosen))


@functools.cache
def simplex_grid(step: int = GRID_STEP) -> NDArray[np.int64]:
    """All weights that are multiples of `step` hundredths and sum to 100: 1,771 rows of four for a step of 5."""
    ticks = range(0, 101, step)
    rows = [(a, b, c, 100 - a - b - c) for a, b, c in itertools.product(ticks, repeat=3) if a + b + c <= 100]
    grid = np.array(rows, dtype=np.int64)
    grid.setflags(write=False)
    return grid


def _sheet(team: Team | Sheet, weights: WeightsVersion | None) -> tuple[Sheet, WeightsVersion]:
    if isinstance(team, Team):
        sheet = Sheet()
        sheet.refresh(team)
        return sheet, weights or team.weights
    if weights is None:
        raise ValueError("weights is None; a sheet does not know them, give the version in force")
    return team, weights


def _draw(seed: int, explore: float) -> tuple[int, int, int, int] | None:
    if explore <= 0:
        return None
    chance = random.Random(seed)
    if chance.random() >= explore:
        return None
    a, b, c, d = simplex_grid()[chance.randrange(len(simplex_grid()))].tolist()
    return a, b, c, d


def propensities(
    factors: NDArray[np.int64], eligible: NDArray[np.bool_], greedy: int | None, explore: float
) -> list[float]:
    """The chance of each agent: the share of the grid's weights under which it wins, mixed with the greedy choice.

    Args:
        factors: (4, agents), whole ten-thousandths.
        eligible: who may be asked.
        greedy: the row of who is chosen without exploration; None if nobody may be asked.
        explore: the share of leads routed by weights drawn from the grid.
    """
    chances = np.zeros(factors.shape[1])
    if greedy is None:
        return chances.tolist()
    if explore > 0:
        wins = _wins(factors if eligible.all() else factors[:, eligible])
        chances[eligible] = explore * wins / len(simplex_grid())
    chances[greedy] += 1 - explore
    return chances.tolist()


def _wins(factors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Under how many weights of the grid each agent has the highest score, of equal ones the first.

    A score with the agent's place below its last bit is one number, so that the highest is found without looking for
    its place. Doubles hold these integers exactly; so do singles, which are faster, as long as they are below 2^24.
    """
    n = factors.shape[1]
    if n > CROWD:
        rows = _unbeaten(factors)
        if len(rows) < n:
            wins = np.zeros(n, np.int64)
            wins[rows] = _wins(factors[:, rows])
            return wins
    bits = n.bit_length()
    exact = np.float32 if FULL_SCORE + 1 << bits <= 1 << 24 else np.float64
    keys = np.empty((n, 5), exact)
    np.multiply(factors.T, 1 << bits, out=keys[:, :4], casting="unsafe")
    keys[:, 4] = np.arange(n - 1, -1, -1)
    highest = (keys @ _columns(exact)).max(axis=0).astype(np.int64)
    highest &= (1 << bits) - 1
    return np.bincount(highest, minlength=n)[::-1]


def _unbeaten(factors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Who may win under some weights: nobody of the `CROWD` with the highest sums is ahead of them in every factor.

    Among equal factors the first agent is ahead, as in a tie.
    """
    n = factors.shape[1]
    keys = factors * n + np.arange(n - 1, -1, -1)
    leaders = np.argsort(-factors.sum(axis=0), kind="stable")[:CROWD]
    beaten = (keys[:, leaders, None] > keys[:, None]).all(axis=0).any(axis=0)
    return np.flatnonzero(~beaten)


@functools.cache
def _columns(dtype: type[np.floating]) -> NDArray[np.floating]:
    """The grid as five rows: the four weights, and 1."""
    grid = simplex_grid()
    return np.ascontiguousarray(np.column_stack([grid, np.ones(len(grid))]).T.astype(dtype))


def _confidence(
    chosen: int, sheet: Sheet, scores: NDArray[np.int64], eligible: NDArray[np.bool_], weights: WeightsVersion
) -> float:
    """The chance that the chosen agent is better than the runner-up, given how little is known of both.

    Normal approximation: the margin of their scores over the error of the difference. Each agent's error is that of
    performance (.28 / sqrt(closed + 20)) and of responsiveness (.25 / sqrt(responses + 5)), times their weights. It
    is 1 when nobody else was eligible, and below 0.5 when exploration chose a lower score.
    """
    others = eligible.copy()
    others[chosen] = False
    second = best(scores, others)
    if second is None:
        return 1.0
    errors = [ROUNDING]
    for row in (chosen, second):
        errors.append(weights.values[2] / 100 * PERFORMANCE_SPREAD / sqrt(sheet.closed[row] + PRIOR_LEADS))
        errors.append(weights.values[3] / 100 * RESPONSE_SPREAD / sqrt(sheet.responses[row] + PRIOR_RESPONSES))
    margin = int(scores[chosen] - scores[second]) / FULL_SCORE
    return round(0.5 * (1 + erf(margin / hypot(*errors) / sqrt(2))), 4)


def _candidates(
    sheet: Sheet,
    gates: list[str],
    factors: NDArray[np.int64],
    scores: NDArray[np.int64],
    propensities: list[float],
) -> Candidates:
    availability, expertise, performance, responsiveness = factors.tolist()
    return Candidates(
        agent=list(sheet.agents),
        presence=list(sheet.presence),
        active=list(sheet.active),
        capacity=list(sheet.capacity),
        gate=gates,
        availability=availability,
        expertise=expertise,
        performance=performance,
        responsiveness=responsiveness,
        closed=list(sheet.closed),
        responses=list(sheet.responses),
        score=scores.tolist(),
        propensity=propensities,
    )
