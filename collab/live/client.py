"""A member in Python: connects to a gateway, keeps what it has, and comes back by itself where it left off."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import AsyncIterator
from ssl import SSLContext
from types import TracebackType
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from collab import protocol as p
from collab.events import AnyEvent, RoomLeft
from collab.live.calls import Calls
from collab.live.heard import MOST_WAITING, CutOff, Denied, Heard, Hit, InRoom, Missed, Trimmed, Waiting
from collab.live.looking import Looking
from collab.live.unanswered import Unanswered, framed
from collab.live.way import Way, too_long
from collab.records import Confirmation
from collab.whole import whole

__all__ = ["Confirmation", "CutOff", "Denied", "Heard", "Hit", "InRoom", "Member", "Missed", "Trimmed", "connect"]

logger = logging.getLogger(__name__)

ANSWER_S = 30.0
"""How long an answer may take, reconnecting included."""

LONGEST_PAUSE_S = 5.0
"""The longest pause before it is tried again to connect."""

AT_ONCE = 50
"""So many rooms are joined again at once, and in each second after: a gateway takes no more than its rate."""


class Member(Calls):
    """A member's side of a connection; use it as `async with connect(url, token) as desk`.

    Who never reads `events` holds no more than the newest 10,000 of what happened: then `events` begins with a
    `Trimmed` for each room that something is missing of, and joining it `after` a number brings it again.

    Attributes:
        numbers: the number up to which everything of each joined room has come.
        welcome: who one is; None before the first connection.
    """

    def __init__(self, url: str, token: str, device: str, most_waiting: int, ssl: SSLContext | None) -> None:
        if not isinstance(token, str) or not token:  # never shown, whatever it is
            raise ValueError("token is no text; give one that `collab token` prints")
        self._way = Way(url, ssl)
        self.url, self.device, self.numbers = url, device, dict[str, int]()
        self.welcome: p.Welcome | None = None
        self._token = token
        self._ids = itertools.count(1)
        self._unanswered = Unanswered()
        self._looking = Looking(self.team)
        self._heard = Waiting(whole(most_waiting, "most_waiting", 1))
        self._socket: ClientConnection | None = None
        self._joined: dict[str, bool] = {}
        self._rejoining: dict[p.Id, str] = {}
        self._joining: set[asyncio.Task[None]] = set()
        self._said: dict[type[p.Command], p.Command] = {}
        self._running: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._why: Exception | None = None

    async def __aenter__(self) -> Member:
        self._why = None
        self._heard.begin()
        self._first = asyncio.get_running_loop().create_future()
        self._running = asyncio.create_task(self._run(), name=f"member {self.url}")
        try:
            await self._first
        except BaseException:  # else who gave up would come in later
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        self._looking.end()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def events(self) -> AsyncIterator[Heard]:
        """What happens in the joined rooms and, after `watch`, to agents and leads, until the connection is closed.

        Who watches gets `TeamNow` first, and again after a cut: of what one has it takes the place of all.

        Raises:
            Denied: the token ended, or was taken back.
        """
        while (heard := await self._heard.next()) is not None:
            yield heard
        if self._why is not None:
            raise self._why

    async def join(self, room: str, after: int | None = None) -> dict[str, Any]:
        """Enter a room: what happened after a number comes through `events`, then all that does, without a seam."""
        if after is not None:
            self.numbers[room] = after
        else:
            self.numbers.pop(room, None)
        self._joined[room] = True
        try:
            shown: dict[str, Any] = await self.ask(p.Join(id=0, room=room, after=after))
        except (PermissionError, ValueError):
            self._joined.pop(room, None)
            raise
        self.numbers.setdefault(room, shown["number"])
        return shown

    async def leave(self, room: str, *, member: bool = True) -> None:
        """Hear nothing more of a room; with `member` false one stays its member."""
        await self.ask(p.Leave(id=0, room=room, member=member))
        self._joined.pop(room, None)

    async def watch(self, on: bool = True) -> None:
        """Hear how agents and open leads are (`TeamNow`), and what happens to them from then on."""
        await self.ask(p.Watch(id=0, on=on))
        if on:
            self._looking.begin()

    @property
    def _watches(self) -> bool:
        return getattr(self._said.get(p.Watch), "on", False)

    async def ask(self, command: p.Command) -> Any:
        """Ask for anything of `collab.protocol`, as `Calls.ask` says."""
        running, loop = self._running, asyncio.get_running_loop()
        if running is not None and not running.done() and running.get_loop() is not loop:
            raise RuntimeError("a member belongs to the loop that it was entered in; ask there")
        command = msgspec.structs.replace(command, id=next(self._ids))
        data = framed(command)
        answer = self._unanswered.add(command)
        try:
            if self._socket is not None:
                await self._write(self._socket, data)
            elif running is None or running.done():
                raise self._why or CutOff(f"not connected to {self.url}")
            async with asyncio.timeout(ANSWER_S):
                result = await answer
            if isinstance(command, p.Watch | p.Idle | p.Call):
                self._said[type(command)] = msgspec.structs.replace(command, id=0)
            return result
        finally:
            self._unanswered.remove(command)

    async def _run(self) -> None:
        pause = 0.0
        try:
            while True:
                long = False
                try:
                    async with self._way.open() as socket:
                        await self._greet(socket)
                        async for data in socket:
                            self._take(p.frame(data))
                            pause = pause if self._rejoining else 0.0
                except Denied:  # an OSError too, but not one to try again
                    raise
                except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError) as error:
                    entered = self._first is not None and self._first.done()
                    self._way.failed(error, entered=entered, again=bool(pause))
                    long = too_long(error)
                self._socket = None
                self._unanswered.lose(self.url, too_long=long)
                pause = min(max(0.1, pause * 2), LONGEST_PAUSE_S)
                await asyncio.sleep(random.uniform(0, pause))  # else all who were cut off come back at once
        except (Denied, InvalidURI, ValueError, ConnectionError) as error:
            self._why = error
            self._end(error)
        finally:
            self._socket = None
            self._end(CutOff(f"the connection to {self.url} was closed"))

    async def _greet(self, socket: ClientConnection) -> None:
        await self._write(socket, framed(p.Hello(id=0, token=self._token, device=self.device)))
        answer = p.frame(await socket.recv())
        if isinstance(answer, p.Refused):
            raise {"denied": Denied, "malformed": ValueError}.get(answer.code, ConnectionError)(answer.message)
        assert isinstance(answer, p.Welcome)
        self.welcome = answer
        if answer.cut:
            logger.warning("the gateway cut the last connection to %s off: %s", self.url, answer.cut)
        again = self.numbers.keys() - self._unanswered.rooms  # what is asked comes first: one may be no member yet
        self._rejoining = {next(self._ids): room for room in self._joined if room in again}
        for place, number in enumerate(self._rejoining):
            if place < AT_ONCE:
                await self._write(socket, framed(self._again(number)))
            else:
                asyncio.get_running_loop().call_later(place / AT_ONCE, self._rejoin, socket, number)
        for command in tuple(self._said.values()):
            await self._write(socket, framed(command))
        for command in self._unanswered.each():
            await self._write(socket, framed(command))
        self._socket = socket
        if self._first is not None and not self._first.done():
            self._first.set_result(None)
        if self._watches:
            self._looking.begin()

    async def _write(self, socket: ClientConnection, data: bytes) -> None:
        try:
            await socket.send(data, text=True)
        except ConnectionClosed:
            logger.debug("a command waits for the next connection")

    def _again(self, number: p.Id) -> p.Join:
        room = self._rejoining[number]
        return p.Join(id=number, room=room, after=self.numbers[room], member=False)

    def _rejoin(self, socket: ClientConnection | None, number: p.Id) -> None:
        """Join a room again that there were too many others before, unless the connection was lost meanwhile."""
        if self._rejoining.get(number) not in self._joined:
            self._rejoining.pop(number, None)  # it was left meanwhile
        elif socket is not None and socket is self._socket:
            joining = asyncio.create_task(self._write(socket, framed(self._again(number))))
            self._joining.add(joining)
            joining.add_done_callback(self._joining.discard)

    def _take(self, frame: p.AnyFrame) -> None:
        match frame:
            case p.Done(re=re, result=result):
                self._rejoining.pop(re, None)
                if self._watches and self._unanswered.is_for(re, p.LookAtTeam):
                    self._heard.put(msgspec.convert(result, p.TeamNow))  # at its place between what changes
                self._unanswered.answer(re, result)
            case p.Refused(re=re, code="too_many") if re is not None and re in self._rejoining:
                asyncio.get_running_loop().call_later(random.uniform(1, 2), self._rejoin, self._socket, re)
            case p.Refused(re=re, code=code, message=message) if re is not None and re in self._rejoining:
                self._not_let_in(self._rejoining.pop(re), code, message)
            case p.Refused(re=re, code=code, message=message):
                self._unanswered.refuse(re, code, message)
            case p.Happened(room=room, number=first, events=events):
                self._happened(room, first, events)
            case p.Reset(room=room, number=number):
                self.numbers[room] = number
                self._heard.put(Trimmed(room, number))
            case p.Types() | p.Changed():
                self._heard.put(frame)
            case p.Goodbye(code="token_ended" | "token_revoked", message=message):
                raise Denied(message)

    def _not_let_in(self, room: str, code: str, message: str) -> None:
        """A room that one was in is closed to one, or cannot be entered just now: then all is tried again."""
        if code not in ("forbidden", "refused"):
            raise ConnectionError(message)
        self._joined.pop(room, None)
        logger.warning("not in room %s any more: %s", room, message)

    def _happened(self, room: str, first: int, events: list[AnyEvent]) -> None:
        has = self.numbers.get(room, first - 1)
        for number, event in enumerate(events, first):
            if number > has:
                self._heard.put(InRoom(room, number, event))
            if isinstance(event, RoomLeft) and self.welcome is not None and event.agent == self.welcome.agent:
                self._joined.pop(room, None)
        self.numbers[room] = max(has, first + len(events) - 1)

    def _end(self, error: Exception) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_exception(error)
        self._unanswered.end(error)
        self._heard.end()


def connect(
    url: str,
    token: str,
    *,
    device: str = "python",
    most_waiting: int = MOST_WAITING,
    ssl: SSLContext | None = None,
) -> Member:
    """A member: `async with collab.connect("ws://localhost:8765", token) as me:`; a token of `collab token` says who.

    It comes back by itself after a cut, with pauses drawn at random, and goes on where it was: nothing is missed and
    nothing comes twice. `device` names this one of the agent's devices; `most_waiting` bounds what waits in `events`;
    `ssl` says whom to trust at `wss://…`, else the system's authorities and those in SSL_CERT_FILE.

    Entering raises Denied for a token that is not let in, and ConnectionError for a certificate that is not trusted and
    an address at which something else answers. A gateway that is not there yet is waited for.

    Raises:
        ValueError: the url is none of a gateway, or an argument is wrong; names it and the fix.
    """
    return Member(url, token, device, most_waiting, ssl)
