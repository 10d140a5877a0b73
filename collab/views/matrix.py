"""Who gets which leads: for each agent and kind of lead the simulated change, as a table that is shaded by it."""

from __future__ import annotations

from html import escape

import pandas as pd

from collab.views.told import Told, empty, title
from collab.whatif.answers import WHOLE_TEAM
from collab.whatif.measures import four

NOTHING = "Who gets which kinds of leads stands here once the team is simulated: press Simulate the whole team."


class MatrixView(Told):
    """Leads by agent (rows) and kind (columns): the change in words and shade, before and after beside it."""

    of = ("simulated",)
    sheet = """
td.more { background: color-mix(in srgb, var(--mui-palette-primary-main, #1d5fd1) var(--shade), transparent); }
td.less { background: color-mix(in srgb, var(--mui-palette-warning-main, #b45309) var(--shade), transparent); }
td small { color: var(--soft); display: block; }
"""

    def said(self) -> str:
        """The matrix of the newest simulation."""
        head, found = title("Who gets which leads", WHOLE_TEAM), self.tuning.simulated
        if found is None:
            return f"{head}{empty(NOTHING)}"
        said = (
            f"Weights {four(found.weights)} instead of {four(found.base)}: the change in leads, from before to after; "
        )
        said += "means over the seeds. Blue is more, orange is less."
        return f'{head}<p class="quiet">{said}</p>{matrix(found.matrix(), self.tuning.names)}'


def matrix(frame: pd.DataFrame, names: dict[str, str]) -> str:
    """The table of a frame with agent, lead_type, before and after, in leads."""
    before, after = (frame.pivot(index="agent", columns="lead_type", values=name) for name in ("before", "after"))
    kinds, change = list(before.columns), after - before
    most = float(change.abs().to_numpy().max()) or 1.0
    head = "".join(f'<th scope="col">{escape(str(kind)) or "any"}</th>' for kind in kinds)
    rows = []
    for agent in before.index:
        cells = "".join(
            _cell(before.at[agent, kind], after.at[agent, kind], change.at[agent, kind] / most) for kind in kinds
        )
        rows.append(f'<tr><th scope="row">{escape(names.get(agent, agent))}</th>{cells}</tr>')
    return f'<div class="scroll"><table><tr><th>agent</th>{head}</tr>{"".join(rows)}</table></div>'


def _cell(before: float, after: float, share: float) -> str:
    """A cell whose shade is the share of the largest change."""
    kind = "more" if share > 0 else "less"
    change = f"{after - before:+.1f}".replace("-", "−")
    return (
        f'<td class="{kind}" style="--shade: {abs(share) * 55:.0f}%">{change}'
        f"<small>{before:.0f} → {after:.0f}</small></td>"
    )
