"""Who should take it: gates first, then the weighted score (pure).

Scores are integers (factors of 0 to 10,000 times weights that sum to 100), ties go to the lowest agent id, so that
the router, SQL, numpy and the compiled kernels choose the same agent, bit for bit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from math import erf, hypot, sqrt

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from collab.candidates import MANY, Candidates, Packed, packed_integers, packed_rare, packed_words
from collab.factors import PRESENCES, PRIOR_LEADS, PRIOR_RESPONSES, Sheet
from collab.gates import AHEAD, STICKY, Gates, Pacing, gates_of
from collab.records import FACTORS, SCALE, Decision, Lead, WeightsVersion, aware, checked, seconds_between
from collab.team import Team
from collab.winning import Wins, simplex_grid, wins

ROUTER = "4"
"""The version of these rules, logged with every decision; a change of a gate, a factor or a draw raises it."""

FULL_SCORE = SCALE * 100
"""The score of an agent whose four factors are all 1."""

PERFORMANCE_SPREAD, RESPONSE_SPREAD, ROUNDING = 0.28, 0.25, 0.01
"""Standard deviation of one lead's part in performance and of one response's in responsiveness; the least error."""


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
    count: Wins = wins,
) -> Decision:
    """Choose an agent for the lead, or nobody if every gate is shut, and record all that the choice was made of.

    Args:
        team: who could take it; a `Sheet` that was refreshed saves the columns.
        weights: those in force; a team knows its own.
        seed: fixes an exploring draw.
        explore: the share of leads (0 to 1) routed by weights drawn at random, so that other weights can be judged.
        declined, refusals: who gave this lead back, and when last; and how often, once if it does not say.
        arrived: when the lead came in; the waiting time is counted from it.
        known: the agent who had the customer's last lead; a team knows its own.
        pacing: how soon agents are asked again.
        position: its place in the queue, 0 for a lead that did not wait.
        ahead: who had more than their share and leaves the lead to others, if any may take it.
        count: counts the weights under which each agent wins, for exploration.
    """
    sheet, weights = _sheet(team, weights)
    factors = sheet.factors(lead, time := aware(time))
    known = team.known.get(lead.customer) if known is None and isinstance(team, Team) else known
    gates = gates_of(lead, sheet, time, pacing or Pacing(), declined or {}, refusals or {}, known, ahead)
    sticky = known is not None and known in sheet.row and not gates.at[sheet.row[known]]
    decision = _choose(sheet, factors, gates, weights, lead, time, seed, 0.0 if sticky else explore, count)
    waited_s = seconds_between(arrived, time) if arrived else 0.0
    return replace(decision, mode="sticky" if sticky else decision.mode, position=position, waited_s=waited_s)


def _choose(
    sheet: Sheet,
    factors: NDArray[np.int64],
    gates: Gates,
    weights: WeightsVersion,
    lead: Lead,
    time: datetime,
    seed: int,
    explore: float,
    count: Wins,
) -> Decision:
    """The best of the eligible agents, by the weights in force or by drawn ones, with all the candidates."""
    eligible = gates.open
    scores = np.asarray(weights.values, np.int64) @ factors
    greedy = best(scores, eligible)
    drawn = _draw(seed, explore)
    chosen = greedy if drawn is None else best(np.asarray(drawn, np.int64) @ factors, eligible)
    chances = propensities(factors, eligible, greedy, explore, count)
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
        propensity=float(chances[chosen]),
    )


def best(scores: NDArray[np.int64], eligible: NDArray[np.bool_]) -> int | None:
    """The index of the highest score among the eligible, the lowest index in a tie; None if none is eligible."""
    if not scores.size:
        return None
    open_scores = np.where(eligible, scores, -1)
    row = int(open_scores.argmax())
    return row if open_scores[row] >= 0 else None


def chosen_by(decision: Decision, agent: str, by: str, reason: str = "") -> Decision:
    """The decision as a person took it: the same candidates, another agent, and no propensity.

    Raises:
        ValueError: the agent was no candidate, or nobody is named.
    """
    if not by.strip():
        raise ValueError(f"by is {by!r}; name the person who chose")
    candidates = decision.candidates
    row = candidates.row(agent)
    # nobody was kept from it by another's knowing the customer, or by being ahead: a person may choose whom they like
    gates = ["" if gate in (STICKY, AHEAD) else gate for gate in candidates.gate]
    candidates = candidates.replaced(gate=gates, propensity=[0.0] * len(candidates))
    chosen = {"agent": agent, "score": candidates.score[row], "candidates": candidates, "confidence": 0.0}
    chance = {"mode": "manual", "drawn": None, "explore": 0.0, "propensity": 0.0}
    return checked(replace(decision, by=by, reason=reason, **chance, **chosen))


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
    # A hash is a tenth of the work of a generator that is seeded for one number.
    drawn = int.from_bytes(blake2b(b"%d" % seed, digest_size=8).digest(), "big")
    if drawn >= explore * 2**64:
        return None
    grid = simplex_grid()
    a, b, c, d = grid[drawn % len(grid)].tolist()
    return a, b, c, d


def propensities(
    factors: NDArray[np.int64], eligible: NDArray[np.bool_], greedy: int | None, explore: float, count: Wins = wins
) -> NDArray[np.float64]:
    """The chance of each agent: the share of the grid's weights under which it wins, mixed with the greedy choice.

    Args:
        factors: (4, agents), whole ten-thousandths.
        eligible: who may be asked.
        greedy: the row of who is chosen without exploration; None if nobody may be asked.
        explore: the share of leads routed by weights drawn from the grid.
        count: counts the weights of the grid under which each agent wins.
    """
    chances = np.zeros(len(eligible))
    if greedy is None:
        return chances
    if explore > 0:
        everybody = 0 not in eligible.tobytes()  # the commonest case
        won = count(factors if everybody else factors[:, eligible])
        found = explore * won / len(simplex_grid())
        if everybody:
            chances = found
        else:
            chances[eligible] = found
    chances[greedy] += 1 - explore
    return chances


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
    sheet: Sheet, gates: Gates, factors: NDArray[np.int64], scores: NDArray[np.int64], chances: NDArray[np.float64]
) -> Candidates:
    counts = {
        "active": sheet.active,
        "capacity": sheet.capacity,
        "closed": sheet.closed,
        "responses": sheet.responses,
    }
    scored = dict(zip(FACTORS, factors, strict=True))
    if sheet.separable and len(sheet.agents) >= MANY:
        return Candidates(
            Packed(
                agent=sheet.names,
                presence=packed_words(PRESENCES, sheet.presence),
                gate=packed_words(gates.kinds, gates.at),
                propensity=packed_rare(chances),
                **{name: packed_integers(values) for name, values in counts.items()},
                **{name: packed_integers(values, SCALE) for name, values in scored.items()},
                score=packed_integers(scores, FULL_SCORE),
            )
        )
    return Candidates(
        agent=list(sheet.agents),
        presence=[PRESENCES[place] for place in sheet.presence.tolist()],
        gate=gates.lists(),
        propensity=chances.tolist(),
        **{name: values.tolist() for name, values in (counts | scored).items()},
        score=scores.tolist(),
    )
