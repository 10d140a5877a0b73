"""Utilization by hour of the day, of each agent, before and after, with the lines from which one is busy and full."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from collab.views.told import Told, empty, title
from collab.whatif.answers import WHOLE_TEAM
from collab.whatif.measures import four

NOTHING = "Each agent's utilization by hour stands here once the team is simulated: press Simulate the whole team."

LINES = (0.7, 0.9)
"""The bounds of the bands: see `collab.metrics.band`."""

MOST_AGENTS = 24
"""So many agents are drawn, those whose hours change most first."""

WIDTH, TALL, TOP = 240, 72, 1.1
"""A drawing in its own units, and the utilization at its upper edge."""


class HoursView(Told):
    """A small drawing for each agent: utilization by hour in UTC, before in grey, after in blue."""

    of = ("simulated",)
    sheet = """
.hours { display: grid; gap: 10px 18px; grid-template-columns: repeat(auto-fill, minmax(min(210px, 100%), 1fr)); }
.hours b { font-weight: 600; } .hours .row { margin-bottom: 2px; }
.hours svg { display: block; width: 100%; height: 78px; border-bottom: 1px solid var(--line); }
.hours svg * { vector-effect: non-scaling-stroke; fill: none; }
.hours .at { stroke: var(--line); stroke-dasharray: 4 3; } .hours .before { stroke: #8a94a3; stroke-width: 2; }
.hours .after { stroke: var(--mui-palette-primary-main, #1d5fd1); stroke-width: 2.5; }
.ticks { display: flex; justify-content: space-between; color: var(--soft); font-size: 11.5px; }
"""

    def said(self) -> str:
        """The hours of the newest simulation."""
        head, found = title("How loaded the hours are", WHOLE_TEAM), self.tuning.simulated
        if found is None:
            return f"{head}{empty(NOTHING)}"
        said = f"Mean utilization by hour in UTC: grey under {four(found.base)}, blue under {four(found.weights)}; "
        said += "dashed at 70 % and 90 %; a gap where nobody is on shift."
        return f'{head}<p class="quiet">{said}</p>{hours(found.hours(), self.tuning.names)}'


def hours(frame: pd.DataFrame, names: dict[str, str]) -> str:
    """The drawings of a frame with agent, hour, before and after, 1 being full."""
    change = (frame["after"] - frame["before"]).abs().groupby(frame["agent"]).max()
    agents = sorted(change.nlargest(MOST_AGENTS).index)
    left = len(change) - len(agents)
    more = f'<p class="quiet">{left} agents whose hours change less are left out.</p>' if left else ""
    drawn = "".join(_drawn(frame[frame["agent"] == agent], names.get(agent, agent)) for agent in agents)
    return f'<div class="hours">{drawn}</div>{more}'


def _drawn(rows: pd.DataFrame, name: str) -> str:
    peaks = [float(rows[when].max()) for when in ("before", "after")]
    label = f"{name}: busiest hour {peaks[0]:.0%} before, {peaks[1]:.0%} after"
    at = "".join(f'<line class="at" x1="0" x2="{WIDTH}" y1="{_y(one):.1f}" y2="{_y(one):.1f}"/>' for one in LINES)
    lines = "".join(f'<path class="{when}" d="{_path(rows["hour"], rows[when])}"/>' for when in ("before", "after"))
    return (
        f'<div><div class="row"><b>{escape(name)}</b><span class="soft">{peaks[0]:.0%} → {peaks[1]:.0%}</span></div>'
        f'<svg viewBox="0 0 {WIDTH} {TALL}" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">'
        f'{at}{lines}</svg><div class="ticks" aria-hidden="true"><span>0</span><span>6</span><span>12</span>'
        "<span>18</span><span>24</span></div></div>"
    )


def _y(utilization: float) -> float:
    return TALL * (1 - min(utilization, TOP) / TOP)


def _path(hour: Sequence[int] | pd.Series, utilization: Sequence[float] | pd.Series) -> str:
    """Steps through the hours; a gap where the agent is not on shift."""
    found, last = [], None
    for one, load in zip(np.asarray(hour).tolist(), np.asarray(utilization).tolist(), strict=True):
        left, right = WIDTH * one / 24, WIDTH * (one + 1) / 24
        found.append(f"{'L' if last == one - 1 else 'M'}{left:.1f} {_y(load):.1f}H{right:.1f}")
        last = one
    return "".join(found)
