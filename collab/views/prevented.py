"""Alerts that the weights in question would have prevented: the rules watched over simulated days, when asked."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import panel as pn

from collab.records import FACTORS
from collab.views.progress import ProgressView
from collab.views.theme import TOUCH
from collab.views.told import Told, empty, title
from collab.views.tuning import Tuning
from collab.whatif import Prevented
from collab.whatif.answers import WHOLE_TEAM
from collab.whatif.measures import four, number

NOTHING = "Which alerts these weights would have prevented stands here once you ask: press Watch the alert rules."
MOVED = "The sliders have moved since: press Watch the alert rules for their weights."
ALL_REFUSED = "No rule has a difference that can be told; each says why."

BARS = (("recorded", "recorded"), ("before", "simulated now"), ("after", "simulated, these weights"))
"""The bars of a rule, with what they are called."""


class Spared(Told):
    """The bars of each rule, each on its own scale, with the interval of what these weights change."""

    of = ("spared", "study")
    sheet = """
.rules { display: grid; gap: 14px 24px; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
.rules b { font-weight: 600; } .rules .refused { color: var(--soft); overflow-wrap: anywhere; }
.rules .line { display: grid; grid-template-columns: 9.5rem 1fr 3.5rem; gap: 8px; align-items: center;
  font-size: 13px; font-variant-numeric: tabular-nums; }
.rules .line span:last-child { text-align: right; }
.rules svg { display: block; width: 100%; height: 14px; } .rules svg * { vector-effect: non-scaling-stroke; }
.recorded { fill: #8a94a3; } .before { fill: #8a94a3; fill-opacity: .45; }
.after { fill: var(--mui-palette-primary-main, #1d5fd1); }
.ends { stroke: var(--ink); stroke-width: 2; }
"""

    def __init__(self, tuning: Tuning, **params: Any) -> None:
        super().__init__(tuning, **params)
        tuning.weights.param.watch(self._patch, list(FACTORS))

    def said(self) -> str:
        """The rules as they were watched last."""
        head, found = title("Alerts these weights would have prevented", WHOLE_TEAM), self.tuning.spared
        if found is None:
            return f"{head}{empty(NOTHING)}"
        moved = found.weights != self.tuning.weights.integers()
        said = (
            f"Weights {four(found.weights)} against {four(found.base)}: {WHOLE_TEAM}. Alerts of "
            f"{found.days:,} of {found.of:,} days, means of {found.seeds} seeds; each rule on its own scale, the line "
            "on the last bar is the interval."
        )
        notes = "".join(f'<p class="quiet">{escape(note)}</p>' for note in found.notes)
        warned = f'<p role="status">{MOVED}</p>' if moved else ""
        return f'{head}<p class="quiet">{said}</p>{warned}<div class="{"stale" * moved}">{rules(found)}</div>{notes}'


class PreventedView(pn.viewable.Viewer):
    """The bars, and the button that has the rules watched, with how far that is and a way to stop it."""

    def __init__(self, tuning: Tuning, **params: Any) -> None:
        super().__init__(**params)
        self.spared = Spared(tuning)
        self.watch = ProgressView(
            tuning.sparing, "Watch the alert rules", tuning.spare, icon="notifications", doing="Simulating seeds"
        )
        self.watch.button.sx = self.watch.cancel.sx = TOUCH
        self._layout = pn.Column(self.spared, self.watch, sizing_mode="stretch_width")

    def __panel__(self) -> pn.Column:
        return self._layout


def rules(found: Prevented) -> str:
    """Each rule with its bars; those refused come last, in grey with the reason."""
    rows = sorted(found.frame().to_dict("records"), key=lambda row: bool(row["refused"]))
    none = f"<p>{ALL_REFUSED}</p>" if all(row["refused"] for row in rows) else ""
    return f'{none}<div class="rules">{"".join(_refused(row) if row["refused"] else _drawn(row) for row in rows)}</div>'


def _refused(row: Mapping[Any, Any]) -> str:
    return f'<div class="refused"><b>{escape(row["rule"])}</b><div>{escape(row["reason"])}</div></div>'


def _drawn(row: Mapping[Any, Any]) -> str:
    low, high = (max(0.0, row["before"] + row[f"difference_{end}"]) for end in ("low", "high"))
    most = max(row["recorded"], row["before"], row["after"], high, 1e-9)
    lines = "".join(_line(row, name, said, most, (low, high)) for name, said in BARS)
    signed = [_signed(row[f"{form}difference{end}"]) for form in ("", "minutes_") for end in ("", "_low", "_high")]
    said = "{} alerts ({} to {}), {} minutes ({} to {})".format(*signed)
    return f"<div><b>{escape(row['rule'])}</b>{lines}<div>{said}</div></div>"


def _line(row: Mapping[Any, Any], name: str, said: str, most: float, ends: tuple[float, float]) -> str:
    """A bar with its number, of 100 units for the most; the last one with its interval."""
    wide, (low, high) = 100 * row[name] / most, (100 * end / most for end in ends)
    mark = f'<line class="ends" x1="{low:.2f}" x2="{high:.2f}" y1="7" y2="7"></line>' if name == "after" else ""
    bar = f'<rect class="{name}" width="{wide:.2f}" height="12" y="1"></rect>{mark}'
    drawn = f'<svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">{bar}</svg>'
    return f'<div class="line"><span>{said}</span>{drawn}<span>{number(row[name])}</span></div>'


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value)
