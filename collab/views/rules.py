"""Alert rules: those in force, a change of one, what it would have meant over the history, and its adoption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from msgspec.structs import replace

from collab.alerts.contrast import Contrast, contrast
from collab.events import Entry
from collab.history import History
from collab.rules import Rule, Severity
from collab.rules.reading import default
from collab.rules.words import words
from collab.views.alert_rows import ROWS
from collab.views.board import Board
from collab.views.labelled import labelled
from collab.views.numberfield import NumberField
from collab.views.progress import ProgressView
from collab.views.replying import Replying, failed
from collab.views.rule_bars import RuleBars
from collab.views.rule_rows import compared, listed
from collab.views.task import Task
from collab.views.theme import SHEET, plain
from collab.views.told import empty, title
from collab.views.typed import typed

TELL_EVERY = 2_000
"""After so many events of a backtest its progress is told."""

CHANGES = ("fire", "clear", "for_s", "keep_s", "severity", "on")
"""The fields of a rule that are changed here."""

STEP = {"share": 0.01, "index": 0.01, "deviations": 0.1, "s": 5, "ms": 10}
"""By how much a press moves a threshold, by its unit; anything may be typed."""

INVITATION = "Change a field and press Backtest: what the rule would have done over the history stands here."
NO_EVENTS = "Nothing is recorded yet. Route a lead; a backtest needs a history."
SIGNAL = "Its values come from the processes that serve and are in no history: it cannot be backtested."
NO_RULES = "No rule is in force. Adopt some at the desk, e.g. those of collab/rules/default.yaml."
DEFAULTS = "No rules were adopted yet; these are those that come with collab."
MEANWHILE = "Somebody adopted another form of this rule meanwhile: look at it, then change it again."
SAME = "Nothing is changed; change a field, then press Adopt."
OTHERS = "Somebody adopted other rules meanwhile: look at the list below, then press Adopt again."
READS = "This page follows the history that another process records, so rules are adopted at that process's page."

WIDE = {"sizing_mode": "stretch_width"}
KNOB = {"min_width": 140, "max_width": 240, "styles": {"flex": "1 1 150px"}, **WIDE}
PART = {"min_width": 200, "max_width": 640, "styles": {"flex": "1 1 260px"}, **WIDE}


class RulesView(Replying):
    """The rules in force, and a backtest of a change of one of them.

    Args:
        history: what is backtested over; for a view that stands alone, which adopts nothing.
        board: the session's board, whose office has history, rules and a desk that adopts.
        rules: the rules in force; without them those of the office or history, or those that come with collab.
    """

    chosen = param.Selector(default="", objects=[""], check_on_set=False, label="Rule", doc="The rule that is changed.")
    fire = param.Number(0.0, allow_None=True, label="Fires at", doc="The threshold, in the unit of its kind.")
    clear = param.Number(0.0, allow_None=True, label="Ends at", doc="The value at which it is over.")
    for_s = param.Number(
        0.0, allow_None=True, step=10, label="Fires after (s)", doc="How long the condition must hold."
    )
    keep_s = param.Number(
        0.0, allow_None=True, step=10, label="Ends after (s)", doc="How long it stays after its condition."
    )
    severity = param.Selector(default="medium", objects=[str(one) for one in Severity], doc="How grave it is.")
    on = param.Boolean(True, label="On", doc="Is it watched?")
    by = param.String("", label="Your name", doc="Who adopts; needed, and kept for this session.")
    reason = param.String("", label="Reason", doc="Why the rule changes; needed.")
    found = param.ClassSelector(class_=Contrast, doc="What the backtest found; None before it.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(
        self,
        history: History | None = None,
        *,
        board: Board | None = None,
        rules: Iterable[Rule] | None = None,
        **params: Any,
    ) -> None:
        if (history is None) == (board is None):
            raise TypeError("history and board are both given or both missing; give one, e.g. RulesView(history)")
        super().__init__(**params)
        self.board, self.version, self._sending, self._filling = board, -1, False, False
        self._history = (lambda: history) if board is None else (lambda: board.office.history)
        if rules is None:
            rules = (() if history is None else history.team().alerts.rules) or default().rules
        self.rules = tuple(rules)
        self.task = Task(None if board is None else board.schedule)
        self.bars = RuleBars()
        self._list, self.words, self._says = (pn.pane.HTML("", stylesheets=[SHEET, ROWS], **WIDE) for _ in range(3))
        self.progress = ProgressView(self.task, "Backtest", self.backtest, icon="history", doing="Reading events")
        self.adopts = pmui.Button(label="Adopt", icon="gavel", variant="contained")
        self.adopts.on_click(self._pressed)
        self._layout = self._laid_out()
        self.param.watch(lambda *events: self._changed(), list(CHANGES))
        if board is not None:
            board.sign(self._person)
            board.param.watch(lambda event: self._refresh(), "frame")
        self._refresh()
        self._offer()

    def _laid_out(self) -> pn.Column:
        self._numbers = [NumberField.from_param(self.param[name], **KNOB) for name in CHANGES[:4]]
        severity = pmui.Select.from_param(self.param.severity, **KNOB)
        on = pmui.Switch.from_param(self.param.on, description="", margin=(5, 10))
        self._person = pmui.TextInput.from_param(self.param.by, placeholder="Kim", **PART)
        self._reason = pmui.TextInput.from_param(self.param.reason, placeholder="It paged too late", **PART)
        choose = pmui.Select.from_param(self.param.chosen, **PART)
        row = {"gap": "12px", "align_items": "center", **WIDE}
        self._adoption = pn.FlexBox(self._person, self._reason, self.adopts, visible=self.board is not None, **row)
        self.plot = pn.Column(pn.pane.Bokeh(self.bars.plot, **WIDE), visible=False, **WIDE)
        head, change = (
            pn.pane.HTML(title(text), stylesheets=[SHEET], **WIDE) for text in ("Rules in force", "Change a rule")
        )
        return pn.Column(
            change, pn.FlexBox(choose, **row), pn.FlexBox(*self._numbers, severity, on, **row), self._says, self.said,
            self.progress, self.words, self.plot, self._adoption, head, self._list, **WIDE,
        )  # fmt: skip

    @property
    def in_force(self) -> Rule:
        """The chosen rule as it is in force."""
        return next(rule for rule in self.rules if rule.name == self.chosen)

    def changed(self) -> Rule:
        """The chosen rule with the fields as they stand.

        Raises:
            ValueError: names the field, the value and the fix.
        """
        fields = {name: getattr(self, name) for name in CHANGES}
        for name, value in fields.items():
            if value is None:
                raise ValueError(f"{name} is empty; give a number")
        return replace(self.in_force, **fields | {"severity": Severity(self.severity)})

    @param.depends("active", watch=True)
    def _refresh(self) -> None:
        """Take in the rules that came into force since."""
        if not self.active or self.board is None:
            return
        alerts = self.board.office.team.alerts
        if alerts.version == self.version:
            return
        before, edited, self.version = self.in_force if self.chosen else None, self._edited(), alerts.version
        if alerts.version:
            self.rules = alerts.rules
        if before not in self.rules:
            self._offer()
            if edited:
                self._say(MEANWHILE)
        else:  # what is being typed stays
            self.param.chosen.objects = [rule.name for rule in self.rules]
            self._list_rules()

    def _edited(self) -> bool:
        return bool(self.chosen) and not self._is(self.in_force)

    def _offer(self) -> None:
        names = [rule.name for rule in self.rules] or [""]
        same = self.chosen if self.chosen in names else names[0]
        self.param.chosen.objects = names
        self.chosen = same
        self._choose()

    def _list_rules(self) -> None:
        known = "" if self.board is None or self.version > 0 else f'<p class="soft">{DEFAULTS}</p>'
        self._list.object = known + (listed(self.rules, self.chosen) if self.rules else empty(NO_RULES))

    @param.depends("chosen", watch=True)
    def _choose(self) -> None:
        """Begin with the chosen rule as it is in force."""
        if not self.rules:
            self.progress._layout.visible, self.adopts.disabled = False, True
            self._list_rules()
        if self.chosen not in (rule.name for rule in self.rules):
            return
        rule = self.in_force
        self.task.cancel()
        self._filling = True
        with pn.io.hold():
            for threshold in self._numbers[:2]:
                threshold.step = STEP.get(rule.of.unit, 1)
            fields = {name: getattr(rule, name) for name in CHANGES}
            self.param.update(**fields | {"severity": str(rule.severity)})
            self._filling = False
            self._changed()

    def _changed(self) -> None:
        """Say what the fields mean now; what was found for others is not shown any more."""
        if self._filling or not self.chosen:
            return
        self._list_rules()
        try:
            said, error = words(self.changed()), ""
        except (TypeError, ValueError) as wrong:
            said, error = "", labelled(self, str(wrong))
        signal = self.in_force.of.source == "signal"
        self._says.object = f'<p class="soft">{escape(said)}</p>{empty(SIGNAL) if signal else ""}'
        self.said.param.update(object=plain(error), visible=bool(error), severity="error")
        self.progress._layout.visible = not signal and not error
        self.adopts.disabled = bool(error) or self.board is None or self.board.office.desk is None
        self.task.cancel()
        self._take(None)

    def backtest(self) -> None:
        """Watch the rule in force and the changed one over the history, away from this thread."""
        rules, changed, history = self.rules, self.changed(), self._history()
        self.task.start(
            lambda heard, stopped: contrast(rules, changed, _read(history, heard, stopped)),
            lambda found: self._take(found) if self._is(changed) else None,
        )

    def _is(self, changed: Rule) -> bool:
        """Do the fields still say this?"""
        try:
            return self.changed() == changed
        except (TypeError, ValueError):
            return False

    def wait(self, timeout_s: float = 120.0) -> None:
        """Block until a backtest is done: for scripts, notebooks and tests."""
        self.task.wait(timeout_s)

    def _take(self, found: Contrast | None) -> None:
        with pn.io.hold():
            nothing = found is None or found.starts is None
            self.plot.visible = not nothing
            said = INVITATION if found is None else NO_EVENTS
            self.words.object = empty(said) if nothing else compared(found)
            if not nothing:
                self.bars.show(found)
            self.found = found

    async def _pressed(self, event: object) -> None:
        await self.adopt()

    async def adopt(self) -> None:
        """Bring the changed rule into force among the others."""
        by = typed(self._person)
        reason = typed(self._reason)
        desk = None if self.board is None else self.board.office.desk
        if self._sending or self.board is None:
            return
        if desk is None or not by or not reason:
            lacks = (
                "Your name is empty; say who adopts." if not by else "The reason is empty; say why the rule changes."
            )
            self._say(READS if desk is None else lacks)
            return
        if self.board.office.team.alerts.version != self.version:
            self._refresh()
            self._say(MEANWHILE if not self._edited() else OTHERS)
            return
        if self.version and not self._edited():
            self._say(SAME)
            return
        self._sending = True
        try:
            changed = self.changed()
            rules = [changed if rule.name == changed.name else rule for rule in self.rules]
            version = await self.board.office.ask(desk.adopt_rules(rules, by=by, reason=reason))
            self.param.update(by=by, reason="")
            self._refresh()
            file = self.board.office.duties.rules
            again = (
                f" At its next start this process takes those of {file} again: change them there, too." if file else ""
            )
            self._say(f"In force as version {version} of the rules.{again}", "success")
        except (ValueError, RuntimeError, ConnectionError) as error:
            self._say(labelled(self, failed(error)))
        finally:
            self._sending = False


def _read(history: History, heard: Callable[[int, int], None], stopped: Callable[[], bool]) -> Iterator[Entry]:
    """The history's events, with the progress told; ends with an error when it is asked to stop."""
    last = history.own_last
    for number, entry in enumerate(history.each_event()):
        if number % TELL_EVERY == 0:
            if stopped():
                raise CancelledError
            heard(min(entry.seq, last), last)
        yield entry
