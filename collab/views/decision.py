"""One decision taken apart: gates, factors, scores, and what would have changed it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import holoviews as hv
import pandas as pd
import panel as pn
import param

from collab.legible import isolated
from collab.reasons import NOBODY, alternatives, apart, factors_of, reasoning, scores_of, what_would_win
from collab.records import FACTORS, SCALE, Decision
from collab.routing import FULL_SCORE
from collab.views.parts import BARS, parts
from collab.views.theme import FACTOR, SHEET


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


def table(decision: Decision, names: Mapping[str, str] = NOBODY) -> str:
    """The candidates as an HTML table: factors, score, the gate or what was lacking; names by id, else ids."""
    lacked = {other.agent: other.lacked for other in alternatives(decision)}
    rows = []
    for row in frame_of(decision).itertuples():
        kind = "chosen" if row.chosen else "gated" if row.gated else ""
        cells = "".join(f"<td>{getattr(row, factor):.2f}</td>" for factor in FACTORS)
        note = "chosen" if row.chosen else lacked.get(row.agent, "")
        rows.append(
            f'<tr class="{kind}"><td>{escape(names.get(row.agent, row.agent))}</td>{cells}'
            f"<td>{row.score:.3f}</td><td>{escape(note)}</td></tr>"
        )
    head = "".join(
        f"<th>{factor} x {weight / 100:.2f}</th>"
        for factor, weight in zip(FACTORS, decision.weights.values, strict=True)
    )
    head = f"<tr><th>agent</th>{head}<th>score</th><th>why not</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def changes(decision: Decision, names: Mapping[str, str] = NOBODY) -> str:
    """What would have changed the decision, as an HTML list: for each eligible candidate the smallest rise."""
    items = []
    for other in alternatives(decision):
        name = f"<b>{escape(names.get(other.agent, other.agent))}</b>"
        if other.gate:
            items.append(f"<li>{name} was out: {escape(other.gate)}.</li>")
        elif found := what_would_win(decision, other.agent):
            least = found[0]
            needed, had = apart(least.needed, least.had)
            items.append(f"<li>{name} would have won with {least.factor} {needed} instead of {had}.</li>")
        else:
            items.append(f"<li>{name}: no single factor could have made up for it.</li>")
    return f'<ul class="list">{"".join(items)}</ul>' if items else '<div class="empty">There was nobody else.</div>'


def bars(decision: Decision, names: Mapping[str, str] = NOBODY) -> hv.Bars:
    """Each candidate's score, stacked from its weighted factors, the best on top."""
    hv.renderer("bokeh")  # loads the backend when it is needed: without one, no plot has options
    rows = []
    for row in frame_of(decision).iloc[::-1].itertuples():
        factors = factors_of(decision, row.agent)
        name = names.get(row.agent, row.agent) + (f" ({row.gate})" if row.gate else "")
        for factor, weight in zip(FACTORS, decision.weights.values, strict=True):
            rows.append((name, factor, weight * factors[factor] / FULL_SCORE))
    stacked = hv.Bars(rows, ["agent", "factor"], "weighted score")
    return stacked.opts(
        stacked=True,
        color="factor",
        cmap=dict(zip(FACTORS, FACTOR, strict=True)),
        line_color=None,
        legend_position="top",
        legend_opts={"ncols": 2, "border_line_color": None},
        legend_offset=(0, 12),
        xlabel="",
        invert_axes=True,
        responsive=True,
        height=320,
        toolbar=None,
        backend="bokeh",
    )


def _score(decision: Decision) -> str:
    """The match score, which is by the weights in force; of one that explored, by those that chose as well."""
    score = f"match score {decision.score / FULL_SCORE:.3f}"
    if decision.drawn is None or decision.agent is None:
        return score
    chosen = scores_of(decision)[decision.candidates.agent.index(decision.agent)]
    return f"{score} by the weights in force, {chosen / FULL_SCORE:.3f} by those drawn, which chose"


class DecisionView(pn.viewable.Viewer):
    """A decision in words, as a table, as a plot, and what would have changed it; agents by name where one is given."""

    decision = param.ClassSelector(class_=Decision, doc="The decision that is shown.")
    names = param.Dict({}, doc="What agents are called, by id.")
    dry = param.Boolean(False, doc="Was it only asked who would get the lead?")
    visible = param.Boolean(True, doc="Is it shown?")

    def __init__(self, decision: Decision | None = None, *, plot: bool = True, **params: Any) -> None:
        super().__init__(decision=decision, **params)
        self.words = pn.pane.HTML(stylesheets=[SHEET, BARS], sizing_mode="stretch_width")
        self._bars = pn.pane.HoloViews(None, sizing_mode="stretch_width", visible=plot)
        self._layout = pn.Column(self.words, self._bars, sizing_mode="stretch_width")
        self._plot = plot
        self._show()
        self._patch()

    @param.depends("decision", "names", watch=True)
    def _patch(self) -> None:
        if self.decision is None:
            self.words.object = '<div class="empty">No decision yet. Route a lead to see who takes it, and why.</div>'
            return
        lead, agent, names = self.decision.lead, self.decision.agent, self.names
        who = isolated(lead.name)
        goes, waits = ("would go to", "would wait") if self.dry else ("goes to", "waits")
        title = f"{who} {goes} {names.get(agent, agent)}" if agent else f"{who} {waits}"
        times = f"waited {self.decision.waited_s:.1f} s, decided in {self.decision.decided_ms:.2f} ms"
        score = _score(self.decision)
        sure = f"confidence {self.decision.confidence:.2f} that it beats the next"
        words = f"<h3>{escape(title)}</h3><p>{escape(reasoning(self.decision, names))}</p>"
        said = f'<div class="said" role="status">{words}</div>'
        if len(self.decision.candidates):
            numbers = table(self.decision, names)
            if not self._plot:
                numbers = f"{parts(self.decision, names)}<details><summary>All numbers</summary>{numbers}</details>"
            said += (
                f'<p class="soft">{score}, {sure}; {times}; weights in force {self.decision.weights.id}.</p>'
                f"{numbers}<h3>What would have changed it</h3>{changes(self.decision, names)}"
            )
        self.words.object = said
        if self._plot:
            self._bars.object = bars(self.decision, names)

    @param.depends("visible", watch=True)
    def _show(self) -> None:
        self._layout.visible = self.visible

    def __panel__(self) -> pn.Column:
        return self._layout
