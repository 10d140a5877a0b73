"""Frames that nobody should send: each is answered in words that help, and nothing of it does harm."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fuzz import Frames, Fuzz, harmed, read
from gateways import a_gate


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
