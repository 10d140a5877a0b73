"""Whose turn it is: the weights that count at a moment, of an experiment if one runs."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from collab.events import ExperimentStarted
from collab.experiment import Place
from collab.records import Decision, WeightsVersion


class Turn(Struct, frozen=True):
    """The weights that count at a moment, and the place of the moment in the experiment that runs, if one does.

    The weights of an arm carry the version that was in force when the experiment began.
    """

    weights: WeightsVersion
    place: Place | None = None

    def explore(self, share: float) -> float:
        """The share of leads routed by drawn weights: none in an experiment, whose arms are compared as they are."""
        return share if self.place is None else 0.0

    def marked(self, decision: Decision) -> Decision:
        """The decision with its block and arm."""
        if self.place is None:
            return decision
        mode = "block" if decision.mode == "greedy" else decision.mode
        return replace(decision, mode=mode, block=self.place.block, arm=self.place.arm)


def turn(weights: WeightsVersion, experiment: ExperimentStarted | None, time: datetime) -> Turn:
    """What counts at `time`, `weights` being in force."""
    place = None if experiment is None else experiment.design.place(experiment.starts, time)
    if experiment is None or place is None:
        return Turn(weights)
    return Turn(replace(weights, values=experiment.design.weights(place.arm)), place)
