"""What one session tunes: the weights, and all that is known of them, shared by every view that shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import param

from collab.floor import Seat
from collab.office import Office
from collab.records import FACTORS
from collab.views.scheduling import scheduler
from collab.views.study import Study, study_of
from collab.views.task import Task
from collab.weights import Weights
from collab.whatif import Estimates, Prevented, Rescored, Sweep, WhatIf
from collab.whatif.journal import Entry, Journal, adoption
from collab.whatif.rescore import Values
from collab.whatif.simulated import Simulated


class Answer(NamedTuple):
    """What the log says per lead of some weights, at once: four integers, who would get what, and what that earns."""

    weights: Values
    rescored: Rescored
    estimates: Estimates


class Tuning(param.Parameterized):
    """The weights in question and what is known of them; as they move, the log is asked again, away from the page.

    The sweep and the estimates come by themselves, simulations when `simulate` or `spare` is called. Views watch the
    parameters, so all tabs of a session, and all cells of a notebook, that show one tuning show the same.

    Args:
        what_if: the log; or
        office: whose history is read when `active` is first true. All sessions share one reading of it.
        seat: who signed in, if anybody had to: weights are proposed and adopted in their name.
        weights: those in question, moved by whatever shows them.
    """

    weights = param.ClassSelector(class_=Weights, doc="The weights in question.")
    study = param.ClassSelector(class_=Study, doc="The log that is asked, as of one moment.")
    answer = param.ClassSelector(class_=Answer, doc="What the log says per lead of the newest weights it was asked of.")
    sweep = param.ClassSelector(class_=Sweep, doc="What it says of all weights of a grid.")
    simulated = param.ClassSelector(class_=Simulated, doc="How the whole team would have fared, once that was asked.")
    spared = param.ClassSelector(class_=Prevented, doc="Which alerts would have been prevented, once that was asked.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it asks nothing.")

    def __init__(
        self,
        what_if: WhatIf | None = None,
        *,
        office: Office | None = None,
        seat: Seat | None = None,
        weights: Weights | None = None,
        schedule: Callable[[Callable[[], None]], Any] | None = None,
        **params: Any,
    ) -> None:
        if (what_if is None) == (office is None):
            raise TypeError("what_if and office are both given or both missing; give one, e.g. Tuning(WhatIf(history))")
        super().__init__(weights=weights or Weights(), **params)
        self._begun, self._office, self.seat = self.weights.integers(), office, seat
        schedule = schedule or scheduler()
        self.reading, self.estimating, self.sweeping = (Task(schedule) for _ in range(3))
        self.simulating, self.sparing = Task(schedule), Task(schedule)
        self.weights.param.watch(lambda *events: self._ask(), list(FACTORS))
        if what_if is not None:
            self._begin(Study(what_if))
        elif self.active:
            self.renew()

    @property
    def today(self) -> Values:
        """The weights in force; of a log without an office, those in question at first."""
        return self._begun if self._office is None else self._office.team.weights.values

    @property
    def grows(self) -> bool:
        """Whether there may be more to read: of frames there is not."""
        return self._office is not None

    @property
    def folder(self) -> Path | None:
        """Where weights that are adopted here are written down; None for frames."""
        return None if self._office is None else self._office.weights

    def adoption(self) -> Entry | None:
        """The adoption by which weights of the folder are in force; None if they came otherwise.

        Raises:
            OSError: the journal cannot be read.
            ValueError: it is broken.
        """
        if self._office is None or self.folder is None:
            return None
        return adoption(Journal(self.folder).entries(), self._office.team)

    @property
    def names(self) -> dict[str, str]:
        """What the agents are called, by id."""
        return {} if self.study is None else self.study.what_if.names

    def take(self, weights: Values) -> None:
        """Put these weights, four integers that sum to 100, in question."""
        self.weights.take(weights)

    def renew(self) -> None:
        """Read what was recorded since, and ask all of it again."""
        if (office := self._office) is not None:
            renew = self.study is not None
            self.reading.start(lambda heard, stopped: study_of(office, renew=renew), self._begin)

    def simulate(self) -> None:
        """Simulate the whole team under the weights in question."""
        if (study := self.study) is not None:
            values = self.weights.integers()
            self.simulating.start(
                lambda heard, stopped: study.simulate(values, heard, stopped),
                lambda found: self._if_still(study, simulated=found),
            )

    def spare(self) -> None:
        """Watch the alert rules over simulated days under the weights in question."""
        if (study := self.study) is not None:
            values = self.weights.integers()
            self.sparing.start(
                lambda heard, stopped: study.alerts(values, heard, stopped),
                lambda found: self._if_still(study, spared=found),
            )

    def wait(self, timeout_s: float = 120.0) -> None:
        """Block until all that was asked is answered: for scripts, notebooks and tests."""
        for task in (self.reading, self.estimating, self.sweeping, self.simulating, self.sparing):
            task.wait(timeout_s)

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        if self.active and self.study is None and not self.reading.busy:
            self.renew()
        elif self.active:
            self._ask()

    def _begin(self, study: Study) -> None:
        if study is self.study:
            return
        self.simulating.cancel()
        self.sparing.cancel()
        self.param.update(study=study, answer=None, sweep=None, simulated=None, spared=None)
        self._ask()
        self.look()

    def look(self) -> None:
        """Sweep all weights of the grid, unless that is done."""
        if (study := self.study) is not None and self.sweep is None:
            self.sweeping.start(study.sweep, lambda found: self._if_still(study, sweep=found))

    def _ask(self) -> None:
        values, study = self.weights.integers(), self.study
        if study is None or not self.active:
            return
        if not self.estimating.busy and self.answer is not None and self.answer.weights == values:
            return  # while busy it may be about to change
        self.estimating.start(
            lambda heard, stopped: Answer(values, study.what_if.rescore(values), study.estimate(values)),
            lambda found: self._if_still(study, answer=found),
        )

    def _if_still(self, study: Study, **found: Any) -> None:
        """Show what was found, unless another log is asked by now."""
        if study is self.study:
            self.param.update(**found)
