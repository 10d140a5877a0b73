"""What a history says of its leads by blocks of time: read for the plan and for the verdict of an experiment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from collab.experiment import Design
from collab.fairness import jain
from collab.records import FACTORS
from collab.whatif.logged import earned, ripening_of
from collab.whatif.pairs import Pairs, paired
from collab.whatif.ripening import Ripening

if TYPE_CHECKING:
    from collab.history import History

PER_LEAD_METRICS = ("converted", "value", "response_s", "waited_s", "utilization")
"""What every lead has; its block counts by how many leads it has."""

OUTCOMES = ("converted", "value")
"""What is known of a lead only once it is old enough."""

METRICS = (*PER_LEAD_METRICS, "balance")
"""What is compared by blocks; `balance` is one number a block."""

LEADS = """WITH held AS (SELECT seq, avg(utilization) AS utilization FROM candidates
  WHERE presence != 'offline' AND capacity > 0 GROUP BY seq)
SELECT a.seq, epoch_us(a.time) AS time, a.block, a.arm, a.overridden, a.waited_s, {weights}, h.utilization,
  o.response_s, o.converted, o.value, epoch_us(o.closed) AS closed
FROM assignments AS a LEFT JOIN outcomes AS o ON a.lead = o.lead LEFT JOIN held AS h ON a.seq = h.seq
WHERE a.time >= '{since}'::TIMESTAMPTZ AND a.time < '{until}'::TIMESTAMPTZ
QUALIFY row_number() OVER (PARTITION BY a.lead ORDER BY a.seq) = 1
ORDER BY a.seq"""
"""Each lead's first decision in a time, with what came of the lead; utilization is the mean over who was there."""

CLOSED = """SELECT epoch_us(a.time) AS time, o.converted, epoch_us(o.closed) AS closed
FROM assignments AS a JOIN outcomes AS o ON a.lead = o.lead WHERE o.closed IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY a.lead ORDER BY a.seq) = 1"""
"""When the closed leads were decided on and closed."""

HELD = """SELECT seq, agent, utilization FROM candidates
WHERE presence != 'offline' AND capacity > 0 AND time >= '{since}'::TIMESTAMPTZ AND time < '{until}'::TIMESTAMPTZ"""
"""Who had how much at each decision."""


def ripens(history: History) -> Ripening:
    """How long conversions take in a history."""
    return ripening_of(history.sql(CLOSED), _last(history))


def leads(history: History, since: datetime, until: datetime, ripens: Ripening) -> pd.DataFrame:
    """A row for each lead that was first decided on from `since` to before `until`.

    Converted and value are empty for leads that are too new, and weighed up by what is not known yet of leads so old;
    a lead that is still open has not been converted.
    """
    weights = ", ".join(f"a.w_{factor}" for factor in FACTORS)
    found = history.sql(LEADS.format(weights=weights, since=since.isoformat(), until=until.isoformat()))
    mature, values = earned(found, _last(history), ripens)
    return found.assign(**{metric: np.where(mature, earned, np.nan) for metric, earned in values.items()})


def _last(history: History) -> float:
    """The time of the last event, in microseconds; 0 without one."""
    last = history.sql("SELECT epoch_us(max(time)) AS time FROM events")["time"][0]
    return 0.0 if pd.isna(last) else float(last)


def placed(found: pd.DataFrame, design: Design, starts: datetime) -> pd.DataFrame:
    """The leads with where they lie by the design: `at` (the block), `in_b` and `settled`, past the burn-in."""
    since_us = found["time"].to_numpy(np.int64) - round(starts.timestamp() * 1e6)
    at, within = np.divmod(since_us, design.block_s * 1_000_000)
    arms = {block: design.arm(block) for block in np.unique(at).tolist()}
    in_b = np.array([arms[block] == "b" for block in at.tolist()], bool)
    return found.assign(at=at, in_b=in_b, settled=within >= design.burn_in_s * 1_000_000)


def pairs_of(rows: pd.DataFrame, held: pd.DataFrame) -> dict[str, Pairs]:
    """The pairs of every metric, of settled leads; `held` gives agent and utilization by seq."""
    block, in_b = rows["at"].to_numpy(np.int64), rows["in_b"].to_numpy(bool)
    found = {
        metric: paired(block, in_b, rows[metric].to_numpy(np.float64, na_value=np.nan)) for metric in PER_LEAD_METRICS
    }
    even = balances(rows, held)
    found["balance"] = paired(even["at"].to_numpy(), even["in_b"].to_numpy(), even["balance"].to_numpy(), each=False)
    return found


def balances(rows: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """at, in_b and balance of each block: that of the agents' mean utilizations at its decisions."""
    known = rows[["seq", "at", "in_b"]].merge(held, on="seq")
    agents = known.groupby(["at", "in_b", "agent"], sort=True, observed=True)["utilization"].mean().reset_index()
    blocks = agents.groupby(["at", "in_b"], sort=True)["utilization"]
    found = [(at, in_b, jain(values.tolist())) for (at, in_b), values in blocks]
    frame = pd.DataFrame(found, columns=["at", "in_b", "balance"])
    return frame.astype({"at": np.int64, "in_b": bool, "balance": np.float64})


def held_in(history: History, since: datetime, until: datetime) -> pd.DataFrame:
    """seq, agent and utilization at the decisions of a time, of agents who were there."""
    return history.sql(HELD.format(since=since.isoformat(), until=until.isoformat()))
