"""Work shared out to an executor's workers: heard of as it goes on, and stopped when it is not wanted any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError as Cancelled
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

Result = TypeVar("Result")

CHECK_EVERY_S = 0.2
"""How often it is asked whether to stop."""


def shared_out(
    task: Callable[..., Result],
    calls: Sequence[tuple[Any, ...]],
    *,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Result]:
    """What the task gives for each of these arguments, in their order; a call that fails takes back what is not begun.

    Args:
        task: a function of a module, so that it can be sent to another process.
        calls: the arguments of each call.
        executor: whose workers do it; this process's threads, if none is given.
        progress: hears how many calls of how many are done.
        cancelled: is asked now and then whether to stop.

    Raises:
        CancelledError: `cancelled` said so.
        TypeError: the executor is none, as a client of Dask, which has one.
    """
    pool = ThreadPoolExecutor() if executor is None else _checked(executor)
    jobs: list[Future[Result]] = []
    try:
        jobs += [pool.submit(task, *call) for call in calls]
        pending: set[Future[Result]] = set(jobs)
        while pending:
            done, pending = wait(pending, timeout=CHECK_EVERY_S)
            if done and progress is not None:
                progress(len(jobs) - len(pending), len(jobs))
            for job in done:
                job.result()
            if cancelled is not None and cancelled():
                raise Cancelled
        return [job.result() for job in jobs]
    finally:
        for job in jobs:
            job.cancel()
        if executor is None:
            pool.shutdown(cancel_futures=True)


def _checked(executor: object) -> Executor:
    if isinstance(executor, Executor):
        return executor
    fix = "give client.get_executor()" if hasattr(executor, "get_executor") else "give a ProcessPoolExecutor"
    raise TypeError(f"executor is of {type(executor).__name__}; {fix}, or none for this process's threads")
