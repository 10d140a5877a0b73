"""Alerts that live and end while what watches, records and keeps them is killed: the load, the people and the kills."""

from __future__ import annotations

import asyncio
import itertools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from heard import Heard
from notices import Sink
from real_redis import RealRedis

from collab.desk import Desk, TooLate, utc_now
from collab.events import Entry
from collab.live.stream import StreamUnreachable
from collab.records import Lead
from collab.team import Alert, State

TENANT, SECRET = "watched", "whsec_" + "A" * 32
PATIENT = [f"p{number:02d}" for number in range(90)]
"""Whoever troubles these waits until somebody was told, and until it is over."""
HASTY = [f"h{number:02d}" for number in range(6)]
"""These are in trouble and out of it again whenever it happens."""
RULES = """
rules:
  - {name: gone, kind: unreachable, fire: 0.05, clear: 0, severity: high, group: [rule, agent]}
  - {name: full, kind: overload, fire: 1, clear: 0.5, for_s: 0.1, keep_s: 0.3, severity: medium}
"""
NOTIFY = """
targets: {{crm: {{kind: webhook, url: "{url}", secrets: [{{env: SECRET}}]}}}}
routes: [{{to: [crm], within_s: 0}}]
retries: {{tries: 50, first_s: 0.02, most_s: 0.1}}
"""
WITHIN_S = 60.0
"""How long anything may take, kills and slow machines included."""


class Watcher:
    """An office in a process of its own, and what it says that it does."""

    def __init__(self, command: Iterable[str], log: Path) -> None:
        with log.open("ab") as file:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": file}
            self._process = subprocess.Popen([*command], text=True, **pipes)
        self.does: str | None = None
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                self.does = line

    @property
    def runs(self) -> bool:
        """Has it not ended by itself?"""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it as `kill -9` does."""
        assert self._process.stdin is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._listening.join()


class Lifecycles:
    """One desk that makes trouble, two offices that watch, and kills from a seed.

    Args:
        desk: follows the stream, and watches nothing itself.
        redis: is killed and started again.
        folder: of the history, the rules and the plan.
        receiver: who is told of alerts.
        seed: draws what is killed, when, and what happens to the hasty ones.
        kills: how many there are.
    """

    def __init__(self, desk: Desk, redis: RealRedis, folder: Path, receiver: Sink, seed: int, kills: int) -> None:
        self.desk, self._redis, self._folder = desk, redis, folder
        self._chance = random.Random(seed)
        self._kinds = [kind for _ in range(-(-kills // 3)) for kind in self._chance.sample(KINDS, 3)][:kills]
        self.killed: list[str] = []
        self.heard, self.rounds, self._stop = Heard(receiver), 0, False
        self.rules, self.notify = folder / "rules.yaml", folder / "notify.yaml"
        self.rules.write_text(RULES)
        self.notify.write_text(NOTIFY.format(url=receiver.url))
        self.watchers = [self._watcher(), self._watcher()]
        self._left, self._due = 0, asyncio.Event()
        desk.subscribe(self.heard.hear)
        desk.subscribe(self._count)

    async def run(self, rounds: int) -> None:
        """Let alerts live and end in so many rounds and more until all kills were done; ends with no open alert."""
        await self._hire()
        killing, hasty = asyncio.create_task(self._kill()), asyncio.create_task(self._haste())
        while self.rounds < rounds or not killing.done():
            await self._round()
        self._stop = True
        await asyncio.gather(killing, hasty)
        await self._trouble(HASTY, False)
        await self._until(lambda: not self.desk.team.alerts.open, "all is over")

    async def _hire(self) -> None:
        """Everybody has one lead, which stays with them, and somebody watches."""
        for agent in PATIENT + HASTY:
            await self.desk.add_agent(agent, agent, capacity=4)
            await self.desk.set_presence(agent, "available")
            await self.desk.route_lead(Lead(id=f"l-{agent}", name="Zoe"))
            await self.desk.assign(f"l-{agent}", agent, by="Kim")
        await self._until(lambda: self.desk.team.alerts.version == 1, "rules are in force")

    async def _round(self) -> None:
        """Trouble, until people were told; they do something about it; then it is over, and so are the alerts."""
        await self._trouble(PATIENT, True)
        await self._until(self._all_told, "everybody's alerts fire and are told")
        await asyncio.gather(*(self._act(number, agent) for number, agent in enumerate(PATIENT)))
        await self._until(self._all_told, "what came back is told again")
        await self._trouble(PATIENT, False)
        for agent in PATIENT[::3]:
            await self._until(lambda: self._eased(agent), "its condition is over")  # noqa: B023
            if (alert := self._alert("full", agent)) is not None:
                await self._say(self.desk.resolve_alert, alert.id, by="Kim")
        await self._until(lambda: not any(self._alerts(PATIENT)), "the alerts end with their conditions")
        self.rounds += 1

    async def _trouble(self, agents: list[str], on: bool) -> None:
        """They are offline and full, or neither."""
        given = {"capacity": 1, "presence": "offline"} if on else {"capacity": 4, "presence": "available"}
        work = self.desk.update_agent_workload
        await asyncio.gather(*(insist(lambda agent=agent: work(agent, **given)) for agent in agents))

    async def _act(self, number: int, agent: str) -> None:
        """One lets it come back by itself, one gives it back, one keeps it, one does nothing."""
        alert = self._alert("gone", agent)
        assert alert is not None
        if number % 4 == 0:
            soon = timedelta(seconds=0.2)
            await self._say(lambda id: self.desk.acknowledge_alert(id, by="Kim", until=utc_now() + soon), alert.id)
            came_back = self._alert_is(agent, State.firing, 1)
            await self._until(came_back, "it comes back")
        elif number % 4 in (1, 2):
            await self._say(self.desk.acknowledge_alert, alert.id, by="Kim")
        if number % 4 == 1:
            await self._say(self.desk.return_alert, alert.id, by="Kim")

    async def _say(self, say: Callable[..., Awaitable[Alert]], *alert: str, **fields: Any) -> None:
        """Say it until it is heard: of an answer that was lost, saying it again is too late."""
        with suppress(TooLate):
            await insist(lambda: say(*alert, **fields))

    async def _haste(self) -> None:
        """Trouble comes and goes whenever it happens, and somebody takes some of it on."""
        for number in itertools.count():
            if self._stop:
                return
            agent = self._chance.choice(HASTY)
            await self._trouble([agent], number % 2 == 0)
            alert = self._alert("gone", self._chance.choice(HASTY))
            if alert is not None and alert.state == State.firing:
                await self._say(self.desk.acknowledge_alert, alert.id, by="Lou")
            await asyncio.sleep(self._chance.uniform(0, 0.1))

    async def _kill(self) -> None:
        """Kill one of the three after the other, each after so many entries, and start it again."""
        for kind in self._kinds:
            self._left = self._chance.randint(50, 1500)
            await self._due.wait()
            self._due.clear()
            if kind == "redis":
                await asyncio.to_thread(self._redis.kill)
                await asyncio.to_thread(self._redis.start)
            else:
                at_work = [number for number, one in enumerate(self.watchers) if kind in (one.does or "")]
                number = self._chance.choice(at_work or [0, 1])
                self.watchers[number].kill()
                self.watchers[number] = self._watcher()
            self.killed.append(kind)

    def _count(self, entries: list[Entry]) -> None:
        if self._left > 0:
            self._left -= len(entries)
            if self._left <= 0:
                self._due.set()

    def _watcher(self) -> Watcher:
        files = (self._folder / "history", TENANT, self.rules, self.notify, SECRET)
        return Watcher([sys.executable, str(SCRIPT), self._redis.url, *map(str, files)], self._folder / "log")

    def _alert(self, rule: str, agent: str) -> Alert | None:
        alerts = self.desk.team.alerts.open.values()
        return next((one for one in alerts if one.rule == rule and one.labels["agent"] == agent), None)

    def _alerts(self, agents: list[str]) -> list[Alert]:
        return [one for one in self.desk.team.alerts.open.values() if one.labels["agent"] in agents]

    def _all_told(self) -> bool:
        """Has everybody both alerts, and does somebody have them or know?"""
        self.heard.read()
        found = self._alerts(PATIENT)
        return len(found) == 2 * len(PATIENT) and all(map(self._known, found))

    def _known(self, alert: Alert) -> bool:
        if alert.state == State.acknowledged:
            return True
        told = alert.rule == "full" or self.heard.told[alert.id, alert.acknowledged]  # full ones are told as a group
        return alert.state == State.firing and alert.id in self.heard.about and bool(told)

    def _alert_is(self, agent: str, state: State, acknowledged: int) -> Callable[[], bool]:
        def holds() -> bool:
            alert = self._alert("gone", agent)
            return alert is not None and alert.state == state and alert.acknowledged >= acknowledged

        return holds

    def _eased(self, agent: str) -> bool:
        alert = self._alert("full", agent)
        return alert is None or alert.eased is not None

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Return when it holds, if it does in time."""
        end = time.monotonic() + WITHIN_S
        while not condition():
            assert all(one.runs for one in self.watchers), "an office ended by itself"
            assert time.monotonic() < end, f"after {WITHIN_S:g} s still not, kills: {self.killed}: {what}"
            await asyncio.sleep(0.02)


async def insist(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer, asked for until Redis gives it."""
    while True:
        try:
            return await ask()
        except StreamUnreachable:
            await asyncio.sleep(0.05)


KINDS = ("watches", "records", "redis")
SCRIPT = Path(__file__).with_name("office_on_watch.py")
