"""The very functions of `collab.whatif.rules` in numba; importing this module imports numba."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba

from collab.whatif import compiled_pending, pending, rules
from collab.whatif.compiled import compiled
from collab.whatif.rules import NEVER, _choose_drawn, _score

# what the functions find by name when they are compiled: the rules, each replaced by its compiled self
_scope: dict[str, Any] = dict(vars(rules))


def _compile(function: Callable[..., Any]) -> Any:
    # divisions by zero do not occur, and need not be looked for
    return compiled(FunctionType(function.__code__, _scope, function.__name__), error_model="numpy")


def _choose(agents, cells, laws, lead, now):  # type: ignore[no-untyped-def]
    # `rules._choose` in passes that are several agents at a step, and without a slice, which would be counted
    first = lead.type * len(agents)
    if lead.drawn >= 0:
        return _choose_drawn(agents, cells, laws, lead.drawn, first, now)
    highest = NEVER
    for number in range(len(agents)):
        highest = max(highest, laws.bounds[number] + laws.skilled[first + number])
    if highest < 0:
        return -1
    likely = 0
    while laws.bounds[likely] + laws.skilled[first + likely] < highest:
        likely += 1
    best = _score(agents[likely], laws.skilled[first + likely], laws, now)
    worth, chosen, rivals, number = best, likely, -1, -1  # the likely one is not its own rival
    for other in range(len(agents)):
        rivals += laws.bounds[other] + laws.skilled[first + other] >= worth
    while rivals > 0:
        number += 1
        if laws.bounds[number] + laws.skilled[first + number] >= worth and number != likely:
            rivals -= 1
            score = _score(agents[number], laws.skilled[first + number], laws, now)
            if score > best or (score == best and number < chosen):
                best, chosen = score, number
    return chosen


for _name, _rule in vars(rules).items():
    if getattr(pending, _name, None) is _rule and hasattr(compiled_pending, _name):
        _scope[_name] = getattr(compiled_pending, _name)
    elif isinstance(_rule, FunctionType) and _rule.__module__.startswith("collab."):
        _scope[_name] = _compile(_rule) if _rule.__module__ == rules.__name__ else numba.njit(_rule)

_scope["_choose"] = _compile(_choose)
run = _scope["run"]
"""`collab.whatif.rules.run` on arrays."""
