"""What a simulated run came to for the team, each figure with its definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from collab.fairness import jain

if TYPE_CHECKING:
    from collab.whatif.simulation import Run


@dataclass(frozen=True)
class Figures:
    """What a run came to; NaN where there was nothing to count.

    Attributes:
        n: leads that arrived.
        unserved: the share that nobody ever got; they count as not converted and in no response time.
        response_s: the mean response time, from the arrival, in seconds.
        response_p50_s: the median.
        response_p95_s: the 95th percentile.
        wait_s: the mean time from the arrival to the assignment.
        converted: the share of leads that converted.
        value: value a lead.
        utilization: of the time on shift, between the first and the last arrival, weighed by agents' time.
        overload: the share of that time in which an agent's utilization was in the red (see `collab.metrics.band`).
        balance: Jain's index of the mean utilizations of those who were on shift (see `collab.fairness.jain`).
        shares: of each agent, of the leads that somebody got.
    """

    n: int
    unserved: float
    response_s: float
    response_p50_s: float
    response_p95_s: float
    wait_s: float
    converted: float
    value: float
    utilization: float
    overload: float
    balance: float
    shares: NDArray[np.float64]


def figures(run: Run) -> Figures:
    """The figures of a run."""
    n, served = len(run.agent), run.agent >= 0
    agent, responses, waits = run.agent, run.response_s, run.wait_s
    if not served.all():
        agent, responses, waits = agent[served], responses[served], waits[served]
    middle, late = np.percentile(responses, [50, 95]).tolist() if len(responses) else (np.nan, np.nan)
    there = run.worked_s > 0
    worked = float(run.worked_s.sum())
    even = jain((run.loaded_s[there] / run.worked_s[there]).tolist())
    counts = np.bincount(agent, minlength=len(run.worked_s))
    return Figures(
        n=n,
        unserved=_share(n - len(responses), n),
        response_s=_share(float(responses.sum()), len(responses)),
        response_p50_s=middle,
        response_p95_s=late,
        wait_s=_share(float(waits.sum()), len(responses)),
        converted=_share(float(run.converted.sum()), n),
        value=_share(float(run.value.sum()), n),
        utilization=_share(float(run.loaded_s.sum()), worked),
        overload=_share(float(run.red_s.sum()), worked),
        balance=np.nan if even is None else even,
        shares=counts / max(len(responses), 1),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else np.nan
