"""Simulations in other processes: those of this machine, and the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from threading import Event

import closed_loop
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from collab.whatif import WhatIf
from collab.whatif.workers import shared_out

LOGGED, ASKED, LEADS = (35, 30, 20, 15), (10, 80, 5, 5), 600


@pytest.fixture(scope="module")
def what_if() -> WhatIf:
    """The log of a closed loop whose router explores."""
    ways = closed_loop.Ways(load=0.55)
    return WhatIf.from_frames(*closed_loop.frames(ways, closed_loop.run(ways, LOGGED, LEADS, 0, 0.2)))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a cluster of two processes."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module", params=["processes", "dask"])
def pool(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """An executor whose workers are other processes."""
    if request.param == "dask":
        with request.getfixturevalue("client").get_executor() as pool:
            yield pool
    else:
        with ProcessPoolExecutor(2, get_context("spawn")) as pool:
            yield pool


def test_other_processes_simulate_what_this_one_would(what_if: WhatIf, pool: Executor) -> None:
    heard: list[tuple[int, int]] = []
    found = what_if.simulate(ASKED, seeds=3, executor=pool, progress=lambda done, of: heard.append((done, of)))
    pd.testing.assert_frame_equal(found.frame(), what_if.simulate(ASKED, seeds=3).frame())
    assert heard[-1] == (3, 3)


def test_other_processes_search_as_this_one_would(what_if: WhatIf, pool: Executor) -> None:
    found = what_if.sweep(0.2, executor=pool).front("team_converted", "response_s")
    pd.testing.assert_frame_equal(found, what_if.sweep(0.2).front("team_converted", "response_s"))


def test_a_client_is_no_executor_but_has_one(what_if: WhatIf, client: Client) -> None:
    with pytest.raises(TypeError, match=r"executor is of Client; give client.get_executor\(\), or none for this"):
        what_if.simulate(ASKED, seeds=2, executor=client)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="executor is of str; give a ProcessPoolExecutor, or none for this process"):
        what_if.simulate(ASKED, seeds=2, executor="dask")  # type: ignore[arg-type]


def test_the_error_of_a_call_comes_at_once_and_what_is_not_begun_is_taken_back() -> None:
    begun, over = [], Event()

    def call(number: int) -> None:
        begun.append(number)
        assert number, "the first one fails"
        over.wait(5)

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(AssertionError, match="the first one fails"):
            shared_out(call, [(number,) for number in range(3)], executor=pool)
        over.set()
    assert begun in ([0], [0, 1])


def test_what_other_processes_do_can_be_stopped(what_if: WhatIf, pool: Executor) -> None:
    with pytest.raises(CancelledError):
        what_if.simulate(ASKED, seeds=8, executor=pool, cancelled=lambda: True)
    assert pool.submit(sum, [1, 2]).result(60) == 3  # and they go on with other things
