from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.whatif.queueing import erlang_c, waits

SECONDS = st.floats(0, 1000) | st.integers(0, 5).map(float)


def walked(arrivals: list[float], services: list[float], servers: int) -> list[float]:
    """The waits by who is still in the shop: a customer begins once fewer than `servers` of those before are busy."""
    ends: list[float] = []
    found = []
    begin = 0.0
    for arrival, service in zip(arrivals, services, strict=True):
        begin = max(arrival, begin)
        while sum(end > begin for end in ends) >= servers:
            begin = min(end for end in ends if end > begin)
        ends.append(begin + service)
        found.append(begin - arrival)
    return found


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=40), st.integers(1, 5))
def test_every_wait_is_that_of_walking_through_the_queue(customers: list[tuple[float, float]], servers: int) -> None:
    arrivals = np.cumsum([gap for gap, _ in customers]).tolist()
    services = [service for _, service in customers]
    np.testing.assert_allclose(waits(arrivals, services, servers), walked(arrivals, services, servers), atol=1e-6)


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=40), st.integers(1, 5))
def test_one_server_more_lets_nobody_wait_longer(customers: list[tuple[float, float]], servers: int) -> None:
    arrivals = np.cumsum([gap for gap, _ in customers])
    services = [service for _, service in customers]
    assert (waits(arrivals, services, servers + 1) <= waits(arrivals, services, servers) + 1e-6).all()


@pytest.mark.parametrize("servers,load", [(1, 0.5), (3, 2.1), (8, 6.0), (50, 42.0)])
def test_waits_agree_with_erlang_c_in_the_mean(servers: int, load: float) -> None:
    chance, n, parts = np.random.default_rng(servers), 400_000, 20
    arrivals = np.cumsum(chance.exponential(1 / load, n))
    found = waits(arrivals, chance.exponential(1.0, n), servers)
    expected = erlang_c(servers, load)
    # neighbours wait alike, so that the errors come from the means of long stretches; four of them are a fair margin
    for values, mean in ((found > 0, expected), (found, expected / (servers - load))):
        stretches = values.reshape(parts, -1).mean(axis=1)
        assert abs(stretches.mean() - mean) < 4 * stretches.std(ddof=1) / parts**0.5
        assert stretches.std(ddof=1) / parts**0.5 < 0.05 * mean


def test_erlang_c_gives_the_known_values() -> None:
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(10, 0) == 0
    assert erlang_c(3, 3) == 1
    assert 0 < erlang_c(1000, 950) < 0.1


@pytest.mark.parametrize(
    "arguments,message",
    [
        (([0, 2, 1], [1, 1, 1], 1), r"arrivals_s\[2\] is 1.0, before arrivals_s\[1\], 2.0; sort the customers"),
        (([0, 1], [1], 1), r"services_s has the shape \(1,\); give numbers in the shape 2"),
        (([0, 1], [1, -2], 1), r"services_s\[1\] is -2.0; give numbers of 0 or more"),
        (([0, np.nan], [1, 1], 1), r"arrivals_s\[1\] is nan; give numbers"),
        (([[0, 1]], [[1, 1]], 1), r"arrivals_s has the shape \(1, 2\); give numbers in the shape any"),
        (([0], [1], 0), "servers is 0; give a whole number of 1 or more"),
        (([0], [1], 1.5), "servers is 1.5; give a whole number"),
    ],
)
def test_wrong_customers_are_refused_with_the_fix(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        waits(*arguments)


def test_a_wrong_load_is_refused_with_the_fix() -> None:
    with pytest.raises(ValueError, match="load is -1; give arrivals a second x mean seconds of service"):
        erlang_c(2, -1)
    with pytest.raises(ValueError, match="load is nan"):
        erlang_c(2, float("nan"))
