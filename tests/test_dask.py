"""Simulations in other processes: those of this machine, and the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from multiprocessing import get_context

import closed_loop
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from collab.whatif import WhatIf

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


def test_what_other_processes_do_can_be_stopped(what_if: WhatIf, pool: Executor) -> None:
    with pytest.raises(CancelledError):
        what_if.simulate(ASKED, seeds=8, executor=pool, cancelled=lambda: True)
    assert pool.submit(sum, [1, 2]).result(60) == 3  # and they go on with other things
