"""An agent's card: who, where they are and why, how loaded, and how it goes, each figure with what is behind it."""

from __future__ import annotations

from datetime import datetime
from html import escape

from collab.metrics import band, lasting
from collab.records import Presence
from collab.team import Agent
from collab.views.theme import AGENT_COLOURS, BAND, OFF_SHIFT, PRESENCE

ICONS = {
    Presence.available: "M4.5 8.3l2.4 2.4 4.6-5",
    Presence.busy: "M4.5 8h7",
    Presence.in_call: "M5 4.5c0 4 2.5 6.5 6.5 6.5l.3-2-2-.8-1 1c-1-.5-1.5-1-2-2l1-1-.8-2z",
    Presence.away: "M8 4v4.3l2.8 1.7",
    Presence.offline: "M5 5l6 6M11 5l-6 6",
}
"""What stands in the disc of each presence: a tick, a bar, a receiver, the hands of a clock, a cross."""

MOON = "M10.5 10.8a4 4 0 0 1-3-6.6 4 4 0 1 0 3.7 6.5z"
"""What stands in the disc of who is not on shift."""

CARDS = """
.chip svg { width: 18px; height: 18px; flex: none; margin-left: -6px; }
.chip path { fill: none; stroke: #10151c; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.of3 { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px; margin: 8px 0 0; }
.of3 dt { color: var(--soft); font-size: 12px; } .of3 dd { margin: 0; font-variant-numeric: tabular-nums; }
.of3 small { display: block; color: var(--soft); font-size: 12px; }
.where { margin-top: 6px; }
"""
"""The style of cards, beside `SHEET`."""


def status(agent: Agent) -> tuple[str, str, str]:
    """Where an agent is in a word, with its fill and its icon."""
    if not agent.on_shift:
        return *OFF_SHIFT, MOON
    return *PRESENCE[agent.presence], ICONS[agent.presence]


def state(agent: Agent) -> tuple[str, str]:
    """How loaded an agent is: a sign and a word; of who is not at work, that they are not."""
    if not agent.on_shift:
        return "○", OFF_SHIFT[0].lower()
    if agent.presence == Presence.offline:
        return "○", "not here"
    return BAND[band(agent.utilization)][1:]


def recent(agent: Agent) -> tuple[float | None, int]:
    """The mean of an agent's first responses, of which older ones count less, and how many such ones are behind it."""
    weight = agent.response_weight
    return (agent.response_total_s / weight, round(weight)) if weight else (None, 0)


def card(agent: Agent, place: int = 0, rooms: int = 0, today: datetime | None = None) -> str:
    """An agent's card as HTML.

    Args:
        agent: as the events left them.
        place: on the roster, for the colour.
        rooms: in how many rooms they spoke lately.
        today: now; a presence that began on another day is given with it.
    """
    initials = "".join(part[0] for part in agent.name.split()[:2]).upper()
    word, fill, icon = status(agent)
    light = ' style="stroke:#ffffff"' if fill == OFF_SHIFT[1] else ""
    return (
        f'<div class="card" role="group" aria-label="{escape(agent.name)}"><div class="head">'
        f'<div class="face" style="background:{AGENT_COLOURS[place % len(AGENT_COLOURS)]}">{escape(initials)}</div>'
        f'<div class="name">{escape(agent.name)}</div><span class="chip"><svg viewBox="0 0 16 16" aria-hidden="true">'
        f'<circle cx="8" cy="8" r="8" fill="{fill}"/><path d="{icon}"{light}/></svg>{word}</span></div>'
        f'<div class="soft where">{escape(_since(agent, today))}</div>{_load(agent, rooms)}{_figures(agent)}</div>'
    )


def _since(agent: Agent, today: datetime | None) -> str:
    """Since when they are where they are, and why."""
    if agent.since is None:
        return "not here yet"
    day = "" if today is None or agent.since.date() == today.date() else f"{agent.since:%d %b} "
    said = f"{PRESENCE[agent.presence][0]} since {day}{agent.since:%H:%M} UTC"
    return f"{said}: {agent.reason}" if agent.reason else said


def _load(agent: Agent, rooms: int) -> str:
    percent, (sign, word) = round(100 * agent.utilization), state(agent)
    spoke = f" · spoke in {rooms} room{'' if rooms == 1 else 's'} lately" if rooms else ""
    return (
        f'<div class="bar" role="progressbar" aria-label="utilization" aria-valuenow="{percent}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuetext="{percent} %, {word}">'
        f'<i style="width:{min(percent, 100)}%;background:{BAND[band(agent.utilization)][0]}"></i></div>'
        f'<div class="row"><span>{sign} {percent} % used · {word}</span>'
        f"<span>{agent.active} of {agent.capacity} leads{spoke}</span></div>"
    )


def _figures(agent: Agent) -> str:
    """First response, conversion and satisfaction, each with how much is behind it."""
    mean_s, n = recent(agent)
    figures = [
        ("Recent first response", lasting(mean_s), f"n ≈ {n} of {agent.responses}" if n else "none yet"),
        (
            "Converted",
            f"{agent.converted} of {agent.closed}" if agent.closed else "–",
            f"{100 * agent.converted / agent.closed:.0f} %" if agent.closed else "no closed leads yet",
        ),
        (
            "Satisfaction",
            f"{agent.satisfaction / agent.rated:.1f} of 5" if agent.rated else "–",
            f"n {agent.rated}" if agent.rated else "not rated yet",
        ),
    ]
    told = "".join(f"<div><dt>{a}</dt><dd>{b}<small>{c}</small></dd></div>" for a, b, c in figures)
    return f'<dl class="of3">{told}</dl>'
