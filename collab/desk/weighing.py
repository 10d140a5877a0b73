"""The commands on weights: adopt a set for all leads, or let two take turns in an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from collab.claims import TooLate, claim
from collab.desk.appending import Appending
from collab.events import ExperimentStarted, ExperimentStopped, WeightsAdopted
from collab.experiment import Design, compared
from collab.records import aware
from collab.router import TRIES
from collab.weights import Weights

PLANNED = "its planned end"
"""The reason of a stop that no person asked for."""


class Weighing(Appending):
    """Says which weights count."""

    async def adopt_weights(
        self, weights: Weights | Sequence[int], *, by: str, reason: str = "", entry: str = ""
    ) -> int:
        """Bring weights into force for all leads from now on; returns their version.

        With the `entry` of a journal they come into force once, however many desks try: to the others it returns the
        version in force.

        Raises:
            TooLate: an experiment runs, whose blocks must keep their weights; or others change them all the time.
        """
        knobs = Weights.of(weights)
        for _ in range(TRIES):
            if entry and self.team.entry == entry:  # a refused append has told what others did
                return self.team.weights.version
            await self.end_experiment()
            if self.team.experiment is not None:
                raise TooLate(f"{self._running()}; stop it first (stop_experiment), then adopt weights")
            version = knobs.freeze(self.team.weights.version + 1)
            event = self._event(WeightsAdopted, weights=version, by=by, reason=reason, entry=entry)
            if (await self._follower.commit([claim(event)])).refused is None:
                return version.version
        raise TooLate(f"weights were changed {TRIES} times meanwhile; try again")

    async def start_experiment(
        self, design: Design, *, by: str, reason: str = "", starts: datetime | None = None
    ) -> str:
        """Let two sets of weights take turns by blocks of time, at all desks, to its end or a stop; returns its id.

        The first block starts now, or at an aware time to come.

        Raises:
            ValueError: a field of the design is out of bounds, its arms are the same, `starts` is past, or nobody is
                named.
            TooLate: another experiment runs.
        """
        now = self._clock()
        first = now if starts is None else aware(starts, "starts")
        if first < now:
            raise ValueError(f"starts is {first.isoformat()}, which is past; give a time to come, or none")
        for _ in range(2):  # a refused append tells of one that may be over
            await self.end_experiment()
            event = self._event(ExperimentStarted, design=compared(design), starts=first, by=by, reason=reason)
            if (await self._follower.commit([claim(event)])).refused is None:
                return str(event.id)
        raise TooLate(f"{self._running()}; stop it first (stop_experiment)")

    async def stop_experiment(self, *, by: str, reason: str = "") -> str:
        """End the experiment that runs: the weights in force count for all leads again; returns its id.

        Raises:
            ValueError: none runs, or nobody is named.
            TooLate: somebody else stopped it meanwhile.
        """
        if self.team.experiment is None:
            await self._follower.catch_up()
        if self.team.experiment is None:
            raise ValueError("no experiment runs; start one with start_experiment")
        id = self.team.experiment.id
        await self._append(ExperimentStopped, experiment=id, by=by, reason=reason)
        return id

    async def end_experiment(self) -> None:
        """Say of an experiment whose last block is over that it ended; its weights count no longer since then."""
        for _ in range(TRIES):
            run = self.team.experiment
            ends = None if run is None else run.design.ends(run.starts)
            if run is None or ends is None or ends > self._clock():
                return
            with suppress(TooLate):  # another desk was faster, and may have started the next one
                await self._append(ExperimentStopped, experiment=run.id, by=run.by, reason=PLANNED)

    def _running(self) -> str:
        """The experiment that keeps weights and others out, in words."""
        if (run := self.team.experiment) is None:
            return "another one runs"
        ends = run.design.ends(run.starts)
        until = "" if ends is None else f" until {ends:%Y-%m-%d %H:%M}"
        verb = "runs since" if run.starts <= self._clock() else "is to run from"
        return f"an experiment {verb} {run.starts:%Y-%m-%d %H:%M}{until} UTC, started by {run.by}"
