"""What other weights would have changed, asked of a history or of anyone's frames."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, aware
from collab.whatif import frames, kernel
from collab.whatif.cases import Cases, Rows, cases, join
from collab.whatif.ledger import Ledger, pack, unpack
from collab.whatif.rescore import AnyWeights, Rescored, Values, integers

if TYPE_CHECKING:
    from collab.history import History

COLUMNS = ("seq", "agent", "eligible", *FACTORS, "chosen")
"""What is read of a history's candidates."""


class Window(NamedTuple):
    """Decisions of `since` (included) to `until` (not included), both aware or None."""

    since: datetime | None
    until: datetime | None

    def seqs(self, history: History, after: int) -> NDArray[np.int64] | None:
        """The places of its decisions after a place, sorted; None if it has no bounds."""
        if self.since is None and self.until is None:
            return None
        where = [f"seq > {after}"]
        where += [f"time >= '{self.since.isoformat()}'::TIMESTAMPTZ"] if self.since else []
        where += [f"time < '{self.until.isoformat()}'::TIMESTAMPTZ"] if self.until else []
        found = history.sql(f"SELECT seq FROM decisions WHERE {' AND '.join(where)} ORDER BY seq")
        return found["seq"].to_numpy(dtype=np.int64)


class WhatIf:
    """Logged decisions, held as integers, to be scored again under other weights.

    Args:
        history: whose decisions; they are read now, and again by `refreshed`.
        since: leaves out decisions before this aware time.
        until: leaves out decisions from this aware time on.

    Attributes:
        last: the place on the stream up to which the history was read; 0 for frames.
        outcomes: the frame of outcomes that came with the candidates, or None.
        n: decisions that are rescored.
        left_out: those that a person took or overrode.
        sticky: how many of `n` went to the agent who knew the customer; no weights move them.

    Raises:
        ValueError: a time without a zone, or rows that contradict each other.
    """

    def __init__(self, history: History, since: datetime | None = None, until: datetime | None = None) -> None:
        if not hasattr(history, "as_of"):
            raise TypeError(f"history is {history!r}; give a collab.History, e.g. WhatIf(History('data/history'))")
        self._window = Window(aware(since, "since") if since else None, aware(until, "until") if until else None)
        self._history: History | None = history
        self._names: pd.DataFrame | None = None
        self.outcomes: pd.DataFrame | None = None
        self.last = history.last
        there = history.as_of(self.last)
        self._hold(_pieces([], _read_all(there, self._window)), _overridden(there), _sticky(there))

    @classmethod
    def from_frames(cls, candidates: pd.DataFrame, outcomes: pd.DataFrame | None = None) -> Self:
        """The decisions of a frame with one row a candidate.

        It needs decision, agent, the four factors and chosen; `eligible` is true unless it is there. Whole-number
        factors are ten-thousandths, floats are shares of 0 to 1 and are rounded to ten-thousandths.

        Raises:
            ValueError: names the column, the row, the value and the fix.
        """
        if outcomes is not None:
            if "decision" not in outcomes:
                raise ValueError(f"outcomes has no column 'decision'; it has {', '.join(map(str, outcomes.columns))}")
            frames.aware_times(outcomes, "outcomes", "closed")
        found, names = frames.read(candidates)
        self = object.__new__(cls)
        self._window, self._history, self._names = Window(None, None), None, names
        self.outcomes, self.last = outcomes, 0
        self._hold(_pieces([], found), np.empty(0, np.int64), np.empty(0, np.int64))
        return self

    def _hold(self, pieces: list[Ledger], overridden: NDArray[np.int64], sticky: NDArray[np.int64]) -> None:
        self._pieces = [piece.without(overridden) for piece in pieces] if len(overridden) else pieces
        self.agents: tuple[str, ...] = tuple(sorted({agent for piece in pieces for agent in piece.agents}))
        self._at = [np.searchsorted(self.agents, piece.agents) for piece in pieces]
        held = sum(piece.n for piece in pieces)
        self.n = sum(int(np.count_nonzero(piece.chosen)) for piece in self._pieces)
        self.left_out = held - self.n
        self.sticky = sum(int(np.isin(piece.keys[piece.chosen > 0], sticky).sum()) for piece in self._pieces)

    def rescore(self, weights: AnyWeights) -> Rescored:
        """Who would have got each lead under these weights: the highest score, of equal ones the lowest agent id.

        Weights are a `collab.Weights`, a version of them, or four integers that sum to 100, by factor or in order.

        Raises:
            ValueError: the weights are not four whole numbers that sum to 100.
        """
        values = integers(weights)
        counts = np.zeros((len(self.agents), len(self.agents)), np.int64)
        for piece, at in zip(self._pieces, self._at, strict=True):
            counts[np.ix_(at, at)] += kernel.flows(piece, values)[1:, 1:]
        return Rescored(values, self.agents, counts, self.left_out, self._decisions, self.sticky)

    @cached_property
    def names(self) -> dict[str, str]:
        """What the agents are called, by id; none for frames."""
        return {} if self._history is None else self._history.names()

    def refreshed(self) -> WhatIf:
        """The same with the decisions that were recorded since, which alone are read; itself if there are none."""
        if self._history is None or (last := self._history.last) <= self.last:
            return self
        there = self._history.as_of(last)
        new = object.__new__(type(self))
        new._window, new._history, new._names, new.outcomes, new.last = self._window, self._history, None, None, last
        found = _read_new(there, self._window, self.last)
        new._hold(_pieces(self._pieces, found), _overridden(there), _sticky(there))
        return new

    def __repr__(self) -> str:
        if not self.n:
            return "WhatIf: there are no logged decisions"
        left = f", {self.left_out:,} overridden left out" if self.left_out else ""
        return f"WhatIf: {self.n:,} decisions among {len(self.agents):,} agents{left}"

    def _decisions(self, values: Values) -> pd.DataFrame:
        names = self._named()
        found = [np.empty((4, 0), np.int64)]
        for piece, at in zip(self._pieces, self._at, strict=True):
            for keys, logged, rescored, margin in kernel.winners(piece, values):
                found.append(np.stack([keys, at[logged - 1], at[rescored - 1], margin]))
        keys, logged, rescored, margin = np.concatenate(found, axis=1)
        order = np.argsort(keys, kind="stable")
        agents = np.array(self.agents, dtype=object)
        chosen = names.take(np.searchsorted(names.index, keys[order]))
        return pd.DataFrame(
            {
                "decision": chosen["decision"].array,
                "lead": chosen["lead"].array,
                "logged": pd.array(agents[logged[order]], dtype="str"),
                "rescored": pd.array(agents[rescored[order]], dtype="str"),
                "margin": pd.arrays.IntegerArray(margin[order], margin[order] < 0),
            }
        )

    def _named(self) -> pd.DataFrame:
        """The id and lead of every decision, by key."""
        if self._names is None:
            assert self._history is not None
            columns = self._history.as_of(self.last).columns("decisions", ["seq", "decision", "lead"])
            texts = {name: pd.array(columns[name], dtype="str") for name in ("decision", "lead")}
            self._names = pd.DataFrame(texts, index=pd.Index(columns["seq"]))
        return self._names


def _pieces(pieces: list[Ledger], new: Cases) -> list[Ledger]:
    """Ledgers that hold the new decisions too; each is over twice as large as the next, so that few are rewritten."""
    if not len(new.keys):
        return pieces
    kept = list(pieces)
    size = len(new.keys)
    while kept and kept[-1].n <= 2 * size:
        new = join(unpack(kept.pop()), new)
        size = len(new.keys)
    return [*kept, pack(new)]


def _read_all(history: History, window: Window) -> Cases:
    columns = history.columns("candidates", COLUMNS)
    agents = columns["agent.names"].tolist()
    return _cases(agents, columns, np.asarray(columns["agent"]).astype(np.int64), window.seqs(history, 0))


def _read_new(history: History, window: Window, after: int) -> Cases:
    query = f"SELECT {', '.join(COLUMNS)} FROM candidates WHERE seq > {after} ORDER BY seq, agent"
    found = history.sql(query)
    columns = {name: found[name].to_numpy() for name in COLUMNS}
    agents, codes = np.unique(columns["agent"].astype(object), return_inverse=True)
    return _cases(agents.tolist(), columns, codes.astype(np.int64), window.seqs(history, after))


def _cases(
    agents: list[str],
    columns: dict[str, NDArray[Any]],
    codes: NDArray[np.int64],
    only: NDArray[np.int64] | None,
) -> Cases:
    seq = np.asarray(columns["seq"]).astype(np.int64)
    keep = slice(None) if only is None else np.isin(seq, only)
    seq, chosen = seq[keep], np.asarray(columns["chosen"]).astype(bool)[keep]
    begins = np.diff(seq, prepend=-1) != 0  # a history gives its rows in the order of the stream
    keys, decision = seq[begins], np.cumsum(begins) - 1
    rows = Rows(
        agents=agents,
        keys=keys,
        names=keys,
        decision=decision.astype(np.int64),
        agent=codes[keep],
        # a person may choose whom the router would not have asked; such decisions are left out afterwards
        eligible=np.asarray(columns["eligible"]).astype(bool)[keep] | chosen,
        chosen=chosen,
        factors={factor: np.asarray(columns[factor])[keep] for factor in FACTORS},
        where=lambda row: f"the candidates at seq {seq[row]}",
    )
    return cases(rows)


def _overridden(history: History) -> NDArray[np.int64]:
    return history.sql("SELECT seq FROM assignments WHERE overridden")["seq"].to_numpy(dtype=np.int64)


def _sticky(history: History) -> NDArray[np.int64]:
    return history.sql("SELECT seq FROM decisions WHERE mode = 'sticky'")["seq"].to_numpy(dtype=np.int64)
