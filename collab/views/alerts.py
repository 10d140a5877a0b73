"""Alerts: what needs a person now, who has it, what a person may do about it, silences, and what ended lately."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import panel as pn
import panel_material_ui as pmui
import param

from collab.alerts import called
from collab.desk import Desk, utc_now
from collab.team import Alert, State
from collab.views.actions import ActionsView
from collab.views.alert_rows import ROWS, choices, criticals, ended, open_alerts, quiets, silences, why_not
from collab.views.asked import ZONES
from collab.views.board import Board
from collab.views.labelled import labelled
from collab.views.notice import Notice
from collab.views.period import Around
from collab.views.picking import Picking
from collab.views.replying import Replying, failed, pressed
from collab.views.theme import SHEET, plain
from collab.views.told import empty, title
from collab.views.typed import typed

TOMORROW = "Until tomorrow 9:00"
TAKEN = {"For 30 min": timedelta(minutes=30), "For 2 h": timedelta(hours=2), TOMORROW: None}
"""For how long somebody may take an alert on."""

QUIET = {"For 1 h": timedelta(hours=1), "For 8 h": timedelta(hours=8), "For 24 h": timedelta(hours=24)}
"""For how long alerts may be silenced."""

ASK, ASK_SILENCE = "Choose an alert", "Choose a silence"
"""The first lines of the lists."""

NONE = (
    "No alert is open. The rules in force are evaluated with every event, and when time alone makes a condition true; "
    "they stand in the list of rules, and those that come with collab in collab/rules/default.yaml."
)
READS = "This page follows the history that another process records, so alerts are taken on at that process's page."
GONE = "The alert of this address is not open any more, or of another team; see what ended lately, below."
CHOOSE_SILENCE = "Choose a silence to end it."

WIDE = {"sizing_mode": "stretch_width"}

PART = {"min_width": 200, "styles": {"flex": "0 1 300px"}, **WIDE}
"""A knob's width, so that its button stands beside it."""

BROAD = {"min_width": 200, "max_width": 640, "styles": {"flex": "1 1 300px"}, **WIDE}
"""The width of a knob with many words."""


class AlertsView(Replying):
    """The open alerts, the one to look at first on top; what is done with the chosen one is a command at the desk.

    Args:
        board: the session's board.
        look: opens a what-if of the time before an alert; without it that is not offered.
    """

    by = param.String("", label="Your name", doc="Who acts; needed, and kept for this session.")
    zone = param.Selector(default="UTC", objects=ZONES, check_on_set=False, label="Time zone", doc="Whose clocks.")
    chosen = param.Selector(default="", objects={ASK: ""}, label="Alert", doc="The id of the one to act on, or none.")
    silence = param.Selector(default="", objects={ASK_SILENCE: ""}, label="Silence", doc="The id of the one to end.")
    note = param.String("", label="Note", doc="What others should know; may be empty.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, look: Callable[[Around], None] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.board, self._sending = board, False
        self._noted, self._notes = "", dict[str, str]()
        self._critical = criticals(self.board.frame)
        self.news = Notice()
        self._open = Picking(margin=(5, 10), **WIDE)
        self._open.param.watch(lambda event: self._choose(event.new), "chosen")
        self._open.param.watch(self._swipe, "swiped", onlychanged=False)
        self._silences, self._ended, self._why, self._why_not_end = (
            pn.pane.HTML("", stylesheets=[SHEET, ROWS], **WIDE) for _ in range(4)
        )
        self._person = pmui.TextInput.from_param(self.param.by, placeholder="Kim", **PART)
        self._note = pmui.TextInput.from_param(self.param.note, placeholder="I call her", **BROAD)
        self._taken = pmui.Select(label="Acknowledge", options=list(TAKEN), value=next(iter(TAKEN)), **PART)
        self._quiet = pmui.Select(
            label="Silence its rule and labels", options=list(QUIET), value=next(iter(QUIET)), **PART
        )
        self.take = pressed("Acknowledge", "how_to_reg", self.acknowledge)
        self.back = pressed("Give back", "undo", self.give_back)
        self.over = pressed("Resolve", "task_alt", self.resolve)
        self.hush = pressed("Silence", "notifications_off", self.silence_it)
        self.end = pressed("End silence", "notifications_active", self.end_silence)
        self.actions = ActionsView(board, look)
        self._lists: dict[str, pmui.Select] = {}
        self._layout = self._laid_out()
        board.param.watch(lambda event: self._patch(), "frame")
        for one in self._lists.values():
            one.param.watch(lambda event: self._patch(), "dropdown_open")
        self.actions.sign(self._person)
        board.sign(self._person)
        self._patch()
        if self._refusal:
            self._say(self._refusal)

    def _laid_out(self) -> pn.Column:
        row = {"gap": "12px", "align_items": "center", **WIDE}
        choose = self._lists["chosen"] = pmui.Select.from_param(self.param.chosen, **BROAD)
        which = self._lists["silence"] = pmui.Select.from_param(self.param.silence, **PART)
        zone = pmui.Select.from_param(self.param.zone, **PART)
        self._acts = pn.Column(
            pn.FlexBox(choose, self._note, **row),
            pn.FlexBox(self._taken, self.take, self.back, self.over, **row),
            self._why,
            pn.FlexBox(self._quiet, self.hush, **row),
            visible=False,
            **WIDE,
        )
        self._endings = pn.FlexBox(which, self.end, self._why_not_end, visible=False, **row)
        head, quiet, past = (
            pn.pane.HTML(title(text), stylesheets=[SHEET], **WIDE)
            for text in ("Open alerts", "Silences", "What ended lately")
        )
        who = pn.FlexBox(self._person, zone, **row)
        return pn.Column(
            head, self.news, who, self.said, self._open, self._acts, self.actions,
            quiet, self._silences, self._endings, past, self._ended, **WIDE,
        )  # fmt: skip

    def _choose(self, alert: str) -> None:
        """Choose an alert of the list, if it is still there."""
        if alert in dict(self.param.chosen.names).values():
            self.chosen = alert

    async def _swipe(self, event: Any) -> None:
        """Take a swiped alert on, if it is still there and nobody has it."""
        self._choose(event.new)
        if self.chosen == event.new and not self.take.disabled:
            await self.acknowledge()

    def look_at(self, alert: str) -> None:
        """Choose the alert that an address names; of one that is not listed is said so, and none is chosen."""
        if alert in dict(self.param.chosen.names).values():
            self.chosen = alert
        else:
            self._say(GONE, "info")

    @property
    def alert(self) -> Alert | None:
        """The chosen alert as it is now."""
        return next((rank.alert for rank in self.board.frame.alerts if rank.alert.id == self.chosen), None)

    async def acknowledge(self) -> None:
        """Take the chosen alert on."""
        until = self._until()
        note = self._written()
        await self._do(
            lambda desk, by: desk.acknowledge_alert(self.chosen, by=by, until=until, note=note), "Acknowledged"
        )

    async def give_back(self) -> None:
        """Give the chosen alert back."""
        note = self._written()
        await self._do(lambda desk, by: desk.return_alert(self.chosen, by=by, note=note), "Given back")

    async def resolve(self) -> None:
        """Say that the chosen alert is over."""
        note = self._written()
        await self._do(lambda desk, by: desk.resolve_alert(self.chosen, by=by, why=note), "Resolved")

    async def silence_it(self) -> None:
        """Let alerts with the chosen one's rule and labels page nobody."""
        alert, note = self.alert, self._written()
        if alert is not None:
            labels, until = {"rule": alert.rule} | alert.labels, utc_now() + QUIET[self._quiet.value]
            await self._do(lambda desk, by: desk.silence_alerts(labels, until=until, by=by, why=note), "Silenced")

    async def end_silence(self) -> None:
        """End the chosen silence."""
        await self._do(lambda desk, by: desk.end_silence(self.silence, by=by))

    async def _do(self, command: Callable[[Desk, str], Coroutine[Any, Any, Any]], done: str = "") -> None:
        """Give the command to the desk; that it is done, or why it is refused, stands on the page and is heard."""
        desk, by = self.board.office.desk, typed(self._person)
        if self._sending:  # the second press of a double one
            return
        if desk is None or not by:
            self._say(READS if desk is None else "Your name is empty; say who acts, e.g. Kim.")
            return
        self._sending, about, of = True, self.alert, self.chosen
        try:
            answer = await self.board.office.ask(command(desk, by))
            self.by = by
            if done:
                self._keep(of, "")
            if isinstance(answer, Alert) and answer.state.ended and answer.by != by:
                self._say("Nothing was done: this alert is over.", "info")
            else:
                on = f"{done}: {called(about, self.board.frame.names)}." if done and about else "The silence is over."
                self._say(on, "success")
        except (ValueError, RuntimeError, ConnectionError) as error:
            self._say(labelled(self, failed(error)))
        finally:
            self._sending = False

    def _written(self) -> str:
        return typed(self._note)

    def _keep(self, alert: str, note: str) -> None:
        if alert == self.chosen:
            self.note = self._note.value_input = note
        else:
            self._notes[alert] = note

    @param.depends("chosen", watch=True)
    def _turn(self) -> None:
        """Keep what is typed for one alert with it; what is typed for none is of the next that is chosen."""
        before, self._noted, typed = self._noted, self.chosen, self._written()
        if before:
            self._keep(before, typed)
            typed = ""
        self._keep(self.chosen, typed or self._notes.pop(self.chosen, ""))

    def _until(self) -> datetime:
        span, now = TAKEN[self._taken.value], utc_now()
        if span is not None:
            return now + span
        zone = ZoneInfo(self.zone)
        return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(9), zone)

    @param.depends("active", "zone", "chosen", "silence", watch=True)
    def _patch(self) -> None:
        """Show the board's frame; what has not changed is left alone, so that nobody loses their place."""
        if not self.active:
            self.actions.alert = None  # nobody sees effects that would be computed anew
            self._acts.visible = self._endings.visible = False
            return
        frame = self.board.frame
        with pn.io.hold():
            self._offer("chosen", {ASK: ""} | choices(frame))
            self._offer("silence", {ASK_SILENCE: ""} | quiets(frame))
            _put(
                self._open,
                open_alerts(frame, self.zone, self.chosen, not self._refusal) if frame.alerts else empty(NONE),
            )
            self._open.chosen = self.chosen
            _put(self._silences, silences(frame, self.zone) if frame.silences else empty("Nothing is silenced."))
            _put(self._ended, ended(frame, self.zone) if frame.ended else empty("No alert has ended yet."))
            # what was there stays while one looks: whoever pressed it by keyboard would lose their place with it
            self._acts.visible |= bool(frame.alerts)
            self._endings.visible |= bool(frame.silences)
            self._enable()
            self.actions.param.update(alert=self.alert, zone=self.zone)
            self._tell_critical()

    def _offer(self, name: str, options: dict[str, str]) -> None:
        """Change a list's options, unless it is open; what is over is not chosen any more, and nothing in its place."""
        known = self.param[name]
        if dict(known.names) != options and not self._lists[name].dropdown_open:
            if getattr(self, name) not in options.values():
                setattr(self, name, "")
            known.objects = options

    @property
    def _refusal(self) -> str:
        return READS if self.board.office.desk is None else self.board.refusal("acknowledge_alert")

    def _enable(self) -> None:
        alert, reads = self.alert, bool(self._refusal)
        taken = alert is not None and alert.state == State.acknowledged
        self.take.disabled = reads or alert is None or taken
        self.back.disabled = reads or not taken
        self.over.disabled = reads or alert is None or alert.eased is None
        self.hush.disabled = reads or alert is None
        self.end.disabled = reads or not self.silence
        _put(self._why, f'<p class="soft">{why_not(alert)}</p>' if self.board.frame.alerts and not reads else "")
        asks = self.board.frame.silences and not reads and not self.silence
        _put(self._why_not_end, f'<p class="soft">{CHOOSE_SILENCE}</p>' if asks else "")

    def _tell_critical(self) -> None:
        """Say aloud (an alert is a live region) that a critical one is new, for as long as one is open."""
        now = criticals(self.board.frame)
        new = [said for id, said in now.items() if id not in self._critical]
        if new:
            self.news.param.update(object=plain(f"New and critical: {'; '.join(new)}"), visible=True)
        elif not now and self.news.visible:
            self.news.visible = False
        self._critical = now


def _put(pane: Any, text: str) -> None:
    if pane.object != text:
        pane.object = text
