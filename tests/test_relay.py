"""Sessions show what is new one after the other, all of them, and the newest at the end."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from collab.views.relay import REST, Relay


class Session:
    """Notes what was the newest whenever it had its turn."""

    def __init__(self, newest: list[int], done: asyncio.Event, last: int) -> None:
        self.newest, self.done, self.last = newest, done, last
        self.saw: list[int] = []
        self.when: list[float] = []

    def push(self) -> None:
        self.saw.append(self.newest[0])
        self.when.append(asyncio.get_running_loop().time())
        if self.newest[0] == self.last:
            self.done.set()


def test_everybody_sees_the_last_change_and_changes_in_between_are_seen_together() -> None:
    async def go() -> list[Session]:
        newest, changes = [0], 40
        sessions = [Session(newest, asyncio.Event(), changes) for _ in range(3)]
        relay = Relay(lambda: sessions, least_s=0.002)
        relay.spent(0.008)  # 1 ms, as a turn is reckoned after one
        for _ in range(changes):
            newest[0] += 1
            relay.go()
            await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.gather(*(session.done.wait() for session in sessions)), 30)
        return sessions

    for session in asyncio.run(go()):
        assert session.saw == sorted(session.saw)
        assert len(session.saw) < 40


def test_between_two_turns_is_as_much_time_as_they_take_and_more() -> None:
    async def go() -> list[float]:
        newest = [1]
        sessions = [Session(newest, asyncio.Event(), 1) for _ in range(4)]
        relay = Relay(lambda: sessions, least_s=0.0)
        relay.spent(0.08)  # 10 ms a turn
        relay.go()
        await asyncio.wait_for(sessions[-1].done.wait(), 30)
        return [session.when[0] for session in sessions]

    when = asyncio.run(go())
    assert all(after - before >= 0.9 * (1 + REST) * 0.01 for before, after in pairwise(when))
