"""A log as it was at one moment, with what is computed of it once for all pages of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TypeVar

from collab.office import Office
from collab.views.one import One
from collab.whatif import Estimates, Prevented, Proposal, Sweep, WhatIf
from collab.whatif.rescore import Values
from collab.whatif.simulated import Simulated

ASK_EVERY_S = 0.1
"""How often one who waits for another's computation asks whether to stop."""

Found = TypeVar("Found")

KEPT = 16
"""So many of the newest simulations are kept."""


class Study:
    """One version of a log; its evidence, sweep and simulations are made when first asked for, then kept.

    All its methods may be called from any thread; long ones wait for each other.

    Attributes:
        what_if: the log, which never changes.
    """

    def __init__(self, what_if: WhatIf) -> None:
        self.what_if = what_if
        self._reading, self._computing = threading.Lock(), threading.Lock()
        self._sweep: Sweep | None = None
        self._simulated: dict[Values, Simulated] = {}
        self._prevented: dict[Values, Prevented] = {}

    @property
    def version(self) -> int:
        """The place in the history up to which it was read; 0 for frames."""
        return self.what_if.last

    def estimate(self, weights: Values) -> Estimates:
        """What a lead would have earned under these weights; see `WhatIf.estimate`."""
        with self._reading:  # else two sessions would read the same evidence at once
            _ = self.what_if.evidence
        return self.what_if.estimate(weights)

    def sweep(
        self, progress: Callable[[int, int], None] | None = None, cancelled: Callable[[], bool] | None = None
    ) -> Sweep:
        """All weights of the grid in steps of .05; see `WhatIf.sweep`.

        Raises:
            CancelledError: `cancelled` said so.
        """
        with self._reading:
            _ = self.what_if.evidence
        with self._alone(cancelled):
            if self._sweep is None:
                self._sweep = self.what_if.sweep(progress=progress, cancelled=cancelled)
            return self._sweep

    def simulate(
        self,
        weights: Values,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Simulated:
        """How the whole team would have fared; see `WhatIf.simulate`.

        Raises:
            ValueError: there is nothing to fit laws from; it says what is missing.
            CancelledError: `cancelled` said so.
        """
        with self._alone(cancelled):
            if weights not in self._simulated:
                found = self.what_if.simulate(weights, progress=progress, cancelled=cancelled)
                _keep(self._simulated, weights, found)
            return self._simulated[weights]

    def alerts(
        self,
        weights: Values,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Prevented:
        """Which alerts these weights would have prevented; see `WhatIf.alerts`.

        Raises:
            ValueError: there is nothing to simulate, or the rules contradict each other.
            CancelledError: `cancelled` said so.
        """
        with self._alone(cancelled):
            if weights not in self._prevented:
                found = self.what_if.alerts(weights, progress=progress, cancelled=cancelled)
                _keep(self._prevented, weights, found)
            return self._prevented[weights]

    def propose(self, weights: Values, *, reason: str, by: str) -> Proposal:
        """These weights with what the log says of them; see `WhatIf.propose`."""
        with self._alone(None):
            return self.what_if.propose(weights, reason=reason, by=by)

    def page(
        self,
        step: float = 0.05,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> bytes:
        """All weights as a page that works without a server; see `WhatIf.page_html`.

        Raises:
            ValueError: there are no decisions.
            CancelledError: `cancelled` said so.
        """
        with self._alone(cancelled):
            return self.what_if.page_html(step, progress=progress, cancelled=cancelled).encode()

    @contextmanager
    def _alone(self, cancelled: Callable[[], bool] | None) -> Iterator[None]:
        while not self._computing.acquire(timeout=ASK_EVERY_S):
            if cancelled is not None and cancelled():
                raise CancelledError
        try:
            yield
        finally:
            self._computing.release()


def _keep(kept: dict[Values, Found], weights: Values, found: Found) -> None:
    kept[weights] = found
    while len(kept) > KEPT:
        del kept[next(iter(kept))]


_studies = One(lambda office: Study(office.what_if()))


def study_of(office: Office, *, renew: bool = False) -> Study:
    """The study of an office's history that all sessions of this process share; a new one only when `renew` says so.

    What is on screen must not change under the eyes of who compares, so new decisions join when somebody asks.
    """
    return _studies.of(office, lambda study: renew and office.what_if().last != study.version)
