"""The Analytics tab: trend, week, comparison, alerts handled and forecast of one book."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from typing import Any

import panel as pn
import param

from collab.analytics.measure import recorded
from collab.analytics.zone import Zone, moment
from collab.views.asked import Asked
from collab.views.compare import CompareView
from collab.views.figures import WIDE
from collab.views.forecast import ForecastView
from collab.views.handling import HandlingView
from collab.views.heat import HeatView
from collab.views.progress import ProgressView
from collab.views.theme import SHEET
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
        self._as_of = pn.pane.HTML(stylesheets=[SHEET], margin=(0, 10), **WIDE)
        asked.param.watch(lambda *events: self._say(), ["book", "zone"])
        self._say()
        self._layout = pn.Column(self._as_of, self.renew, *self._views, **WIDE)

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        for view in (self.asked, *self._views):
            view.active = self.active

    def _say(self) -> None:
        """Of which moment the figures are."""
        book, zone = self.asked.book, self.asked.zone
        if book is None:
            return
        with suppress(ValueError):  # a zone that does not exist is told by the views
            clock, reach = Zone(zone), recorded(book)
            end = book.opened if reach is None else moment(reach[1])
            event = "no event" if reach is None else f"event {book.last:,}"
            self._as_of.object = (
                f'<p class="soft">As of {event}, {end.astimezone(clock.info):%d %b %Y %H:%M:%S} ({escape(zone)}): '
                "periods end there. What is shown stays until you take in what is new.</p>"
            )

    def __panel__(self) -> pn.Column:
        return self._layout
