"""A logged decision to be explained, found by its id, by a row that has it, or given as it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from collab.records import Decision
from collab.whatif import case
from collab.whatif.explained import Explained
from collab.whatif.rescore import AnyWeights, integers

if TYPE_CHECKING:
    from collab.history import History


def explain(
    decision: Any, history: History | None, candidates: pd.DataFrame | None, weights: AnyWeights | None
) -> Explained:
    """See `WhatIf.explain`; either the history or the candidates are given."""
    if isinstance(decision, pd.Series) and "decision" in decision:
        decision = decision["decision"]
    if isinstance(decision, Decision):
        found = case.of_decision(decision)
    elif history is not None:
        found = case.of_history(history, decision)
    else:
        assert candidates is not None
        found = case.of_frame(candidates, decision)
    values = found.weights if weights is None else integers(weights)
    if values is None:
        raise ValueError(
            "the weights that chose are not known, as candidates has no column 'weights'; give them as weights=, "
            "e.g. weights=(35, 30, 20, 15)"
        )
    return Explained(found, values)
