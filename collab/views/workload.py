"""The workload of every agent as a table: sorted, filtered, chosen from and downloaded while it goes on living."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models.widgets.tables import NumberFormatter

from collab.team import RESPONSE_HALF_LIFE_S, Agent
from collab.views.board import Board
from collab.views.cards import recent, state, status
from collab.views.pace import Pace
from collab.views.theme import SHEET
from collab.views.told import title

EVERY_S = 1.0
"""The shortest time between two changes of the table: a browser lays all its rows out again for each."""

TITLES = {
    "name": "Agent", "status": "Status", "since": "Since (UTC)", "leads": "Leads", "capacity": "Capacity",
    "used": "Used (%)", "load": "Load", "response_s": "Recent first response (s)", "recent": "Recent n",
    "responses": "Responses", "closed": "Closed", "converted": "Converted", "conversion": "Conversion (%)",
    "satisfaction": "Satisfaction", "rated": "Ratings", "rooms": "Rooms",
}  # fmt: skip
"""The columns and what stands above them; the agent's id is in the file only."""

WORDS = {"name", "status", "since", "load"}
"""The columns of words; all others are numbers."""

WIDTHS = {
    "since": 119, "leads": 85, "capacity": 110, "used": 96, "response_s": 212, "recent": 95, "responses": 130,
    "closed": 92, "converted": 127, "conversion": 142, "satisfaction": 142, "rated": 102, "rooms": 92,
}  # fmt: skip
"""How many pixels the columns of numbers are wide: those of words are measured, which is much work for a browser."""

ROUNDED = {"used": (100, 0), "conversion": (100, 0), "response_s": (1, 0), "satisfaction": (1, 1)}
"""What cells show of a number, and what is typed under a heading is compared with: times what, to how many places."""

HAIR = 1e-3
"""How much of what rounding took away stays in a cell, where nobody sees it and equal cells are sorted by it."""

LOOK = """
:host { --line: var(--mui-palette-divider, #d5dbe3); --ink: var(--mui-palette-text-primary, #1c2430);
  --paper: var(--mui-palette-background-paper, #ffffff); }
.tabulator { background: var(--paper) !important; color: var(--ink) !important; border: 1px solid var(--line);
  border-radius: 10px; font-size: 14px; }
.tabulator-row, .tabulator-cell, .tabulator-col, .tabulator-header { border-color: var(--line) !important; }
.tabulator .tabulator-header, .tabulator .tabulator-header .tabulator-col, .tabulator .tabulator-tableholder,
.tabulator .tabulator-tableholder .tabulator-table, .tabulator-row, .tabulator-row.tabulator-row-even {
  background: var(--paper) !important; color: var(--ink) !important; }
.tabulator-row .tabulator-cell { padding: 12px 8px; font-variant-numeric: tabular-nums; }
.tabulator-row .tabulator-frozen { background: inherit !important; }
.tabulator-row.tabulator-selectable:hover { background: color-mix(in srgb, #3b82f6 12%, var(--paper)) !important; }
.tabulator-row.tabulator-selected { background: color-mix(in srgb, #3b82f6 24%, var(--paper)) !important; }
.tabulator-col-title { font-weight: 600; white-space: normal !important; }
.tabulator-header-filter input, .tabulator-header-filter select { min-height: 32px; width: 100%; color: var(--ink);
  background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 2px 6px; }
.tabulator :focus-visible { outline: 2px solid #3b82f6 !important; outline-offset: -2px; }
.tabulator input[type=checkbox] { width: 18px; height: 18px; margin: 0; accent-color: #3b82f6; }
@media (pointer: coarse) {
  .tabulator-header-filter input { min-height: 44px; }
  .tabulator-row .tabulator-cell { padding: 17px 8px; }
  .tabulator-cell:has(input[type=checkbox]), .tabulator-col:has(> * input[type=checkbox]),
  .tabulator-col-content:has(input[type=checkbox]) { padding: 0 !important; overflow: visible !important; }
  .tabulator input[type=checkbox] { appearance: none; position: relative; width: 44px; height: 44px; margin: 0 -2px; }
  .tabulator input[type=checkbox]::before { content: ""; position: absolute; inset: 12px; border: 2px solid var(--ink);
    border-radius: 4px; text-align: center; line-height: 16px; }
  .tabulator input[type=checkbox]:checked::before { content: "✓"; background: #1d4ed8; border-color: #1d4ed8;
    color: #ffffff; }
}
@media print {
  :host, .tabulator, .tabulator-tableholder { height: auto !important; max-height: none !important;
    overflow: visible !important; }
  .tabulator { display: table !important; } .tabulator * { font-size: 10px !important; }
  .tabulator-header-contents, .tabulator-table { display: contents !important; }
  .tabulator-header { display: table-header-group !important; } .tabulator-tableholder { display: table-row-group; }
  .tabulator-headers, .tabulator-row { display: table-row !important; break-inside: avoid; }
  .tabulator-col:not([style*="display: none"]), .tabulator-cell:not([style*="display: none"]) {
    display: table-cell !important; position: static !important; width: auto !important; min-width: 0 !important;
    height: auto !important; padding: 4px 3px !important; border-bottom: 1px solid var(--line); }
  .tabulator-col-content, .tabulator-col-title { padding: 0 !important; }
  .tabulator-cell[tabulator-field=name] { white-space: normal !important; overflow-wrap: anywhere; }
  .tabulator-header-filter, .tabulator-col-sorter, .tabulator-col-resize-handle,
  .tabulator-frozen:has([type=checkbox]) { display: none !important; }
}
"""
"""The table in the colours of the page, light and dark."""


def row(agent: Agent, rooms: int = 0) -> dict[str, Any]:
    """An agent's row; what is not known is not a number."""
    unknown = float("nan")
    response_s, n = recent(agent)
    return {
        "agent": agent.id,
        "name": agent.name,
        "status": status(agent)[0],
        "since": "" if agent.since is None else f"{agent.since:%Y-%m-%d %H:%M}",
        "leads": agent.active,
        "capacity": agent.capacity,
        "used": agent.utilization,
        "load": " ".join(state(agent)),
        "response_s": unknown if response_s is None else response_s,
        "recent": n,
        "responses": agent.responses,
        "closed": agent.closed,
        "converted": agent.converted,
        "conversion": agent.converted / agent.closed if agent.closed else unknown,
        "satisfaction": agent.satisfaction / agent.rated if agent.rated else unknown,
        "rated": agent.rated,
        "rooms": rooms,
    }


def shown(name: str, value: Any) -> Any:
    """What a cell holds of a value: the number that it shows and, above it, a hair, which keeps the order.

    The year of a time is in the file only.
    """
    if name == "since":
        return value[5:]
    if name not in ROUNDED or value != value:
        return value
    times, places = ROUNDED[name]
    seen = round(value * times, places)
    return seen + HAIR * (value * times - seen + 0.5 * 10**-places)


class Table(pn.widgets.Tabulator):
    """A table that is drawn as it is now, also if it was patched before or is drawn twice.

    Panel's own patches only what is drawn already, and begins the next drawing with what it was made with.
    """

    def _get_properties(self, doc: Any = None) -> dict[str, Any]:
        self._processed, self._data = self._get_data()
        properties: dict[str, Any] = super()._get_properties(doc)
        return properties


class WorkloadView(pn.viewable.Viewer):
    """A row for each agent; changes are patches of cells, so that what is chosen, the order and the place stay."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")
    order = param.Selector(default="name", objects={words: name for name, words in TITLES.items()}, label="Sort by")
    falling = param.Boolean(default=False, label="Highest first", doc="Sort from the highest to the lowest.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._rows: dict[str, tuple[Agent, int, dict[str, Any]]] = {}
        self._pace = Pace(EVERY_S, board.schedule, self._now, board.among)
        self.table = Table(
            self._frame([]), show_index=False, hidden_columns=["agent"], titles=TITLES, theme="simple",
            selectable="checkbox", header_filters=_filters(), frozen_columns=["name"], formatters=_formats(),
            # cells that can be edited take the keyboard, and rows that are drawn anew when they are seen lose it
            editors=dict.fromkeys(["agent", *TITLES]), configuration={"autoResize": False}, max_height=520,
            layout="fit_data_fill", widths=WIDTHS, stylesheets=[LOOK], sizing_mode="stretch_width", margin=(0, 10),
            text_align=dict.fromkeys(set(TITLES) - WORDS, "right"),
            header_align=dict.fromkeys(set(TITLES) - WORDS, "right"),
        )  # fmt: skip
        self.file = pmui.FileDownload(callback=self._csv, filename="workload.csv", label="Download as CSV", height=44)
        knobs = [
            pmui.Select.from_param(self.param.order, width=200),
            pmui.Switch.from_param(self.param.falling, align="center"),
            self.file,
        ]
        self._layout = pn.Column(
            pn.pane.HTML(title("Workload") + SAID, stylesheets=[SHEET], sizing_mode="stretch_width"),
            pn.FlexBox(*knobs, gap="12px", align_items="center", sizing_mode="stretch_width"),
            self.table,
            sizing_mode="stretch_width",
        )
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    @param.depends("order", "falling", watch=True)
    def _sort(self) -> None:
        self.table.sorters = [{"field": self.order, "dir": "desc" if self.falling else "asc"}]

    @param.depends("active", watch=True)
    def _patch(self) -> None:
        """Take the frame in, now or in a moment."""
        if self.active:
            self._pace.go(now=not self._rows)

    def _now(self) -> None:
        if not self.active:
            return
        frame = self.board.frame
        with pn.io.hold():
            self._layout.visible = bool(frame.agents)
            here, first = {agent.id for agent in frame.agents}, not self._rows
            if self._rows.keys() - here:
                self._drop(here)
            new = self._change(frame.agents, frame.rooms)
            if first:
                self.table.value = self._frame(new)
            elif new:
                self.table.stream(self._frame(new), follow=False)

    def _change(self, agents: tuple[Agent, ...], rooms: dict[str, int]) -> list[dict[str, Any]]:
        """Patch the cells that changed; returns the rows of agents who are new."""
        places, new = {agent: place for place, agent in enumerate(self._rows)}, []
        cells: dict[str, list[tuple[int, Any]]] = {}
        for agent in agents:
            spoke = rooms.get(agent.id, 0)
            known = self._rows.get(agent.id)
            if known is not None and known[0] is agent and known[1] == spoke:
                continue
            fresh = row(agent, spoke)
            self._rows[agent.id] = (agent, spoke, fresh)
            if known is None:
                new.append(fresh)
                continue
            for name, value in fresh.items():
                if value != known[2][name] and not (value != value and known[2][name] != known[2][name]):
                    cells.setdefault(name, []).append((places[agent.id], shown(name, value)))
        if cells:
            self.table.patch(cells, as_index=False)
        return new

    def _drop(self, staying: set[str]) -> None:
        """Take out who left; who is chosen stays so."""
        chosen = set(self.table.value["agent"].iloc[self.table.selection])
        self._rows = {agent: known for agent, known in self._rows.items() if agent in staying}
        self.table.selection = []
        self.table.value = self._frame([told for _, _, told in self._rows.values()])
        self.table.selection = [place for place, agent in enumerate(self._rows) if agent in chosen]

    @staticmethod
    def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
        cells = [{name: shown(name, value) for name, value in told.items()} for told in rows]
        return pd.DataFrame(cells, columns=["agent", *TITLES])

    def _csv(self) -> io.StringIO:
        """The rows that are chosen, else all that are shown, in the order in which they are; shares from 0 to 1."""
        agents = self.table.current_view["agent"]
        if self.table.selection:
            agents = agents[agents.isin(self.table.value["agent"].iloc[self.table.selection])]
        told = pd.DataFrame([self._rows[agent][2] for agent in agents], columns=["agent", *TITLES])
        file = io.StringIO()
        told.assign(name=told["name"].map(inert), agent=told["agent"].map(inert)).to_csv(file, index=False)
        file.seek(0)
        return file

    def __panel__(self) -> pn.Column:
        return self._layout


SAID = (
    '<p class="soft">Click a heading or choose below to sort, type under a heading to filter, tick rows to choose '
    "them. The file has the chosen rows, else all that are shown, with shares from 0 to 1. In the recent first "
    f"response each counts half for every {RESPONSE_HALF_LIFE_S / 3600:.0f} h that it is older than the newest; "
    "Recent n is how many that makes, Responses how many there ever were.</p>"
)
"""How to use the table."""


def inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _formats() -> dict[str, NumberFormatter]:
    """How numbers are written; each table has its own, because they know, and keep, the tables that they are of."""
    forms = {name: "0.0" if places else "0" for name, (_, places) in ROUNDED.items()}
    return {name: NumberFormatter(format=form, nan_format="–") for name, form in forms.items()}


def _filters() -> dict[str, dict[str, Any]]:
    """What can be typed under each heading: a part of a word, or the least of a number."""
    words = {"type": "input", "func": "like", "placeholder": "find"}
    least = {"type": "number", "func": ">=", "placeholder": "≥"}
    return {name: (words if name in WORDS else least) | _named(name) for name in TITLES}


def _named(column: str) -> dict[str, Any]:
    said = "has" if column in WORDS else "at least"
    return {"elementAttributes": {"aria-label": f"{TITLES[column]} {said}"}}
