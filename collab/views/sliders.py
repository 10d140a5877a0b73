"""Four linked sliders over the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from collab.records import FACTORS
from collab.views.theme import SHEET
from collab.weights import Weights
from collab.whatif.rescore import Values

LOOK = """
:host { --knob: var(--mui-palette-primary-main, #1d5fd1); }
.knob { display: grid; grid-template-columns: 1fr auto; column-gap: 12px; padding: 2px 0; }
label { font-weight: 600; } output { font-variant-numeric: tabular-nums; }
small { grid-column: 1 / -1; color: var(--soft); font-size: 12.5px; }
input { grid-column: 1 / -1; width: 100%; height: 44px; margin: -7px 0 -5px; cursor: pointer; touch-action: pan-y; }
@media (forced-colors: none) {
  input { appearance: none; background: none; --at: calc(11px + var(--share) * (100% - 22px));
    width: calc(100% + 18px); margin-inline: -9px; padding: 0 9px; }
  input:focus-visible { outline: 2px solid var(--knob); outline-offset: -7px; border-radius: 20px; }
  input::-webkit-slider-runnable-track { height: 6px; border-radius: 3px;
    background: linear-gradient(to right, var(--knob) var(--at), var(--track) var(--at)); }
  input::-webkit-slider-thumb { appearance: none; width: 22px; height: 22px; margin-top: -8px; border-radius: 50%;
    background: var(--knob); }
  input::-moz-range-track { height: 6px; border-radius: 3px; background: var(--track); }
  input::-moz-range-progress { height: 6px; border-radius: 3px; background: var(--knob); }
  input::-moz-range-thumb { width: 22px; height: 22px; border: 0; border-radius: 50%; background: var(--knob); }
}
"""

# Moves are told one at a time: while one is on its way only the newest of each slider is kept, so a server or a page
# that is behind falls no further behind. Until a slider's moves are answered nothing is written to it: what is written
# to the others in answer to an older move would take it back under the hand.
CODE = """
export function render({ model, el }) {
  const page = Math.random().toString(36).slice(2), rows = {}, waiting = new Map()
  let moves = 0, told = null
  const set = ({ input, output }, weight) => {
    if (Number(input.value) !== weight) input.value = weight
    input.style.setProperty("--share", weight)
    output.textContent = weight.toFixed(2)
  }
  const tell = () => {
    const [factor] = waiting.keys()
    if (told !== null || factor === undefined) return
    model.send_msg({ factor, weight: waiting.get(factor), move: [page, ++moves] })
    waiting.delete(factor)
    told = factor
  }
  const take = () => {
    const [by, number] = model.shown.move
    if (by === page && number === moves) told = null
    for (const [factor, weight] of Object.entries(model.shown.weights))
      if (factor !== told && !waiting.has(factor)) set(rows[factor], weight)
    tell()
  }
  const moved = (factor) => {
    const weight = Number(rows[factor].input.value)
    set(rows[factor], weight)
    waiting.set(factor, weight)
    tell()
  }
  const made = (factor, name, asks) => {
    const [row, label, output, input, small] = ["div", "label", "output", "input", "small"].map(
      (tag) => document.createElement(tag))
    row.className = "knob"
    Object.assign(input, { type: "range", min: 0, max: 1, step: 0.01, id: factor })
    Object.assign(small, { id: factor + "-asks", textContent: asks })
    label.htmlFor = output.htmlFor = factor
    label.textContent = name
    input.setAttribute("aria-describedby", small.id)
    input.addEventListener("input", () => moved(factor))
    let held = ""  // a finger that only scrolls the page puts back what it touched
    input.addEventListener("pointerdown", () => { held = input.value })
    input.addEventListener("pointercancel", () => { input.value = held; moved(factor) })
    row.append(label, output, small, input)
    rows[factor] = { input, output }
    return row
  }
  el.append(...model.knobs.map(({ factor, name, asks }) => made(factor, name, asks)))
  model.on("shown", take)
  take()
}
"""


class Sliders(JSComponent):
    """A slider for each share of a whole; a hand's moves are told to `moved`, what is shown is set from here alone.

    Args:
        moved: is given the factor, its weight from 0 to 1, and which move of which page this is.
    """

    knobs = param.List([], constant=True, item_type=dict, doc="For each slider its `factor`, `name` and what it asks.")
    shown = param.Dict({}, doc="The `weights` by factor, and the `move` that they answer: whose, and its number.")

    _esm: ClassVar[str] = CODE
    _stylesheets: ClassVar[list[str]] = [SHEET, LOOK]

    def __init__(self, moved: Callable[[str, float, list[Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._moved = moved

    def _handle_msg(self, data: Any) -> None:
        self._moved(data["factor"], data["weight"], data["move"])


class WeightSliders(pn.viewable.Viewer):
    """A slider for each weight; as one moves, the others follow.

    Args:
        weights: those that are moved.
        in_force: tells those to which the button goes back; where the sliders begin, if it is left out.
    """

    weights = param.ClassSelector(class_=Weights, doc="The weights that the sliders move.")
    active = param.Boolean(default=True, doc="Are they on screen? Hidden, they follow when they are shown again.")

    def __init__(self, weights: Weights, in_force: Callable[[], Values] | None = None, **params: Any) -> None:
        super().__init__(weights=weights, **params)
        start = weights.integers()
        self._in_force, self._answered = in_force or (lambda: start), ["", 0]
        knobs = [{"factor": f, "name": weights.param[f].label, "asks": weights.param[f].doc} for f in FACTORS]
        self.sliders = Sliders(self._moved, knobs=knobs, shown=self._now(), margin=(5, 10), sizing_mode="stretch_width")
        self.back = pmui.Button(label="Back to the weights in force", variant="outlined", icon="restart_alt")
        self.back.on_click(self._back)
        weights.param.watch(self._follow, list(FACTORS))
        self._layout = pn.Column(self.sliders, self.back, min_width=240, sizing_mode="stretch_width")

    def _moved(self, factor: str, weight: float, move: list[Any]) -> None:
        self._answered = move
        with pn.io.hold():
            try:
                if factor in FACTORS:
                    setattr(self.weights, factor, weight)
            finally:
                self._follow()  # also what changed nothing is answered, else the page would wait

    @param.depends("active", watch=True)
    def _follow(self, *events: Any) -> None:
        if self.active:
            self.sliders.shown = self._now()

    def _now(self) -> dict[str, Any]:
        return {"weights": {factor: getattr(self.weights, factor) for factor in FACTORS}, "move": self._answered}

    def _back(self, event: Any) -> None:
        self.weights.take(self._in_force())

    def __panel__(self) -> pn.Column:
        return self._layout
