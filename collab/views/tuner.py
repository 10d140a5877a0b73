"""The Tuning tab: sliders, what the figures rest on, and everything that is known of the weights in question."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from collab.legible import several
from collab.views.choice import HALF, ChoiceView
from collab.views.forest import ForestView
from collab.views.hours import HoursView
from collab.views.leaning import LeaningView
from collab.views.matrix import MatrixView
from collab.views.points import Points
from collab.views.prevented import PreventedView
from collab.views.progress import ProgressView
from collab.views.proposing import ProposingView
from collab.views.saving import SavingView
from collab.views.sliders import WeightSliders
from collab.views.table import TableView
from collab.views.told import Told
from collab.views.trust import TrustView
from collab.views.tuning import Tuning

SIDE = {"min_width": 240, "styles": {"flex": "1 1 280px"}}
MAIN = {"min_width": 240, "styles": {"flex": "2.4 1 420px"}}
"""Columns side by side; one below the other on a phone."""


class AsOf(Told):
    """Which log the figures are of."""

    of = ("study",)

    def said(self) -> str:
        """The log in words."""
        study = self.tuning.study
        if study is None:
            return '<p class="quiet">Reading the history…</p>'
        version = f", as of event {study.version:,}" if study.version else ""
        decisions = several(study.what_if.n, "decision")
        return f'<p class="quiet">{decisions}{version}. What is shown stays until you ask for more.</p>'


class TuningView(pn.viewable.Viewer):
    """All views of one tuning on one page; with the same tuning, another page or cell shows the same."""

    tuning = param.ClassSelector(class_=Tuning, doc="What is tuned.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it asks nothing.")

    def __init__(self, tuning: Tuning, **params: Any) -> None:
        super().__init__(tuning=tuning, **params)
        self.knobs = WeightSliders(tuning.weights, lambda: tuning.today, active=self.active)
        self.simulate = ProgressView(
            tuning.simulating, "Simulate the whole team", tuning.simulate, icon="groups", doing="Simulating seeds"
        )
        self.renew = ProgressView(
            tuning.reading, "Take in what is new", tuning.renew, icon="refresh", doing="Reading the history"
        )
        self.renew.button.visible = tuning.grows
        self.saving = SavingView(tuning)
        wide = {"sizing_mode": "stretch_width"}
        side = pn.Column(self.knobs, self.simulate, self.renew, self.saving, AsOf(tuning), **SIDE)
        main = pn.Column(TrustView(tuning), LeaningView(tuning), ForestView(tuning), **MAIN)
        top = pn.FlexBox(side, main, gap="24px", **wide)
        team = pn.FlexBox(
            pn.Column(MatrixView(tuning), **HALF), pn.Column(HoursView(tuning), **HALF), gap="24px", **wide
        )
        self.choice = ChoiceView(Points(tuning))
        self.proposing = ProposingView(tuning, tuning.folder)
        self.prevented = PreventedView(tuning)
        self._layout = pn.Column(top, self.choice, TableView(tuning), team, self.prevented, self.proposing, **wide)

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        self.knobs.active = self.tuning.active = self.active

    def __panel__(self) -> pn.Column:
        return self._layout
