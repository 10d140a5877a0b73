"""What answers rest on: how many leads, of what weight, and what to know besides (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from collab.legible import several
from collab.whatif.leaning import Lean


@dataclass(frozen=True)
class Trust:
    """What an estimate rests on.

    Attributes:
        n: decisions with a known outcome.
        ess: how many decisions made under the weights in question would say as much.
        largest: the largest share of all weight that one decision has.
        unsupported: the share of leads that would go to whom the log never tries; with those whom it tries once in all,
            by their chances, if they are too many.
        calibration_z: the largest deviation of choices from the logged propensities, in standard deviations.
        warnings: what to know besides.
        leaning: how many decisions have how much of all weight, in classes of importance weights.
    """

    n: int
    ess: float
    largest: float
    unsupported: float
    calibration_z: float
    warnings: tuple[str, ...] = ()
    leaning: tuple[Lean, ...] = ()

    def __str__(self) -> str:
        parts = f"n {self.n:,}, ESS {self.ess:,.0f}, largest weight {self.largest:.1%}, "
        parts += f"unsupported {self.unsupported:.1%}, calibration z {self.calibration_z:.1f}"
        return "; ".join([parts, *self.warnings])


@dataclass(frozen=True)
class Backing:
    """What a simulated figure rests on.

    Attributes:
        n: leads with known times that the laws were fitted from.
        utilization: the higher of the simulated ones, before and after.
        off: by how much simulations of stretches of the log were wrong in this metric, at most: relative for times,
            conversion and value, absolute for shares; NaN if none could be tried.
        tried: how many stretches that were, of which `changes` began with a change of weights.
        changes: see `tried`.
        warnings: what to know besides.
    """

    n: int
    utilization: float
    off: float
    tried: int
    changes: int
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        tried = f"back-tested {several(self.tried, 'time')}, {self.changes} of them after a change of weights"
        parts = f"fitted from {several(self.n, 'lead')}, utilization {self.utilization:.2f} at most, "
        return "; ".join([parts + (tried if self.tried else "no back-test was possible"), *self.warnings])


@dataclass(frozen=True)
class Blocks:
    """What a difference between blocks of time rests on.

    Attributes:
        n: leads that count, of both arms.
        pairs: pairs of blocks, one of each arm.
        burnt_in: leads that were left out as they came in a block's burn-in.
        warnings: what to know besides.
    """

    n: int
    pairs: int
    burnt_in: int
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        n, left = f"n {self.n:,} in {several(self.pairs, 'pair')} of blocks", several(self.burnt_in, "lead")
        parts = f"{n}, {left} in burn-ins left out"
        return "; ".join([parts, *self.warnings])
