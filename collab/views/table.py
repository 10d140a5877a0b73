"""The live table: what the weights in question come to in numbers, and what other estimators say."""

from __future__ import annotations

from html import escape

from collab.views.told import Told, empty, title
from collab.whatif.answers import PER_LEAD, WHOLE_TEAM, Estimate, Refused
from collab.whatif.measures import between, figure, four, label

OTHERS = ("ips", "snips", "dr")
"""The other estimators."""

HEAD = ("metric", "before", "under these", "interval", "interval, however often one looks", *map(str.upper, OTHERS))


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
        within = "" if one.bounds is None else f"{_interval(one.metric, one.bounds)} whatever was not tried"
        return (
            f'<tr class="refused"><td>{escape(label(one.metric))}</td><td>–</td><td>refused</td>'
            f'<td colspan="{len(HEAD) - 3}">{within or "–"}</td></tr>'
        )
    always = "–" if one.always is None else _interval(one.metric, one.always)
    others = "".join(f"<td>{figure(one.metric, one.others.get(name))}</td>" for name in OTHERS)
    return (
        f"<tr><td>{escape(label(one.metric))}</td><td>{figure(one.metric, one.base)}</td>"
        f"<td><b>{figure(one.metric, one.value)}</b></td><td>{_interval(one.metric, (one.low, one.high))}</td>"
        f"<td>{always}</td>{others}</tr>"
    )


def _interval(metric: str, ends: tuple[float, float]) -> str:
    return between(figure(metric, ends[0]), figure(metric, ends[1]))
