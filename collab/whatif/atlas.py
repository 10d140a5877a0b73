"""All weights of a grid, each with all that the log says of it per lead: what a page that stands alone looks up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from collab.whatif.answers import Estimates
from collab.whatif.estimate import of_many
from collab.whatif.rescore import Values
from collab.whatif.sweep import NothingLeft, Sweep, step_of

if TYPE_CHECKING:
    from collab.whatif.what_if import WhatIf

LEAST = 0.04
"""The smallest step: it makes 3,276 weights, the next smaller one 23,426."""

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Atlas:
    """What the log says of every weights of a grid; rows are those of the sweep.

    Attributes:
        sweep: the grid, with its columns and fronts.
        agents: ids; the columns of `after`.
        before: leads by agent, as logged.
        after: (weights, agents), leads as rescored.
        moved: how many leads would have gone to somebody else.
        estimates: an estimate or a refusal of each metric, without what `betting` would add.
    """

    sweep: Sweep
    agents: tuple[str, ...]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    moved: NDArray[np.int64]
    estimates: tuple[Estimates, ...]

    def front(self, up: str, across: str) -> list[int]:
        """The rows that no other beats in both columns, the best in the first one first; none if all are refused."""
        try:
            found = self.sweep.front(up, across)
        except NothingLeft:
            return []
        row = {tuple(values): number for number, values in enumerate(self.sweep.weights.tolist())}
        return [row[tuple(values)] for values in found.iloc[:, :4].to_numpy().tolist()]


def atlas(what_if: WhatIf, step: float, progress: Progress | None = None, cancelled: Cancelled | None = None) -> Atlas:
    """Ask a log of every weights of the grid; see `WhatIf.page_html`."""
    if not what_if.n:
        raise ValueError("there are no logged decisions to ask; route leads, and ask again")
    if step_of(step) and step < LEAST:
        raise ValueError(f"step is {step}; a page takes {LEAST} or more, e.g. 0.05, or it has too many weights")
    sweep = what_if.sweep(step, cancelled=cancelled)
    grid: list[Values] = [(a, e, p, r) for a, e, p, r in sweep.weights.tolist()]
    after, moved, judged, counts = [], [], [], np.zeros(0, np.int64)
    for done, (weights, estimates) in enumerate(zip(grid, _estimates(what_if, grid), strict=False)):
        if cancelled is not None and cancelled():
            raise CancelledError
        rescored = what_if.rescore(weights)
        counts = rescored.counts.sum(axis=1)
        after.append(rescored.counts.sum(axis=0))
        moved.append(rescored.moved)
        judged.append(estimates)
        if progress is not None:
            progress(done + 1, len(grid))
    return Atlas(sweep, what_if.agents, counts, np.stack(after), np.array(moved), tuple(judged))


def _estimates(what_if: WhatIf, grid: list[Values]) -> Iterator[Estimates]:
    """What the log says of each, or why it says nothing of any."""
    if what_if.evidence is None:
        return repeat(what_if.estimate(grid[0]))
    return of_many(what_if.evidence, grid)
