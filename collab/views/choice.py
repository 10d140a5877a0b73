"""Choosing among all weights: the map, the scatter, the columns they show, and the front as a list for the keyboard."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.records import FACTORS, dashed
from collab.views.map import MapView
from collab.views.pareto import ParetoView
from collab.views.points import Points
from collab.views.progress import ProgressView
from collab.views.theme import SHEET
from collab.views.told import TUNING, empty, title
from collab.whatif.answers import PER_LEAD
from collab.whatif.measures import figure, four, label
from collab.whatif.places import LEGEND, WARNING

HALF = {"min_width": 240, "styles": {"flex": "1 1 420px"}}
"""Half of the page's width, all of it on a phone."""

NOTHING = "No lead was decided on yet. Route leads, then press Take in what is new: a map of all weights stands here."

ASK = "Choose weights of the front"
"""The first line of the list."""


class ChoiceView(pn.viewable.Viewer):
    """The map beside the scatter, with the two columns they show and the weights of their front."""

    points = param.ClassSelector(class_=Points, doc="The points that are shown.")

    def __init__(self, points: Points, **params: Any) -> None:
        super().__init__(points=points, **params)
        tuning, wide = points.tuning, {"sizing_mode": "stretch_width"}
        self.metric = pmui.Select(label="Colour, and up the scatter", options=[], **wide)
        self.across = pmui.Select(label="Across the scatter", options=[], **wide)
        self.front = pmui.Select(label="The front, the best first", options={ASK: ""}, value="", **wide)
        self.words = pn.pane.HTML(title("All weights", PER_LEAD), stylesheets=[SHEET, TUNING], **wide)
        self.progress = ProgressView(
            tuning.sweeping, "Sweep all weights", tuning.look, icon="grid_on", doing="Sweeping decisions"
        )
        self.metric.param.watch(lambda event: self._show(metric=event.new), "value")
        self.across.param.watch(lambda event: self._show(across=event.new), "value")
        self.front.param.watch(self._take, "value")
        knobs = pn.FlexBox(*(pn.Column(one, **HALF) for one in (self.metric, self.across, self.front)), **wide)
        plots = pn.FlexBox(
            pn.Column(MapView(points), **HALF), pn.Column(ParetoView(points), **HALF), gap="24px", **wide
        )
        self._shown = pn.Column(knobs, plots, visible=False, **wide)
        self._layout = pn.Column(self.words, self.progress, self._shown, **wide)
        tuning.param.watch(lambda event: self._patch(), "sweep")
        points.param.watch(lambda event: None if event.old else self._patch(), "metric")
        self._patch()

    def _show(self, **columns: str | None) -> None:
        named = {name: column for name, column in columns.items() if column}
        if named:
            self.points.param.update(**named)
            self._list()

    def _take(self, event: Any) -> None:
        if event.new:
            self.points.tuning.take(tuple(int(one) for one in event.new.split("-")))

    def _patch(self) -> None:
        points = self.points
        sweep = points.tuning.sweep
        swept = sweep is not None and sweep.n > 0 and bool(points.metric)  # in a script a thread may be filling them
        with pn.io.hold():
            self._shown.visible, self.progress.button.visible = swept, sweep is None
            if swept:
                columns = {label(name): name for name in points.columns}
                self.metric.param.update(options=columns, value=points.metric)
                self.across.param.update(options=columns, value=points.across)
            self._list()

    def _list(self) -> None:
        points, sweep = self.points, self.points.tuning.sweep
        head = title("All weights", PER_LEAD)
        if sweep is None:
            self.words.object = head + empty("All weights of a grid are asked about; the map stands here after that.")
            return
        if not sweep.n:
            self.words.object = head + empty(NOTHING)
            return
        if not points.metric:
            return
        rows = points.best()
        options = {ASK: ""}
        for row in rows.to_dict("records"):
            values = tuple(int(row[factor]) for factor in FACTORS)
            said = ", ".join(f"{label(name)} {figure(name, row[name])}" for name in (points.metric, points.across))
            options[f"{four(values)}: {said}"] = dashed(values)
        self.front.param.update(options=options, value="")
        no_front = f"<p>There is no front: {points.said}.</p>" if points.said else f"<p>{WARNING}</p>"
        refused = f"<p>There are no estimates: {sweep.refused}.</p>" if sweep.refused else no_front
        self.words.object = f'{head}{refused}<p class="quiet">{LEGEND}</p>'

    def __panel__(self) -> pn.Column:
        return self._layout
