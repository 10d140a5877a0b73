"""Storms: real gateways on a real Redis, killed, cut, held and restarted by a seeded schedule while members talk.

    python tests/chaos/storms.py --seeds 100

Prints a line a seed: what was said and decided, and how much of it was missed or repeated by anybody, in how many
orders it was heard, and what of the acknowledged is not in the history. Ends with 1 if anything is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from msgspec import Struct

sys.path.insert(0, str(Path(__file__).parent.parent))  # for a run as a script

import needs
from desks import assert_consistent, assignments
from proxy import Proxy
from real_redis import RealRedis

from collab import protocol as p
from collab.events import Entry, MessageSent, RoomEvent, RoomRead
from collab.history import History
from collab.live.access import Access
from collab.live.client import Confirmation, InRoom, Member, Trimmed, connect
from collab.live.stream import open_stream
from collab.records import Lead
from collab.team import Team, fold

TENANT = "storm"
ROOMS = ("main", "wins")
MEMBERS = 6
ACTS = 7
"""How many troubles a storm has."""

STOPS_S = 60.0
"""How long a gateway that is told to end may take."""

LEVEL_S = 60.0
"""How long after the last trouble all may take to be level again."""

COLLAB = Path(sys.executable).with_name("collab")


class Outcome(Struct, frozen=True):
    """What came of one storm; `lost` are acknowledged messages and decisions that are not there exactly once."""

    seed: int
    said: int
    decided: int
    missed: int
    repeated: int
    orders: int
    trimmed: int
    lost: list[str]
    history: bool
    team: bool
    acts: list[str]
    took_s: float

    @property
    def good(self) -> bool:
        """Nothing is missed, repeated or lost, and all agree."""
        wrong = self.missed or self.repeated or self.trimmed or self.lost
        return self.said > 0 and not wrong and self.orders == 1 and self.history and self.team


class GatewayProcess:
    """`collab gateway` in a process of its own, behind a proxy to its Redis that can be cut."""

    def __init__(self, folder: Path, to_redis: Proxy) -> None:
        self.folder, self.to_redis, self.port = folder, to_redis, 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when it listens."""
        command = [str(COLLAB), "gateway", "--no-http", "--ws-port", "0", "--address", "127.0.0.1", "--rate", "10000"]
        command += ["--stream", f"redis://127.0.0.1:{self.to_redis.port}/0", "--history", str(self.folder / "history")]
        with (self.folder / "gateways.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | {"COLLAB_KEYS": str(self.folder / "keys")},
            )
        assert self._process.stdout is not None
        said = (await self._process.stdout.readline()).decode()
        self.port = int(said.split("127.0.0.1:")[1].split()[0])

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def stop(self) -> None:
        """End it as `kill` does: it records what is on the stream, and ends though others go on."""
        assert self._process is not None
        self._process.terminate()
        async with asyncio.timeout(STOPS_S):
            assert await self._process.wait() == 0
        self._process = None


class Talker:
    """A member behind a proxy who says things until told to stop, and keeps what they hear."""

    def __init__(self, name: str, access: Access, role: str, proxy: Proxy) -> None:
        self.name, self.proxy = name, proxy
        self.member: Member = connect(f"ws://127.0.0.1:{proxy.port}", access.token(TENANT, name, role))
        self.heard: dict[str, list[tuple[int, str]]] = {room: [] for room in ROOMS}
        self.said: list[tuple[Confirmation, str]] = []
        self.decided: dict[str, str | None] = {}
        self.trimmed = 0

    async def listen(self) -> None:
        """Keep what is heard."""
        async for heard in self.member.events():
            if isinstance(heard, InRoom):
                self.heard[heard.room].append((heard.number, heard.event.id))
            self.trimmed += isinstance(heard, Trimmed)

    async def talk(self, stop: asyncio.Event, chance: random.Random) -> None:
        """Say one thing after the other, each until it is confirmed."""
        for number in itertools.count():
            if stop.is_set():
                return
            room, text = chance.choice(ROOMS), f"{self.name} {number} {'x' * chance.choice((0, 10, 2000))}"
            confirmed = await insist(lambda: self.member.send_message(room, text, key=f"{self.name}-{number}"))  # noqa: B023
            self.said.append((confirmed, text))
            await asyncio.sleep(chance.uniform(0, 0.02))

    async def route(self, stop: asyncio.Event, chance: random.Random) -> None:
        """Have one lead after the other decided."""
        for number in itertools.count():
            if stop.is_set():
                return
            lead = Lead(id=f"L-{number}", name="Zoe")
            decision = await insist(lambda: self.member.route_lead(lead))  # noqa: B023
            self.decided[lead.id] = decision.agent
            await asyncio.sleep(chance.uniform(0, 0.1))


async def insist(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer, asked for until it comes: what is refused for good raises."""
    while True:
        try:
            return await ask()
        except (RuntimeError, TimeoutError, ConnectionError):
            await asyncio.sleep(0.05)


class Storm:
    """Two gateways on one Redis, members at both, and trouble."""

    def __init__(self, seed: int, folder: Path, program: str) -> None:
        self.seed, self.folder = seed, folder
        self.chance = random.Random(seed)
        self.redis = RealRedis(program, self.chance.choice(("always", "everysec")))
        self.access = Access(folder / "keys")
        self.gateways: list[GatewayProcess] = []
        self.talkers: list[Talker] = []
        self.acts: list[str] = []
        self._open = contextlib.AsyncExitStack()

    async def run(self) -> Outcome:
        """Have the storm, and look at what is left."""
        start = perf_counter()
        try:
            async with self._open:
                await self._gather()
                await self._blow()
                return await self._look(start)
        finally:
            for gateway in self.gateways:
                await gateway.kill()
            self.redis.stop()

    async def _gather(self) -> None:
        """Start the gateways, put four agents on the roster and bring all into the rooms."""
        for _ in range(2):
            proxy = await self._open.enter_async_context(Proxy(str(self.redis.socket)))
            gateway = GatewayProcess(self.folder, proxy)
            self.gateways.append(gateway)
            await gateway.start()
        for number in range(MEMBERS):
            gateway = self.gateways[number % 2]
            proxy = await self._open.enter_async_context(Proxy(("127.0.0.1", gateway.port)))
            role = "service" if number == 0 else "agent"
            talker = Talker(f"m{number}", self.access, role, proxy)
            self.talkers.append(talker)
            await self._open.enter_async_context(talker.member)
            for room in ROOMS:
                await talker.member.join(room, after=0)
        for number in range(1, 5):
            agent = p.AddAgent(id=0, agent=f"m{number}", name=f"M{number}", capacity=1000)
            await self.talkers[0].member.ask(agent)

    async def _blow(self) -> None:
        stop = asyncio.Event()
        listening = [asyncio.create_task(talker.listen()) for talker in self.talkers]
        self._open.callback(lambda: [task.cancel() for task in listening])
        work = [talker.talk(stop, random.Random(f"{self.seed} {talker.name}")) for talker in self.talkers]
        work.append(self.talkers[0].route(stop, random.Random(f"{self.seed} leads")))
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
            for _ in range(ACTS):
                await asyncio.sleep(self.chance.uniform(0, 0.5))
                # At most one of them kills, so that there is a gateway to go to.
                acts = [self.chance.choice(KILLS), self.chance.choice(CUTS)]
                chosen = self.chance.sample(acts, self.chance.choice((1, 1, 2)))
                self.acts += [act.__name__.strip("_") for act in chosen]
                await asyncio.gather(*(act(self) for act in chosen))
            stop.set()

    async def _gateway_killed(self) -> None:
        await self._gateway_ended(GatewayProcess.kill)

    async def _gateway_stopped(self) -> None:
        await self._gateway_ended(GatewayProcess.stop)

    async def _gateway_ended(self, end: Callable[[GatewayProcess], Awaitable[None]]) -> None:
        gateway = self.chance.choice(self.gateways)
        here = [talker for talker in self.talkers if talker.proxy.target == ("127.0.0.1", gateway.port)]
        other = next(one for one in self.gateways if one is not gateway)
        await end(gateway)
        movers = [talker for talker in here if self.chance.random() < 0.5]
        for talker in movers:
            talker.proxy.target = ("127.0.0.1", other.port)
        await asyncio.sleep(self.chance.uniform(0, 0.5))
        await gateway.start()
        for talker in here:
            if talker not in movers:
                talker.proxy.target = ("127.0.0.1", gateway.port)

    async def _redis_killed(self) -> None:
        self.redis.kill()
        await asyncio.sleep(self.chance.uniform(0, 1))
        await asyncio.to_thread(self.redis.start)

    async def _all_cut(self) -> None:
        for talker in self.talkers:
            talker.proxy.refuse()
        await self._then_well([talker.proxy for talker in self.talkers], 0.5)

    async def _some_cut(self) -> None:
        for talker in self._some():
            talker.proxy.cut()

    async def _some_moved(self) -> None:
        for talker in self._some():
            talker.proxy.target = ("127.0.0.1", self.chance.choice(self.gateways).port)
            talker.proxy.cut()

    async def _some_held(self) -> None:
        proxies = [talker.proxy for talker in self._some()]
        ways = self.chance.choice((("up",), ("down",), ("up", "down")))
        for proxy in proxies:
            proxy.hold(*ways)
        await self._then_well(proxies, 2)

    async def _replies_to_members_lost(self) -> None:
        proxies = [talker.proxy for talker in self._some()]
        for proxy in proxies:
            proxy.lose("down")
        await self._then_well(proxies, 1)

    async def _redis_cut(self) -> None:
        proxy = self.chance.choice(self.gateways).to_redis
        proxy.refuse()
        await self._then_well([proxy], 2)

    async def _redis_held(self) -> None:
        proxy = self.chance.choice(self.gateways).to_redis
        proxy.hold(*self.chance.choice((("up",), ("down",), ("up", "down"))))
        await self._then_well([proxy], 4)

    async def _redis_replies_lost(self) -> None:
        proxy = self.chance.choice(self.gateways).to_redis
        proxy.lose("down")
        await self._then_well([proxy], 4)

    async def _redis_slow(self) -> None:
        proxy = self.chance.choice(self.gateways).to_redis
        proxy.delay_s = {"up": self.chance.uniform(0, 0.1), "down": self.chance.uniform(0, 0.1)}
        await self._then_well([proxy], 1)

    def _some(self) -> list[Talker]:
        return self.chance.sample(self.talkers, self.chance.randint(1, MEMBERS))

    async def _then_well(self, proxies: list[Proxy], longest_s: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, longest_s))
        for proxy in proxies:
            proxy.heal()

    async def _look(self, start: float) -> Outcome:
        """Wait until all are level, then compare what everybody heard, the stream, the history and the teams."""
        stream = open_stream(self.redis.url, TENANT)
        self._open.push_async_callback(stream.close)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEVEL_S):
                while not await self._level(await on_stream(stream)):  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.1)
        entries = await on_stream(stream)
        history = History(self.folder / "history", TENANT).events()
        told, team = in_rooms(entries), assert_consistent(entries)
        heard = [(talker.heard[room], told[room]) for talker in self.talkers for room in ROOMS]
        orders = [len({tuple(talker.heard[room]) for talker in self.talkers}) for room in ROOMS]
        return Outcome(
            seed=self.seed,
            said=sum(len(talker.said) for talker in self.talkers),
            decided=len(self.talkers[0].decided),
            missed=sum(len(set(all_) - set(own)) for own, all_ in heard),
            repeated=sum(len(own) - len(set(own)) for own, _ in heard),
            orders=max(orders),
            trimmed=sum(talker.trimmed for talker in self.talkers),
            lost=self._lost(entries),
            history=history == entries,
            team=all([agrees(await talker.member.rooms(), team, talker.name) for talker in self.talkers]),
            acts=self.acts,
            took_s=perf_counter() - start,
        )

    async def _level(self, entries: list[Entry]) -> bool:
        told = in_rooms(entries)
        ends = {room: told[room][-1] for room in ROOMS}
        if any(talker.heard[room][-1:] != [ends[room]] for talker in self.talkers for room in ROOMS):
            return False
        return History(self.folder / "history", TENANT).own_last == entries[-1].seq

    def _lost(self, entries: list[Entry]) -> list[str]:
        """The confirmed messages and decisions that are not there exactly once, as they were confirmed."""
        told = in_rooms(entries)
        said = Counter((e.room, e.id, e.text) for e in (entry.event for entry in entries) if isinstance(e, MessageSent))
        texts = Counter(e.text for e in (entry.event for entry in entries) if isinstance(e, MessageSent))
        lost = []
        for talker in self.talkers:
            for confirmed, text in talker.said:
                there = said[confirmed.room, confirmed.message, text] == texts[text] == 1
                if not there or (confirmed.number, confirmed.message) not in told[confirmed.room]:
                    lost.append(f"{confirmed} ({text[:10]}, there {texts[text]} times)")
        team, given = fold(entries), Counter(assignments(entries))
        for lead, agent in self.talkers[0].decided.items():
            if lead not in team.leads or (agent is not None and not given[lead, agent]):
                lost.append(f"{lead} to {agent}")
        return lost


KILLS = (Storm._gateway_killed, Storm._gateway_stopped, Storm._redis_killed)
CUTS = (
    Storm._all_cut,
    Storm._some_cut,
    Storm._some_moved,
    Storm._some_held,
    Storm._replies_to_members_lost,
    Storm._redis_cut,
    Storm._redis_held,
    Storm._redis_replies_lost,
    Storm._redis_slow,
)


async def on_stream(stream: Any) -> list[Entry]:
    """All entries that are on the stream."""
    entries: list[Entry] = []
    while more := await stream.read(entries[-1].seq if entries else 0):
        entries += more
    return entries


def in_rooms(entries: list[Entry]) -> dict[str, list[tuple[int, str]]]:
    """Number and id of all that happened in each room."""
    told: dict[str, list[tuple[int, str]]] = {room: [] for room in ROOMS}
    for entry in entries:
        event = entry.event
        if isinstance(event, RoomEvent) and not isinstance(event, RoomRead) and event.room in told:
            told[event.room].append((len(told[event.room]) + 1, event.id))
    return told


def agrees(shown: list[dict[str, Any]], team: Team, agent: str) -> bool:
    """Does a gateway show the rooms as the team has them?"""
    for found in shown:
        room = team.rooms[found["room"]]
        has = (found["number"], found["members"], found["unread"], found["seat"])
        if has != (room.number, sorted(room.members), room.unread(agent).messages, room.members.get(agent)):
            return False
    return {found["room"] for found in shown} == set(team.rooms)


def storm(seed: int, folder: Path, program: str) -> Outcome:
    """One storm, from beginning to end."""
    return asyncio.run(Storm(seed, folder, program).run())


def main() -> int:
    """Have as many storms as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--seeds", type=int, default=3, help="how many storms")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    asked = parser.parse_args()
    program = needs.redis_server()
    if program is None:
        sys.exit("there is no redis-server on PATH")
    outcomes = []
    for seed in range(asked.first, asked.first + asked.seeds):
        with tempfile.TemporaryDirectory(prefix="collab-storm-") as folder:
            outcomes.append(found := storm(seed, Path(folder), program))
        print(
            f"seed {seed}: {found.said} said, {found.decided} decided; {found.missed} missed, {found.repeated} "
            f"repeated, {found.trimmed} trimmed, {found.orders} order(s), {len(found.lost)} lost; history "
            f"{'equal' if found.history else 'DIFFERS'}, team {'equal' if found.team else 'DIFFERS'}; "
            f"{found.took_s:.0f} s{'' if found.good else ': ' + ', '.join([*found.acts, *found.lost[:5]])}",
            flush=True,
        )
    bad = [found.seed for found in outcomes if not found.good]
    totals = [sum(getattr(found, name) for found in outcomes) for name in ("said", "missed", "repeated")]
    lost = sum(len(found.lost) for found in outcomes)
    print(
        "{} storms: {} said, {} missed, {} repeated, {} lost; bad seeds: {}".format(len(outcomes), *totals, lost, bad)
    )
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
