"""Answers about other weights: an estimate with what it rests on, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from html import escape
from math import inf, sqrt
from typing import Any

import numpy as np
import pandas as pd

from collab.whatif.grounds import Backing, Blocks, Trust
from collab.whatif.measures import between, change, digits, figure, label

PER_LEAD = "per lead, at the loads of the log"
"""The question that an estimate answers."""

WHOLE_TEAM = "whole team, simulated"
"""The question that a simulation answers."""

BY_BLOCKS = "whole team, by blocks of time"
"""The question that an experiment answers."""

TEAM = ("response_s", "wait_s", "converted", "value", "utilization", "overload", "balance", "unserved")
"""What a simulation says of a team; see `collab.whatif.figures.Figures`."""


LUCK = 2**0.5
"""By so many times may one decision's weight exceed its limit: an ESS of 200 keeps it below 7.1 % anyway, a small log
with right propensities has one of 5 to 7 % now and then, and intervals (`Estimated.degrees`) are as wide as that needs.
"""

SHARES = ("unsupported", "warn_unsupported", "largest", "utilization", "off_share")
"""The limits that are shares of 1."""


@dataclass(frozen=True)
class Limits:
    """From where on an estimate is refused, or shown with a warning.

    Attributes:
        unsupported: the share of leads that would go to whom the log never tries, or hardly ever, at most.
        warn_unsupported: from here on it is said.
        ess: the effective number of decisions, at least.
        largest: the share of all weight that one decision may have; see `heaviest`.
        calibration_z: how far, in standard deviations, choices may be from what the propensities say.
        utilization: of a simulated team, at most; near saturation nobody can say what would happen.
        leads: with known times, from which a simulation is fitted, at least.
        off: by how much simulations of known stretches may have been wrong before it is said, relative (of times,
            conversion and value; of waits, to a minute at least).
        off_share: the same of shares, absolute.
        off_alerts: the same of alerts and their minutes, relative, before it is refused.
    """

    unsupported: float = 0.05
    warn_unsupported: float = 0.001
    ess: float = 200.0
    largest: float = 0.05
    calibration_z: float = 5.0
    utilization: float = 0.9
    leads: int = 200
    off: float = 0.15
    off_share: float = 0.05
    off_alerts: float = 0.25

    @classmethod
    def of(cls, given: Limits | None) -> Limits:
        """Those that are given, or the usual ones.

        Raises:
            TypeError: it is something else.
        """
        if not isinstance(given, Limits | None):
            raise TypeError(f"limits are {given!r}; give collab.whatif.Limits, e.g. Limits(ess=450)")
        return given or cls()

    @property
    def rarely(self) -> float:
        """The share of leads that may go where the log went once in all: 1 / share^2 decisions say as much of them."""
        return max(self.unsupported, 1 / sqrt(max(self.ess, 1.0)))

    @property
    def heaviest(self) -> float:
        """The share of all weight above which one decision refuses an estimate: what `largest` is by luck."""
        return LUCK * self.largest

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            most = 1.0 if field.name in SHARES else inf
            if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value <= most:
                wanted = "a share of 0 to 1" if most == 1 else "a number of 0 or more"
                raise ValueError(f"{field.name} of Limits is {value!r}; give {wanted}, e.g. {field.default}")


@dataclass(frozen=True)
class Estimate:
    """What a lead would have earned on average, and how much more than under what it is compared with.

    Attributes:
        metric: what was earned: converted or value.
        value: the estimate; its interval is `low` to `high`.
        base: the same under what it is compared with: as it was in the log, unless other weights were given.
        difference: how much more, paired by decision and so more exact than `value` less `base`; its interval is
            `difference_low` to `difference_high`.
        always: the interval that holds at every sample size; None for a metric without a highest value.
        others: the same by other estimators: ips, snips, dr, sndr.
        trust: what it rests on.
        question: what it answers.
    """

    metric: str
    value: float
    low: float
    high: float
    base: float
    difference: float
    difference_low: float
    difference_high: float
    always: tuple[float, float] | None
    others: Mapping[str, float]
    trust: Trust | Backing | Blocks
    question: str = PER_LEAD

    def __str__(self) -> str:
        value, low, high = map(digits, (self.value, self.low, self.high))
        by = (digits(one, "+") for one in (self.difference, self.difference_low, self.difference_high))
        return "{} {} ({} to {}), difference {} ({} to {})".format(self.metric, value, low, high, *by)


@dataclass(frozen=True)
class Refused:
    """The data cannot say: why, and what is certain nevertheless.

    Attributes:
        metric: what was asked for.
        reason: why there is no estimate, and what would help.
        bounds: between which the mean lies whatever was never tried; None where nothing bounds it.
        trust: what it would have rested on; None if the question itself is wrong.
        question: what was asked.
    """

    metric: str
    reason: str
    bounds: tuple[float, float] | None = None
    trust: Trust | Backing | Blocks | None = None
    question: str = PER_LEAD

    def __str__(self) -> str:
        within = f"; it is between {digits(self.bounds[0])} and {digits(self.bounds[1])}" if self.bounds else ""
        return f"{self.metric} refused: {self.reason}{within}"


class Estimates(Mapping[str, Estimate | Refused]):
    """An estimate or a refusal for each metric, by name; `converted` and `value` are attributes too."""

    def __init__(self, found: Mapping[str, Estimate | Refused]) -> None:
        self._found = dict(found)

    def __getitem__(self, metric: str) -> Estimate | Refused:
        return self._found[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __getattr__(self, metric: str) -> Estimate | Refused:
        if metric.startswith("_"):  # asked of a copy that has nothing yet, too
            raise AttributeError(metric)
        if metric not in self._found:
            raise AttributeError(f"there is no estimate of {metric!r}; there are {', '.join(self._found)}")
        return self._found[metric]

    def frame(self) -> pd.DataFrame:
        """A row a metric: estimate, intervals, what it rests on, and the reason where it was refused."""
        return pd.DataFrame([_row(one) for one in self._found.values()])

    def __repr__(self) -> str:
        return "\n  ".join([f"Estimates ({self._asked()})", *map(str, self._found.values()), *self._trust()])

    def _repr_html_(self) -> str:
        names = ("metric", "estimate", "interval", "before", "difference", "interval")
        head = "".join(f"<th>{name}</th>" for name in names)
        rows = "".join(f"<tr>{_cells(one)}</tr>" for one in self._found.values())
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        trust = "".join(f"<p><small>{escape(line)}</small></p>" for line in self._trust())
        return f"<div><p><b>Estimates, {escape(self._asked())}</b></p>{table}{trust}</div>"

    def _asked(self) -> str:
        return "; ".join(dict.fromkeys(one.question for one in self._found.values())) or PER_LEAD

    def _trust(self) -> list[str]:
        metrics: dict[str, list[str]] = {}
        for name, one in self._found.items():
            if one.trust is not None:
                metrics.setdefault(str(one.trust), []).append(name)
        if len(metrics) < 2:
            return list(metrics)
        return [f"{', '.join(names)}: {said}" for said, names in metrics.items()]


def _row(one: Estimate | Refused) -> dict[str, Any]:
    """The fields of an estimate or a refusal as a row of one table."""
    trust = one.trust
    found: dict[str, Any] = {"metric": one.metric, "refused": isinstance(one, Refused)}
    for name in ("value", "low", "high", "base", "difference", "difference_low", "difference_high"):
        found[name] = getattr(one, name, np.nan)
    for name in ("n", "ess", "largest", "unsupported", "calibration_z"):
        found[name] = getattr(trust, name, np.nan)
    bounds = one.bounds if isinstance(one, Refused) and one.bounds else (np.nan, np.nan)
    reason = one.reason if isinstance(one, Refused) else ""
    return found | {"bound_low": bounds[0], "bound_high": bounds[1], "reason": reason, "question": one.question}


def _cells(one: Estimate | Refused) -> str:
    """The same as cells of a table in HTML."""
    name = f'<td title="{escape(one.metric)}">{escape(label(one.metric))}</td>'
    if isinstance(one, Refused):
        why = str(one).partition(" ")[2]
        return f'{name}<td colspan="5" style="text-align: left">{escape(why)}</td>'
    value, low, high, base = (figure(one.metric, field) for field in (one.value, one.low, one.high, one.base))
    ends = between(change(one.metric, one.difference_low), change(one.metric, one.difference_high))
    fields = (value, between(low, high), base, change(one.metric, one.difference), ends)
    return name + "".join(f"<td>{field}</td>" for field in fields)
