"""Frames that nobody should send: each is answered in words that help, and nothing of it does harm."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from fuzz import DEEP, Frames, Fuzz, harmed, read
from gateways import a_gate, raw
from websockets.exceptions import ConnectionClosed

from collab.protocol import MOST_BYTES


def test_ten_thousands_of_frames_are_read_or_refused_in_words_that_name_the_field() -> None:
    frames = Frames(20261124)
    refused = sum(bool(read(frames.frame())) for _ in range(40_000))
    assert 10_000 < refused < 35_000


def test_random_mutated_and_hostile_frames_are_each_answered_and_harm_nothing(tmp_path: Path) -> None:
    async def fuzz() -> None:
        async with a_gate(tmp_path, rate=1e9) as gate:
            found = Fuzz(1)
            await found.run(gate, 12_000)
            assert set(found.codes) >= {"done", "malformed", "refused", "forbidden"}
            assert await harmed(gate) == ""

    asyncio.run(fuzz())


@pytest.mark.parametrize("frame", DEEP)
def test_a_frame_that_is_nested_without_end_is_refused_and_the_connection_goes_on(tmp_path: Path, frame: str) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, raw(gate) as socket:
            await socket.send(frame)
            answer = json.loads(await socket.recv())
            assert (answer["on"], answer["code"]) == ("refused", "malformed")
            await socket.send('{"do":"ping","id":8}')
            assert json.loads(await socket.recv())["re"] == 8

    asyncio.run(ask())


@pytest.mark.parametrize(
    "frame, said",
    [
        ('{"do":"read","id":7,"room":"main","number":1%s}' % ("0" * 20), "number is 1000"),
        ('{"do":"join","id":7,"room":"main","after":9007199254740992}', "after is 9007199254740992: expected `int` <="),
        (
            '{"do":"read","id":7,"room":"main","number":1,"thread":"none"}',
            "thread is 'none', which room main does not",
        ),
    ],
)
def test_a_number_or_a_thread_that_nothing_could_hold_is_refused(tmp_path: Path, frame: str, said: str) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana, raw(gate) as socket:
            await ana.join("main")
            await socket.send(frame)
            answer = json.loads(await socket.recv())
            assert (answer["on"], answer["re"]) == ("refused", 7)
            assert said in answer["message"]
            assert await harmed(gate) == ""

    asyncio.run(ask())


def test_a_frame_that_is_too_long_ends_the_connection_with_the_reason(tmp_path: Path) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, raw(gate) as socket:
            await socket.send("x" * (MOST_BYTES + 1))
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, bool(caught.value.rcvd.reason)) == (1009, True)

    asyncio.run(ask())
