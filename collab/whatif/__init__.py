"""What would have happened under other weights, from the logged decisions; no live system is touched."""

from __future__ import annotations

from collab.whatif.answers import Estimate, Estimates, Limits, Refused, Trust
from collab.whatif.explained import Explained
from collab.whatif.fair import Fairness
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
