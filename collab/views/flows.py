"""Who would have taken leads over from whom, as a table that is shaded by how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from collab.views.told import empty

MOST = 24
"""Of more agents, those with the most leads that move have rows and columns."""

LEAST = 12
"""How strong the shade of a single lead is, in hundredths; `FULL` where the most move."""
FULL = 55

STAYS = "No lead would have gone to somebody else."

LOOK = """
.flows td, .flows th { padding: 6px 2px; text-align: center; height: 34px; }
.flows th { overflow-wrap: anywhere; min-width: 4.5em; vertical-align: bottom; }
.flows td:last-child { min-width: 0; }
.flows th[scope=row] { text-align: left; white-space: nowrap; color: var(--ink); font-weight: 500; }
.flows td[style] { background: color-mix(in srgb, var(--mui-palette-primary-main, #1d5fd1) var(--shade), transparent); }
.flows .own { color: var(--soft); }
"""


def flows(moves: Sequence[tuple[str, str, int]], names: Mapping[str, str]) -> str:
    """The table as HTML: a row for each agent whom leads leave, a column for each to whom they go.

    Args:
        moves: the agent they leave, the agent they go to, and how many leads.
        names: what all agents are called, by id, in the order of rows and columns.
    """
    if not moves:
        return empty(STAYS)
    shown, cells = _shown(moves, names), {move[:2]: move[2] for move in moves}
    most = max(cells.values())
    head = "".join(f'<th scope="col">{escape(names[agent])}</th>' for agent in shown)
    rows = "".join(
        f'<tr><th scope="row">{escape(names[source])}</th>'
        + "".join(_cell(source == target, cells.get((source, target), 0), most) for target in shown)
        + "</tr>"
        for source in shown
    )
    table = f'<table class="flows"><tr><th scope="col">from, to</th>{head}</tr>{rows}</table>'
    rest = f'<p class="soft">The {MOST} agents with the most leads that move.</p>' if len(shown) < len(names) else ""
    return f'<div class="scroll">{table}</div>{rest}'


def _shown(moves: Sequence[tuple[str, str, int]], names: Mapping[str, str]) -> list[str]:
    moving: Counter[str] = Counter()
    for source, target, leads in moves:
        moving.update({source: leads, target: leads})
    largest = {agent for agent, _ in moving.most_common(MOST)}
    return [agent for agent in names if len(names) <= MOST or agent in largest]


def _cell(own: bool, leads: int, most: int) -> str:
    if own:
        return '<td class="own">·</td>'
    return f'<td style="--shade: {LEAST + (FULL - LEAST) * leads / most:.0f}%">{leads:,}</td>' if leads else "<td></td>"
