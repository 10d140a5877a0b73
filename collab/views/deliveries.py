"""Where notices of alerts went: what is sent, what is tried again, and what is dead until somebody sends it again."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from html import escape
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from collab.delivery import Courier, Outbox
from collab.views.notice import Notice
from collab.views.scheduling import at_end, scheduler
from collab.views.theme import ERROR, PRIMARY, SHEET, SUCCESS, WARNING, plain

STATES = {
    "due": ("To be sent", PRIMARY, "waits for its window or its target"),
    "failed": ("Failing", WARNING, "is sent again by itself"),
    "sent": ("Sent", SUCCESS, "taken by its target, within a month"),
    "dead": ("Dead", ERROR, "not tried any more; send it again below"),
}
"""Each state as people read it, its colour, and what it means."""

EVERY = "all"
SHOWN = 20
"""So many of the newest messages are listed."""

EMPTY = (
    '<div class="empty" role="status">No message was sent yet. Write targets and routes into notify.yaml '
    "(docs/alerts.md); the first notice then stands here.</div>"
)
QUIET = (
    '<div class="empty" role="status">Nothing was due yet: {targets} told of alerts, and the first notice then stands '
    "here.</div>"
)
NONE = '<div class="empty" role="status">No message is in this state.</div>'


class DeliveriesView(pn.viewable.Viewer):
    """Counts by state, the newest messages, and the dead ones with a button that sends them again.

    Args:
        outbox: what is shown.
        courier: who sends; without it the page shows only, and `refresh` looks again.
    """

    state = param.Selector(default=EVERY, objects=[EVERY, *STATES], label="Show", doc="The messages that are listed.")
    dead = param.Selector(default=None, objects=[], allow_None=True, label="Dead message", doc="The one to send again.")
    counts = param.Dict(default={}, doc="How many messages are in each state.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, outbox: Outbox, courier: Courier | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.outbox, self.courier = outbox, courier
        self._schedule, self._waiting = scheduler(), False
        wide = {"sizing_mode": "stretch_width"}
        self._kpis, self._list = (pn.pane.HTML("", stylesheets=[SHEET], **wide) for _ in range(2))
        self._said = Notice()
        self._again = pmui.Button(label="Send again", icon="replay", variant="outlined", disabled=courier is None)
        self._again.on_click(self._send)
        names = {EVERY: EVERY} | {STATES[state][0]: state for state in STATES}
        look = {"min_width": 160, "styles": {"flex": "0 1 220px"}, **wide}
        wish = pmui.Select.from_param(self.param.state, options=names, **look)
        shown = pn.FlexBox(wish, **wide)  # in a column of its own its width would be its height
        self._choice = pmui.Select.from_param(self.param.dead, min_width=220, styles={"flex": "1 1 320px"}, **wide)
        self._dead = pn.FlexBox(self._choice, self._again, gap="12px", align_items="center", **wide)
        self._layout = pn.Column(self._kpis, self._said, self._dead, shown, self._list, **wide)
        self._leave = courier.subscribe(self._hear) if courier is not None else lambda: None
        at_end(self.close)
        self.refresh()

    def close(self) -> None:
        """Show nothing new any more."""
        self._leave()

    def _hear(self) -> None:
        """In the courier's thread: this session looks on its next tick, once for all that changed until then."""
        if self.active and not self._waiting:
            self._waiting = True
            self._schedule(self.refresh)

    @param.depends("state", "active", watch=True)
    def refresh(self) -> None:
        """Look what is in the outbox now."""
        self._waiting = False
        if not self.active:
            return
        try:
            counts, dead = self.outbox.counts(), self.outbox.messages("dead", most=200)
            found = self.outbox.messages(*([] if self.state == EVERY else [self.state]), most=SHOWN)
        except sqlite3.Error as error:
            reason = f"The outbox {self.outbox.path} cannot be read ({type(error).__name__}); is it a file of collab?"
            self._said.param.update(object=plain(reason), visible=True)
            return
        # Several may have one title: the end of the id, which stands in mails too, tells them apart.
        options = {f"{one.title} → {one.target} (…{one.id[-6:]})": one.id for one in dead.itertuples()}
        with pn.io.hold():
            self._kpis.object = kpis(counts)
            self._list.object = listed(found) if len(found) else NONE if any(counts.values()) else self._nothing()
            self._dead.visible = bool(options)
            self.param.dead.objects = options
            if self.dead not in options.values():
                self.dead = next(iter(options.values()), None)
            self.counts = counts

    def _nothing(self) -> str:
        """What stands here before the first message."""
        if self.courier is None:
            return EMPTY
        n = len(self.courier.plan.targets)
        return QUIET.format(targets="one target is" if n == 1 else f"{n} targets are")

    def _send(self, event: object) -> None:
        if self.courier is None or self.dead is None:
            return
        try:
            self.courier.again(self.dead)
            self._said.visible = False
        except ValueError:  # somebody else sent it meanwhile
            self._said.param.update(object="It is on its way already: somebody sent it again.", visible=True)
        self.refresh()

    def __panel__(self) -> pn.Column:
        return self._layout


def kpis(counts: dict[str, int]) -> str:
    """How many messages are in each state, as HTML."""
    cards = "".join(
        f'<div class="card kpi"><b>{counts[state]:,}</b><span class="row"><span>{name}: {means}</span></span></div>'
        for state, (name, _, means) in STATES.items()
    )
    return f'<div class="kpis">{cards}</div>'


def listed(messages: pd.DataFrame) -> str:
    """The messages, the newest first, as HTML."""
    return f'<ul class="list">{"".join(map(_item, messages.to_dict("records")))}</ul>'


def _item(one: dict[str, Any]) -> str:
    name, colour, _ = STATES[one["state"]]
    tries = (
        "not tried yet" if not one["tries"] else "tried once" if one["tries"] == 1 else f"tried {one['tries']} times"
    )
    again = f"; again at {_clock(one['due'])} UTC" if one["state"] == "failed" else ""
    reason = f'<div class="soft">{escape(one["reason"])}{again}</div>' if one["reason"] else ""
    return (
        f'<li><div class="row"><b>{escape(one["title"])}</b>'
        f'<span class="chip"><i style="background:{colour}"></i>{name}</span></div>'
        f'<div class="soft">to {escape(one["target"])} · {tries} · {_clock(one["changed"])} UTC</div>{reason}</li>'
    )


def _clock(time: datetime) -> str:
    return f"{time:%d %b %H:%M:%S}"
