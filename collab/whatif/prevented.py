"""Which alerts other weights would have prevented: rules watched over simulated days, beside what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.events import AnyEvent
from collab.legible import several
from collab.whatif.answers import WHOLE_TEAM
from collab.whatif.estimators import student
from collab.whatif.measures import number
from collab.whatif.mechanism import Fit
from collab.whatif.simulated import Asked, cannot_tell, known, too_few
from collab.whatif.watched import Judged, Span, Watched, watched
from collab.whatif.workers import shared_out

Floats = NDArray[np.float64]

FIGURES = ("recorded", "before", "after", "difference", "difference_low", "difference_high")
"""What there is of alerts, and of the minutes for which they lasted."""


class Prevented:
    """Alerts by rule: as recorded, simulated under the weights compared with, and simulated under those in question.

    Attributes:
        weights: the weights in question.
        base: those compared with.
        seeds: how often luck and days were drawn.
        days: the newest days of the log, which were looked at; of `of` days.
        of: see `days`.
        notes: what to know besides.
    """

    question = WHOLE_TEAM

    def __init__(self, rows: list[dict[str, Any]], asked: Asked, span: Span, notes: tuple[str, ...]) -> None:
        self.weights, self.base, self.seeds = asked.weights, asked.base, asked.seeds
        self.days, self.of, self.notes = span.days, span.of, notes
        self._rows = rows

    def frame(self) -> pd.DataFrame:
        """A row a rule.

        `recorded` is how many alerts fired in the log, `before` and `after` how many simulations have under the weights
        compared with and in question (means over the seeds), `difference` how many more with its interval
        (`difference_low`, `difference_high`), `off` by how much `before` misses `recorded`, as a share of it (of 1, if
        none was). `minutes_recorded` and so on are the minutes for which these alerts fired. Where `refused` is true,
        `reason` says why there is no difference.
        """
        names = ["rule", "severity", "refused", *FIGURES, "off"]
        names += [f"minutes_{name}" for name in (*FIGURES, "off")]
        return pd.DataFrame(self._rows, columns=[*names, "reason"]).assign(question=self.question)

    def __repr__(self) -> str:
        return "\n  ".join([f"Prevented ({self.question})", *map(_said, self._rows), *self._trust()])

    def _repr_html_(self) -> str:
        heads = ("rule", "recorded", "simulated", "these weights", "difference", "interval", "minutes", "interval")
        head = "".join(f"<th>{one}</th>" for one in heads)
        rows = "".join(f"<tr>{_cells(row)}</tr>" for row in self._rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        trust = "".join(f"<p><small>{escape(line)}</small></p>" for line in self._trust())
        return f"<div><p><b>Alerts, {escape(self.question)}</b></p>{table}{trust}</div>"

    def _trust(self) -> list[str]:
        part = "" if self.days == self.of else f" of {self.of:,}, the newest"
        days = f"alerts of {several(self.days, 'day')}{part}; means over {self.seeds} seeds"
        return [days, "agreement with the record under one set of weights is no proof under another", *self.notes]


def prevented(
    fit: Fit,
    asked: Asked,
    rules: Judged,
    roster: list[AnyEvent],
    span: Span,
    recorded: Callable[[], Floats],
    *,
    notes: tuple[str, ...] = (),
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Prevented:
    """Watch the rules over simulated runs under both weights, with the same luck, and say how sure it is.

    Means and intervals are those of `collab.whatif.simulated.simulated`. A rule is refused where the simulation under
    the weights compared with misses what was recorded by more than `Limits.off_alerts`, and by more than luck does.

    Raises:
        CancelledError: `cancelled` said so.
    """
    n = known(fit.to)
    found: list[Watched] = []
    if n >= asked.limits.leads and rules.rules:
        _ = fit.whole  # once, not in every worker
        pair = (asked.base, asked.weights)
        calls = [(fit, pair, rules.rules, roster, span, asked.explore, seed) for seed in range(asked.seeds)]
        with ThreadPoolExecutor(1) as alone:  # rules are watched in Python: more threads would only wait for each other
            pool = executor or alone
            found = shared_out(watched, calls, executor=pool, progress=progress, cancelled=cancelled)
    return Prevented([*_rows(found, rules, recorded(), asked, n)], asked, span, (*rules.notes, *notes))


def _rows(found: list[Watched], rules: Judged, seen: Floats, asked: Asked, n: int) -> Iterator[dict[str, Any]]:
    """A row for each rule; those that a simulation cannot know come last."""
    for place, rule in enumerate(rules.rules):
        figures, why = _figures(found, place, seen[place], asked) if found else ({}, too_few(n, asked.limits))
        yield {"rule": rule.name, "severity": str(rule.severity), "refused": bool(why), **figures, "reason": why}
    for rule, why in rules.unknown:
        yield {"rule": rule.name, "severity": str(rule.severity), "refused": True, "reason": f"cannot know: {why}"}


def _figures(found: Sequence[Watched], place: int, seen: Floats, asked: Asked) -> tuple[dict[str, float], str]:
    """The figures of one rule, and why there is no difference, if so."""
    fitted = np.array([one.fitted[:, place] for one in found])
    refitted = np.array([one.refitted[:, place] for one in found])
    wide, mean = student(0.5 + asked.level / 2, asked.seeds - 1), fitted.mean(axis=0)
    apart = wide * (refitted[:, 1] - refitted[:, 0]).std(axis=0, ddof=1)
    luck = wide * np.sqrt(1 + 1 / asked.seeds) * fitted[:, 0].std(axis=0, ddof=1)
    load = max(one.utilization for one in found)
    row: dict[str, float] = {}
    why = cannot_tell(load, asked.limits) if load > asked.limits.utilization else ""
    for which, (form, what) in enumerate((("{}", "alerts"), ("minutes_{}", "minutes"))):
        missed = float(mean[0, which] - seen[which])
        gap = float(mean[1, which] - mean[0, which])
        off = missed / max(float(seen[which]), 1.0)
        values = (float(seen[which]), *mean[:, which].tolist(), gap, gap - apart[which], gap + apart[which])
        row |= {form.format(name): value for name, value in zip((*FIGURES, "off"), (*values, off), strict=True)}
        if not why and abs(off) > asked.limits.off_alerts and abs(missed) > luck[which]:
            why = (
                f"cannot tell: {values[0]:,.0f} {what} were recorded and {values[1]:,.1f} are simulated under the "
                f"weights compared with, off by {abs(off):.0%} (at most {asked.limits.off_alerts:.0%}) and by more "
                "than luck"
            )
    if why:
        row |= {form.format(name): np.nan for form in ("{}", "minutes_{}") for name in FIGURES[2:]}
    return row, why


def _said(row: dict[str, Any]) -> str:
    if row["refused"]:
        return f"{row['rule']} refused: {row['reason']}"
    ends = f"{row['difference_low']:+.4g} to {row['difference_high']:+.4g}"
    return (
        f"{row['rule']} {row['after']:.4g} alerts, difference {row['difference']:+.4g} ({ends}), "
        f"{row['minutes_difference']:+,.0f} minutes; recorded {row['recorded']:.0f}, simulated {row['before']:.4g}"
    )


def _cells(row: dict[str, Any]) -> str:
    name = f"<td>{escape(row['rule'])}</td>"
    if row["refused"]:
        why = escape(str(row["reason"]))
        return f'{name}<td colspan="7" style="text-align: left; color: gray">{why}</td>'
    fields = [number(row[one]) for one in FIGURES[:3]]
    for form in ("{}", "minutes_{}"):
        low, gap, high = (_signed(row[form.format(f"difference{one}")]) for one in ("_low", "", "_high"))
        fields += [gap, f"{low} to {high}"]
    return name + "".join(f"<td>{one}</td>" for one in fields)


def _signed(value: float) -> str:
    return ("+" if value >= 0 else "") + number(value)
