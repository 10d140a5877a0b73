"""The logged decisions as integer arrays that are laid out for scoring them all, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collab.whatif.cases import MOST_AGENTS, Cases, join

LANES = 32
"""Decisions that are scored side by side: a block. More of them spill the best scores out of the registers."""

TIE = MOST_AGENTS
"""The low 11 bits of a candidate's line: `TIE` less the agent's code, so that of equal scores the lowest id is best."""

SHIFT = 11
"""Where the score begins above those bits; 1,000,000 of score and 11 bits fit in 31."""


@dataclass(frozen=True)
class Packed:
    """Decisions in blocks of `LANES`, each block with one number of candidates; a candidate is a line of the block.

    Weights sum to 100, so a score is 100 x responsiveness + the sum over the three other factors of weight x (factor -
    responsiveness): one product less. `base` holds the first term, shifted, with the tie bits below it, and `diff` the
    three differences; one sum of three products and a maximum then give score and agent together.

    Attributes:
        agents: ids, sorted; code 1 is the first, 0 is nobody.
        first: the first line of each block, and one more.
        base: (lines, lanes).
        diff: (lines, 3 x lanes).
        chosen: (blocks, lanes), the logged agent's code; 0 in a lane that is empty or left out.
        keys: (blocks, lanes), which decision; -1 in an empty lane.
    """

    agents: tuple[str, ...]
    first: NDArray[np.int64]
    base: NDArray[np.int32]
    diff: NDArray[np.int16]
    chosen: NDArray[np.uint16]
    keys: NDArray[np.int64]

    @property
    def n(self) -> int:
        """How many decisions it holds, those left out included."""
        return int(np.count_nonzero(self.keys >= 0))

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.first) - 1

    @property
    def nbytes(self) -> int:
        """Bytes that one rescoring reads."""
        return self.first.nbytes + self.base.nbytes + self.diff.nbytes + self.chosen.nbytes

    def runs(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Blocks of `start` to `stop` with the same number of candidates: that number, the first and the end."""
        counts = np.diff(self.first[start : stop + 1])
        edges = [0, *(np.flatnonzero(np.diff(counts)) + 1).tolist(), len(counts)]
        for low, high in pairwise(edges):
            if high > low:
                yield int(counts[low]), start + low, start + high

    def without(self, keys: NDArray[np.int64]) -> Packed:
        """The same decisions, those of these keys left out of results."""
        hit = np.isin(self.keys, keys) & (self.chosen > 0)
        return replace(self, chosen=np.where(hit, np.uint16(0), self.chosen)) if hit.any() else self


def pack(cases: Cases) -> Packed:
    """The decisions, sorted by their number of candidates and cut into blocks."""
    order = np.argsort(cases.counts, kind="stable")
    starts = np.concatenate([[0], np.cumsum(cases.counts)])[:-1]
    found, sizes = np.unique(cases.counts, return_counts=True)
    blocks = -(-sizes // LANES)
    counts = np.repeat(found, blocks)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    base = np.full((int(first[-1]), LANES), TIE, np.int32)
    diff = np.zeros((int(first[-1]), 3 * LANES), np.int16)
    chosen = np.zeros((len(counts), LANES), np.uint16)
    keys = np.full((len(counts), LANES), -1, np.int64)
    done = block = 0
    for count, size, high in zip(found.tolist(), sizes.tolist(), blocks.tolist(), strict=True):
        members = order[done : done + size]
        lines = slice(int(first[block]), int(first[block + high]))
        _fill(cases, starts[members], count, base[lines], diff[lines])
        chosen[block : block + high].reshape(-1)[:size] = cases.chosen[members]
        keys[block : block + high].reshape(-1)[:size] = cases.keys[members]
        done, block = done + size, block + high
    return Packed(cases.agents, first, base, diff, chosen, keys)


def unpack(packed: Packed) -> Cases:
    """The decisions as columns again."""
    agent, factors, counts, chosen, keys = [], [], [], [], []
    for count, start, stop in packed.runs(0, packed.blocks):
        lane = packed.keys[start:stop].reshape(-1) >= 0
        lines = slice(int(packed.first[start]), int(packed.first[stop]))
        base = by_decision(packed.base[lines], count)[lane].reshape(-1)
        diff = packed.diff[lines].reshape(-1, 3, LANES)
        last = (base >> SHIFT) // 100
        others = (by_decision(diff[:, number], count)[lane].reshape(-1) + last for number in range(3))
        agent.append(TIE - (base & TIE))
        factors.append(np.stack([*others, last]))
        counts.append(np.full(np.count_nonzero(lane), count))
        chosen.append(packed.chosen[start:stop].reshape(-1)[lane])
        keys.append(packed.keys[start:stop].reshape(-1)[lane])
    return Cases(
        packed.agents,
        np.concatenate([np.empty(0, np.int64), *keys]),
        np.concatenate([np.empty(0, np.uint16), *chosen]),
        np.concatenate([np.empty(0, np.int64), *counts]),
        np.concatenate([np.empty(0, np.uint16), *agent]).astype(np.uint16),
        np.concatenate([np.empty((4, 0), np.int16), *factors], axis=1).astype(np.int16),
    )


def grown(pieces: list[Packed], new: Cases) -> list[Packed]:
    """Pieces that hold the new decisions too; each is over twice as large as the next, so that few are rewritten."""
    if not len(new.keys):
        return pieces
    kept = list(pieces)
    size = len(new.keys)
    while kept and kept[-1].n <= 2 * size:
        new = join(unpack(kept.pop()), new)
        size = len(new.keys)
    return [*kept, pack(new)]


def by_decision(lines: NDArray[Any], count: int) -> NDArray[Any]:
    """Lines of blocks with `count` candidates each, turned: (decisions, candidates)."""
    return lines.reshape(-1, count, LANES).transpose(0, 2, 1).reshape(-1, count)


def _fill(
    cases: Cases, starts: NDArray[np.int64], count: int, base: NDArray[np.int32], diff: NDArray[np.int16]
) -> None:
    """Write decisions with `count` candidates each, which begin at `starts`, into their lines."""
    n = len(starts)
    side_by_side = n * count == (starts[-1] + count - starts[0] if n else 0)
    rows: Any = slice(starts[0], starts[-1] + count) if side_by_side else (starts[:, None] + np.arange(count)).ravel()
    last = cases.factors[3, rows]
    _write(base, last.astype(np.int32) * (100 << SHIFT) + (TIE - cases.agent[rows].astype(np.int32)), count)
    for number in range(3):
        _write(diff[:, number * LANES : (number + 1) * LANES], cases.factors[number, rows] - last, count)


def _write(lines: NDArray[Any], values: NDArray[Any], count: int) -> None:
    """Write the values of decisions with `count` candidates each into lines of blocks, the last one perhaps in part."""
    whole = len(values) // (count * LANES)
    split = whole * count * LANES
    lines[: whole * count].reshape(whole, count, LANES)[:] = values[:split].reshape(whole, LANES, count).swapaxes(1, 2)
    if split < len(values):
        rest = values[split:].reshape(-1, count)
        lines[whole * count :, : len(rest)] = rest.T
