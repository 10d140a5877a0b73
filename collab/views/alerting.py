"""The Alerts tab: what needs a person, the rules that say so, and what was sent of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import param

from collab.views.alerts import AlertsView
from collab.views.board import Board
from collab.views.deliveries import DeliveriesView
from collab.views.period import Around
from collab.views.rules import RulesView
from collab.views.theme import SHEET
from collab.views.told import title


class AlertingView(pn.viewable.Viewer):
    """The open alerts over the rules that make them, and what was sent of them if an owner's plan says to whom.

    Args:
        board: the session's board.
        look: opens a what-if of the time before an alert; without it that is not offered.
    """

    alert = param.String("", constant=True, doc="The id of the alert to look at first; or none.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, look: Callable[[Around], None] | None = None, **params: Any) -> None:
        super().__init__(**params)
        alerts, rules = AlertsView(board, look, active=self.active), RulesView(board=board, active=self.active)
        alerts.param.watch(lambda event: rules.param.update(by=event.new), "by")
        rules.param.watch(lambda event: alerts.param.update(by=event.new), "by")
        if not board.by:
            alerts.by = board.person
            alerts.param.watch(lambda event: board.param.update(person=event.new), "by")
            board.param.watch(lambda event: alerts.param.update(by=event.new), "person")
        self._views: list[Any] = [alerts, rules]
        self.alerts, self._asked = alerts, self.alert
        self._layout = pn.Column(alerts, rules, sizing_mode="stretch_width")
        if (telling := board.office.telling) is not None:
            sent = DeliveriesView(telling.courier.outbox, telling.courier, active=self.active)
            self._views.append(sent)
            self._layout.extend([pn.pane.HTML(title("What was sent"), stylesheets=[SHEET]), sent])

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        for view in self._views:
            view.active = self.active
        if self.active and self._asked:  # once: later it is anybody's choice
            asked, self._asked = self._asked, ""
            self.alerts.look_at(asked)

    def __panel__(self) -> pn.Column:
        return self._layout
