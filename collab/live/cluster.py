"""Redis Cluster: the nodes say which master has the slot of a partition's keys."""

from __future__ import annotations

from collections import deque
from typing import Any

from redis.crc import key_slot
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError, ResponseError

from collab.live.moving import Address, Moving, Place, ask


class Cluster(Moving):
    """The master of one slot of a cluster; all keys of a partition carry one hash tag, so they are in one slot.

    While a slot is moved from one master to another by hand, its partitions may not be reachable.
    """

    def __init__(self, address: Address, key: str) -> None:
        if address.path not in ("", "0"):
            raise ValueError(f"the stream's url is {address.url!r}; a cluster has no database {address.path!r}, only 0")
        self._slot = key_slot(key.encode())
        self._nodes = deque(address.places)
        self._said: Place | None = None
        super().__init__(address)

    async def master(self) -> Place:
        """Where the slot's master is, by the next node that answers."""
        if self._said is not None:
            said, self._said = self._said, None
            return said
        failure: Exception | None = None
        for _ in range(len(self._nodes)):
            node = self._nodes[0]
            self._nodes.rotate(-1)  # another one is asked next time: this one may be behind
            try:
                slots = await ask(node, self.address.options, "CLUSTER", "SLOTS")
            except ResponseError as error:
                failure = NoConnection(f"{node[0]}:{node[1]} is no node of a cluster: {error}")
                continue
            except (RedisError, OSError) as error:
                failure = error
                continue
            self._learn(node, slots)
            for first, last, owner, *_ in slots:
                if first <= self._slot <= last:
                    return _place(node, owner)
            failure = NoConnection(f"by {node[0]}:{node[1]}, no node has slot {self._slot}")
        raise NoConnection(str(failure)) from failure

    def elsewhere(self, place: Place) -> None:
        """A node said that the slot is there now."""
        self._said = place

    def _learn(self, node: Place, slots: Any) -> None:
        """Ask the nodes that this one knows of and those that were named from now on; others may be gone for good."""
        known = dict.fromkeys(_place(node, other) for _, _, *nodes in slots for other in nodes)
        if known:
            still = [place for place in self._nodes if place in known or place in self.address.places]
            self._nodes = deque(dict.fromkeys((*still, *known)))


def _place(asked: Place, node: Any) -> Place:
    host = node[0].decode() if node[0] else ""
    return (host if host not in ("", "?") else asked[0]), int(node[1])
