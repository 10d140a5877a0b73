"""A figure that can be trusted: its value with how much stands behind it, an interval, its unit and its definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import nan, sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

LEVEL = 0.95
"""How often an interval holds what it is about."""


class Figure(Struct, frozen=True, kw_only=True):
    """A value, the interval that holds it 19 times in 20, and the rows behind it; NaN is "cannot be said", never 0.

    Attributes:
        value: the figure.
        n: how many rows it was made from.
        low: where the interval begins.
        high: where it ends.
        unit: s, ms, share (0 to 1), leads, …
        definition: what exactly it says, in a sentence or two.
    """

    value: float = nan
    n: int = 0
    low: float = nan
    high: float = nan
    unit: str = ""
    definition: str = ""

    def __str__(self) -> str:
        if self.value != self.value:
            return f"cannot be said (n {self.n:,})"
        return f"{self.value:.3g} {self.unit} ({self.low:.3g} to {self.high:.3g}, n {self.n:,})"


def table(figures: Mapping[str, Figure]) -> pd.DataFrame:
    """Figures as a frame: a row each, with value, n, low, high, unit and definition."""
    columns = list(Figure.__struct_fields__)
    rows = [[getattr(one, column) for column in columns] for one in figures.values()]
    return pd.DataFrame(rows, index=pd.Index(list(figures), name="figure"), columns=columns)


def z(level: float = LEVEL) -> float:
    """How many standard errors on both sides a normal interval of this level has."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(yes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The score interval of a share, which is never below 0 nor above 1 and says something for 0 of n, too.

    Wilson, JASA 22, 1927. NaN for none of none.

    Raises:
        ValueError: yes is not between 0 and n.
    """
    if not 0 <= yes <= n:
        raise ValueError(f"yes is {yes} of n {n}; give 0 to n")
    if not n:
        return nan, nan
    share, c = yes / n, z(level) ** 2 / n
    half = z(level) * sqrt(share * (1 - share) / n + c / (4 * n)) / (1 + c)
    middle = (share + c / 2) / (1 + c)
    return (0.0 if yes == 0 else middle - half), (1.0 if yes == n else middle + half)


def share(yes: int, n: int, definition: str, level: float = LEVEL) -> Figure:
    """A share with Wilson's interval; NaN of none."""
    low, high = wilson(yes, n, level)
    return Figure(value=yes / n if n else nan, n=n, low=low, high=high, unit="share", definition=definition)


def poisson(count: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of the mean of a Poisson count: Garwood, Biometrika 28, 1936."""
    from scipy.special import gammaincinv  # takes a while to load, and only figures need it

    tail = (1 - level) / 2
    return float(gammaincinv(count, tail)) if count else 0.0, float(gammaincinv(count + 1, 1 - tail))


FAR = 10.0
"""No rank is looked for further from the middle, in standard deviations: of a million values few are near."""


@lru_cache(maxsize=4096)
def ranks(n: int, q: float, level: float = LEVEL) -> tuple[int, int]:
    """The ranks, from 1, of the ordered values between which the quantile q lies; 0 and n + 1 where n is too few.

    Whatever the law of the values: David and Nagaraja, Order Statistics, 3rd ed., 7.1. If B is binomial of n and q,
    the lower rank is the largest l with P(B < l) <= a, the upper the smallest u with P(B >= u) <= a.
    """
    from scipy.special import bdtr

    tail, reach = (1 - level) / 2, FAR * (sqrt(n * q * (1 - q)) + 1)
    places = np.arange(max(int(n * q - reach), 0), min(int(n * q + reach), n) + 2)
    below = np.where(places > 0, bdtr(np.maximum(places - 1, 0), n, q), 0.0)  # P(B < i)
    lower, upper = np.searchsorted(below, tail, side="right") - 1, np.searchsorted(below, 1 - tail)
    return int(places[lower]), int(places[upper])


def quantiles(
    values: NDArray[np.float64], qs: Sequence[float], level: float = LEVEL
) -> list[tuple[float, float, float]]:
    """Quantiles, each with the order statistics between which it lies; NaN where the values are too few to say.

    Raises:
        ValueError: one is not between 0 and 1.
    """
    if wrong := [q for q in qs if not 0 < q < 1]:
        raise ValueError(f"q is {wrong[0]}; give a number between 0 and 1, e.g. 0.5 for the median")
    n = len(values)
    if not n:
        return [(nan, nan, nan)] * len(qs)
    wanted = [(q * (n - 1), *ranks(n, q, level)) for q in qs]
    places = {one for place, lower, upper in wanted for one in (int(place), int(place) + 1, lower - 1, upper - 1)}
    ordered = np.partition(values, sorted(one for one in places if 0 <= one < n))

    def at(rank: int) -> float:
        return float(ordered[rank - 1]) if 1 <= rank <= n else nan

    found = []
    for place, lower, upper in wanted:
        first, last = float(ordered[int(place)]), float(ordered[min(int(place) + 1, n - 1)])
        value = first + (place - int(place)) * (last - first)
        found.append((value, min(at(lower), value), max(at(upper), value)))  # between two values it may lie beyond one
    return found


def percentiles(
    values: NDArray[np.float64], cuts: Mapping[str, float], unit: str, definition: str
) -> dict[str, Figure]:
    """Quantiles as figures, by the names of the cuts."""
    n, found = len(values), quantiles(values, list(cuts.values()))
    return {
        name: Figure(value=value, n=n, low=low, high=high, unit=unit, definition=definition)
        for name, (value, low, high) in zip(cuts, found, strict=True)
    }


def mean(values: NDArray[np.float64], unit: str, definition: str, level: float = LEVEL) -> Figure:
    """A mean with the interval of the normal law; without one of fewer than two values."""
    n = len(values)
    middle = float(values.mean()) if n else nan
    half = z(level) * float(values.std(ddof=1)) / sqrt(n) if n > 1 else nan
    return Figure(value=middle, n=n, low=middle - half, high=middle + half, unit=unit, definition=definition)


def difference(now: Figure, before: Figure) -> Figure:
    """By how much a figure differs from one of other rows, with an interval made of both intervals.

    The method of variance estimates recovery: Zou and Donner, Statistics in Medicine 27, 2008; for shares it is that of
    Newcombe, 1998. The definition is that of the figure now.
    """
    change = now.value - before.value
    low = change - sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    high = change + sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    n, said = now.n + before.n, f"Now less before. {now.definition}"
    return Figure(value=change, n=n, low=low, high=high, unit=now.unit, definition=said)
