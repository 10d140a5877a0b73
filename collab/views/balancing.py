"""Even loads: which leads would go to others now, with the loads before and after, and the button that does it."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.actions import Action, evening
from collab.balance import Move, Plan
from collab.legible import isolated
from collab.metrics import band
from collab.office.balancing import Balancing
from collab.views.actions import ActionsView
from collab.views.board import Board
from collab.views.frame import Frame
from collab.views.theme import BAND, SHEET
from collab.views.told import empty, title

MOVES = 8
"""How many moves are told one by one."""

WIDE = {"sizing_mode": "stretch_width"}

LOADS = """
.loads { display: grid; grid-template-columns: minmax(6em, max-content) 1fr max-content; gap: 6px 12px;
  align-items: center; margin: 8px 0; font-variant-numeric: tabular-nums; }
.loads .bar { margin: 0; position: relative; overflow: visible; }
.loads .was { position: absolute; top: -3px; width: 2px; height: 14px; background: var(--ink); border-radius: 0; }
ul.moves { margin: 6px 0; padding-left: 18px; }
"""

OFF = "Loads are not evened out: collab serve --balance propose shows which leads could go to others."
READS = "This page follows the history that another process records; loads are evened out where that team is."
POLICIES = {
    "propose": "A dry run: leads go only when somebody presses the button. collab serve --balance auto moves them.",
    "auto": "Leads go by themselves, within the limit; nobody's who began with one, or was chosen by a person.",
}


class PlanView(ActionsView):
    """The plan's button, with its effect above it, and what takes it back."""

    plan = param.ClassSelector(class_=Plan, default=Plan(), doc="What would be moved.")

    @param.depends("plan", watch=True)
    def _ask(self) -> None:
        self.show([evening(self.plan)] if self.plan.moves else [])

    async def act(self, action: Action) -> None:
        """Move the leads; each goes with the plan's reason."""
        await self._do(lambda desk, by: desk.act(action, by=by), action.name)


class BalancingView(pn.viewable.Viewer):
    """What the balancing of an office would move now, or moves.

    Args:
        board: the session's board.
    """

    by = param.String("", label="Your name", doc="Who moves leads.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(**params)
        self.board = board
        self._shown: Any = None
        self.told = pn.pane.HTML("", stylesheets=[SHEET, LOADS], **WIDE)
        self.actions = PlanView(board)
        self.person = pmui.TextInput.from_param(self.param.by, placeholder="Kim", width=240)
        self.actions.sign(self.person)
        board.sign(self.person)
        self._layout = pn.Column(
            pn.pane.HTML(title("Even loads"), stylesheets=[SHEET], **WIDE), self.told, self.person, self.actions, **WIDE
        )
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    @param.depends("active", watch=True)
    def _patch(self) -> None:
        if not self.active:
            return
        balancing, frame = self.board.office.duties.balancing, self.board.frame
        plan = Plan() if balancing is None else balancing.plan
        now = None if balancing is None else (balancing.policy, balancing.moved, balancing.proposed)
        undoes = self.actions.done is not None
        told_of = plan, now, frame.names, undoes
        if told_of == self._shown:
            return
        self._shown = told_of
        said = READS if self.board.office.desk is None else OFF
        text = empty(said) if balancing is None or balancing.policy == "off" else told(balancing, plan, frame)
        with pn.io.hold():
            if self.told.object != text:
                self.told.object = text
            self.person.visible = bool(plan.moves) or undoes
            self.actions.plan = plan

    def __panel__(self) -> pn.Column:
        return self._layout


def told(balancing: Balancing, plan: Plan, frame: Frame) -> str:
    """The policy, the thresholds and the plan as HTML."""
    at, soft = balancing.thresholds, '<p class="soft">{}</p>'
    rule = (
        f"Begins when the busiest and the least busy of those available are {at.start:.0%} of their capacity "
        f"apart, and ends at {at.stop:.0%}. {balancing.moved} of at most {at.per_hour} leads were moved within "
        "the last hour, those that people moved included"
    )
    dry = f"; {balancing.proposed} were proposed." if balancing.policy == "propose" else "."
    parts = [soft.format(POLICIES[balancing.policy]), soft.format(rule + dry)]
    if plan.moves:
        parts += [loads(plan, frame), moves(plan, frame)]
    if plan.capped:
        parts.append(soft.format("Loads are not even yet: it goes on when the hour's limit allows more."))
    return "".join(parts) if plan.moves or plan.capped else "".join(parts) + empty("Nothing would be moved now.")


def loads(plan: Plan, frame: Frame) -> str:
    """The utilization of all who give or take: a bar for after, a line at before, and both in numbers."""
    rows = []
    for agent, (before, after) in sorted(plan.loads.items(), key=lambda one: (-one[1][0], one[0])):
        fill, sign, _ = BAND[band(after)]
        name = escape(frame.names.get(agent, agent))
        rows.append(
            f'<span class="name">{name}</span><div class="bar" role="img" aria-label="{before:.0%} before, {after:.0%} '
            f'after"><i style="width:{min(after, 1):.0%};background:{fill}"></i>'
            f'<i class="was" style="left:{min(before, 1):.0%}"></i></div><span>{before:.0%} → {sign} {after:.0%}</span>'
        )
    return f'<div class="loads">{"".join(rows)}</div>'


def moves(plan: Plan, frame: Frame) -> str:
    """The moves in words, the first ones one by one."""
    rows = [f"<li>{_move(move, frame)}</li>" for move in plan.moves[:MOVES]]
    more = len(plan.moves) - MOVES
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    return f'<ul class="moves">{"".join(rows)}{rest}</ul>'


def _move(move: Move, frame: Frame) -> str:
    holder, to = (escape(frame.names.get(agent, agent)) for agent in (move.holder, move.to))
    changed = "loses" if move.cost > 0 else "gains"
    score = f"; the lead {changed} {abs(move.cost):.1%} in score" if move.cost else ""
    return f"Lead <b>{escape(isolated(move.name))}</b>: {holder} → {to}. {escape(move.why)}{score}."
