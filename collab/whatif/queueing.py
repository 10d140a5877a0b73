"""A plain first-come-first-served queue of equal servers: every wait exactly; `erlang_c` says what theory expects."""

from __future__ import annotations

from heapq import heapreplace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collab.forecast.erlang import erlang_c
from collab.whatif.arrays import check_order, floats
from collab.whole import whole

__all__ = ["erlang_c", "waits"]


def waits(arrivals_s: ArrayLike, services_s: ArrayLike, servers: int) -> NDArray[np.float64]:
    """The wait of each customer, in seconds, first come, first served.

    Each takes the server who is free first and waits until then (Kiefer and Wolfowitz, Transactions of the AMS 78,
    1955). Two arrays of n values give n waits, in the same order.

    Args:
        arrivals_s: when customers come, in order.
        services_s: how long each keeps a server.
        servers: how many there are, 1 or more.

    Raises:
        ValueError: names the argument, the place, the value and the fix.
    """
    arrivals = floats("arrivals_s", arrivals_s)
    services = floats("services_s", services_s, arrivals.shape, least=0)
    check_order("arrivals_s", arrivals, "sort the customers by arrival")
    free_s = [-np.inf] * whole(servers, "servers", 1)
    starts = np.empty(len(arrivals))
    for place, (arrival, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        starts[place] = start = max(arrival, free_s[0])
        heapreplace(free_s, start + service)
    return starts - arrivals
