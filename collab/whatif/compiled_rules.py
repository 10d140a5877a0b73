"""The very functions of `collab.whatif.rules` in numba; importing this module imports numba."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
import numpy as np

from collab.whatif import compiled_pending, compiled_waiting, rules
from collab.whatif.compiled import compiled
from collab.whatif.rules import NEVER, _choose_drawn, _score

WHOLE = ("run", "_happen")
"""What is not made part of whatever calls it."""

# numba works on plain names; unsigned, so that no row can be negative and none is checked for it
_i32: Any
_u64: Any
_i32, _u64 = np.int32, np.uint64

# what the functions find by name when they are compiled: the rules, each replaced by its compiled self
_scope: dict[str, Any] = dict(vars(rules), np=np, _i32=_i32, _u64=_u64)


def _compile(function: Callable[..., Any]) -> Any:
    # divisions by zero do not occur, and need not be looked for; a call would hand over all laws, one by one; and what
    # makes no arrays need not count who holds them
    more: dict[str, Any] = {"forceinline": function.__name__ not in WHOLE, "_nrt": function.__name__ == "run"}
    named = FunctionType(function.__code__, _scope, function.__name__)
    return compiled(named, error_model="numpy", **more)


def _choose(agents, cells, laws, lead, now):  # type: ignore[no-untyped-def]
    # `rules._choose` in passes that are several agents at a step, and without a slice, which would be counted
    if lead.drawn >= 0:
        return _choose_drawn(agents, cells, laws, lead.drawn, lead.type * len(agents), now)
    n, first, highest = _u64(len(agents)), _u64(lead.type * len(agents)), _i32(NEVER)
    for number in range(n):
        highest = max(highest, np.add(laws.bounds[number], laws.skilled[first + number]))
    if highest < 0:
        return -1
    likely = _u64(0)
    while np.add(laws.bounds[likely], laws.skilled[first + likely]) < highest:
        likely += _u64(1)
    best = _score(agents[likely], laws.skilled[first + likely], laws, now)
    # the likely one is not its own rival
    worth, chosen, rivals, number = _i32(best), likely, _i32(-1), _u64(0)
    for other in range(n):
        rivals += _i32(np.add(laws.bounds[other], laws.skilled[first + other]) >= worth)
    while rivals > 0:
        if np.add(laws.bounds[number], laws.skilled[first + number]) >= worth and number != likely:
            rivals -= _i32(1)
            score = _score(agents[number], laws.skilled[first + number], laws, now)
            if score > best or (score == best and number < chosen):
                best, chosen = score, number
        number += _u64(1)
    return np.int64(chosen)


for _name, _rule in vars(rules).items():
    if isinstance(_rule, FunctionType) and _rule.__module__.startswith("collab."):
        _scope[_name] = _compile(_rule) if _rule.__module__ == rules.__name__ else numba.njit(_rule)

_scope["_choose"] = _compile(_choose)
for _module in (compiled_pending, compiled_waiting):
    _scope.update((_name, _rule) for _name, _rule in vars(_module).items() if _name in vars(rules))
run = _scope["run"]
"""`collab.whatif.rules.run` on arrays."""
