"""What would have happened under other weights, from the logged decisions; no live system is touched.

Importing this package loads none of its parts: the router counts wins with one of them, and needs no frames for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collab.whatif.answers import Estimate, Estimates, Limits, Refused
    from collab.whatif.explained import Explained
    from collab.whatif.fair import Fairness
    from collab.whatif.grounds import Trust
    from collab.whatif.journal import rollback
    from collab.whatif.plan import Plan
    from collab.whatif.prevented import Prevented
    from collab.whatif.proposal import Proposal
    from collab.whatif.rescore import Rescored
    from collab.whatif.sweep import Sweep
    from collab.whatif.verdict import Verdict
    from collab.whatif.what_if import WhatIf

__all__ = [
    "Estimate",
    "Estimates",
    "Explained",
    "Fairness",
    "Limits",
    "Plan",
    "Prevented",
    "Proposal",
    "Refused",
    "Rescored",
    "Sweep",
    "Trust",
    "Verdict",
    "WhatIf",
    "rollback",
]

_HOME = {
    "Estimate": "answers",
    "Estimates": "answers",
    "Explained": "explained",
    "Fairness": "fair",
    "Limits": "answers",
    "Plan": "plan",
    "Prevented": "prevented",
    "Proposal": "proposal",
    "Refused": "answers",
    "Rescored": "rescore",
    "Sweep": "sweep",
    "Trust": "grounds",
    "Verdict": "verdict",
    "WhatIf": "what_if",
    "rollback": "journal",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"collab.whatif.{_HOME[name]}"), name)
    raise AttributeError(f"module 'collab.whatif' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
