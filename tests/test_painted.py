"""Pieces of HTML that are sent when they change, and what is done at most so often."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collab.views.frame import Frame
from collab.views.once import NEWEST, Once
from collab.views.pace import MOST_S, SHARE, Pace
from collab.views.painted import Painted

pieces = st.dictionaries(st.sampled_from("abcde"), st.text(max_size=3))


class Heard(Painted):
    """Keeps what it would send."""

    def __init__(self, **params: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(**params)

    def _send_msg(self, data: Any) -> None:
        self.sent.append(data)


@given(st.lists(pieces, max_size=6))
def test_a_browser_that_follows_what_is_sent_shows_what_is_there(steps: list[dict[str, str]]) -> None:
    painted, shown = Heard(), {}
    for step in steps:
        painted.sent.clear()
        painted.show(step)
        for message in painted.sent:
            shown = {name: message["fresh"].get(name, shown.get(name)) for name in message["order"]}
        assert list(shown.items()) == list(step.items())
        assert painted.pieces == step


def test_what_is_the_same_is_not_sent() -> None:
    painted = Heard()
    painted.show({"a": "1", "b": "2"})
    painted.show({"a": "1", "b": "3"})
    painted.show({"a": "1", "b": "3"})
    assert [sorted(message["fresh"]) for message in painted.sent] == [["a", "b"], ["b"]]
    painted._handle_msg("all")
    assert painted.sent[-1] == {"order": ["a", "b"], "fresh": {"a": "1", "b": "3"}}


def test_what_is_made_of_a_frame_is_made_once_for_all_who_show_it() -> None:
    made: list[int] = []

    def make(frame: Frame) -> int:
        made.append(frame.seq)
        return frame.seq

    once = Once(make, by=lambda frame: frame.names)
    frames = [Frame(seq=number, names={}) for number in range(NEWEST + 1)]
    assert [once.of(frame) for frame in (*frames, *frames[1:])] == [*range(NEWEST + 1), *range(1, NEWEST + 1)]
    assert made == [*range(NEWEST + 1)]


def test_what_is_asked_for_in_between_happens_together_and_not_before_its_time() -> None:
    async def asked() -> list[float]:
        loop, again = asyncio.get_running_loop(), asyncio.Event()
        times: list[float] = []

        def act() -> None:
            times.append(loop.time())
            if len(times) == 2:
                again.set()

        pace = Pace(0.05, lambda call: call(), act)
        for _ in range(5):
            pace.go()
        assert len(times) == 1
        await asyncio.wait_for(again.wait(), 30)
        pace.go(now=True)
        return times

    first, second, *more = asyncio.run(asked())
    assert second - first >= 0.045
    assert len(more) == 1


def test_in_a_script_everything_happens_at_once() -> None:
    times: list[None] = []
    pace = Pace(60, lambda call: call(), lambda: times.append(None))
    pace.go()
    pace.go()
    assert len(times) == 2


def test_among_many_sessions_what_takes_long_happens_less_often() -> None:
    async def rest(sessions: int) -> float:
        loop, again = asyncio.get_running_loop(), asyncio.Event()
        times: list[float] = []

        def act() -> None:
            times.append(loop.time())
            while loop.time() < times[-1] + 0.001:  # it takes a millisecond
                pass
            if len(times) == 2:
                again.set()

        pace = Pace(0.001, lambda call: call(), act, lambda: sessions)
        pace.go()
        pace.go()
        await asyncio.wait_for(again.wait(), 30)
        return times[1] - times[0]

    assert asyncio.run(rest(sessions=20)) >= 0.95 * 20 * 0.001 / SHARE


def test_what_took_long_once_is_not_put_off_for_long() -> None:
    async def rest() -> float:
        loop, again = asyncio.get_running_loop(), asyncio.Event()
        times: list[float] = []

        def act() -> None:
            times.append(loop.time())
            while len(times) == 1 and loop.time() < times[0] + 0.02:  # the first time takes 20 ms
                pass
            if len(times) == 2:
                again.set()

        pace = Pace(0.001, lambda call: call(), act, lambda: 1000)
        pace.go()
        pace.go()
        await asyncio.wait_for(again.wait(), 30)
        return times[1] - times[0]

    assert asyncio.run(rest()) < 10 * MOST_S < 0.02 * 1000 / SHARE
