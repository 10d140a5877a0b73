"""The bounds of `collab.whatif.grid` laid out in numba: blocks of decisions with as many rivals of each kind."""

from __future__ import annotations

from collab.whatif.compiled import compiled

LANES = 256
"""Decisions that are taken side by side: a block. What a block needs fits in the nearest caches."""

# numba works on global constants and plain names
_LANES = LANES


def _kinds(rows, chosen, agent, factors, logged, above, below) -> None:  # type: ignore[no-untyped-def]
    for n in range(len(chosen)):
        for row in range(rows[n], rows[n + 1]):
            if agent[row] == chosen[n]:
                logged[n] = row
        own = factors[2, logged[n]] - factors[3, logged[n]]
        rising = 0
        for row in range(rows[n], rows[n + 1]):
            rising += factors[2, row] - factors[3, row] >= own
        above[n] = rising - 1  # the logged agent is not a rival
        below[n] = rows[n + 1] - rows[n] - rising


kinds = compiled(_kinds)
"""Write each decision's row of the logged agent, and how many rivals bound t and how many -t."""


def _lay(order, rows, logged, agent, factors, up, down, ticks, lines) -> None:  # type: ignore[no-untyped-def]
    number = ticks.dtype.type
    steps, half = ticks[len(ticks) - 2], number(0.5)
    for line in range(up + down):
        for i in range(_LANES):
            lines[line, 0, i] = steps if line < up else number(0)
            lines[line, 1, i] = lines[line, 2, i] = number(0)
    for i in range(len(order)):
        own, rising, falling = logged[order[i]], 0, up
        for row in range(rows[order[i]], rows[order[i] + 1]):
            if row == own:
                continue
            g0, g1 = number(factors[0, row] - factors[0, own]), number(factors[1, row] - factors[1, own])
            g2, g3 = number(factors[2, row] - factors[2, own]), number(factors[3, row] - factors[3, own])
            low = number(1) if agent[row] < agent[own] else number(0)
            slope = abs(g2 - g3) if g2 != g3 else number(1) / (number(100) * steps)
            line = rising if g2 >= g3 else falling
            rising, falling = rising + (g2 >= g3), falling + (g2 < g3)
            lines[line, 0, i] = (half - low - steps * g3) / slope
            lines[line, 1, i] = (g3 - g0) / slope
            lines[line, 2, i] = (g3 - g1) / slope


lay = compiled(_lay)
"""Write the bounds of a block's decisions: c, d and e of `up` lines that bound t, then of `down` that bound -t.

Where a decision has fewer, and in an empty lane, a line is the end of the grid, which bounds nothing.
"""
