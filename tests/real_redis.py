"""A redis-server of the tests' own, on a unix socket in a temporary folder, that can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

STARTS_WITHIN_S = 20.0

# Redis is the child of a process that ends it when its own standard input ends: with the tests, however they end.
KEEPER = """
import subprocess, sys
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
sys.stdin.read()
server.terminate()
server.wait()
"""


WRITES_WITHIN_S = 30.0
"""How long Redis may keep what it answered to itself."""


def answers(client: redis.Redis) -> bool:
    """Does a server answer?"""
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


class RealRedis:
    """Starts the program at once; every write is on the disk before it is answered, so a kill loses nothing.

    Args:
        program: the server's path.
        fsync: when it makes sure that the disk has what was written: always, everysec or no. With everysec Redis keeps
            what it answered to itself, up to two seconds, while the disk is slow; a kill comes when it holds nothing.

    Raises:
        RuntimeError: it does not answer in time; holds the server's log.
    """

    def __init__(self, program: str, fsync: str = "always") -> None:
        self._program, self._fsync = program, fsync
        self._folder = Path(tempfile.mkdtemp(prefix="collab-redis-"))
        self.socket = self._folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.client = redis.Redis(unix_socket_path=str(self.socket), protocol=2)
        self.start()

    def start(self) -> None:
        """Start the server and return when it answers."""
        settings = {"port": 0, "unixsocket": self.socket, "unixsocketperm": 700, "dir": self._folder, "logfile": "log"}
        settings |= {"save": "", "appendonly": "yes", "appendfsync": self._fsync}
        options = [str(part) for name, value in settings.items() for part in (f"--{name}", value)]
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, self._program, *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not answers(self.client):
            if time.monotonic() > deadline:
                log = (self._folder / "log").read_text(encoding="utf-8")
                self.stop()
                raise RuntimeError(f"redis-server does not answer after {STARTS_WITHIN_S} s: {log}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End the server as `kill -9` does; with everysec once the system has all that it answered."""
        process = self.client.info("server")["process_id"]
        deadline = time.monotonic() + WRITES_WITHIN_S
        if self._fsync == "everysec":  # it answers what it has not written yet, as long as the disk is slow
            self.client.client_pause(round(WRITES_WITHIN_S * 1000), all=False)
        while self._fsync == "everysec" and self.client.info("persistence")["aof_buffer_length"]:
            assert time.monotonic() < deadline, f"Redis did not write what it answered in {WRITES_WITHIN_S:g} s"
            time.sleep(0.001)
        os.kill(process, signal.SIGKILL)
        self._end_keeper()

    def stop(self) -> None:
        """End the server and remove what it wrote."""
        self.client.close()
        self._end_keeper()
        shutil.rmtree(self._folder)

    def _end_keeper(self) -> None:
        self._keeper.communicate()
