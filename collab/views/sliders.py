"""Four linked sliders over the weights."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.records import FACTORS
from collab.weights import Weights
from collab.whatif.rescore import Values

GATHER_MS = 5
"""How long a slider's moves are gathered before the weights follow; Panel's own 50 ms would be half of the way."""

STILL = {"& .MuiSlider-thumb, & .MuiSlider-track, & .MuiSlider-thumb::before": {"transition": "none"}}
"""A knob goes where the weight is at once: gliding there would paint the page ten times for each step."""

MARKS = 1_000
"""How many marks there are; a slider knows the last hundred of the values that were written to it."""

MARK = 1e-13
"""The smallest mark: far below what is shown, so the four still sum to 1."""


class WeightSliders(pn.viewable.Viewer):
    """A slider for each weight; as one moves, the others follow.

    The slider that a hand is on is never written to: what it sends would come back late, and take steps back.
    A page that is behind sends back what was written to its other sliders, older values after newer ones; so every
    value written carries a mark of its own, and one that comes back with its mark is no hand's.

    Args:
        weights: those that are moved.
        in_force: tells those to which the button goes back; where the sliders begin, if it is left out.
    """

    weights = param.ClassSelector(class_=Weights, doc="The weights that the sliders move.")
    active = param.Boolean(default=True, doc="Are they on screen? Hidden, they follow when they are shown again.")

    def __init__(self, weights: Weights, in_force: Callable[[], Values] | None = None, **params: Any) -> None:
        super().__init__(weights=weights, **params)
        start = weights.integers()
        self._in_force, self._following = in_force or (lambda: start), False
        self._hand: str | None = None
        self._marks = cycle(MARK * number for number in range(1, MARKS + 1))
        self._written: dict[str, deque[float]] = {factor: deque(maxlen=100) for factor in FACTORS}
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
                tooltips=False,  # the value stands above; a bubble would cover it
                sizing_mode="stretch_width",
                sx=STILL,
            )
            slider._debounce = GATHER_MS  # Panel has no public name for it
            # The value let go comes once more, throttled: the first may be lost beside one that is written.
            slider.param.watch(partial(self._moved, factor), ["value", "value_throttled"])
            self.sliders.append(slider)
        self.back = pmui.Button(label="Back to the weights in force", variant="outlined", icon="restart_alt")
        self.back.on_click(self._back)
        weights.param.watch(self._follow, list(FACTORS))
        self._layout = pn.Column(*self.sliders, self.back, min_width=260, sizing_mode="stretch_width")

    def _moved(self, factor: str, *events: Any) -> None:
        if self._following:
            return
        by_hand = [event.new for event in events if event.new not in self._written[factor]]
        with pn.io.hold():
            if by_hand:
                # The throttled value may be a step behind; it counts only where the value itself was written over.
                now = self.sliders[FACTORS.index(factor)].value
                newest = by_hand[-1] if now in self._written[factor] else now
                self._hand = None if now in self._written[factor] else factor
                setattr(self.weights, factor, round(newest, 2))
            self._follow()
            self._hand = None

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        self._follow()

    def _follow(self, *events: Any) -> None:
        if not self.active:
            return
        self._following = True
        try:
            for factor, slider in zip(FACTORS, self.sliders, strict=True):
                weight = getattr(self.weights, factor)
                if factor != self._hand and abs(slider.value - weight) > 0.004:
                    mark = next(self._marks)
                    self._written[factor].append(weight + mark if weight < 0.5 else weight - mark)
                    slider.value = self._written[factor][-1]
        finally:
            self._following = False

    def _back(self, event: Any) -> None:
        self.weights.take(self._in_force())

    def __panel__(self) -> pn.Column:
        return self._layout
