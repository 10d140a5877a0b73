"""The What-if tab: other weights by sliders, those in the shadow, experiments, and fairness."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from collab.views.board import Board
from collab.views.experiment import ExperimentView
from collab.views.fairness import FairnessView
from collab.views.period import PeriodView
from collab.views.seen import Seen
from collab.views.shadow import ShadowView
from collab.views.theme import SHEET
from collab.views.told import title
from collab.views.whatif import WhatIfView
from collab.weights import Weights

WIDE = {"sizing_mode": "stretch_width"}


class AskingView(pn.viewable.Viewer):
    """What an analyst asks of the recorded decisions; the shadow is there if the office has weights in it.

    Args:
        board: the session's board.
        weights: the sliders' start, shared with the other tabs.
        period: the time that is looked at.
    """

    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, weights: Weights, period: PeriodView, **params: Any) -> None:
        super().__init__(**params)
        on = {"board": board, "active": self.active}
        self.what_if = WhatIfView(weights=weights, period=period, **on)
        self._views: list[Any] = [self.what_if]
        parts: list[Any] = [self.what_if]
        if board.office.shadow is not None:
            shadow = ShadowView(board, active=self.active)
            self._views.append(shadow)
            parts.append(pn.Column(pn.pane.HTML(title("In the shadow"), stylesheets=[SHEET]), shadow, **WIDE))
        experiment = ExperimentView(**on)
        self._views.append(experiment)
        self.fairness, self._seen = FairnessView(board=board, active=False), Seen(seen=False)
        self._seen.param.watch(lambda event: self._look(), "seen")
        self._layout = pn.Column(*parts, experiment, pn.Column(self._seen, self.fairness, **WIDE), **WIDE)

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        for view in self._views:
            view.active = self.active
        self._look()

    def _look(self) -> None:
        """Reckon shares once they are in the window: of a long history that takes seconds, which sliders would feel."""
        self.fairness.active = self.active and self._seen.seen

    def __panel__(self) -> pn.Column:
        return self._layout
