"""The very functions of `collab.whatif.rules` in numba; importing this module imports numba."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba

from collab.whatif import rules
from collab.whatif.compiled import compiled

# what the functions find by name when they are compiled: the rules, each replaced by its compiled self
_scope: dict[str, Any] = dict(vars(rules))


def _compile(function: Callable[..., Any]) -> Any:
    # divisions by zero do not occur, and need not be looked for
    return compiled(FunctionType(function.__code__, _scope, function.__name__), error_model="numpy")


for _name, _rule in vars(rules).items():
    if isinstance(_rule, FunctionType) and _rule.__module__.startswith("collab."):
        _scope[_name] = _compile(_rule) if _rule.__module__ == rules.__name__ else numba.njit(_rule)

run = _scope["run"]
"""`collab.whatif.rules.run` on arrays."""
