"""Why this agent: a decision in words, or in short, made from its recorded numbers only (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from collab.legible import isolated
from collab.records import FACTORS, SCALE, Decision
from collab.routing import FULL_SCORE, best

NOBODY: Mapping[str, str] = {}
"""No names: agents are called by their ids."""


class Alternative(Struct, frozen=True, kw_only=True):
    """A candidate who was not chosen: score and distance to the chosen one, and what was lacking, in words.

    Both are under the weights that chose, 0 to 1; a score is above the chosen one's only behind a gate, or where a
    person chose.
    """

    agent: str
    score: float
    behind: float
    gate: str
    lacked: str


class Change(Struct, frozen=True, kw_only=True):
    """The least rise of one factor that would have won: from `had` to `needed`, of 0 to 1."""

    agent: str
    factor: str
    had: float
    needed: float


def apart(one: float, other: float, digits: int = 2) -> tuple[str, str]:
    """Two numbers with so many digits, or with as many as tell them apart where they differ, at most six."""
    while one != other and digits < 6 and f"{one:.{digits}f}" == f"{other:.{digits}f}":
        digits += 1
    return f"{one:.{digits}f}", f"{other:.{digits}f}"


def factors_of(decision: Decision, agent: str) -> dict[str, int]:
    """The four factors of one candidate as they were scored, 0 to 10,000."""
    row = decision.candidates.row(agent)
    return {factor: decision.candidates.value(factor, row) for factor in FACTORS}


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """What tells agents apart, by id: the name that an agent has alone, else the id; each keeps its direction."""
    often = Counter([*names.values(), *names])
    return {agent: isolated(name if often[name] == 1 else agent) for agent, name in names.items()}


def reasoning(decision: Decision, names: Mapping[str, str] = NOBODY) -> str:
    """One or two sentences that say why the agent was chosen, or why nobody was; names by id, else ids are said."""
    if decision.agent is None:
        return _nobody(decision)
    if decision.mode == "manual":
        return _by_hand(decision, names)
    values, factors = chose(decision), factors_of(decision, decision.agent)
    parts = sorted(zip(FACTORS, values, strict=True), key=lambda pair: -pair[1] * factors[pair[0]])
    named = ", ".join(f"{factor} {factors[factor] / SCALE:.2f} x {weight / 100:.2f}" for factor, weight in parts)
    scores, chosen = _scores(decision), decision.candidates.row(decision.agent)
    runner = _runner_up(scores, decision.candidates.shut, chosen)
    score, agent = scores[chosen], names.get(decision.agent, decision.agent)
    text = f"{agent} had the customer's last lead and can take this one. " if decision.mode == "sticky" else ""
    text += f"{agent} scores {score / FULL_SCORE:.3f}: {named}."
    if decision.drawn is not None:
        text += " Chosen by weights drawn at random, to learn."
    if decision.arm is not None:
        text += f" By the weights of arm {decision.arm} of an experiment, block {decision.block}."
    if runner is None:
        return f"{text} Nobody else {'was asked' if decision.mode == 'sticky' else 'could take it'}."
    name = decision.candidates.value("agent", runner)
    if scores[runner] != score and f"{scores[runner] / FULL_SCORE:.3f}" == f"{score / FULL_SCORE:.3f}":
        text += " A near tie."
    return f"{text} Next is {names.get(name, name)} with {scores[runner] / FULL_SCORE:.3f}, {_lacked(decision, name)}."


def alternatives(decision: Decision) -> list[Alternative]:
    """Everybody else, the closest first, the gated ones last; with the chosen agent they are all the candidates."""
    found = []
    scores = scores_of(decision)
    highest = 0 if decision.agent is None else scores[decision.candidates.row(decision.agent)]
    for row, agent in enumerate(decision.candidates.agent):
        if agent == decision.agent:
            continue
        score = scores[row]
        gate = decision.candidates.gate[row]
        found.append(
            Alternative(
                agent=agent,
                score=score / FULL_SCORE,
                behind=(highest - score) / FULL_SCORE,
                gate=gate,
                lacked=gate or _lacked(decision, agent),
            )
        )
    return sorted(found, key=lambda other: (other.gate != "", -other.score, other.agent))


def what_would_win(decision: Decision, agent: str) -> list[Change]:
    """For an eligible candidate who lost: what each factor alone would have had to be, the smallest rise first.

    Empty for the chosen agent, for one behind a gate, where no factor could make up for it alone, and where a person
    chose.
    """
    row = decision.candidates.row(agent)
    if agent == decision.agent or decision.agent is None or decision.candidates.gate[row] or decision.by:
        return []
    values, factors, scores = chose(decision), factors_of(decision, agent), scores_of(decision)
    gap = scores[decision.candidates.row(decision.agent)] - scores[row] + (0 if agent < decision.agent else 1)
    return [
        Change(agent=agent, factor=factor, had=factors[factor] / SCALE, needed=needed / SCALE)
        for factor, needed in rises(list(factors.values()), values, gap)
    ]


def rises(factors: Sequence[int], weights: Sequence[int], gap: int) -> list[tuple[str, int]]:
    """What each factor alone would have to be to add `gap` points to the score, the smallest rise first.

    Four factors in ten-thousandths and four weights in hundredths, in the order of `FACTORS`; a factor that would have
    to pass 10,000, or weighs nothing, is left out.
    """
    found = []
    for factor, had, weight in zip(FACTORS, factors, weights, strict=True):
        needed = had + -(-gap // weight) if weight else SCALE + 1
        if needed <= SCALE:
            found.append((needed - had, factor, needed))
    return [(factor, needed) for _, factor, needed in sorted(found, key=lambda one: one[0])]


def chose(decision: Decision) -> tuple[int, int, int, int]:
    """The weights that chose: those in force, or those drawn to explore."""
    return decision.weights.values if decision.drawn is None else decision.drawn


def scores_of(decision: Decision) -> list[int]:
    """The candidates' scores under the weights that chose, 0 to 1,000,000."""
    return [*_scores(decision).tolist()]


def shortened(decision: Decision, most: int) -> Decision:
    """The decision with so many of its candidates: the chosen one, then the best, those behind a gate last."""
    candidates = decision.candidates
    if most >= len(candidates):
        return decision
    chosen = None if decision.agent is None else candidates.row(decision.agent)
    if chosen is not None and most == 1:
        return msgspec.structs.replace(decision, candidates=candidates.only([chosen]))
    ranks = _scores(decision) - (FULL_SCORE + 1) * candidates.shut
    if chosen is not None:
        ranks[chosen] = FULL_SCORE + 1
    alone = ranks * len(candidates) - np.arange(len(candidates))  # no two are equal, the first of equals is above
    rows = np.argpartition(-alone, most)[:most]
    return msgspec.structs.replace(decision, candidates=candidates.only(sorted(rows.tolist())))


def _scores(decision: Decision) -> NDArray[np.int64]:
    """The candidates' scores under the weights that chose, as a column of its own."""
    candidates = decision.candidates
    if decision.drawn is None:
        return candidates.array("score").astype(np.int64)
    columns = [candidates.array(factor) for factor in FACTORS]
    return np.array(decision.drawn, np.int64) @ np.array(columns, np.int64)


def _runner_up(scores: NDArray[np.int64], shut: NDArray[np.bool_], chosen: int) -> int | None:
    """The row of the best of the others whom no gate shut out, the first in a tie."""
    shut[chosen] = True
    return best(scores, ~shut)


def _lacked(decision: Decision, agent: str) -> str:
    """The factor whose weighted deficit to the chosen agent is largest, with both numbers."""
    assert decision.agent is not None
    if decision.mode == "manual":
        return f"passed over by {decision.by}"
    own, chosen = factors_of(decision, agent), factors_of(decision, decision.agent)
    deficits = {f: w * (chosen[f] - own[f]) for f, w in zip(FACTORS, chose(decision), strict=True)}
    factor = max(FACTORS, key=lambda name: deficits[name])
    if deficits[factor] <= 0:
        return "as good, and later in the alphabet" if agent > decision.agent else "passed over by the draw"
    had, against = apart(own[factor] / SCALE, chosen[factor] / SCALE)
    return f"behind in {factor}, {had} against {against}"


def _by_hand(decision: Decision, names: Mapping[str, str]) -> str:
    """A person's choice, and how far it is from what the router would have done."""
    chosen, gates, scores = (
        decision.candidates.row(decision.agent or ""),
        decision.candidates.gate,
        decision.candidates.score,
    )
    agent, by = names.get(decision.agent or "", decision.agent), names.get(decision.by, decision.by)
    text = f"{by} gave it to {agent}{f' ({decision.reason})' if decision.reason else ''}."
    if gates[chosen]:
        text += f" The router would not have asked {agent}: {gates[chosen]}."
    best = max((row for row, gate in enumerate(gates) if not gate), key=lambda row: (scores[row], -row), default=None)
    if best is None or best == chosen:
        return text
    name = decision.candidates.agent[best]
    highest, had = f"{scores[best] / FULL_SCORE:.3f}", f"{scores[chosen] / FULL_SCORE:.3f}"
    return f"{text} {names.get(name, name)} scores highest with {highest}, {agent} has {had}."


def _nobody(decision: Decision) -> str:
    gates = Counter(decision.candidates.gate)
    if not gates:
        return "Nobody is on the roster yet; the lead waits."
    shut = ", ".join(f"{count} {gate}" for gate, count in gates.most_common())
    return f"Nobody can take it now ({shut}); the lead waits."
