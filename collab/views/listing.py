"""A list of which one entry can be chosen; what changes in it moves nothing that somebody looks at."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param

from collab.views.theme import SHEET

ROWS = """
ul.list { max-height: var(--most, 420px); overflow-y: auto; border: 1px solid var(--line); border-radius: 10px;
  background: var(--paper); }
ul.list:empty { display: none; }
@media print { ul.list { max-height: none; } }
ul.list li { padding: 0; }
button { all: unset; box-sizing: border-box; display: block; width: 100%; min-height: 44px;
  padding: 8px 12px; cursor: pointer; }
button:hover { background: var(--track); }
button:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #1d5fd1); outline-offset: -3px; }
button[aria-pressed="true"] { background: var(--track);
  box-shadow: inset 4px 0 var(--mui-palette-primary-main, #1d5fd1); }
.row b { font-weight: 600; } .row span { white-space: nowrap; }
"""

# Rows are kept by key: a row that stays keeps its element, and with it focus and the place that one has scrolled to.
# Arrows, Home and End go from row to row, so that a long list is one stop of the Tab key.
CODE = """
export function render({ model, el }) {
  const list = document.createElement("ul"), rows = new Map()
  list.className = "list"
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }
  const made = (key) => {
    const row = document.createElement("li"), button = document.createElement("button")
    const head = document.createElement("div"), title = document.createElement("b")
    const aside = document.createElement("span"), note = document.createElement("div")
    head.className = "row"; note.className = "soft"
    head.append(title, aside); button.append(head, note); row.append(button)
    button.type = "button"
    button.addEventListener("click", () => { model.chosen = model.chosen === key ? "" : key })
    rows.set(key, { row, button, title, aside, note })
    return rows.get(key)
  }
  const choose = () => {
    const first = model.rows.length ? model.rows[0].key : "", stop = rows.has(model.chosen) ? model.chosen : first
    for (const [key, { button }] of rows) {
      button.setAttribute("aria-pressed", String(key === model.chosen))
      button.tabIndex = key === stop ? 0 : -1
    }
  }
  const fill = () => {
    const keys = new Set(model.rows.map((row) => row.key))
    for (const [key, { row }] of rows) if (!keys.has(key)) { row.remove(); rows.delete(key) }
    model.rows.forEach(({ key, title, aside, note }, place) => {
      const own = rows.get(key) ?? made(key)
      put(own.title, title); put(own.aside, aside); put(own.note, note)
      if (list.children[place] !== own.row) list.insertBefore(own.row, list.children[place] ?? null)
    })
    choose()
  }
  const name = () => list.setAttribute("aria-label", model.label)
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")], at = buttons.findIndex((one) => one.matches(":focus"))
    const last = buttons.length - 1, to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    buttons[Math.min(Math.max(to, 0), last)]?.focus()
  })
  model.on("rows", fill); model.on("chosen", choose); model.on("label", name)
  name(); fill(); el.append(list)
}
"""


class Listing(pn.custom.JSComponent):
    """Rows of `row`, in their order; a click or Enter chooses one, a second one chooses nothing again."""

    rows = param.List([], item_type=dict, doc="The rows, each with a key of its own.")
    chosen = param.String("", doc="The key of the chosen row, or nothing.")
    label = param.String("", doc="What the list is called for those who hear it.")

    _esm: ClassVar[str] = CODE
    _stylesheets: ClassVar[list[str]] = [SHEET, ROWS]

    def show(self, rows: list[dict[str, Any]]) -> None:
        """Show these rows; the same again send nothing to the page."""
        if rows != self.rows:
            self.rows = rows


def row(key: str, title: str, aside: str = "", note: str = "") -> dict[str, str]:
    """A row of a list: its title, what stands across from it, and what stands below."""
    return {"key": key, "title": title, "aside": aside, "note": note}
