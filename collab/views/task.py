"""Work that outlasts a move of a hand: in a thread, what is asked last comes next, and it can be stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, Queue
from typing import Any, NamedTuple

import param

from collab.views.scheduling import scheduler

logger = logging.getLogger(__name__)

POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tuning")
"""The threads of all sessions of this process: few, so that the pages keep a core."""

LOOK_EVERY_S = 0.05
"""How often `wait` looks whether another thread has delivered."""

Heard = Callable[[int, int], None]
Stopped = Callable[[], bool]


class Job(NamedTuple):
    """What to do, given a way to tell its progress and one to ask whether to stop, and who takes the result."""

    turn: int
    work: Callable[[Heard, Stopped], Any]
    then: Callable[[Any], None]


class Task(param.Parameterized):
    """One kind of work of one session, one at a time: what is asked meanwhile waits, and only the last of it.

    Results, progress and errors arrive in the session's own thread.
    """

    busy = param.Boolean(False, doc="Is something being worked on?")
    done = param.Integer(0, doc="How many parts of it are done.")
    of = param.Integer(0, doc="How many parts there are; 0 while that is not known.")
    error = param.String("", doc="What went wrong last, or nothing.")

    def __init__(self, schedule: Callable[[Callable[[], None]], Any] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self._schedule = schedule or scheduler()
        self._turn = self._forgotten = 0
        self._next: Job | None = None
        self._said: Queue[Callable[[], None]] = Queue()
        self._progress: tuple[int, int] | None = None

    def start(self, work: Callable[[Heard, Stopped], Any], then: Callable[[Any], None]) -> None:
        """Do this work, and let `then` have its result; what is being worked on is asked to stop."""
        self._turn += 1
        job = Job(self._turn, work, then)
        if self.busy:
            self._next = job
            return
        self.param.update(busy=True, error="", done=0, of=0)
        self._run(job)

    def cancel(self) -> None:
        """Ask what is being worked on to stop, and forget what waits and what comes of it."""
        self._turn += 1
        self._forgotten, self._next = self._turn, None

    @property
    def cancelled(self) -> bool:
        """Was what was asked last cancelled?"""
        return self._turn == self._forgotten

    def wait(self, timeout_s: float = 120.0) -> None:
        """Block until nothing is worked on and all that came of it is taken: for scripts, notebooks and tests.

        Raises:
            TimeoutError: it takes longer.
        """
        end = time.monotonic() + timeout_s
        while self.busy:
            if time.monotonic() > end:
                raise TimeoutError(f"the work is not done after timeout_s={timeout_s:g}; give it more, or cancel it")
            with suppress(Empty):
                self._said.get(timeout=LOOK_EVERY_S)()

    def _run(self, job: Job) -> None:
        stopped = partial(self._is_over, job.turn)
        future = POOL.submit(job.work, partial(self._heard, job.turn), stopped)
        future.add_done_callback(lambda done: self._say(lambda: self._finish(done, job)))

    def _is_over(self, turn: int) -> bool:
        return turn != self._turn

    def _heard(self, turn: int, done: int, of: int) -> None:
        waiting, self._progress = self._progress is not None, (done, of)
        if not waiting and not self._is_over(turn):
            self._say(self._tell)

    def _tell(self) -> None:
        told, self._progress = self._progress, None
        if told is not None:
            self.param.update(done=told[0], of=told[1])

    def _say(self, callback: Callable[[], None]) -> None:
        self._said.put(callback)
        self._schedule(self._listen)

    def _listen(self) -> None:
        with suppress(Empty):
            while True:
                self._said.get_nowait()()

    def _finish(self, future: Future[Any], done: Job) -> None:
        """Take a result, also one that is not the newest: while a hand moves, something moves on the page."""
        self._progress = None
        try:
            if done.turn > self._forgotten:
                done.then(future.result())
                self.error = ""
        except CancelledError:
            pass
        except Exception as error:  # whatever it is, the person who asked sees it
            self.error = str(error) or type(error).__name__
            if not isinstance(error, ValueError | OSError):  # those name what to mend
                logger.error("work that a page asked for failed", exc_info=error)
        job, self._next = self._next, None  # now, as `then` may have asked for more
        if job is not None:
            self.param.update(done=0, of=0)
            self._run(job)
        else:
            self.busy = False
