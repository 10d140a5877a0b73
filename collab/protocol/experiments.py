"""What may be asked of weights and experiments, one record a command."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from collab.experiment import Design
from collab.protocol.base import Command, Hundredths, Words
from collab.records import Moment, WeightsVersion


class AdoptWeights(Command, frozen=True, tag="adopt_weights"):
    """Bring weights into force for all leads from now on; answered with their version. For team leads and analysts.

    They are four whole numbers that sum to 100: availability, expertise, performance and responsiveness.
    """

    weights: tuple[Hundredths, Hundredths, Hundredths, Hundredths]
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]

    def __post_init__(self) -> None:
        WeightsVersion(version=0, values=self.weights)  # or (1, 0, 0, 0) would be taken for shares


class StartExperiment(Command, frozen=True, tag="start_experiment"):
    """Let two sets of weights take turns by blocks of time; answered with its id. For team leads.

    `design` has `a` and `b`, four whole numbers each that sum to 100, and perhaps `block_s`, `burn_in_s`, `seed` and
    `blocks`, after which it ends; else it runs until it is stopped. The first block begins at `starts`, a time to
    come, or now. See experiments.md first.
    """

    design: Design
    reason: Words = ""
    starts: Moment | None = None


class StopExperiment(Command, frozen=True, tag="stop_experiment"):
    """End the experiment that runs; answered with its id. For team leads."""

    reason: Words = ""
