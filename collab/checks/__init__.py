"""Is all well? Each part's state, what was seen, and what to do: for the Diagnostics tab and `collab doctor` alike."""

from __future__ import annotations

from collab.checks.check import SIGNS, Check, State, gravest_first, worst
from collab.checks.doctor import Place, examined
from collab.checks.office import of_office

__all__ = ["SIGNS", "Check", "Place", "State", "examined", "gravest_first", "of_office", "worst"]
