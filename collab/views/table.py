"""The live table: what the weights in question come to in numbers, and what other estimators say."""

from __future__ import annotations

from html import escape

from collab.views.told import Told, empty, four, title
from collab.whatif.answers import PER_LEAD, WHOLE_TEAM, Estimate, Refused
from collab.whatif.forest import number

HEAD = ("metric", "before", "now", "interval", "always", "ips", "snips", "dr")
"""`always` is the interval that holds at every sample size; then come the other estimators."""


class TableView(Told):
    """Leads that move, and a row for each metric: before, estimate, intervals, other estimators; a refusal in words."""

    of = ("answer", "simulated")
    sheet = "tr.refused td { color: var(--soft); } tr.group th { text-align: left; padding-top: 12px; }"

    def said(self) -> str:
        """The table of what is known now."""
        answer, found = self.tuning.answer, self.tuning.simulated
        if answer is None:
            return title("In numbers") + empty("The numbers stand here as soon as the log is read.")
        moved = answer.rescored
        words = (
            f"{moved.moved:,} of {moved.n:,} leads ({100 * moved.share_moved:.1f} %) would have gone to somebody else."
        )
        rows = _group(f"{PER_LEAD}: {four(answer.weights)}") + "".join(map(_row, answer.estimates.values()))
        if found is not None:
            rows += _group(f"{WHOLE_TEAM}: {four(found.weights)}") + "".join(map(_row, found.values()))
        head = "".join(f'<th scope="col">{name}</th>' for name in HEAD)
        table = f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'
        return f'{title("In numbers")}<p role="status" aria-live="polite">{words}</p>{table}'


def _group(text: str) -> str:
    return f'<tr class="group"><th colspan="{len(HEAD)}" scope="rowgroup">{escape(text)}</th></tr>'


def _row(one: Estimate | Refused) -> str:
    if isinstance(one, Refused):
        within = (
            "" if one.bounds is None else f"{number(one.bounds[0])} to {number(one.bounds[1])} whatever was not tried"
        )
        return (
            f'<tr class="refused"><td>{escape(one.metric)}</td><td>–</td><td>refused</td>'
            f'<td colspan="{len(HEAD) - 3}">{within or "–"}</td></tr>'
        )
    always = "–" if one.always is None else f"{number(one.always[0])} to {number(one.always[1])}"
    others = "".join(f"<td>{number(one.others.get(name))}</td>" for name in HEAD[-3:])
    return (
        f"<tr><td>{escape(one.metric)}</td><td>{number(one.base)}</td><td><b>{number(one.value)}</b></td>"
        f"<td>{number(one.low)} to {number(one.high)}</td><td>{always}</td>{others}</tr>"
    )
