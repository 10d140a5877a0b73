"""Diagnostics: each part of the process, red ones first, with what to do; what `collab doctor` says, as it changes."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

import panel as pn
import param

from collab.checks import SIGNS, Check, State, worst
from collab.desk import utc_now
from collab.metrics import lasting
from collab.views.board import Board
from collab.views.checkup import EVERY_S, Findings, checkup_of
from collab.views.scheduling import at_end
from collab.views.theme import ERROR, SHEET, SUCCESS, WARNING
from collab.views.told import empty

FILLS = {State.bad: ERROR, State.warn: WARNING, State.unknown: "#8a94a3", State.ok: SUCCESS}
"""Each state's fill, beside its sign and word."""

CARDS = """
.checks { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr));
  margin: 0; padding: 0; list-style: none; }
.checks .card { border-left: 5px solid var(--fill); }
.checks h3 { margin: 0; font-size: 15px; flex: 1; }
.checks p { margin: 6px 0 0; }
.checks .seen { font-variant-numeric: tabular-nums; }
.checks .fix { font-weight: 600; }
"""
"""The style of the cards beside `SHEET`."""

LOOKING = "Looking at all parts…"


class DiagnosticsView(pn.viewable.Viewer):
    """A card for each part, and one sentence on all of them above."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    findings = param.ClassSelector(class_=Findings, default=None, allow_None=True, doc="What is shown.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it lets nothing be looked at.")

    def __init__(self, board: Board, **params: Any) -> None:
        self._checkup, self._waiting = checkup_of(board.shared), False
        pane = {"stylesheets": [SHEET, CARDS], "sizing_mode": "stretch_width"}
        self._summary, self._cards = pn.pane.HTML(empty(LOOKING), **pane), pn.pane.HTML("", **pane)
        self._layout = pn.Column(self._summary, self._cards, sizing_mode="stretch_width")
        super().__init__(board=board, **params)
        at_end(self.close)

    def push(self) -> None:
        """Show the newest findings on this session's next tick; may be called from any thread."""
        if not self._waiting:
            self._waiting = True
            self.board.schedule(self._show)

    def close(self) -> None:
        """Show nothing new any more."""
        self._checkup.leave(self)

    @param.depends("active", watch=True, on_init=True)
    def _turn(self) -> None:
        if self.active:
            self._checkup.join(self)
        else:
            self._checkup.leave(self)

    @param.depends("board.paused", watch=True)
    def _show(self) -> None:
        self._waiting = False
        found = self._checkup.findings
        if self.board.paused or found is None or found is self.findings:
            return
        with pn.io.hold():
            said = summary(found)
            if self._summary.object != said:  # what is read aloud changes when something did
                self._summary.object = said
            self._cards.object = cards(found)
            self.findings = found

    def __panel__(self) -> pn.Column:
        return self._layout


def summary(found: Findings) -> str:
    """How all of it is, as HTML: the same as long as no state changes."""
    if found.error:
        what = f"Nothing could be looked at: {found.error}. Start the office, and see the server's log."
        return empty(what, "alert")
    words = {State.bad: "bad", State.warn: "to look at"}
    counts = {state: sum(check.state == state for check in found.checks) for state in words}
    state = worst(found.checks)
    parts = [f"{count} {words[one]}" for one, count in counts.items() if count]
    said = ", ".join(parts) if parts else "All is well"
    hint = f"Looked at every {EVERY_S:g} s while this is on screen; <code>collab doctor</code> checks a machine too."
    return (
        f'<div class="card kpi" role="status" aria-live="polite"><b>{SIGNS[state][0]} {said}</b>'
        f"<span>{len(found.checks)} parts. {hint}</span></div>"
    )


def cards(found: Findings) -> str:
    """A card for each part, as HTML."""
    return f'<ul class="checks">{"".join(card(check, found.time) for check in found.checks)}</ul>'


def card(check: Check, now: datetime | None = None) -> str:
    """How one part is, as HTML."""
    sign, word = SIGNS[check.state]
    since = ""
    if check.since is not None and check.state in (State.bad, State.warn):
        ago = lasting(int(((now or utc_now()) - check.since).total_seconds()))
        since = f'<p class="soft">since {check.since:%Y-%m-%d %H:%M:%S} UTC, {ago}</p>'
    facts = "".join(f'<p class="soft">{escape(fact)}</p>' for fact in check.facts)
    fix = f'<p class="fix">What to do: {escape(check.fix)}</p>' if check.fix else ""
    return (
        f'<li class="card" style="--fill:{FILLS[check.state]}"><div class="head"><h3>{escape(check.name)}</h3>'
        f'<span class="chip"><i style="background:{FILLS[check.state]}"></i>{sign} {word}</span></div>'
        f'<p class="seen">{escape(check.value)}</p>{fix}{since}{facts}</li>'
    )
