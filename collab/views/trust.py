"""The trust strip: what the figures rest on, each beside the limit from which they are refused."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from collab.views.told import Told, empty
from collab.whatif import Limits, Trust
from collab.whatif.answers import PER_LEAD, WHOLE_TEAM, Estimate, Refused
from collab.whatif.backtest import far, said
from collab.whatif.grounds import Backing
from collab.whatif.measures import label

BACKTESTED = ("converted", "response_s", "utilization")
"""The metrics whose back-test errors stand in the strip; the forest has all."""


class Gauged(NamedTuple):
    """One thing that figures rest on: what it is, how much, whether it is `right`, and from where it is not."""

    name: str
    value: str
    right: bool
    limit: str


class TrustView(Told):
    """A strip of what the estimates, and the simulation if there is one, rest on; each with a word on if it will do."""

    of = ("answer", "simulated")
    sheet = """
.strip { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 8px; margin-bottom: 8px; }
.gauge { border: 1px solid var(--line); border-radius: 10px; background: var(--paper); padding: 6px 12px; }
.gauge b { display: block; font-size: 18px; font-variant-numeric: tabular-nums; }
.gauge span { color: var(--soft); font-size: 12.5px; display: block; }
.gauge.wrong { border-color: var(--mui-palette-error-main, #c62828); }
.gauge.wrong span:last-child { color: var(--mui-palette-error-main, #c62828); font-weight: 600; }
"""

    def said(self) -> str:
        """The strip of what is known now."""
        answer, found = self.tuning.answer, self.tuning.simulated
        if answer is None:
            return empty("What the figures rest on stands here as soon as the log is read.")
        estimates = list(answer.estimates.values())
        if not any(isinstance(one.trust, Trust) and one.trust.n for one in estimates):
            return empty("Figures rest on decisions whose outcome is known; the log has none yet.")
        strip = _strip(f"What the figures rest on, {PER_LEAD}", per_lead(estimates))
        return strip + ("" if found is None else _strip(WHOLE_TEAM, whole_team(list(found.values()))))


def per_lead(answers: list[Estimate | Refused]) -> Iterator[Gauged]:
    """What estimates rest on, of the first that says so: n, ESS, largest weight, unsupported, calibration."""
    limits = Limits()
    trust = next((one.trust for one in answers if isinstance(one.trust, Trust)), None)
    if trust is None:
        yield Gauged("decisions", "0", False, "refused without any")
        return
    yield Gauged("decisions", f"{trust.n:,}", trust.n > 0, "with a known outcome")
    yield Gauged(
        "effective sample (ESS)", f"{trust.ess:,.0f}", trust.ess >= limits.ess, f"refused below {limits.ess:,.0f}"
    )
    yield Gauged(
        "largest weight of one", f"{trust.largest:.1%}", trust.largest <= limits.heaviest, _above(limits.heaviest)
    )
    missing = trust.unsupported
    yield Gauged("never tried by the log", f"{missing:.1%}", missing <= limits.unsupported, _above(limits.unsupported))
    z = trust.calibration_z
    yield Gauged("choices off by (z)", f"{z:.1f}", z <= limits.calibration_z, f"refused above {limits.calibration_z:g}")


def whole_team(figures: list[Estimate | Refused]) -> Iterator[Gauged]:
    """What simulated figures rest on: the utilization, and how wrong back-tests were at most in three metrics."""
    limits = Limits()
    known = {one.metric: one.trust for one in figures if isinstance(one.trust, Backing)}
    if not known:
        return
    load = next(iter(known.values())).utilization
    shown = "none" if math.isnan(load) else f"{load:.2f}"
    yield Gauged("utilization", shown, load <= limits.utilization, f"simulations refused above {limits.utilization:g}")
    for metric in BACKTESTED:
        backing = known.get(metric)
        if backing is not None and math.isfinite(backing.off):
            tried = f"at most, in {backing.tried} back-tests" if backing.tried != 1 else "in the one back-test"
            right = not far(metric, backing.off, limits)
            told = tried if right else f"{tried}: decide nothing on it"
            yield Gauged(f"{label(metric)} was off by", said(metric, backing.off), right, told)


def _above(limit: float) -> str:
    return f"refused above {limit:.0%}"


def _strip(name: str, gauges: Iterable[Gauged]) -> str:
    shown = "".join(map(_gauge, gauges))
    return f'<p class="quiet">{name}</p><div class="strip" role="group" aria-label="{name}">{shown}</div>'


def _gauge(one: Gauged) -> str:
    sign, kind = ("✓", "") if one.right else ("✕", " wrong")
    return (
        f'<div class="gauge{kind}"><span>{escape(one.name)}</span><b>{escape(one.value)}</b>'
        f"<span>{sign} {escape(one.limit)}</span></div>"
    )
