"""The time that a what-if looks at: all of the log, or the hours before an alert fired."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import Any, NamedTuple

import panel as pn
import panel_material_ui as pmui
import param

from collab.office import Office
from collab.views.alert_rows import clock
from collab.views.theme import SHEET, TOUCH
from collab.whatif import WhatIf
from collab.whatif.kernel import warm
from collab.whatif.reading import Window

SPANS = {"1 h before": 1, "8 h before": 8, "24 h before": 24}
"""How far back it may be looked, in hours."""

WIDE = {"sizing_mode": "stretch_width"}


class Around(NamedTuple):
    """An alert in words, when it fired, and by the clocks of which zone that is told."""

    said: str
    fired: datetime
    zone: str


LONG = 200_000
"""Of so many decisions numpy takes more than a moment for each move of a slider."""


class PeriodView(pn.viewable.Viewer):
    """Says whose decisions are looked at, while that is not all of them; its button goes back to all."""

    around = param.ClassSelector(class_=Around, doc="The alert before which it is looked; none for all decisions.")
    hours = param.Selector(default=1, objects=SPANS, label="Look at", doc="How far back from when it fired.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.words = pn.pane.HTML("", stylesheets=[SHEET], **WIDE)
        span = pmui.RadioButtonGroup.from_param(self.param.hours, label="", sx={"& button": TOUCH})
        self.all = pmui.Button(label="Back to all decisions", icon="arrow_back", variant="outlined", sx=TOUCH)
        self.all.on_click(lambda event: self.param.update(around=None))
        knobs = pn.FlexBox(span, self.all, gap="12px", align_items="center", **WIDE)
        self._layout = pn.Column(self.words, knobs, **WIDE)
        self._patch()

    def look(self, around: Around) -> None:
        """Look at the hours before an alert."""
        self.around = around

    @property
    def window(self) -> Window | None:
        """The time that is looked at; None for all of it."""
        if self.around is None:
            return None
        return Window(self.around.fired - timedelta(hours=self.hours), self.around.fired)

    @param.depends("around", "hours", watch=True)
    def _patch(self) -> None:
        with pn.io.hold():
            self._layout.visible = self.around is not None
            self.words.object = "" if self.around is None else f'<p role="status">{escape(spoken(self))}</p>'

    def __panel__(self) -> pn.Column:
        return self._layout


def spoken(period: PeriodView) -> str:
    """The time in words; "" for all of it."""
    around, window = period.around, period.window
    if around is None or window is None or window.since is None:
        return ""
    since, until = (clock(time, around.zone) for time in (window.since, around.fired))
    return f"Decisions of {since} to {until} ({around.zone}), before this alert fired: {around.said}"


def decisions(office: Office, window: Window | None) -> WhatIf:
    """The decisions of this time in an office's history; of all of it, the shared reading.

    Of many, what makes sliders fast is waited for here; else it would load beside their first moves.
    """
    found = office.what_if() if window is None else WhatIf(office.history, window.since, window.until)
    if found.n >= LONG:
        warm().join()
    return found
