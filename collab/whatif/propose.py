"""How a proposal is made: the question is asked of the log, and the answers are kept with it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import pandas as pd

from collab.records import dashed
from collab.whatif import kept
from collab.whatif.proposal import Proposal
from collab.whatif.reported import Figures, judged_of, moves_of
from collab.whatif.rescore import AnyWeights, integers

if TYPE_CHECKING:
    from collab.history import History
    from collab.whatif.what_if import WhatIf


def propose(
    what_if: WhatIf,
    weights: AnyWeights,
    history: History | None,
    *,
    reason: str,
    by: str | None = None,
    created: datetime | None = None,
) -> Proposal:
    """Weights with what a log says of them; see `WhatIf.propose`."""
    values = integers(weights)
    there = None if history is None else history.as_of(what_if.last)
    if there is not None and values == what_if.in_force:
        raise ValueError(f"weights are {dashed(values)}, which are in force already; propose others, or let them be")
    if created is None:
        created = _newest(what_if.outcomes) if there is None else _last(there)
    if created is None:
        raise ValueError("created is None, and the log has no time; give one, e.g. created=datetime.now(UTC)")
    figures = Figures(
        rescore=moves_of(what_if.rescore(values), what_if.names),
        per_lead=judged_of(what_if.estimate(values)),
        whole_team=judged_of(what_if.simulate(values)) if what_if.in_force is not None else (),
    )
    fields = {
        "weights": values,
        "replaces": None if there is None else what_if.in_force,
        "reason": reason,
        "by": by,
        "created": created,
        "tenant": None if history is None else history.tenant,
        "history": None if history is None else history.url,
        "version": what_if.last,
        "figures": figures,
    }
    return kept.converted(msgspec.to_builtins(fields, builtin_types=(datetime,)), Proposal)


def _last(history: History) -> datetime | None:
    """When the last event of a history happened."""
    from collab.history.moments import moment  # loads the database, which a what-if over frames does without

    found = history.rows(["events"], "SELECT epoch_us(max(time)) FROM events")[0][0]
    return None if found is None else moment(found)


def _newest(outcomes: pd.DataFrame | None) -> datetime | None:
    """The newest time of a frame of outcomes, which has a zone if there is one."""
    newest = None if outcomes is None or "time" not in outcomes else pd.to_datetime(outcomes["time"], utc=True).max()
    if newest is None or pd.isna(newest):
        return None
    found: datetime = newest.floor("us").to_pydatetime()
    return found
