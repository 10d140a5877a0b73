"""What a team lead may ask of experiments, one record a command."""

from __future__ import annotations

from collab.experiment import Design
from collab.protocol.base import Command, Words
from collab.records import Moment


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
