"""The Analytics tab: trend, week, comparison, alerts handled and forecast of one book."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from collab.views.asked import Asked
from collab.views.compare import CompareView
from collab.views.figures import WIDE
from collab.views.forecast import ForecastView
from collab.views.handling import HandlingView
from collab.views.heat import HeatView
from collab.views.progress import ProgressView
from collab.views.trend import TrendView


class AnalyticsView(pn.viewable.Viewer):
    """All that is asked of one history on one page; what is shown stays until somebody takes in what is new."""

    asked = param.ClassSelector(class_=Asked, doc="What is asked.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it asks nothing.")

    def __init__(self, asked: Asked, **params: Any) -> None:
        super().__init__(asked=asked, **params)
        views = (TrendView, HeatView, CompareView, HandlingView, ForecastView)
        self._views = tuple(view(asked, active=self.active) for view in views)
        self.trend, self.heat, self.compare, self.handling, self.forecast = self._views
        self.renew = ProgressView(
            asked.opening, "Take in what is new", asked.renew, icon="refresh", doing="Reading the history"
        )
        self.renew.button.visible = asked.grows
        self._layout = pn.Column(*self._views, self.renew, **WIDE)

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        for view in (self.asked, *self._views):
            view.active = self.active

    def __panel__(self) -> pn.Column:
        return self._layout
