"""Rooms that work on a loop: in a thread of their own, or in the loop that runs."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures.thread  # noqa: F401 - registers what must come after ours, see below
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from collab.live.stream import StreamUnreachable

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class Threaded(ABC):
    """Starts and stops what a class below it opens and closes, and runs coroutines where it works.

    Args:
        name: whose office it is, for errors and the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @abstractmethod
    async def _open(self) -> None:
        """Start all rooms, in the loop they work in."""

    @abstractmethod
    async def close(self) -> None:
        """Stop all rooms, in the loop they work in."""

    def start(self) -> Self:
        """Start all rooms and return when they work; twice is as once.

        Raises:
            StreamUnreachable: no Redis answers.
            HistoryMismatch: the stream and the history are not of the same team.
        """
        with self._start_lock:
            if self._thread is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=f"office {self._name}", daemon=True)
                self._thread.start()
                try:
                    self.call(self._open()).result()
                except BaseException as error:
                    self.call(self.close()).result()  # or the folder stays locked
                    self._halt()
                    if isinstance(error, StreamUnreachable):
                        raise error.with_traceback(None) from None  # it says all; how it came here is three pages
                    raise
                _started.add(self)
        return self

    def stop(self) -> None:
        """Record what is not recorded yet and stop all rooms; twice is as once. A program that ends does it, too."""
        with self._start_lock:
            _started.discard(self)
            if self._thread is not None:
                try:
                    self.call(self.close()).result()
                finally:
                    self._halt()

    def call(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Run a coroutine (of the desk, say) in the office's loop; may be called from any thread.

        Raises:
            RuntimeError: the office is not started, or stopped.
        """
        if self._loop is None:
            work.close()
            raise RuntimeError(f"the office of {self._name} is not started; call start() first")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def open(self) -> None:
        """Start all rooms in the running loop instead of a thread; `close` ends it."""
        self._loop = asyncio.get_running_loop()
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def ask(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the office's loop and await it in another."""
        return await asyncio.wrap_future(self.call(work))

    def _halt(self) -> None:
        thread, self._thread = self._thread, None
        loop, self._loop = self._loop, None
        if loop is not None and thread is not None:
            # in its own thread: the one that stops it may have a loop that runs, as a notebook's has
            asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


_started: set[Threaded] = set()
"""Those that work in a thread of their own."""


def _stop_started() -> None:
    for one in tuple(_started):
        if one._thread is not None and one._thread.is_alive():  # in a process that was forked it is not
            try:
                one.stop()
            except Exception:
                logger.exception("the office of %s could not be stopped at the end of the program", one._name)


# `concurrent.futures.thread` ends the pools in which is recorded: what is registered after it is called before it, and
# `atexit` is too late.
getattr(threading, "_register_atexit", atexit.register)(_stop_started)
