"""Sends what the outbox holds: each message until its target took it, one at a time to each target."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from filelock import FileLock, Timeout

from collab.delivery.channels import Channel
from collab.delivery.message import Message
from collab.delivery.notice import Notice
from collab.delivery.outbox import Outbox
from collab.delivery.plan import Plan
from collab.delivery.route import dues
from collab.delivery.undelivered import Undelivered

logger = logging.getLogger(__name__)

AT_ONCE = 16
"""So many targets are sent to at once."""

LOOK_S = 1.0
"""At least so often it looks what is due, since clocks may be set."""

KEPT = timedelta(days=30)
"""So long what was sent or dropped can be looked up."""


class OutboxInUse(RuntimeError):
    """Another courier sends what is in this outbox; stop it, or give this one a file of its own."""


class Courier:
    """Takes notices, keeps them in the outbox, and brings them to the targets of a plan, in threads of its own.

    Attributes:
        plan: the routes and retries in force; another one counts for the notices that come from then on.

    Args:
        outbox: what is kept.
        plan: who is told of what.
        channels: the way to each target, from `collab.delivery.channels`.
        clock: tells the time, in UTC.
        chance: draws the jitter of retries.
    """

    def __init__(
        self,
        outbox: Outbox,
        plan: Plan,
        channels: Mapping[str, Channel],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: random.Random | None = None,
    ) -> None:
        self.outbox, self.plan, self.channels, self.clock = outbox, plan, channels, clock
        self._chance = chance or random.Random(random.SystemRandom().getrandbits(64))
        self._lock = FileLock(f"{outbox.path}.lock", thread_local=False)  # who stops it may be another thread
        self._changed, self._woken, self._stopping = threading.Condition(), False, False
        self._busy: set[str] = set()
        self._thread: threading.Thread | None = None
        self._hears: list[Callable[[], None]] = []
        self._forgot = datetime.min.replace(tzinfo=UTC)

    def notify(self, *notices: Notice) -> int:
        """Let everybody be told whom it concerns; when it returns, nothing of it can be lost.

        Returns how many deliveries are new: 0 for notices that were given before, for info, and where no route is.
        """
        new = self.outbox.put(due for notice in notices for due in dues(notice, self.plan.routes))
        self._wake()
        return new

    def settle(self, *alerts: str) -> int:
        """Somebody took these alerts up, or they are over: whoever was yet to hear of them need not."""
        dropped = self.outbox.settle(alerts, self.clock())
        self._wake()
        return dropped

    def again(self, message_id: str) -> None:
        """Send a dead message again, with the id that it has.

        Raises:
            ValueError: there is no dead message of this id.
        """
        self.outbox.again(message_id, self.clock())
        self._wake()

    def subscribe(self, hear: Callable[[], None]) -> Callable[[], None]:
        """Call this, in any thread, whenever something changed; returns what ends it."""
        self._hears.append(hear)
        return lambda: self._hears.remove(hear) if hear in self._hears else None

    def step(self) -> int:
        """Send all that is due now, here; returns how many messages were tried."""
        self._tidy()
        tried = 0
        while found := self.outbox.ready(self.clock()):
            for message in found:
                self._deliver(message)
            tried += len(found)
        return tried

    def start(self) -> Courier:
        """Send what is due from now on.

        Raises:
            OutboxInUse: another courier does.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise OutboxInUse(f"another courier sends from {self.outbox.path}; stop it, or name another file") from None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Send nothing new; what is on its way may end, within its target's timeout."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._lock.release()

    def _run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier") as pool:
            while not self._stopping:
                try:
                    self._hand_out(pool)
                    due = self.outbox.next_due()
                except Exception:
                    logger.exception("the outbox %s cannot be read or written; trying again", self.outbox.path)
                    due = None
                wait_s = LOOK_S if due is None else (due - self.clock()).total_seconds()
                with self._changed:
                    # What is due may wait for its busy target, which wakes this thread when it is done.
                    wait_s = LOOK_S if self._busy and wait_s <= 0 else wait_s
                    self._changed.wait_for(lambda: self._woken or self._stopping, min(max(wait_s, 0.0), LOOK_S))
                    self._woken = False

    def _hand_out(self, pool: ThreadPoolExecutor) -> None:
        self._tidy()
        for message in self.outbox.ready(self.clock(), tuple(self._busy)):
            self._busy.add(message.target)
            pool.submit(self._carry, message)

    def _carry(self, message: Message) -> None:
        try:
            self._deliver(message)
        except Exception:  # the outbox could not be written: it is sent again with its id
            logger.exception("message %s for %s was not noted", message.id, message.target)
        finally:
            self._busy.discard(message.target)
            self._wake()

    def _tidy(self) -> None:
        now = self.clock()
        if self.outbox.gather(now):
            self._tell()
        if now - self._forgot > timedelta(hours=1):
            self._forgot = now
            self.outbox.forget(now - KEPT)

    def _deliver(self, message: Message) -> None:
        error = self._tried(message)
        if error is None:
            self.outbox.sent(message.id, self.clock())
        else:
            state = self.outbox.failed(message.id, error, self.clock(), self.plan.retries, self._chance.random())
            if state == "dead":
                logger.warning("message %s for %s is dead: %s", message.id, message.target, error)
        self._tell()

    def _tried(self, message: Message) -> Undelivered | None:
        channel = self.channels.get(message.target)
        if channel is None:
            reason = f"there is no target {message.target!r} any more; name it in notify.yaml, then send it again"
            return Undelivered(reason, again=False)
        try:
            channel.send(message)
        except Undelivered as error:
            return error
        except Exception as error:  # its text may hold a secret
            return Undelivered(f"the channel raised {type(error).__name__}")
        return None

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()
        self._tell()

    def _tell(self) -> None:
        for hear in tuple(self._hears):
            hear()
