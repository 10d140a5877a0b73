"""Advice from what is known of the lead and what the customer's words are about, by rules that can be read."""

from __future__ import annotations

import re
from typing import NamedTuple

from collab.coaching.advice import Advice, Asked, Stage
from collab.coaching.private import private
from collab.records import Lead, Urgency

MOST_POINTS = 5


class Subject(NamedTuple):
    """What a message may be about: the words that tell, what to do, and what the draft says to it."""

    words: re.Pattern[str]
    point: str
    draft: str


def _words(*stems: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(stems)})", re.IGNORECASE)


SUBJECTS = (
    Subject(
        _words(
            r"complain", r"disappoint", r"unacceptable", r"angry", r"nobody (?:called|answered|replied)", r"still wait"
        ),
        "Own what went wrong before anything else, and say what you do about it and by when.",
        "I am sorry that this did not go as it should. I look into it now and come back to you today.",
    ),
    Subject(
        _words(r"pric", r"cost", r"expensive", r"afford", r"fee\b", r"fees\b", r"discount", r"negotiab"),
        "Answer the question about money with figures you can stand by, and ask what the limit is.",
        "On the price: I put the figures together for you, with what is included in them.",
    ),
    Subject(
        _words(r"mortgage", r"loan", r"financ", r"deposit\b", r"pre-?approv"),
        "Ask whether financing is arranged; name who can help, and promise nothing on a bank's behalf.",
        "On the financing: may I ask whether it is arranged already?",
    ),
    Subject(
        _words(r"view(?:ing)?\b", r"visit", r"see (?:it|the)\b", r"tour\b", r"appointment", r"come (?:by|over)"),
        "Offer two times for a visit, rather than ask when it suits.",
        "I am glad to show it to you: would one of the next two days suit you better in the morning or after work?",
    ),
    Subject(
        _words(r"other (?:agent|agenc|offer|buyer)", r"competitor", r"elsewhere", r"another (?:agent|agenc|offer)"),
        "Say what they get from you and not from others; say nothing bad of anybody.",
        "You are right to compare. I gladly show you what we do for you, and you decide then.",
    ),
    Subject(
        _words(r"not sure", r"think about", r"hesitat", r"worr", r"unsure", r"too early"),
        "Ask what holds them back before you answer it.",
        "Take the time you need. May I ask what you are still unsure about?",
    ),
    Subject(
        _words(r"urgent", r"asap\b", r"as soon as", r"immediately", r"right away", r"deadline"),
        "Say first what happens next, and when.",
        "I take care of it right away and tell you today how it goes on.",
    ),
)

STAGES = {
    Stage.first_contact: "Thank them, say who you are, and end with one question that is easy to answer.",
    Stage.qualifying: "Ask one thing at a time, and say why you ask it.",
    Stage.viewing: "Name time, place and who will be there, and whom to call on the day.",
    Stage.negotiating: "Repeat what both sides agree on before you speak of what is open.",
    Stage.closing: "List the steps that are left, each with who does it and by when.",
    Stage.follow_up: "Refer to what was said last, and bring something new with it.",
}

MISSING = {"budget": "the budget", "location": "the place", "property_type": "the kind of property"}


def advise(asked: Asked) -> Advice:
    """At most five points, the most pressing first, and a draft in English unless the lead's language is another."""
    message, lead = asked.message, asked.lead
    about = [subject for subject in SUBJECTS if subject.words.search(message)]
    points = [subject.point for subject in about]
    if lead is not None and lead.urgency in (Urgency.high, Urgency.critical):
        points.insert(0, f"The lead's urgency is {lead.urgency}: answer now, and shortly.")
    if (questions := message.count("?")) > 1:
        points.append(f"There are {questions} questions; answer each, in their order.")
    if private(message) != message:
        points.append("They gave an address, a number or a link: do not repeat it in writing.")
    if asked.stage is not None:
        points.append(STAGES[asked.stage])
    points += _of_lead(lead)
    if not points:
        points.append("Say back in a sentence what they want, and end with one question that is easy to answer.")
    foreign = lead is not None and lead.language not in ("", "en")
    return Advice(points=tuple(points[:MOST_POINTS]), draft="" if foreign else _draft(about, lead))


def _of_lead(lead: Lead | None) -> list[str]:
    if lead is None:
        return []
    found = []
    if lead.language not in ("", "en"):
        found.append(f"The lead's language is {lead.language}: answer in it.")
    if missing := [words for name, words in MISSING.items() if not getattr(lead, name)]:
        found.append(f"Not known yet: {', '.join(missing)}. Ask for the first of them.")
    return found


def _draft(about: list[Subject], lead: Lead | None) -> str:
    parts = ["Thank you for your message.", *(subject.draft for subject in about[:2])]
    missing = next((words for name, words in MISSING.items() if lead is not None and not getattr(lead, name)), None)
    if not about:
        parts.append(f"May I ask about {missing} you have in mind?" if missing else "What matters most to you next?")
    return " ".join(parts)
