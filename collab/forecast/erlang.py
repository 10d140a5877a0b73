"""Waiting for one of many equal servers: Erlang's loss, delay and, with customers who give up, Palm's formulas.

Arrivals are Poisson, services exponential; a load is arrivals a second x mean seconds of service, in erlangs. All are
exact, and stable for thousands of servers: nothing is a factorial.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, inf, isfinite, lgamma, log

from collab.whole import whole

MANY_TERMS = 20_000
"""From here on a sum of as many terms takes longer than a special function."""

TOO_MANY = 1_000_000
"""Servers that nobody has."""


def erlang_b(servers: int, load: float) -> float:
    """The chance that a customer is lost, if nobody waits.

    B(0) = 1 and B(k) = load B(k-1) / (k + load B(k-1)) (Cooper, Introduction to Queueing Theory, 1981, chapter 3).

    Args:
        servers: how many there are, 0 or more.
        load: in erlangs, 0 or more.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(servers, load, least=0)
    lost = 1.0
    for server in range(1, servers + 1):
        lost = load * lost / (server + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """The chance that a customer waits, if all wait until they are served.

    With B the loss of the same servers it is B / (1 - load / servers (1 - B)); a customer waits mean service time x
    chance / (servers - load) on average (Cooper, chapter 3). From a load of `servers` on everybody waits: 1.

    Args:
        servers: how many there are, 1 or more.
        load: in erlangs, 0 or more.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(servers, load, least=1)
    if load >= servers:
        return 1.0
    lost = erlang_b(servers, load)
    return lost / (1 - load / servers * (1 - lost))


@dataclass(frozen=True)
class Answered:
    """How a queue does.

    Attributes:
        within: the share of customers who are served and wait no longer than asked.
        waiting: the share who wait at all.
        wait_s: the mean wait, of all customers, also of those who give up; infinite where it grows for ever.
        lost: the share who give up.
        occupancy: the share of time that a server is busy.
    """

    within: float
    waiting: float
    wait_s: float
    lost: float
    occupancy: float


def answered(servers: int, load: float, service_s: float, within_s: float, patience_s: float | None = None) -> Answered:
    """How a queue does: Erlang C, or Erlang A if customers give up after a mean patience, which is exponential.

    Args:
        servers: how many there are, 1 or more.
        load: in erlangs, 0 or more.
        service_s: mean seconds of a service, above 0.
        within_s: a wait that is short enough, 0 or more.
        patience_s: mean seconds after which who waits gives up; None: nobody does.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(servers, load, least=1)
    for name, value, low in (("service_s", service_s, 1e-9), ("within_s", within_s, 0.0)):
        if not (isfinite(value) and value >= low):
            raise ValueError(f"{name} is {value}; give seconds, {'above' if low else 'at least'} 0")
    if patience_s is not None and not (isfinite(patience_s) and patience_s > 0):
        raise ValueError(f"patience_s is {patience_s}; give mean seconds above 0, or None if nobody gives up")
    if patience_s is not None:
        return _erlang_a(servers, load, service_s, within_s, patience_s)
    waiting = erlang_c(servers, load)
    if load >= servers:
        return Answered(0.0, 1.0, inf, 0.0, 1.0)
    free = (servers - load) / service_s
    return Answered(1 - waiting * exp(-free * within_s), waiting, waiting / free, 0.0, load / servers)


def _erlang_a(servers: int, load: float, service_s: float, within_s: float, patience_s: float) -> Answered:
    """Palm's queue, by the integrals of Zeltyn & Mandelbaum (Queueing Systems 51, 2005), in units of a mean service.

    J = A(x, y) / servers, and J from a time t on is E(t) A(x, y e^-t/patience) / servers with E(t) = exp(load H(t) -
    servers t); x = servers x patience, y = load x patience, H(t) the mean of the smaller of t and a patience. What may
    be too large for a float is kept as its logarithm and divided by exp(m).
    """
    patience, within = patience_s / service_s, within_s / service_s
    if load == 0:
        return Answered(1.0, 0.0, 0.0, 0.0, 0.0)
    x, y = servers * patience, load * patience
    all_of_it = _log_a(x, y)
    fade = -expm1(-within / patience)
    so_long = load * patience * fade - servers * within  # log E
    later = so_long + _log_a(x, y * exp(-within / patience))
    m = max(all_of_it, so_long, later, 0.0)
    one, whole, after, edge = exp(-m), exp(all_of_it - m), exp(later - m), exp(so_long - m)
    busy = erlang_b(servers - 1, load)  # 1 over the sum that is called epsilon
    norm = one + busy * load / servers * whole
    waiting = busy * load / servers * whole / norm
    lost = busy * (one + (load / servers - 1) * whole) / norm
    within_share = (one + busy * (edge - one + whole - after)) / norm
    lost = min(max(lost, 0.0), 1.0)
    # who gives up does so at rate 1 / patience while waiting (Little's law)
    wait_s = lost * patience_s
    return Answered(min(max(within_share, 0.0), 1.0), waiting, wait_s, lost, load * (1 - lost) / servers)


def _log_a(x: float, y: float) -> float:
    """The logarithm of Palm's A(x, y) = 1 + y/(x+1) + y²/((x+1)(x+2)) + …, all of whose terms are positive.

    Where that is long it is x e^y y^-x times the lower incomplete gamma function, which is no less than about half of
    the whole one from y = x on.
    """
    if y > max(x, MANY_TERMS):
        from scipy.special import gammainc

        return log(x) + y - x * log(y) + lgamma(x) + log(gammainc(x, y))
    total, term, scale, k = 1.0, 1.0, 0.0, 0
    while term > total * 1e-17 or y > x + k:
        k += 1
        term *= y / (x + k)
        total += term
        if total > 1e250:
            total, term, scale = total * 1e-250, term * 1e-250, scale + 250 * log(10)
    return log(total) + scale


def needed(load: float, service_s: float, *, share: float, within_s: float, patience_s: float | None = None) -> int:
    """The fewest servers with whom at least this share of customers is served within so many seconds.

    More servers never make it worse, so the smallest number is found by halving.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; give a share of customers between 0 and 1, e.g. 0.8")
    if load == 0:
        return 0
    _check(1, load, least=1)
    low, high = 0, max(1, int(load))

    def enough(servers: int) -> bool:
        return answered(servers, load, service_s, within_s, patience_s).within >= share

    while not enough(high):
        low, high = high, high * 2 if high < 16 else high + max(1, high // 8)
        if high > TOO_MANY:
            raise ValueError(f"load is {load}; it takes more than {TOO_MANY:,} servers")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _check(servers: int, load: float, *, least: int) -> None:
    whole(servers, "servers", least)
    if not (load >= 0 and isfinite(load)):
        raise ValueError(f"load is {load}; give arrivals a second x mean seconds of service, 0 or more")
