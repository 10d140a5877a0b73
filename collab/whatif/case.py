"""One logged decision with all its candidates, those behind a gate too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.events import LeadAssigned, decode
from collab.records import FACTORS, Decision
from collab.whatif.columns import weights_in
from collab.whatif.frames import factor, flags
from collab.whatif.rescore import Values

if TYPE_CHECKING:
    from collab.history import History

NOT_ELIGIBLE = "not eligible"
"""The gate of an ineligible candidate of frames that name none."""


class Case(NamedTuple):
    """A decision, its candidates by agent id.

    `gates` is "" for the eligible; `factors` are (4, candidates) in ten-thousandths, in the order of `FACTORS`;
    `propensity` is a chance of 0 to 1 each, None if it was not logged; `weights` those that chose, in force or drawn at
    random, None if they are not known. `by` is the person who chose, or "".
    """

    decision: Any
    lead: Any
    chosen: str | None
    agents: tuple[str, ...]
    gates: tuple[str, ...]
    factors: NDArray[np.int64]
    propensity: NDArray[np.float64] | None
    weights: Values | None
    by: str = ""


def of_decision(decision: Decision, id: str = "") -> Case:
    """A decision as the router or a person took it."""
    candidates = decision.candidates
    return Case(
        decision=id,
        lead=decision.lead.id,
        chosen=decision.agent,
        agents=tuple(candidates.agent),
        gates=tuple(candidates.gate),
        factors=np.array([getattr(candidates, name) for name in FACTORS], np.int64).reshape(len(FACTORS), -1),
        propensity=np.array(candidates.propensity, np.float64),
        weights=decision.drawn or decision.weights.values,
        by=decision.by,
    )


def of_history(history: History, decision: Any) -> Case:
    """The decision of this id in a history.

    Raises:
        ValueError: there is none; names one that there is.
    """
    if history.exists:
        query = "SELECT data FROM events WHERE event = 'lead_assigned' AND id = ?"
        if rows := history.rows(["events"], query, str(decision)):
            event = decode(rows[0][0])
            assert isinstance(event, LeadAssigned)
            return of_decision(event.decision, event.id)
    known = history.rows(["decisions"], "SELECT decision FROM decisions ORDER BY seq LIMIT 1") if history.exists else []
    raise ValueError(_unknown(decision, known[0][0] if known else None, "history.assignments()"))


def of_frame(candidates: pd.DataFrame, decision: Any) -> Case:
    """The decision of this id in a frame with one row a candidate, as `WhatIf.from_frames` takes it.

    Its weights are read from a column `weights` (v1-35-30-20-15, as a history writes them), if there is one.

    Raises:
        ValueError: there is none; names one that there is.
    """
    own = candidates[(candidates["decision"] == decision).to_numpy(bool)]
    if own.empty:
        known = candidates["decision"].iloc[0] if len(candidates) else None
        raise ValueError(_unknown(decision, known, "the column decision of candidates"))
    own = own.iloc[np.argsort(own["agent"].astype(str).to_numpy(object), kind="stable")]
    chosen = own["agent"].astype(str)[flags(own, "chosen")]
    eligible = flags(own, "eligible") if "eligible" in own else np.ones(len(own), bool)
    named = own["gate"].fillna("").astype(str) if "gate" in own else pd.Series("", own.index)
    gates = ("" if open_ else gate or NOT_ELIGIBLE for open_, gate in zip(eligible, named, strict=True))
    return Case(
        decision=decision,
        lead=own["lead"].iloc[0] if "lead" in own else None,
        chosen=chosen.iloc[0],
        agents=tuple(own["agent"].astype(str)),
        gates=tuple(gates),
        factors=np.stack([factor(own, name).astype(np.int64) for name in FACTORS]),
        propensity=own["propensity"].to_numpy(np.float64) if "propensity" in own else None,
        weights=weights_in(own["weights"].iloc[0]) if "weights" in own else None,
    )


def _unknown(decision: Any, known: Any, where: str) -> str:
    decision, known = (one.item() if isinstance(one, np.generic) else one for one in (decision, known))
    fix = "there are no decisions yet" if known is None else f"give an id of {where}, e.g. {known!r}"
    return f"decision is {decision!r}, which the log does not have; {fix}"
