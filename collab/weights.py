"""How much each factor counts: four knobs that always sum to 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import param

from collab.records import FACTORS, WeightsVersion
from collab.whole import whole

FAINTEST = 1e-6
"""The share kept of a weight that was pushed to 0, so that it comes back in proportion."""


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Split `total` into whole parts in proportion to `shares`: the largest remainders round up, ties to the first."""
    whole_share = sum(shares)
    exact = [round(total * share / whole_share, 9) if whole_share > 0 else total / len(shares) for share in shares]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def hundredths(weights: str | Sequence[int]) -> tuple[int, int, int, int]:
    """Four whole numbers that sum to 100, in the order of `FACTORS`, from "35-30-20-15" or the numbers themselves.

    Raises:
        ValueError: they are not.
    """
    parts = weights.split("-") if isinstance(weights, str) else [str(one) for one in weights]
    if len(parts) != len(FACTORS) or not all(part.isdecimal() for part in parts):
        raise ValueError(f"weights are {weights!r}; give four whole numbers, as 35-30-20-15 ({', '.join(FACTORS)})")
    a, e, p, r = map(int, parts)
    return WeightsVersion(version=0, values=(a, e, p, r)).values


class Weights(param.Parameterized):
    """The four weights of the router, in hundredths; moving one lets the others share the rest in proportion.

    `Weights()` has the defaults; with some of the four given, the others share what is left; with all four given,
    they must sum to 1.

    Raises:
        ValueError: a weight outside 0 to 1, or four that do not sum to 1 (all zero included).
    """

    availability = param.Number(0.35, bounds=(0, 1), step=0.01, doc="Is the agent there, with room for one more?")
    expertise = param.Number(0.30, bounds=(0, 1), step=0.01, doc="Do the agent's skills match what the lead asks for?")
    performance = param.Number(0.20, bounds=(0, 1), step=0.01, doc="Do the agent's leads convert and end content?")
    responsiveness = param.Number(0.15, bounds=(0, 1), step=0.01, doc="How soon has the agent answered lately?")

    def __init__(self, **values: float) -> None:
        unknown = sorted(set(values) - {*FACTORS, "name"})
        if unknown:
            raise ValueError(f"weights have no {', '.join(unknown)}; the factors are {', '.join(FACTORS)}")
        super().__init__(**({"name": values.pop("name")} if "name" in values else {}))  # type: ignore[no-untyped-call]
        self._shares = [float(getattr(self, factor)) for factor in FACTORS]
        self._sharing = False
        self.param.watch(self._share, list(FACTORS))
        if values:
            before = {factor: getattr(self, factor) for factor in values}
            self._set(values)
            self._move(values, before)

    @classmethod
    def of(cls, values: Weights | WeightsVersion | Mapping[str, float] | Sequence[float] | str) -> Weights:
        """Weights from anything that names them: "35-30-20-15", four integers or shares, a mapping, a version.

        Raises:
            ValueError: there are not four, or they do not sum to 100, or to 1 as shares.
        """
        if isinstance(values, Weights):
            return values
        if isinstance(values, str):
            values = hundredths(values)
        if isinstance(values, WeightsVersion):
            values = values.values
        if isinstance(values, Mapping):
            return cls(**values)
        given = list(values) if isinstance(values, Iterable) else [values]
        if len(given) != len(FACTORS):
            raise ValueError(f"weights are {given}; give four, in the order {', '.join(FACTORS)}")
        integers = all(isinstance(value, int) for value in given) and sum(given) != 1
        return cls(**{factor: value / 100 if integers else value for factor, value in zip(FACTORS, given, strict=True)})

    def __str__(self) -> str:
        return ", ".join(f"{factor} {getattr(self, factor):.2f}" for factor in FACTORS)

    def integers(self) -> tuple[int, int, int, int]:
        """The weights as integers that sum to 100, in the order of `FACTORS`."""
        a, e, p, r = (round(100 * getattr(self, factor)) for factor in FACTORS)
        return a, e, p, r

    def take(self, values: Weights | WeightsVersion | Mapping[str, float] | Sequence[float]) -> None:
        """Take on all four at once, from anything that `of` takes."""
        other = Weights.of(values)
        shares = {factor: float(getattr(other, factor)) for factor in FACTORS}
        self._shares = [max(share, FAINTEST**2) for share in shares.values()]
        self._set(shares)

    def freeze(self, version: int) -> WeightsVersion:
        """These weights as a version, a whole number of 0 or more, that never changes."""
        return WeightsVersion(version=whole(version, "version", 0), values=self.integers())

    def _share(self, *events: Any) -> None:
        if not self._sharing:
            self._move({event.name: event.new for event in events}, {event.name: event.old for event in events})

    def _move(self, moved: Mapping[str, float], before: Mapping[str, float]) -> None:
        rest = 1 - sum(moved.values())
        kept = [factor for factor in FACTORS if factor not in moved]
        if rest < -0.005 or (not kept and rest > 0.005):
            self._set(before)
            raise ValueError(_sum_error(moved))
        shares = dict(zip(FACTORS, self._shares, strict=True)) | {factor: float(moved[factor]) for factor in moved}
        total = sum(shares[factor] for factor in kept)
        for factor in kept:
            share = shares[factor] / total if total > 0 else 1 / len(kept)
            shares[factor] = share * max(rest, FAINTEST)
        self._shares = [max(shares[factor], FAINTEST**2) for factor in FACTORS]
        self._set(_in_hundredths(shares, kept, rest))

    def _set(self, values: Mapping[str, float]) -> None:
        self._sharing = True
        try:
            self.param.update(**values)
        finally:
            self._sharing = False


def _in_hundredths(shares: Mapping[str, float], kept: Sequence[str], rest: float) -> dict[str, float]:
    """Round the moved weights to hundredths and let the kept ones fill up to 1."""
    moved = [factor for factor in FACTORS if factor not in kept]
    fixed = apportion(100, [*(shares[factor] for factor in moved), max(rest, 0.0)])
    left = fixed.pop()
    if kept:
        fixed += apportion(left, [shares[factor] for factor in kept])
    elif left:
        fixed[0] += left
    whole = dict(zip([*moved, *kept], fixed, strict=True))
    return {factor: whole[factor] / 100 for factor in FACTORS}


def _sum_error(values: Mapping[str, float]) -> str:
    given = ", ".join(f"{factor} {values[factor]:g}" for factor in FACTORS if factor in values)
    total = sum(values.values())
    return f"weights are {given}, which sum to {total:g}; make them sum to 1, with at least one above 0"
