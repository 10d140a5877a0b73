"""How long sales take: which share of the conversions of leads of an age is known, and which leads are old enough."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MATURE = 0.95
"""Leads count from the age on at which this share of closed leads was closed."""

KNOWN = 0.8
"""They count only if so large a share of the conversions of their age is known, and are weighed up by the rest."""

RIPE = 0.95
"""Leads are ripe at the age at which so large a share of their conversions is known."""

FEWEST_SALES = 20
"""So many conversions of leads of an age are needed to say which share takes longer; of fewer none is said to."""

WORTH_SAYING = 0.01
"""From which share of conversions that are not known yet on it is said, and others count more for them."""

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Ripening:
    """How long conversions take, of a log that does not know yet what comes of its newest leads.

    Attributes:
        took: the durations of conversions in microseconds, ascending.
        share: which share of all conversions takes at most so long; 1 beyond the last one, less `later`.
        reach: the age in microseconds up to which the log can tell.
        later: the share that takes longer than that, by how fast it became rarer before; 0 if nobody can say.
        window: the age in microseconds from which on leads count; infinite if none is old enough.
    """

    took: Floats
    share: Floats
    reach: float
    later: float
    window: float

    def known(self, age: Floats) -> Floats:
        """Which share of the conversions of leads so old (microseconds) is known."""
        every = np.concatenate([[0.0 if len(self.took) else 1.0], self.share])
        return np.asarray(every[np.searchsorted(self.took, age, side="right")], np.float64)

    def counts(self, age: Floats) -> Floats:
        """As how many each conversion of leads so old counts: 1, unless many of theirs are not known yet."""
        known = self.known(age)
        return 1 / known if len(age) and 1 - float(known.mean()) >= WORTH_SAYING else np.ones(len(age))

    @property
    def ripe(self) -> float:
        """The age in microseconds at which leads are ripe; infinite if the log is too young to tell."""
        return max(self.window, _age(self.took, self.share, RIPE)) if len(self.took) else self.window

    @property
    def young(self) -> str | None:
        """Why no lead is old enough, and what would help; None if some may be."""
        if self.window < inf or self.later == 0:
            return None
        return (
            f"sales take too long for the age of the log: about {self.later:.0%} of them take more than the "
            f"{self.reach / DAY_US:.3g} days that it can tell of; wait until it is older"
        )

    def said(self, age: Floats) -> str | None:
        """What to know of an estimate from leads so old, or why none is; None if nearly all conversions are known."""
        missing = 1 - float(self.known(age).mean()) if len(age) else 0.0
        if self.young or missing < WORTH_SAYING:
            return self.young
        tail = f", {self.later:.1%} of all for longer than the log can tell of" if self.later > WORTH_SAYING else ""
        return (
            f"{missing:.1%} of the sales of the leads that count are not known yet, by how long sales take{tail}; "
            "leads count more for it, the younger the more, as if the sales of all took alike"
        )


def ripening(took: Floats, age: Floats, converted: NDArray[np.bool_]) -> Ripening:
    """How long conversions take, from the closed leads of a log: a value a lead, times in microseconds.

    A conversion is seen only if it took no longer than its lead is old, so that slow ones are missing among the young:
    their durations are right-truncated. With d(s) of them that took s, and R(s) that took s or less of leads at least s
    old, the share that takes t at most is the product of 1 - d(s) / R(s) over all s > t (Lynden-Bell 1971; Kalbfleisch
    & Lawless 1989). What takes longer than the log can tell becomes rarer as fast as before: of the share x / (1 + x)
    in the second half of its reach, x^2 of all come after it.

    Args:
        took: how long each was open after its decision.
        age: how old it would be now.
        converted: whether it was converted.
    """
    window = float(np.quantile(took, MATURE)) if len(took) else inf
    sold, old = took[converted], np.sort(age[converted])
    if len(sold) < FEWEST_SALES:
        slow = float(np.quantile(sold, MATURE)) if len(sold) else 0.0
        return Ripening(np.empty(0), np.empty(0), 0.0, 0.0, max(window, slow))
    reach = float(old[-FEWEST_SALES])
    old, sold = np.sort(age[converted & (took <= reach)]), np.sort(sold[sold <= reach])
    at, counts = np.unique(sold, return_counts=True)
    there = np.searchsorted(sold, at, side="right") - np.searchsorted(old, at, side="left")
    share = np.cumprod(np.append(1 - counts / there, 1.0)[::-1])[::-1][1:]
    half = float(np.append(0.0, share)[np.searchsorted(at, reach / 2, side="right")])
    later = min(1.0, ((1 - half) / half) ** 2) if half > 0 else 1.0
    return Ripening(at, share * (1 - later), reach, later, max(window, _age(at, share * (1 - later), KNOWN)))


def _age(took: Floats, share: Floats, wanted: float) -> float:
    """The least age at which so large a share is known."""
    place = int(np.searchsorted(share, wanted - 1e-9))
    return float(took[place]) if place < len(took) else inf
