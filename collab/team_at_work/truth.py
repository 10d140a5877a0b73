"""What leads are like and how they truly turn out: the known truth behind the seeded team (pure).

An analysis of the team's history can be judged by how well it recovers `conversion_chance`.
"""

from __future__ import annotations

from math import exp, log2
from random import Random
from typing import TypeVar

from collab.factors import expertise
from collab.records import Lead, Urgency
from collab.team_at_work.roster import Member

Value = TypeVar("Value")

BASE = -1.1
"""Log-odds of converting for a lead of score 50, matched 0.6, answered in 60 s, with an agent of conversion 0."""

BY_EXPERTISE, USUAL_EXPERTISE = 2.0, 0.6
"""Log-odds for each 1.0 of expertise above the usual."""

BY_RESPONSE, LEAST_DOUBLINGS, MOST_DOUBLINGS = -0.25, -3.0, 6.0
"""Log-odds for each doubling of the first response over 60 s, counted from 7.5 s to about an hour."""

BY_SCORE = 0.025
"""Log-odds for each point of the lead's score above 50."""

RATED = 0.6
"""The share of closed leads that says how satisfied it was."""

BY_LOAD = 0.8
"""A fully loaded agent takes so much longer to answer than an idle one: 1 + 0.8 times utilization."""

BY_URGENCY = {Urgency.critical: 0.6, Urgency.high: 0.8, Urgency.medium: 1.0, Urgency.low: 1.3}
"""What the urgency of a lead does to the answering time."""

HANDLING_SHAPE = 2.5
"""The shape of the gamma distribution of handling times."""

PROPERTIES = {"condo": 0.34, "house": 0.30, "townhouse": 0.18, "commercial": 0.10, "land": 0.08}
LOCATIONS = {"downtown": 0.28, "harbor": 0.18, "hillside": 0.18, "lakeview": 0.20, "old town": 0.16}
LANGUAGES = {"en": 0.78, "es": 0.13, "zh": 0.06, "fr": 0.03}
URGENCIES = {Urgency.low: 0.2, Urgency.medium: 0.5, Urgency.high: 0.23, Urgency.critical: 0.07}
SOURCES = {"website": 0.45, "portal": 0.3, "phone": 0.15, "referral": 0.1}

BUDGETS = {"condo": 380e3, "house": 620e3, "townhouse": 480e3, "commercial": 1.4e6, "land": 260e3}
BUDGET_SPREAD = 0.45
"""Budgets are lognormal: the median by property, and this sigma."""

NEEDS_LANGUAGE = 0.25
"""The share of the leads that speak Spanish or Chinese who can't be helped without it."""

COMMISSION = 0.025
"""The value of a converted lead as a share of its budget."""

FIRST = ("Alex", "Amara", "Carlos", "Dana", "Elena", "Farid", "Hannah", "Ivan", "Jamal", "Keiko", "Lucia", "Mina",
         "Noah", "Olga", "Pedro", "Ravi", "Sara", "Tomas", "Yara", "Zoe")  # fmt: skip
LAST = ("Adams", "Bauer", "Castro", "Diaz", "Evans", "Fofana", "Garcia", "Hughes", "Ito", "Jones", "Kaya", "Lopez",
        "Meyer", "Nguyen", "Park", "Quinn", "Rossi", "Singh", "Torres", "Wang")  # fmt: skip


def new_lead(number: int, chance: Random) -> Lead:
    """A lead with the id `L-<number>`, its features drawn from the mixes above."""
    kind, language = _draw(PROPERTIES, chance), _draw(LANGUAGES, chance)
    budget = round(BUDGETS[kind] * exp(BUDGET_SPREAD * chance.gauss(0, 1)), -3)
    score = min(100, max(0, round(50 + 18 * chance.gauss(0, 1))))
    needs = language in ("es", "zh") and chance.random() < NEEDS_LANGUAGE
    return Lead(
        id=f"L-{number:06d}",
        name=f"{chance.choice(FIRST)} {chance.choice(LAST)}",
        property_type=kind,
        location=_draw(LOCATIONS, chance),
        budget=budget,
        language=language,
        urgency=_draw(URGENCIES, chance),
        score=score,
        requires=(f"language:{language}",) if needs else (),
        source=_draw(SOURCES, chance),
    )


def answer_s(lead: Lead, member: Member, utilization: float, chance: Random) -> float:
    """Seconds from the assignment to the first answer: lognormal, longer with load, shorter with urgency."""
    ways = member.behaviour
    slow = (1 + BY_LOAD * min(max(utilization, 0.0), 1.0)) * BY_URGENCY[lead.urgency]
    return ways.answer_median_s * slow * exp(ways.answer_spread * chance.gauss(0, 1))


def handling_s(mean_s: float, member: Member, chance: Random) -> float:
    """Seconds from the first answer to the end: gamma of shape 2.5, its mean times the agent's own factor."""
    return chance.gammavariate(HANDLING_SHAPE, mean_s * member.behaviour.handling / HANDLING_SHAPE)


def conversion_chance(score: int, match: float, response_s: float, conversion: float) -> float:
    """The true chance, 0 to 1, that a lead converts.

    logit p = -1.1 + 2 (match - 0.6) - 0.25 log2(response_s / 60) + 0.025 (score - 50) + conversion, the doublings of
    the response being kept within -3 and 6.

    Args:
        score: the lead's, 0 to 100.
        match: the agent's expertise for the lead, 0 to 1 (`factors.expertise`).
        response_s: seconds from the lead's arrival to the first answer.
        conversion: the agent's own log-odds (`behaviour.conversion`).
    """
    odds = BASE + BY_EXPERTISE * (match - USUAL_EXPERTISE) + BY_SCORE * (score - 50) + conversion
    return 1 / (1 + exp(-odds - BY_RESPONSE * _doublings(response_s)))


def chance_of(lead: Lead, member: Member, response_s: float) -> float:
    """The true chance that this lead converts with this agent."""
    return conversion_chance(lead.score, expertise(lead, member.skills), response_s, member.behaviour.conversion)


def outcome(lead: Lead, member: Member, response_s: float, chance: Random) -> tuple[bool, float, float | None]:
    """How the lead ends with this agent: converted, value in money, satisfaction 1 to 5 or None when nobody said.

    Satisfaction is 4 + (expertise - 0.6) + service - 0.15 per doubling of the response + 0.4 if converted, with normal
    noise of 0.7, rounded to a whole number of 1 to 5.
    """
    converted = chance.random() < chance_of(lead, member, response_s)
    mood = 4 + expertise(lead, member.skills) - USUAL_EXPERTISE + member.behaviour.service + 0.4 * converted
    mood += -0.15 * _doublings(response_s) + 0.7 * chance.gauss(0, 1)
    rated = chance.random() < RATED
    value = round(COMMISSION * (lead.budget or 0.0), 2) if converted else 0.0
    return converted, value, float(min(5, max(1, round(mood)))) if rated else None


def usual_answer_s(members: list[Member]) -> float:
    """The mean answering time of a team two thirds loaded, in seconds."""
    means = (m.behaviour.answer_median_s * exp(m.behaviour.answer_spread**2 / 2) for m in members)
    return (1 + BY_LOAD * 2 / 3) * sum(means) / len(members)


def _doublings(response_s: float) -> float:
    return min(max(log2(max(response_s, 1e-3) / 60), LEAST_DOUBLINGS), MOST_DOUBLINGS)


def _draw(mix: dict[Value, float], chance: Random) -> Value:
    return chance.choices(list(mix), list(mix.values()))[0]
