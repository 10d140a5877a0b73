"""Four linked sliders over the weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.records import FACTORS
from collab.weights import Weights

GATHER_MS = 5
"""How long a slider's moves are gathered before the weights follow; Panel's own 50 ms would be half of the way."""


class WeightSliders(pn.viewable.Viewer):
    """A slider for each weight; as one moves, the others follow.

    The slider that a hand is on is never written to: what it sends would come back late, and take steps back.
    """

    weights = param.ClassSelector(class_=Weights, doc="The weights that the sliders move.")

    def __init__(self, weights: Weights, **params: Any) -> None:
        super().__init__(weights=weights, **params)
        self._start, self._following = weights.integers(), False
        self.sliders = []
        for factor in FACTORS:
            knob = weights.param[factor]
            slider = pmui.FloatSlider(
                value=getattr(weights, factor),
                start=0,
                end=1,
                step=0.01,
                format="0.00",
                label=knob.label,
                description=knob.doc,
                sizing_mode="stretch_width",
            )
            slider._debounce = GATHER_MS  # Panel has no public name for it
            slider.param.watch(partial(self._moved, factor), "value")
            self.sliders.append(slider)
        self.back = pmui.Button(label="Back to the start", variant="outlined", icon="restart_alt")
        self.back.on_click(self._back)
        weights.param.watch(self._follow, list(FACTORS))
        self._layout = pn.Column(*self.sliders, self.back, min_width=260, sizing_mode="stretch_width")

    def _moved(self, factor: str, event: Any) -> None:
        if not self._following:
            with pn.io.hold():
                setattr(self.weights, factor, round(event.new, 2))

    def _follow(self, *events: Any) -> None:
        self._following = True
        try:
            for factor, slider in zip(FACTORS, self.sliders, strict=True):
                weight = getattr(self.weights, factor)
                if abs(slider.value - weight) > 0.004:
                    slider.value = weight
        finally:
            self._following = False

    def _back(self, event: Any) -> None:
        shares = {factor: value / 100 for factor, value in zip(FACTORS, self._start, strict=True)}
        self.weights.param.update(**shares)

    def __panel__(self) -> pn.Column:
        return self._layout
