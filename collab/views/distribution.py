"""How a team is distributed: over the states of presence, and over the bands of utilization, as bars and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from msgspec import Struct

from collab.metrics import AMBER, AMBER_FROM, GREEN, RED, RED_FROM, band
from collab.team import Agent
from collab.views.theme import BAND, OFF_SHIFT, PRESENCE

RANGES = {
    GREEN: f"under {100 * AMBER_FROM:.0f} %",
    AMBER: f"{100 * AMBER_FROM:.0f} to {100 * RED_FROM:.0f} %",
    RED: f"{100 * RED_FROM:.0f} % and more",
}
"""Each band in words; its lower edge belongs to it."""

BARS = """
.stack { display: flex; height: 26px; border-radius: 6px; overflow: hidden; background: var(--track); gap: 2px; }
.stack i { display: grid; place-items: center; min-width: 6px; font-style: normal; font-size: 13px; font-weight: 700;
  color: #10151c; overflow: hidden; }
.stack i.light { color: #ffffff; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 14px; padding: 0; list-style: none;
  font-size: 13px; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
.halves { display: grid; gap: 0 28px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
@media (max-width: 800px) { .halves { grid-template-columns: minmax(0, 1fr); } }
h4 { margin: 2px 0 6px; font-size: 14px; }
"""
"""The style of stacked bars, beside `SHEET`."""

DARK = {OFF_SHIFT[1]}
"""Fills on which a number is white."""


class Part(Struct, frozen=True):
    """A part of a team: what it is called, its fill, and how many agents it has."""

    words: str
    fill: str
    count: int


def statuses(agents: Sequence[Agent]) -> list[Part]:
    """How many agents are in each presence; those who are not on shift are a part of their own."""
    counts = Counter(agent.presence if agent.on_shift else None for agent in agents)
    parts = [Part(word, fill, counts[presence]) for presence, (word, fill) in PRESENCE.items()]
    return [*parts, Part(*OFF_SHIFT, counts[None])]


def loads(agents: Sequence[Agent]) -> list[Part]:
    """How many of the agents on shift who are not offline are in each band of utilization."""
    online = [agent for agent in agents if agent.online]
    counts = Counter(band(agent.utilization) for agent in online)
    return [Part(f"{sign} {word}, {RANGES[name]}", fill, counts[name]) for name, (fill, sign, word) in BAND.items()]


def as_html(agents: Sequence[Agent]) -> str:
    """Both bars, each with its counts in words below."""
    if not agents:
        return ""
    left = _bar("By status", statuses(agents), "agents")
    right = _bar("By utilization", loads(agents), "agents on shift and not offline")
    return f'<h3>Distribution</h3><div class="halves">{left}{right}</div>'


def _bar(title: str, parts: Sequence[Part], whole: str) -> str:
    total = sum(part.count for part in parts)
    shown = "".join(
        f'<i class="{"light" if part.fill in DARK else ""}" style="flex:{part.count};background:{part.fill}">'
        f"{part.count}</i>"
        for part in parts
        if part.count
    )
    said = ", ".join(f"{part.words}: {part.count}" for part in parts)
    legend = "".join(
        f'<li><i style="background:{part.fill}"></i>{escape(part.words)}: <b>{part.count}</b></li>' for part in parts
    )
    return (
        f"<div><h4>{escape(title)} <span class='soft'>n {total} {escape(whole)}</span></h4>"
        f'<div class="stack" role="img" aria-label="{escape(title)}: {escape(said)}">{shown}</div>'
        f'<ul class="legend">{legend}</ul></div>'
    )
