"""Redis servers of the tests' own that stand in for each other: a cluster, and a master with replicas and Sentinels."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from real_redis import KEEPER, answers
from redis.crc import key_slot

WITHIN_S = 30.0
PLAIN = {"save": "", "appendonly": "yes", "appendfsync": "everysec", "bind": "127.0.0.1", "protected-mode": "no"}
SERVICE = "collab"


def free_port() -> int:
    """A port that is free now, with its cluster bus port."""
    for _ in range(1000):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 10_000))
                return port
    raise RuntimeError("there is no free port whose bus port is free too")


class Node:
    """One redis-server on a port; it ends with the tests, however these end."""

    def __init__(self, program: str, folder: Path, *mode: str, **settings: Any) -> None:
        self.port = free_port()
        self._folder = folder / str(self.port)
        self._folder.mkdir()
        options = PLAIN | settings | {"port": self.port, "dir": self._folder, "logfile": "log"}
        config = self._folder / "redis.conf"
        lines = [f"{name.replace('_', '-')} {value if value != '' else chr(34) * 2}" for name, value in options.items()]
        config.write_text("\n".join(line for line in lines if "None" not in line) + "\n", encoding="utf-8")
        self._command = [program, str(config), *mode]
        self.client = redis.Redis(port=self.port, protocol=2, socket_timeout=5)
        self.start()

    def start(self) -> None:
        """Start the server and return when it answers."""
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, *self._command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        until(lambda: answers(self.client), self.log)
        self.pid = int(self.client.info("server")["process_id"])

    def kill(self) -> None:
        """End the server as `kill -9` does."""
        os.kill(self.pid, signal.SIGKILL)
        self._keeper.communicate()

    def stop(self) -> None:
        """End the server."""
        self.client.close()
        self._keeper.communicate()

    def alive(self) -> bool:
        """Does it run?"""
        return self._keeper.poll() is None

    def is_master(self) -> bool:
        """Does it run, and say that it is a master?"""
        try:
            return self.client.execute_command("ROLE")[0] == b"master"
        except redis.RedisError:
            return False

    def log(self) -> str:
        """The end of what it wrote into its log."""
        return (self._folder / "log").read_text(encoding="utf-8")[-2000:]


def until(condition: Callable[[], bool], why: Callable[[], str] = str) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"it is not so after {WITHIN_S} s: {why()}")
        time.sleep(0.02)


class Group(ABC):
    """Servers that stand in for each other."""

    url: str

    def __init__(self, program: str) -> None:
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="collab-group-"))
        self.nodes: list[Node] = []
        try:
            self.begin()
        except BaseException:
            self.stop()
            raise

    @abstractmethod
    def begin(self) -> None:
        """Start all and return when they know each other."""

    @abstractmethod
    def master(self, key: str) -> Node:
        """The node that the others take for the master of a key now."""

    def stop(self) -> None:
        """End all and remove what they wrote."""
        for node in self.nodes:
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def whole(self) -> bool:
        """Do all run and know each other, with replicas in step?"""

    def heal(self) -> None:
        """Start again what was killed and return when all is as in the beginning."""
        for node in self.nodes:
            if not node.alive():
                node.start()
        until(self.whole)

    def empty(self) -> None:
        """Forget all keys."""
        for node in self.nodes:
            if node.is_master():
                node.client.flushall()


class RealCluster(Group):
    """Three masters with a replica each."""

    def begin(self) -> None:
        """Start all and return when they know each other."""
        for _ in range(6):
            self.nodes.append(
                Node(
                    self.program,
                    self.folder,
                    cluster_enabled="yes",
                    cluster_node_timeout=600,
                    cluster_replica_validity_factor=0,
                    repl_diskless_sync_delay=0,
                    repl_ping_replica_period=1,
                )
            )
        masters, replicas = self.nodes[:3], self.nodes[3:]
        for number, node in enumerate(masters):
            first, last = number * 5462, min(number * 5462 + 5461, 16383)
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            node.client.execute_command("CLUSTER MEET", "127.0.0.1", self.nodes[0].port)
        until(lambda: all(len(self._known(node)) == 6 for node in self.nodes))
        for master, replica in zip(masters, replicas, strict=True):
            replica.client.execute_command("CLUSTER REPLICATE", master.client.execute_command("CLUSTER MYID").decode())
        until(self.whole)
        self.url = f"redis+cluster://{','.join(f'127.0.0.1:{node.port}' for node in self.nodes)}"

    def whole(self) -> bool:
        """Do all nodes answer, with three masters that have a replica in step each?"""
        masters = [node for node in self.nodes if node.is_master()]
        return (
            len(masters) == 3
            and all(node.alive() and b"cluster_state:ok" in _raw(node, "CLUSTER", "INFO") for node in self.nodes)
            and all(len(node.client.execute_command("ROLE")[2]) == 1 for node in masters)
        )

    def master(self, key: str) -> Node:
        """The node that the others take for the master of a key now."""
        slot = key_slot(key.encode())
        node = next(node for node in self.nodes if node.alive())
        for first, last, owner, *_ in _raw(node, "CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == owner[1])
        raise RuntimeError(f"nobody has slot {slot}")

    def _known(self, node: Node) -> dict[str, Any]:
        return dict(node.client.execute_command("CLUSTER NODES"))


def _raw(node: Node, *command: str) -> Any:
    connection = node.client.connection_pool.get_connection()
    try:
        connection.send_command(*command)
        return connection.read_response()
    finally:
        node.client.connection_pool.release(connection)


class UnderSentinel(Group):
    """A master with two replicas, and three Sentinels."""

    def begin(self) -> None:
        """Start all and return when they know each other."""
        quick = {"repl_diskless_sync_delay": 0, "repl_ping_replica_period": 1}
        master = Node(self.program, self.folder, **quick)
        self.nodes.append(master)
        for _ in range(2):
            self.nodes.append(Node(self.program, self.folder, replicaof=f"127.0.0.1 {master.port}", **quick))
        self.sentinels: list[Node] = []
        for _ in range(3):
            sentinel = Node(
                self.program,
                self.folder,
                "--sentinel",
                save=None,
                appendonly=None,
                appendfsync=None,
                sentinel=f"monitor {SERVICE} 127.0.0.1 {master.port} 2",
            )
            for name, value in (("down-after-milliseconds", 600), ("failover-timeout", 3000)):
                sentinel.client.execute_command("SENTINEL", "SET", SERVICE, name, value)
            self.sentinels.append(sentinel)
        until(self.whole)
        self.url = f"redis+sentinel://{','.join(f'127.0.0.1:{one.port}' for one in self.sentinels)}/{SERVICE}"

    def whole(self) -> bool:
        """Do all Sentinels know each other and both replicas, and are these in step?"""
        states = [_pairs(_raw(one, "SENTINEL", "MASTER", SERVICE)) for one in self.sentinels]
        return (
            all(state["num-other-sentinels"] == "2" and state["num-slaves"] == "2" for state in states)
            and len([node for node in self.nodes if node.is_master()]) == 1
            and len(self.master("").client.execute_command("ROLE")[2]) == 2
        )

    def master(self, key: str) -> Node:
        """The node that the Sentinels take for the master now."""
        named = _raw(self.sentinels[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(node for node in self.nodes if node.port == int(named[1]))

    def stop(self) -> None:
        """End all and remove what they wrote."""
        for sentinel in self.__dict__.get("sentinels", ()):
            sentinel.stop()
        super().stop()


def _pairs(flat: list[bytes]) -> dict[str, str]:
    texts = [part.decode() for part in flat]
    return dict(zip(texts[::2], texts[1::2], strict=True))
