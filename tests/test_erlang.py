"""Formulas of queues against exact fractions, other programs and the queue itself."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.forecast import answered, erlang_b, erlang_c, needed
from collab.whatif import queueing

SERVERS = st.integers(1, 300)
LOADS = st.floats(0.01, 250)
TIMES = st.floats(0, 3_000)
PATIENCE = st.none() | st.floats(1, 100_000)


@pytest.mark.parametrize(
    "servers,load,service,within,waits,in_time,least",
    [  # what pyworkforce 0.5.4 gives
        (14, 10.0, 3.0, 1 / 3, 0.1741319335950498, 0.8883500191794669, 14),
        (12, 10.0, 3.0, 1 / 3, 0.4493882242982709, 0.6401580403740066, 14),
        (60, 50.0, 5.0, 0.5, 0.11730205613220734, 0.9568469851418224, 56),
        (110, 100.0, 4.0, 0.5, 0.23700750028505266, 0.9320962142764896, 107),
        (3, 2.1, 1.0, 0.25, 0.4923444976076556, 0.6068549334433497, 4),
    ],
)
def test_erlang_c_is_that_of_another_program(
    servers: int, load: float, service: float, within: float, waits: float, in_time: float, least: int
) -> None:
    found = answered(servers, load, service, within)
    assert found.waiting == pytest.approx(waits, rel=3e-15)
    assert found.within == pytest.approx(in_time, rel=3e-15)
    assert needed(load, service, share=0.8, within_s=within) == least


@given(st.integers(1, 60), st.fractions(Fraction(1, 100), 59, max_denominator=100))
def test_loss_and_delay_are_the_exact_fractions(servers: int, load: Fraction) -> None:
    terms = [load**k / factorial(k) for k in range(servers + 1)]
    assert erlang_b(servers, float(load)) == pytest.approx(float(terms[-1] / sum(terms)), rel=1e-12)
    if load < servers:
        tail = terms[-1] / (1 - load / servers)
        assert erlang_c(servers, float(load)) == pytest.approx(float(tail / (sum(terms[:-1]) + tail)), rel=1e-11)


def chain(servers: int, load: float, service_s: float, patience_s: float) -> tuple[float, float]:
    """The shares who wait and who give up, from the chain of how many are there (birth and death)."""
    log_weights = [0.0]
    for k in range(1, servers * 3 + int(40 * (load + 5) * max(1.0, patience_s / service_s))):
        out = min(k, servers) + max(k - servers, 0) * service_s / patience_s
        log_weights.append(log_weights[-1] + np.log(load / out))
    weights = np.exp(np.array(log_weights) - max(log_weights))
    weights /= weights.sum()
    gone = (weights * np.maximum(np.arange(len(weights)) - servers, 0)).sum() * service_s / patience_s / load
    return float(weights[servers:].sum()), float(gone)


@given(st.integers(1, 40), st.floats(0.1, 60), st.floats(1, 600), st.floats(5, 3000))
def test_erlang_a_is_the_stationary_chain(servers: int, load: float, service_s: float, patience_s: float) -> None:
    patience_s = min(max(patience_s, service_s / 20), service_s * 5)
    found = answered(servers, load, service_s, 20.0, patience_s)
    waiting, lost = chain(servers, load, service_s, patience_s)
    assert found.waiting == pytest.approx(waiting, abs=1e-9)
    assert found.lost == pytest.approx(lost, abs=1e-9)
    assert found.wait_s == pytest.approx(lost * patience_s, abs=1e-6)
    assert found.occupancy == pytest.approx(load * (1 - lost) / servers, abs=1e-9)


def simulated(servers: int, load: float, within: float, patience: float, n: int, seed: int) -> tuple[float, float]:
    """The shares served in time and lost of a queue whose customers give up, walked through one by one."""
    chance = np.random.default_rng(seed)
    arrivals = np.cumsum(chance.exponential(1 / load, n))
    services, patiences = chance.exponential(1.0, n), chance.exponential(patience, n)
    free = np.zeros(servers)
    served = lost = 0
    for arrival, service, patient in zip(arrivals.tolist(), services.tolist(), patiences.tolist(), strict=True):
        first = int(free.argmin())
        wait = max(0.0, float(free[first]) - arrival)
        if wait > patient:
            lost += 1
            continue
        served += wait <= within
        free[first] = arrival + wait + service
    return served / n, lost / n


def test_erlang_a_is_the_queue_in_the_mean() -> None:
    n = 150_000
    served, lost = simulated(8, 8.5, 0.1, 0.7, n, seed=3)
    found = answered(8, 8.5, 60.0, 6.0, 42.0)
    assert found.within == pytest.approx(served, abs=0.015)
    assert found.lost == pytest.approx(lost, abs=0.01)


def test_the_service_level_of_erlang_c_is_that_of_the_simulated_queue() -> None:
    chance, n, parts = np.random.default_rng(5), 300_000, 20
    arrivals = np.cumsum(chance.exponential(1 / 9.0, n))
    waits = queueing.waits(arrivals, chance.exponential(1.0, n), 11)
    shares = (waits <= 0.2).reshape(parts, -1).mean(axis=1)
    assert abs(shares.mean() - answered(11, 9.0, 1.0, 0.2).within) < 4 * shares.std(ddof=1) / parts**0.5


@given(SERVERS, LOADS, TIMES, PATIENCE)
def test_one_server_more_is_never_worse(servers: int, load: float, within_s: float, patience_s: float | None) -> None:
    fewer, more = (answered(n, load, 300.0, within_s, patience_s) for n in (servers, servers + 1))
    assert more.within >= fewer.within - 1e-9
    assert more.waiting <= fewer.waiting + 1e-9
    assert more.wait_s <= fewer.wait_s + 1e-6
    assert more.lost <= fewer.lost + 1e-9
    assert 0 <= more.within <= 1
    assert 0 <= more.waiting <= 1 + 1e-9


@given(SERVERS, LOADS, st.floats(1.01, 2), TIMES, PATIENCE)
def test_more_work_is_never_better(
    servers: int, load: float, factor: float, within_s: float, patience_s: float | None
) -> None:
    less, more = (answered(servers, one, 300.0, within_s, patience_s) for one in (load, load * factor))
    assert more.within <= less.within + 1e-9
    assert more.waiting >= less.waiting - 1e-9
    assert more.lost >= less.lost - 1e-9


@given(LOADS, st.floats(0.5, 0.99), TIMES, PATIENCE)
def test_the_needed_are_the_fewest_that_are_enough(
    load: float, share: float, within_s: float, patience_s: float | None
) -> None:
    found = needed(load, 300.0, share=share, within_s=within_s, patience_s=patience_s)
    assert answered(found, load, 300.0, within_s, patience_s).within >= share
    assert found == 1 or answered(found - 1, load, 300.0, within_s, patience_s).within < share


@given(st.floats(0.1, 0.95), st.integers(1, 100), TIMES)
def test_endless_patience_is_erlang_c(used: float, servers: int, within_s: float) -> None:
    patient, endless = (answered(servers, used * servers, 300.0, within_s, one) for one in (1e9, None))
    assert patient.within == pytest.approx(endless.within, abs=1e-4)
    assert patient.waiting == pytest.approx(endless.waiting, abs=1e-4)


def test_thousands_of_servers_and_loads_far_from_them_are_no_trouble() -> None:
    for load in (10.0, 4_900.0, 4_999.0, 5_100.0, 20_000.0):
        for patience_s in (None, 1.0, 300.0, 1e6):
            found = answered(5_000, load, 300.0, 20.0, patience_s)
            assert 0 <= found.within <= 1
            assert 0 <= found.lost <= 1
            assert found.occupancy <= 1 + 1e-9
    assert 0.6 < answered(5_000, 4_980.0, 300.0, 20.0).within < 0.999
    assert answered(1, 1_000.0, 300.0, 20.0, 1e6).lost == pytest.approx(0.999, abs=1e-6)


def test_wrong_arguments_are_refused_with_the_fix() -> None:
    with pytest.raises(ValueError, match=r"servers is 0; give a whole number of 1 or more"):
        answered(0, 1.0, 60.0, 20.0)
    with pytest.raises(ValueError, match="load is nan; give arrivals a second x mean seconds"):
        needed(float("nan"), 60.0, share=0.8, within_s=20.0)
    with pytest.raises(ValueError, match=r"service_s is 0\.0; give seconds, above 0"):
        answered(2, 1.0, 0.0, 20.0)
    with pytest.raises(ValueError, match="patience_s is -1; give mean seconds above 0, or None"):
        answered(2, 1.0, 60.0, 20.0, -1)
    with pytest.raises(ValueError, match=r"share is 1; give a share of customers between 0 and 1"):
        needed(1.0, 60.0, share=1, within_s=20.0)
    assert needed(0.0, 60.0, share=0.8, within_s=20.0) == 0
