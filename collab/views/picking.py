"""Lines of HTML of which one is chosen where it stands, by finger, mouse or key."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from collab.views.alert_rows import ROWS
from collab.views.theme import SHEET

LINES = """
[data-key] { cursor: pointer; }
.row { align-items: center; }
[data-key]:hover { background: var(--track); }
button { all: unset; box-sizing: border-box; flex: 1 1 12em; min-height: 44px; cursor: pointer;
  display: flex; align-items: center; }
ul.list { overflow-x: clip; }
[data-swipe] { touch-action: pan-y; position: relative; }
[data-swipe]::before { content: attr(data-swipe); position: absolute; inset: 0 100% 0 auto; width: 100vw;
  padding: 0 16px; display: flex; align-items: center; justify-content: flex-end; font-weight: 600; }
[data-far]::before { background: var(--mui-palette-primary-main, #1d5fd1);
  color: var(--mui-palette-primary-contrastText, #ffffff); }
.swipes { display: none; }
@media (pointer: coarse) { .swipes { display: block; } }
button:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #1d5fd1); outline-offset: 2px; }
"""

CODE = """
const FAR = 140  // so many pixels are meant

export function render({ model, el }) {
  const lines = document.createElement("div")
  let held = null, late = false  // the line under a finger is not drawn anew
  const draw = () => {
    if ((late = held !== null)) return
    const key = lines.getRootNode().activeElement?.closest?.("[data-key]")?.dataset.key
    lines.innerHTML = model.object
    if (key) lines.querySelector(`[data-key="${CSS.escape(key)}"] button`)?.focus({ preventScroll: true })
  }
  lines.addEventListener("click", (event) => {
    const line = event.target.closest("[data-key]")
    if (line) model.chosen = line.dataset.key
  })
  lines.addEventListener("pointerdown", (event) => {
    const line = event.pointerType === "touch" && event.target.closest("[data-swipe]")
    if (line && !held) held = { line, from: event.clientX, id: event.pointerId }
  })
  lines.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held?.id) return
    const way = Math.max(0, event.clientX - held.from)
    held.line.style.translate = `${way}px`
    held.line.toggleAttribute("data-far", way > Math.min(FAR, held.line.clientWidth / 2))
  })
  const letGo = (event) => {
    if (event.pointerId !== held?.id) return
    const { line } = held
    if (line.hasAttribute("data-far") && event.type === "pointerup") model.send_msg(line.dataset.key)
    line.style.translate = ""
    line.removeAttribute("data-far")
    held = null
    if (late) draw()
  }
  lines.addEventListener("pointerup", letGo)
  lines.addEventListener("pointercancel", letGo)
  el.append(lines)
  model.on("object", draw)
  draw()
}
"""


class Picking(JSComponent):
    """Safe HTML; what in it has a `data-key`, and a button for the keys, is chosen by a press anywhere on it.

    What has a `data-swipe`, too, may be swiped to the right by a finger: it says what comes of that.
    """

    object = param.String("", doc="The HTML, which says itself what is chosen.")
    chosen = param.String("", doc="The key of what is chosen, or nothing.")
    swiped = param.String("", doc="The key of what was swiped last; set with each swipe.")

    _esm: ClassVar[str] = CODE
    _stylesheets: ClassVar[list[str]] = [SHEET, ROWS, LINES]

    def _handle_msg(self, data: Any) -> None:
        """A browser tells a swipe."""
        self.swiped = str(data)
