"""One decision taken apart: gates, factors, scores, and what would have changed it."""

from __future__ import annotations

from html import escape
from typing import Any

import holoviews as hv
import pandas as pd
import panel as pn
import param

from collab.reasons import alternatives, apart, factors_of, reasoning, what_would_win
from collab.records import FACTORS, SCALE, Decision
from collab.routing import FULL_SCORE
from collab.views.theme import INFO, PRIMARY, SHEET, SUCCESS, WARNING


def frame_of(decision: Decision) -> pd.DataFrame:
    """One row a candidate, the best score first: agent, gate, the four factors (0 to 1), score (0 to 1), chosen."""
    candidates = decision.candidates
    frame = pd.DataFrame({"agent": candidates.agent, "gate": candidates.gate})
    for factor in FACTORS:
        frame[factor] = [value / SCALE for value in getattr(candidates, factor)]
    frame["score"] = [score / FULL_SCORE for score in candidates.score]
    frame["chosen"] = frame["agent"] == decision.agent
    frame["gated"] = frame["gate"] != ""
    return frame.sort_values(["gated", "score", "agent"], ascending=[True, False, True], ignore_index=True)


def table(decision: Decision) -> str:
    """The candidates as an HTML table: factors, score, the gate or what was lacking."""
    lacked = {other.agent: other.lacked for other in alternatives(decision)}
    rows = []
    for row in frame_of(decision).itertuples():
        kind = "chosen" if row.chosen else "gated" if row.gated else ""
        cells = "".join(f"<td>{getattr(row, factor):.2f}</td>" for factor in FACTORS)
        note = "chosen" if row.chosen else lacked.get(row.agent, "")
        rows.append(
            f'<tr class="{kind}"><td>{escape(row.agent)}</td>{cells}'
            f"<td>{row.score:.3f}</td><td>{escape(note)}</td></tr>"
        )
    head = "".join(
        f"<th>{factor} x {weight / 100:.2f}</th>"
        for factor, weight in zip(FACTORS, decision.weights.values, strict=True)
    )
    head = f"<tr><th>agent</th>{head}<th>score</th><th>why not</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def changes(decision: Decision) -> str:
    """What would have changed the decision, as an HTML list: for each eligible candidate the smallest rise."""
    items = []
    for other in alternatives(decision):
        if other.gate:
            items.append(f"<li><b>{escape(other.agent)}</b> was out: {escape(other.gate)}.</li>")
        elif found := what_would_win(decision, other.agent):
            least = found[0]
            needed, had = apart(least.needed, least.had)
            items.append(
                f"<li><b>{escape(other.agent)}</b> would have won with {least.factor} {needed} instead of {had}.</li>"
            )
        else:
            items.append(f"<li><b>{escape(other.agent)}</b>: no single factor could have made up for it.</li>")
    return f'<ul class="list">{"".join(items)}</ul>' if items else '<div class="empty">There was nobody else.</div>'


def bars(decision: Decision) -> hv.Bars:
    """Each candidate's score, stacked from its weighted factors."""
    hv.renderer("bokeh")  # loads the backend when it is needed: without one, no plot has options
    rows = []
    for row in frame_of(decision).itertuples():
        factors = factors_of(decision, row.agent)
        name = f"{row.agent} ({row.gate})" if row.gate else row.agent
        for factor, weight in zip(FACTORS, decision.weights.values, strict=True):
            rows.append((name, factor, weight * factors[factor] / FULL_SCORE))
    stacked = hv.Bars(rows, ["agent", "factor"], "weighted score")
    colours = dict(zip(FACTORS, (PRIMARY, SUCCESS, WARNING, INFO), strict=True))
    return stacked.opts(
        stacked=True,
        color="factor",
        cmap=colours,
        invert_axes=True,
        responsive=True,
        height=320,
        toolbar=None,
        backend="bokeh",
    )


class DecisionView(pn.viewable.Viewer):
    """A decision in words, as a table, as a plot, and what would have changed it."""

    decision = param.ClassSelector(class_=Decision, doc="The decision that is shown.")

    def __init__(self, decision: Decision | None = None, *, plot: bool = True, **params: Any) -> None:
        super().__init__(decision=decision, **params)
        self._words = pn.pane.HTML(stylesheets=[SHEET], sizing_mode="stretch_width")
        self._bars = pn.pane.HoloViews(None, sizing_mode="stretch_width", visible=plot)
        self._layout = pn.Column(self._words, self._bars, sizing_mode="stretch_width")
        self._plot = plot
        self._patch()

    @param.depends("decision", watch=True)
    def _patch(self) -> None:
        if self.decision is None:
            self._words.object = '<div class="empty">No decision yet. Route a lead to see who takes it, and why.</div>'
            return
        lead = self.decision.lead
        title = f"{lead.name} goes to {self.decision.agent}" if self.decision.agent else f"{lead.name} waits"
        times = f"waited {self.decision.waited_s:.1f} s, decided in {self.decision.decided_ms:.2f} ms"
        sure = f"match score {self.decision.score / FULL_SCORE:.3f}, confidence {self.decision.confidence:.2f}"
        said = f'<div class="said"><h3>{escape(title)}</h3><p>{escape(reasoning(self.decision))}</p></div>'
        if len(self.decision.candidates):
            said += (
                f'<p class="soft">{sure}; {times}; weights {self.decision.weights.id}.</p>{table(self.decision)}'
                f"<h3>What would have changed it</h3>{changes(self.decision)}"
            )
        self._words.object = said
        if self._plot:
            self._bars.object = bars(self.decision)

    def __panel__(self) -> pn.Column:
        return self._layout
