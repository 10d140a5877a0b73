"""Logged decisions of a history or of anyone's frames, read once and held as integers."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.legible import several
from collab.whatif import card, frames, kernel, overrides
from collab.whatif.cases import Cases
from collab.whatif.columns import aware_times, checked, refuse_empty, refuse_huge, warn_of_birth, when
from collab.whatif.course import Course
from collab.whatif.course_of_frames import course_of_frames
from collab.whatif.course_of_history import BY_HAND, course_of_history, were
from collab.whatif.evidence import Evidence
from collab.whatif.logged import Counts, of_frames, of_history, places
from collab.whatif.memory import release
from collab.whatif.packed import Packed, grown
from collab.whatif.reading import Window, before, overridden, read_all, read_new, sticky
from collab.whatif.repeats import warn_of_repeats
from collab.whatif.rescore import Values

if TYPE_CHECKING:
    from collab.history import History


class Log:
    """Logged decisions, held as integers, with what came of them.

    What it is made of is said at `collab.WhatIf`.

    Attributes:
        last: the place on the stream up to which the history was read; 0 for frames.
        outcomes: the frame of outcomes that came with the candidates, or None.
        n: decisions that are rescored.
        left_out: those that a person took or overrode.
        sticky: how many of `n` went to the agent who knew the customer; no weights move them.

    Raises:
        ValueError: a time without a zone, times or days that leave nothing, or rows that contradict each other.
    """

    def __init__(
        self,
        history: History,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        days: float | None = None,
    ) -> None:
        if not hasattr(history, "as_of"):
            frame = isinstance(history, pd.DataFrame)
            fix = "or frames to WhatIf.from_frames" if frame else "e.g. WhatIf(History('data/history'))"
            shown = "a DataFrame" if frame else repr(history)
            raise TypeError(f"history is {shown}; give a collab.History, {fix}")
        if days is not None:
            since = before(history, days, since)
        self._window = Window.of(since, until)
        self._history: History | None = history
        self._frames: tuple[Cases, pd.DataFrame, pd.DataFrame] | None = None
        self._names: pd.DataFrame | None = None
        self.outcomes: pd.DataFrame | None = None
        self._roster: pd.DataFrame | None = None
        self._by_hand = np.empty(0, np.int64)
        self.last = history.last
        there = history.as_of(self.last)
        self._hold(grown([], read_all(there, self._window)), overridden(there), sticky(there))
        release()

    @classmethod
    def from_frames(
        cls,
        candidates: pd.DataFrame,
        outcomes: pd.DataFrame | None = None,
        agents: pd.DataFrame | None = None,
    ) -> Self:
        """The decisions of a frame with one row a candidate.

        It needs decision, agent, the four factors and chosen; `eligible` is true unless it is there. Whole-number
        factors are ten-thousandths, floats are shares of 0 to 1 and are rounded to ten-thousandths. `estimate` needs
        propensity too, and outcomes: decision, converted or value, and perhaps time, lead_type and lead_score.
        `simulate` needs agents: agent and capacity, and performance or responsiveness where they never change; and of
        outcomes time (when the lead came in), agent, response_s (from then), handling_s and converted, and perhaps
        lead, waited_s and value.

        Raises:
            ValueError: names the column, the row, the value and the fix.
        """
        found, names = frames.read(candidates)
        if outcomes is not None:
            checked(outcomes, "outcomes", ("decision",))
            refuse_empty(outcomes, "decision", "outcomes", "or drop the row")
            aware_times(outcomes, "outcomes", "time")
            aware_times(outcomes, "outcomes", "closed", empty=True)
            refuse_huge(outcomes)
            warn_of_birth(outcomes, "outcomes")
            places(names, outcomes)
            warn_of_repeats(candidates, outcomes)
        self = object.__new__(cls)
        self._window, self._history, self._names = Window(None, None), None, names
        self._frames = (found, names, candidates)
        self.outcomes, self.last, self._roster = outcomes, 0, agents
        self._by_hand = overrides.overridden(found, names, outcomes, agents)
        self._hold(grown([], found), self._by_hand, np.empty(0, np.int64))
        _ = self.evidence  # what is wrong with the frames is said now
        _ = self.course if agents is not None else None
        return self

    def _hold(self, pieces: list[Packed], overridden: NDArray[np.int64], sticky: NDArray[np.int64]) -> None:
        self._pieces = [piece.without(overridden) for piece in pieces] if len(overridden) else pieces
        self.agents: tuple[str, ...] = tuple(sorted({agent for piece in pieces for agent in piece.agents}))
        self._at = [np.searchsorted(self.agents, piece.agents) for piece in pieces]
        held = sum(piece.n for piece in pieces)
        self.n = sum(int(np.count_nonzero(piece.chosen)) for piece in self._pieces)
        self.left_out = held - self.n
        self.sticky = sum(int(np.isin(piece.keys[piece.chosen > 0], sticky).sum()) for piece in self._pieces)

    @cached_property
    def evidence(self) -> Evidence | None:
        """What the log can say of other choices; None for frames without propensity or outcomes. It is read once."""
        return self._logged[0] if self._logged else None

    @property
    def counts(self) -> Counts | None:
        """How many decisions have a known outcome, are open, or were overridden; None where `evidence` is."""
        return self._logged[1] if self._logged else None

    @property
    def calibration(self) -> pd.DataFrame:
        """What was chosen against what the logged propensities say; see `collab.whatif.calibration`."""
        return self._known().calibration

    def _known(self) -> Evidence:
        if self.evidence is None:
            raise ValueError(self._missing())
        return self.evidence

    def _missing(self) -> str:
        """What frames that are no evidence lack, and what to do."""
        if self.outcomes is None:
            return "there are no outcomes; give them to from_frames"
        return (
            "there is no propensity in candidates, the chance with which each was chosen; give it to from_frames, or, "
            "of a router that drew nothing, ask simulate, or sweep().best('team_converted')"
        )

    @cached_property
    def _logged(self) -> tuple[Evidence, Counts] | None:
        if self._history is not None:
            there = self._history.as_of(self.last)
            return of_history(there, read_all(there, self._window, propensity=True))
        assert self._frames is not None
        found, names, candidates = self._frames
        if found.propensity is None or self.outcomes is None:
            return None
        return of_frames(found, names, self.outcomes, candidates, self._by_hand)

    @cached_property
    def course(self) -> tuple[Course, tuple[str, ...]]:
        """How the leads went on, and what to know of that; what a simulation is fitted from.

        Raises:
            ValueError: there are no agents or no outcomes; or names what is wrong with them.
        """
        if self._history is not None:
            return course_of_history(self._history.as_of(self.last), self._window)
        if self.outcomes is None or self._roster is None:
            missing = "outcomes" if self.outcomes is None else "agents"
            what = "" if self.outcomes is None else ", one row an agent with agent and capacity"
            raise ValueError(f"there are no {missing} to simulate; give them to from_frames{what}")
        assert self._frames is not None
        course, notes = course_of_frames(self._frames[2], self.outcomes, self._roster)
        by_hand = (f"{were(len(self._by_hand))} {BY_HAND}",) if len(self._by_hand) else ()
        return course, (*by_hand, *notes)

    @cached_property
    def names(self) -> dict[str, str]:
        """What the agents are called, by id; none for frames."""
        return {} if self._history is None else self._history.names()

    @cached_property
    def period(self) -> tuple[datetime, datetime] | None:
        """When the first and the last of its decisions were made, or known; None if nobody knows."""
        if self._history is None:
            return when(self._frames[2] if self._frames else None) or when(self.outcomes)
        return self._window.period(self._history.as_of(self.last))

    def refreshed(self) -> Self:
        """The same with the decisions that were recorded since, which alone are read; itself if there are none."""
        if self._history is None or (last := self._history.last) <= self.last:
            return self
        there = self._history.as_of(last)
        new = object.__new__(type(self))
        new._window, new._history, new._names, new.outcomes, new.last = self._window, self._history, None, None, last
        new._frames = new._roster = None
        found = read_new(there, self._window, self.last)
        new._hold(grown(self._pieces, found), overridden(there), sticky(there))
        return new

    def __repr__(self) -> str:
        if not self.n:
            return "WhatIf: there are no logged decisions"
        left = f", {self.left_out:,} overridden left out" if self.left_out else ""
        return f"WhatIf: {several(self.n, 'decision')} among {several(len(self.agents), 'agent')}{left}"

    def _repr_html_(self) -> str:
        return card.html(self)

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
