"""Redis under Sentinel: the Sentinels say which server is the master of a service."""

from __future__ import annotations

from collections import deque

from redis.asyncio.connection import Connection
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as NoConnection

from collab.live.moving import Address, Moving, Place, ask


class Sentinels(Moving):
    """The master of a service, as Sentinels name it."""

    def __init__(self, address: Address) -> None:
        self._service, _, database = address.path.partition("/")
        if not self._service or not (database or "0").isdigit():
            raise ValueError(
                f"the stream's url is {address.url!r}; after the Sentinels comes /service or /service/database"
            )
        self._sentinels = deque(address.places)
        address.options["db"] = int(database or 0)
        tls = {name: value for name, value in address.options.items() if name.startswith(("ssl", "connection_class"))}
        self._asking = tls | {name: value for name, value in address.asking.items() if value is not None}
        super().__init__(address)

    async def master(self) -> Place:
        """Where the master is, by the next Sentinel that answers and knows."""
        failure: Exception | None = None
        for _ in range(len(self._sentinels)):
            sentinel = self._sentinels[0]
            self._sentinels.rotate(-1)  # another one is asked next time: this one may be behind
            try:
                named = await ask(sentinel, self._asking, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)
            except AuthenticationError:
                raise
            except (RedisError, OSError) as error:
                failure = error
                continue
            if named:
                return named[0].decode(), int(named[1])
            failure = NoConnection(f"the Sentinel at {sentinel[0]}:{sentinel[1]} knows no service {self._service!r}")
        raise NoConnection(str(failure)) from failure

    async def met(self, connection: Connection) -> None:
        """See that it is the master: one that was replaced and came back may not know yet."""
        await connection.send_command("ROLE", check_health=False)
        if (role := (await connection.read_response())[0]) != b"master":
            raise NoConnection(f"{connection.host}:{connection.port} is no master but a {role.decode()}")
        await super().met(connection)
