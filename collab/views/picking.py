"""Lines of HTML of which one is chosen where it stands, by finger, mouse or key."""

from __future__ import annotations

from typing import ClassVar

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
button:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #1d5fd1); outline-offset: 2px; }
"""

CODE = """
export function render({ model, el }) {
  const lines = document.createElement("div")
  const draw = () => {
    const key = lines.getRootNode().activeElement?.closest?.("[data-key]")?.dataset.key
    lines.innerHTML = model.object
    if (key) lines.querySelector(`[data-key="${CSS.escape(key)}"] button`)?.focus({ preventScroll: true })
  }
  lines.addEventListener("click", (event) => {
    const line = event.target.closest("[data-key]")
    if (line) model.chosen = line.dataset.key
  })
  el.append(lines)
  model.on("object", draw)
  draw()
}
"""


class Picking(JSComponent):
    """Safe HTML; what in it has a `data-key`, and a button for the keys, is chosen by a press anywhere on it."""

    object = param.String("", doc="The HTML, which says itself what is chosen.")
    chosen = param.String("", doc="The key of what is chosen, or nothing.")

    _esm: ClassVar[str] = CODE
    _stylesheets: ClassVar[list[str]] = [SHEET, ROWS, LINES]
