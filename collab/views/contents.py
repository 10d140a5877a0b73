"""The index of what is served: the dashboard and each notebook as a card."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import panel as pn

from collab.views.notebook import Notebook
from collab.views.theme import SHEET

SHELF = """
.shelf { list-style: none; margin: 0; padding: 0; display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
.shelf a { display: flex; flex-direction: column; height: 100%; color: inherit; text-decoration: none; overflow: hidden;
  border: 1px solid var(--line); border-radius: 10px; background: var(--paper); overflow-wrap: anywhere; }
.shelf a:hover h3 { text-decoration: underline; }
.shelf a:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #1d5fd1); outline-offset: 2px; }
.shelf img { width: 100%; aspect-ratio: 16 / 9; object-fit: cover; object-position: top; display: block;
  border-bottom: 1px solid var(--line); background: #f5f7fb; }
.shelf div { padding: 12px 14px; } .shelf h3 { margin: 0 0 4px; } .shelf p { margin: 0 0 6px; }
h2 { margin: 18px 0 10px; font-size: 20px; }
"""


def contents(team: str, notebooks: Sequence[Notebook], dashboard: str = "") -> pn.pane.HTML:
    """A card for the dashboard of a team, with the name of its picture if there is one, and one for each notebook."""
    first = _card("./", f"The dashboard of {team}", "Who is there, who gets which lead and why, live.", "", dashboard)
    cards = "".join(
        _card(f"./{one.name}", one.question, one.line, one.name.replace("_", " "), one.picture) for one in notebooks
    )
    shown = f'<ul class="shelf">{first}</ul><h2>Notebooks</h2><ul class="shelf">{cards}</ul>'
    return pn.pane.HTML(shown, stylesheets=[SHEET, SHELF], sizing_mode="stretch_width")


def _card(address: str, title: str, line: str, name: str, picture: str) -> str:
    image = f'<img src="./pictures/{escape(picture)}" alt="" loading="lazy">' if picture else ""
    named = f'<span class="soft">{escape(name)}</span>' if name else ""
    said = f"<div><h3>{escape(title)}</h3><p>{escape(line)}</p>{named}</div>"
    return f'<li><a href="{escape(address)}">{image}{said}</a></li>'
