"""The list of rules with what fires and clears each, and what a change of one would have meant."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from collab.alerts.contrast import Contrast
from collab.rules import Rule
from collab.rules.words import words
from collab.views.alert_rows import chip

HEADS = ("rule", "fired", "a day", "pages", "median", "in all", "ended before firing", "open at the end")
"""The columns of the table that compares."""


def rough(seconds: float | None) -> str:
    """A measured time as people read it, rounded; a dash for none."""
    if seconds is None or seconds != seconds:
        return "–"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def listed(rules: Iterable[Rule], chosen: str) -> str:
    """All rules with name, severity, words and whether they are on."""
    return f'<ul class="list">{"".join(_item(rule, rule.name == chosen) for rule in rules)}</ul>'


def _item(rule: Rule, chosen: bool) -> str:
    state = "on" if rule.on else "off"
    return (
        f'<li class="{"chosen" if chosen else ""}"><div class="row"><b>{escape(rule.name)}</b>'
        f'<span>{chip(rule.severity)} <span class="chip">{"●" if rule.on else "○"} {state}</span></span></div>'
        f'<div class="soft">{escape(words(rule))}</div></li>'
    )


def compared(found: Contrast) -> str:
    """What the changed rule would have done against the one in force, in a sentence and as a table."""
    before, after = (found.rules.loc[name].to_dict() for name in ("before", "after"))
    said = (
        f"Over {_long(found.days)} the rule as changed would have fired {_times(after, found.days)}, the rule in force "
        f"{_times(before, found.days)}. {_sooner(found)}"
    )
    rows = "".join(_row(name, row, found.days) for name, row in (("in force", before), ("as changed", after)))
    head = "".join(f"<th>{name}</th>" for name in HEADS)
    table = f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'
    rest = "Nobody acknowledges and nothing is silenced here: it is what the rules alone would have done."
    return f'<p role="status">{escape(said)}</p>{table}<p class="soft">{rest}</p>'


def _times(row: dict[str, Any], days: float) -> str:
    """How often, as a rate only where a day or more is behind it."""
    times = "once" if row["fired"] == 1 else f"{row['fired']:,} times"
    pages = "1 page" if row["pages"] == 1 else f"{row['pages']:,} pages"
    rate = f" ({row['fired_a_day'] or 0:.1f} a day)" if days >= 1 else ""
    return f"{times}{rate}, for {rough(row['lasted_s'])} in all, with {pages}"


def _long(days: float) -> str:
    return f"{days:,.1f} days" if days >= 1 else rough(86_400 * days)


def _sooner(found: Contrast) -> str:
    n, of = int((found.earlier > 0).sum()), len(found.before)
    if not of:
        return "There is no alert of the rule in force that it could have told of sooner."
    missed = of - len(found.earlier)
    silent = f"; of {missed:,} it would not have told by then" if missed else ""
    if not n:
        return f"It would have told of none of the {of:,} sooner{silent}."
    typical = rough(float(found.earlier[found.earlier > 0].median()))
    return f"It would have told of {n:,} of the {of:,} sooner, half of these by {typical} or more{silent}."


def _row(name: str, row: dict[str, Any], days: float) -> str:
    a_day = f"{row['fired_a_day'] or 0:.1f}" if days >= 1 else "–"
    cells = (
        f"{row['fired']:,}", a_day, f"{row['pages']:,}", rough(row["median_s"]),
        rough(row["lasted_s"]), f"{row['pending_only']:,}", f"{row['still_open']:,}",
    )  # fmt: skip
    return f"<tr><td>{name}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
