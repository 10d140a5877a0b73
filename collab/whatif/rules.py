"""The router's rules and a team's work, event by event, on plain rows, in Python or compiled.

The rules are those of `collab.factors`, `collab.gates`, `collab.routing` and `collab.router`: who is off shift, full
or lacks a skill is shut out, the highest integer score takes the lead, in a tie the first agent, and leads that wait
go in the order in which they are due as soon as somebody may take them. Left out are declined offers, customers who
are known to an agent, easing in after an absence, and satisfaction, which stays what it was.

Rows are those of `collab.whatif.tables`: in numba elements of structured arrays, in Python objects with the same names.
`collab.whatif.compiled_rules` compiles these very functions. They keep to what gives the same bits in both: the same
order of additions, and of the mathematical functions only those of the C library.
"""

from __future__ import annotations

from math import exp2, inf, log2
from operator import add
from typing import Any

from collab.factors import TARGET_RESPONSE_S, performance
from collab.metrics import RED_FROM
from collab.records import SCALE
from collab.whatif.pending import come, first, gone, nothing, replaced
from collab.whatif.tables import Laws, Rows
from collab.whatif.waiting import foremost, leave, line_up, nobody

LEAST_DOUBLINGS, MOST_DOUBLINGS = -3.0, 6.0
"""Between these a doubling of the response time changes the log-odds: from 7.5 s to about an hour."""

NEVER = -SCALE * 1000
"""A part of a score that no other can lift to 0."""


def run(agents: Rows, leads: Rows, cells: Rows, edges: Rows, laws: Laws) -> None:
    """Let all leads come, wait, be answered and close; of what is at one time, shifts are first and arrivals last."""
    for number in range(len(agents)):
        _begin(agents[number], laws)
    _happen(agents, leads, cells, edges, laws, nothing(len(leads)), nobody(leads, laws.queues))
    for number in range(len(agents)):
        _count(agents[number], laws, inf)


def _happen(agents: Rows, leads: Rows, cells: Rows, edges: Rows, laws: Laws, pending: Any, waiting: Any) -> None:
    """All that happens, in its order, with what is pending and who waits, of both nothing yet."""
    new = edge = queued = 0
    while True:
        next_s, number = first(pending)
        now = min(edges[edge].time_s, next_s, leads[new].arrival_s)
        if now == inf:
            break
        if edges[edge].time_s == now:
            while edges[edge].time_s == now:
                _change_shift(agents[edges[edge].agent], edges[edge], laws)
                edge += 1
        elif next_s == now:
            lead = leads[number]
            agent, cell = agents[lead.agent], cells[lead.type * len(agents) + lead.agent]
            if lead.closed_s == inf:
                _answer(agent, lead, cell, laws, now)
                replaced(pending, (lead.closed_s, number))
                continue
            gone(pending)
            _close(agent, lead, cell, laws, now)
        else:
            chosen = _choose(agents, cells, laws, leads[new], now)
            if chosen < 0:
                line_up(waiting, leads[new].queue, leads[new].rank)
                queued += 1
            else:
                come(pending, (_give(agents, chosen, cells, leads[new], laws, now), new))
            new += 1
            continue
        if queued:
            queued -= _drain(agents, leads, cells, laws, pending, waiting, now)


def _choose(agents: Rows, cells: Rows, laws: Laws, lead: Any, now: float) -> int:
    """The eligible agent with the highest score, the first in a tie; -1 if nobody is eligible."""
    first = lead.type * len(agents)
    if lead.drawn >= 0:
        return _choose_drawn(agents, cells, laws, lead.drawn, first, now)
    most = list(map(add, laws.bounds, laws.skilled[first : first + len(agents)]))
    highest = max(most)
    if highest < 0:
        return -1
    # with the score of the likely one, few others have a bound that makes it worth to compute theirs
    chosen = likely = most.index(highest)
    best = _score(agents[likely], laws.skilled[first + likely], laws, now)
    for number, bound in enumerate(most):
        if bound >= best and number != likely:
            score = _score(agents[number], laws.skilled[first + number], laws, now)
            if score > best or (score == best and number < chosen):
                best, chosen = score, number
    return chosen


def _choose_drawn(agents: Rows, cells: Rows, laws: Laws, drawn: int, first: int, now: float) -> int:
    """The same under a row of the grid instead of the weights in force, which nobody has computed a bound for."""
    weights = laws.grid[drawn]
    best, chosen = -1, -1
    for number in range(len(agents)):
        agent, cell = agents[number], cells[first + number]
        if agent.score >= 0 and cell.expertise >= 0:
            score = weights[0] * _availability(agent, laws) + weights[1] * cell.expertise
            score += weights[2] * agent.performance + weights[3] * _responsiveness(agent, laws, now)
            if score > best:
                best, chosen = score, number
    return chosen


def _score(agent: Any, skilled: int, laws: Laws, now: float) -> int:
    """The agent's whole score now, `skilled` being that of expertise."""
    agent.responsiveness = _responsiveness(agent, laws, now)
    _limit(agent, laws)
    score: int = agent.score + skilled + laws.weights[3] * agent.responsiveness
    return score


def _give(agents: Rows, number: int, cells: Rows, lead: Any, laws: Laws, now: float) -> float:
    """Assign the lead, and say when it is answered, which depends on how loaded the agent is with it."""
    agent, cell = agents[number], cells[lead.type * len(agents) + number]
    _hold(agent, laws, 1, now)
    load = agent.active / agent.capacity
    answered_s: float = now + cell.answer_s * _at(laws.answer_by_load, load) * lead.answer_luck
    lead.handling_luck *= _at(laws.handling_by_load, load)
    lead.agent, lead.assigned_s = number, now
    lead.response_s = answered_s - lead.arrival_s
    return answered_s


def _answer(agent: Any, lead: Any, cell: Any, laws: Laws, now: float) -> None:
    """Take a first response in, as `collab.team` does; from here on it is known when the lead closes."""
    kept = 0.5 ** (max(now - agent.responded_s, 0.0) / laws.half_life_s) * laws.kept
    agent.response_weight = agent.response_weight * kept + 1
    agent.response_total_s = agent.response_total_s * kept + lead.response_s
    agent.responded_s = max(now, agent.responded_s)
    agent.responsiveness = _responsiveness(agent, laws, now)
    _limit(agent, laws)
    begun_s = lead.assigned_s if laws.at_once else now
    lead.closed_s = max(now, begun_s + cell.handling_s * lead.handling_luck)


def _close(agent: Any, lead: Any, cell: Any, laws: Laws, now: float) -> None:
    odds = cell.odds + _at(laws.odds_by_response, place(lead.response_s))
    lead.converted = 1 if lead.conversion_luck < odds else 0
    agent.closed += 1
    agent.converted += lead.converted
    _perform(agent)
    _hold(agent, laws, -1, now)


def _drain(agents: Rows, leads: Rows, cells: Rows, laws: Laws, pending: Any, waiting: Any, now: float) -> int:
    """Give leads that wait away, the one due first in front, passing over those whom nobody may take; how many."""
    given = 0
    while True:
        first, chosen = len(leads), -1
        for queue in range(laws.queues):
            rank = foremost(waiting, queue)
            if rank < first:
                agent = _choose(agents, cells, laws, leads[leads[rank].by_rank], now)
                if agent >= 0:
                    first, chosen = rank, agent
        if chosen < 0:
            return given
        lead = leads[first].by_rank
        leave(waiting, leads[lead].queue)
        come(pending, (_give(agents, chosen, cells, leads[lead], laws, now), lead))
        given += 1


def _begin(agent: Any, laws: Laws) -> None:
    _perform(agent)
    agent.responsiveness = _responsiveness(agent, laws, laws.first_s)
    _weigh(agent, laws)


def _change_shift(agent: Any, edge: Any, laws: Laws) -> None:
    _count(agent, laws, edge.time_s)
    agent.on_shift, agent.ready = edge.on_shift, edge.ready
    _weigh(agent, laws)


def _hold(agent: Any, laws: Laws, more: int, now: float) -> None:
    _count(agent, laws, now)
    agent.active += more
    _weigh(agent, laws)


def _count(agent: Any, laws: Laws, now: float) -> None:
    """Count the time since the agent's load changed last; what is before the first and after the last lead, not."""
    until_s = min(max(now, laws.first_s), laws.last_s)
    if agent.on_shift:
        passed_s = until_s - agent.seen_s
        load = agent.active / agent.capacity if agent.capacity else 0.0
        agent.worked_s += passed_s
        agent.loaded_s += passed_s * load
        if load >= RED_FROM:
            agent.red_s += passed_s
    agent.seen_s = until_s


def _weigh(agent: Any, laws: Laws) -> None:
    """Score the agent but for expertise and responsiveness; availability is that of `collab.factors`."""
    if agent.on_shift and agent.active < agent.capacity:
        agent.score = laws.weights[0] * _availability(agent, laws) + laws.weights[2] * agent.performance
    else:
        agent.score = NEVER
    _limit(agent, laws)


def _availability(agent: Any, laws: Laws) -> int:
    whole: int = round(agent.ready * _at(laws.free_by_load, agent.active / agent.capacity) * SCALE)
    return whole


def _limit(agent: Any, laws: Laws) -> None:
    """Say what the score may be at most until the next response; till then responsiveness moves only to its rest."""
    laws.bounds[agent.place] = agent.score + laws.weights[3] * (max(agent.responsiveness, laws.rest) + 1)


def _perform(agent: Any) -> None:
    if agent.merit >= 0:
        agent.performance = agent.merit
    else:
        agent.performance = round(performance(agent.closed, agent.converted, agent.rated, agent.satisfaction) * SCALE)


def _responsiveness(agent: Any, laws: Laws, now: float) -> int:
    """`collab.factors.responsiveness` at this time, in ten-thousandths, with the numbers of these laws."""
    if agent.replies >= 0:
        known: int = agent.replies
        return known
    fade = exp2(-max(now - agent.responded_s, 0.0) / laws.half_life_s)
    total_s = agent.response_total_s * fade + laws.prior_responses * laws.prior_s
    mean_s = total_s / (agent.response_weight * fade + laws.prior_responses)
    whole: int = round(laws.target_s / (laws.target_s + mean_s) * SCALE)
    return whole


def place(response_s: float) -> float:
    """Where a response time stands between the two bounds above, 0 to 1."""
    doublings = min(max(log2(max(response_s, 1.0) / TARGET_RESPONSE_S), LEAST_DOUBLINGS), MOST_DOUBLINGS)
    return (doublings - LEAST_DOUBLINGS) / (MOST_DOUBLINGS - LEAST_DOUBLINGS)


def _at(table: Any, share: float) -> float:
    """The value at a share (0 to 1) of the way through a table, linear between its evenly spaced entries."""
    way = share * (len(table) - 1)
    low = min(int(way), len(table) - 2)
    value: float = table[low] + (way - low) * (table[low + 1] - table[low])
    return value
