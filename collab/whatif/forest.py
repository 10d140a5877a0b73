"""A forest of differences as HTML: each metric's difference with its interval, the refused in grey with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from collab.whatif.measures import between, change, figure, label

WIDTH = 1000
"""Units of a drawing's width, which is stretched to that of its place."""

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Where the axis may end, as a share of what was before; what goes on beyond the last, of next to nothing, is cut."""


class Line(NamedTuple):
    """One difference: in which metric, from what, by how much; `refused` says why there is none, `note` what else."""

    metric: str
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    refused: str = ""
    note: str = ""


def forest(lines: Iterable[Line]) -> str:
    """The forest; differences are drawn as shares of what was before, so that all metrics have one axis."""
    lines = list(lines)
    reach = _reach(lines)
    drawn = "".join(_refused(line) if line.refused else _line(line, reach) for line in lines)
    if not any(_shares(line) for line in lines):
        return f'<div class="forest">{drawn}</div>'
    ends = "".join(f"<span>{end}</span>" for end in (f"−{reach:.0%}", "as before", f"+{reach:.0%}"))
    axis = f'<div class="row axis" aria-hidden="true"><div></div><div class="ends">{ends}</div><div></div></div>'
    return f'<div class="forest">{drawn}{axis}</div>'


def _shares(line: Line) -> tuple[float, float, float] | None:
    """Low, difference and high over what was before; None if they cannot be drawn."""
    if line.refused or not line.before or line.low is None or line.difference is None or line.high is None:
        return None
    low, difference, high = (one / abs(line.before) for one in (line.low, line.difference, line.high))
    return low, difference, high


def _reach(lines: list[Line]) -> float:
    most = max((abs(end) for line in lines for end in _shares(line) or ()), default=0.0)
    return next((step for step in STEPS if step >= most), STEPS[-1])


def _line(line: Line, reach: float) -> str:
    shares, metric = _shares(line), line.metric
    words = f"{figure(metric, line.before)} → {figure(metric, line.after)}"
    ends = between(change(metric, line.low), change(metric, line.high))
    mark = "" if shares is None else _mark(shares, reach)
    note = f'<div class="note">{escape(line.note)}</div>' if line.note else ""
    said = f"<b>{change(metric, line.difference)}</b> <small>{ends}</small>"
    return (
        f'<div class="row"><div class="metric">{escape(label(line.metric))}<small>{words}</small></div>'
        f'<div class="plot">{mark}</div><div class="said">{said}</div>{note}</div>'
    )


def _mark(shares: tuple[float, float, float], reach: float) -> str:
    low, middle, high = (min(max(WIDTH * (0.5 + one / reach / 2), 0.0), WIDTH) for one in shares)
    kind = "more" if shares[0] > 0 else "less" if shares[2] < 0 else "open"
    beyond = ((low, 1) if shares[0] < -reach else None, (high, -1) if shares[2] > reach else None)
    cut = "".join(_arrow(kind, *end) for end in beyond if end is not None)
    label = f"{shares[1]:+.1%} of before, interval {shares[0]:+.1%} to {shares[2]:+.1%}"
    return (
        f'<svg viewBox="0 0 {WIDTH} 24" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<line class="zero" x1="{WIDTH / 2:g}" y1="0" x2="{WIDTH / 2:g}" y2="24"/>'
        f'<line class="{kind}" x1="{low:.1f}" y1="12" x2="{high:.1f}" y2="12"/>'
        f'<line class="{kind} middle" x1="{middle:.1f}" y1="4" x2="{middle:.1f}" y2="20"/>{cut}</svg>'
    )


def _arrow(kind: str, tip: float, inwards: int) -> str:
    """The head of an arrow at an end of the drawing, beyond which a line goes on."""
    back = tip + inwards * WIDTH / 60
    return "".join(f'<line class="{kind}" x1="{back:.1f}" y1="{y}" x2="{tip:.1f}" y2="12"/>' for y in (6, 18))


def _refused(line: Line) -> str:
    why = escape(f"{line.refused.rstrip('.')}. {line.note}" if line.note else line.refused)
    return (
        f'<div class="row refused"><div class="metric">{escape(label(line.metric))}<small>refused</small></div>'
        f'<div class="why">{why}</div></div>'
    )
