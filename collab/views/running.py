"""A notebook on a page: its prose at once, and what its cells show as they are run, one after the other."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import escape
from pprint import pformat
from typing import Any

import pandas as pd
import panel as pn
from panel.io.state import set_curdoc

from collab.views.notebook import Notebook
from collab.views.scheduling import at_end, scheduler
from collab.views.theme import SHEET

WIDE = {"sizing_mode": "stretch_width"}
CLOSE = {"margin": (0, 10), **WIDE}

POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="notebook")
"""One notebook of this process runs at a time, so that the dashboard beside it keeps a core."""

CODE = """
summary { cursor: pointer; min-height: 44px; display: inline-flex; align-items: center; color: var(--soft); }
summary::before { content: "▸ "; white-space: pre; } [open] summary::before { content: "▾ "; }
pre { margin: 0; padding: 10px 12px; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
"""

PROSE = """
h1 { font-size: 26px; line-height: 1.25; margin: 0; } p { margin: 6px 0; }
a { color: var(--mui-palette-primary-main, #1d5fd1); }
code { color: inherit; background: var(--track); padding: 0 4px; border-radius: 4px; }
"""


class Running(pn.viewable.Viewer):
    """Runs a notebook for one session, beside the thread that serves the pages.

    When the session ends, the cell that runs is the last one.

    Args:
        notebook: what is run.
    """

    def __init__(self, notebook: Notebook, **params: Any) -> None:
        super().__init__(**params)
        self.notebook, self.left, self._schedule = notebook, False, scheduler()
        places = [place for place, cell in enumerate(notebook.cells) if cell.code]
        self.outputs = {place: pn.Column(css_classes=["output"], **WIDE) for place in places}
        self.said = pn.pane.HTML("", stylesheets=[SHEET], **WIDE)
        self._layout = pn.Column(self.said, max_width=1080, **WIDE)
        for place, cell in enumerate(notebook.cells):
            if cell.code:
                self._layout.extend([_code(cell.source), self.outputs[place]])
            else:
                prose = {"stylesheets": [SHEET, PROSE], "disable_anchors": True, **CLOSE}
                self._layout.append(pn.pane.Markdown(cell.source, **prose))
        self._doc = pn.state.curdoc
        at_end(self.leave)
        self._say("Runs soon; another one may come first.")
        self.done = POOL.submit(self._run)

    def leave(self) -> None:
        """Run no further cell."""
        self.left = True

    def _run(self) -> None:
        names: dict[str, Any] = {"__name__": "__main__"}
        for number, (place, column) in enumerate(self.outputs.items(), 1):
            if self.left:
                return
            self._schedule(partial(self._say, f"Cell {number} of {len(self.outputs)} runs now."))
            try:
                with set_curdoc(self._doc):  # so that what the cell makes is this session's
                    shown = outputs(self.notebook.cells[place].source, names)
            except Exception as error:  # whatever it is, the person who reads sees it
                said = f"It ended at cell {number}: {type(error).__name__}: {error}"
                self._schedule(partial(self._say, said, "alert"))
                return
            self._schedule(partial(column.extend, shown))
        self._schedule(partial(self._say, "All cells have run."))

    def _say(self, said: str, role: str = "status") -> None:
        kind = "empty" if role == "alert" else "soft"
        self.said.object = f'<p class="{kind}" role="{role}">{escape(said)}</p>'

    def __panel__(self) -> pn.Column:
        return self._layout


def outputs(source: str, names: dict[str, Any]) -> list[Any]:
    """Run the code of a cell with these names: what it prints, and the value of its last line, if that is one."""
    printed: list[str] = []
    names["print"] = lambda *said: printed.append(" ".join(map(str, said)))
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    value = None if last is None else eval(compile(ast.Expression(shown_of(last.value)), "cell", "eval"), names)
    shown = [pn.pane.Str("\n".join(printed), **WIDE)] if printed else []
    return shown if value is None else [*shown, pane(value)]


def shown_of(value: ast.expr) -> ast.expr:
    """What is shown of an expression: of `view.servable()`, which asks for a page of its own, the view."""
    call = value.func if isinstance(value, ast.Call) else None
    return call.value if isinstance(call, ast.Attribute) and call.attr == "servable" else value


def pane(value: Any) -> Any:
    """What shows a value: wide tables and lines can be moved sideways, and text is no Markdown."""
    look = {"styles": {"overflow-x": "auto"}, **WIDE}
    if isinstance(value, pd.Series):
        value = value.to_frame()
    if isinstance(value, pd.DataFrame):
        return pn.pane.DataFrame(value, stylesheets=[SHEET], **look)
    if isinstance(value, dict | list | tuple):
        value = pformat(value, width=110, sort_dicts=False)
    return pn.pane.Str(value, **look) if isinstance(value, str) else pn.panel(value, **look)


def _code(source: str) -> pn.pane.HTML:
    shown = f"<details><summary>Code</summary><pre>{escape(source)}</pre></details>"
    return pn.pane.HTML(shown, stylesheets=[SHEET, CODE], **CLOSE)
