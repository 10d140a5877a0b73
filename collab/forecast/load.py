"""How many leads are being worked on at once: what comes, and how long each keeps a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from collab.history import History

Floats = NDArray[np.float64]

NEWEST = 5_000
"""So many of the newest ended leads say how long work takes."""

FEWEST = 30
"""Ended leads from which the time that work takes is told, at least."""


@dataclass(frozen=True)
class Holding:
    """How long a lead keeps a place, from its assignment to its end.

    Attributes:
        seconds: of ended leads; one number alone is a time that all leads take.
    """

    seconds: Floats

    @classmethod
    def of(cls, seconds: ArrayLike) -> Holding:
        """Times as they were seen, or one time for all.

        Raises:
            ValueError: there is none, or one is not above 0.
        """
        try:
            found = np.atleast_1d(np.asarray(seconds, float)).ravel()
        except (TypeError, ValueError):  # durations, or text
            found = np.empty(0)
        if not len(found) or not (np.isfinite(found) & (found > 0)).all():
            raise ValueError(f"holding_s is {seconds!r}; give seconds above 0: one for all leads, or those seen")
        return cls(found)

    @classmethod
    def of_history(cls, history: History) -> Holding | None:
        """The newest ended leads of a history; None if there are fewer than 30.

        Leads that are open still are left out, so that times are too short on average while many are.
        """
        rows = history.sql(
            "SELECT epoch(o.closed) - epoch(a.time) AS held_s FROM outcomes o JOIN assignments a USING (decision) "
            f"WHERE o.closed > a.time ORDER BY o.closed DESC, o.lead LIMIT {NEWEST}"
        )
        return cls(rows["held_s"].to_numpy(float)) if len(rows) >= FEWEST else None

    @property
    def n(self) -> int:
        """How many times were seen."""
        return len(self.seconds)

    @property
    def mean_s(self) -> float:
        """The mean time, in seconds."""
        return float(self.seconds.mean())

    def offered(self, table: pd.DataFrame) -> pd.DataFrame:
        """The work that forecast leads bring, in seconds: mean, and intervals of the sum of as many such times.

        The mean and the variance of a sum of n times, n itself uncertain, as quantiles of a gamma distribution; the
        variance of n is what its 80 % interval spans.
        """
        from scipy.stats import gamma

        leads, z80 = table["leads"].to_numpy(float), 1.2815515655446004
        spread = ((table["high80"] - table["low80"]) / (2 * z80)).to_numpy(float) ** 2
        mean = leads * self.mean_s
        var = np.maximum(leads * float(self.seconds.var()) + spread * self.mean_s**2, 1e-12)
        found = {"offered_s": mean}
        for level in (0.8, 0.95):
            for side, chance in (("low", (1 - level) / 2), ("high", (1 + level) / 2)):
                shape = np.maximum(mean**2 / var, 1e-12)
                quantile = gamma.ppf(chance, shape, scale=var / np.maximum(mean, 1e-12))
                found[f"offered_s_{side}{level * 100:.0f}"] = np.where(mean > 0, quantile, 0.0)
        return pd.DataFrame(found, index=table.index)

    def at_once(self, leads: ArrayLike, interval_s: float) -> Floats:
        """How many leads are held on average in each of consecutive intervals, if so many come in each.

        As if there were a place for everybody (Eick, Massey & Whitt, The physics of the Mt/G/inf queue, Operations
        Research 41, 1993): what came before still keeps places, so the peak of work is later than that of arrivals, and
        lower. Leads come evenly over their interval.
        """
        came = np.asarray(leads, float)
        edges = np.arange(len(came) + 1) * interval_s
        # the mean over a holding time S of the integral of min(S, u) from 0 to x, whose second differences are overlaps
        grown = np.array([_grown(self.seconds, edge) for edge in edges])
        overlap = np.diff(grown, n=2, prepend=[0.0, 0.0])[1:] if len(came) else grown
        return np.asarray(np.convolve(came, overlap / interval_s**2)[: len(came)], float)


def _grown(seconds: Floats, edge: float) -> float:
    least = np.minimum(seconds, edge)
    return float((least * edge - least**2 / 2).mean())
