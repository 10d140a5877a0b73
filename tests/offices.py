"""Started offices for tests, and what to ask of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import SOON_S

from collab.desk import Desk
from collab.office import Office

Open = Callable[..., Office]

QUIET = str(Path(__file__).parent / "no_rules.yaml")
"""Rules of an office that appends nothing by itself."""


@pytest.fixture
def open_office(tmp_path: Path) -> Iterator[Open]:
    """Starts offices, each on an embedded stream of its own and one folder unless told; all stop in the end."""
    opened: list[Office] = []

    def start(stream: str = "", folder: str = "history", **settings: Any) -> Office:
        settings = {"rules": QUIET} | settings
        url = stream or f"embedded://{uuid.uuid4().hex}"
        opened.append(Office(url, str(tmp_path / folder), **settings).start())
        return opened[-1]

    yield start
    for office in opened:
        office.stop()


def at(office: Office) -> Desk:
    """The office's desk."""
    assert office.desk is not None
    return office.desk


def do(office: Office, work: Any) -> Any:
    """What comes of a coroutine in the office's loop."""
    return office.call(work).result(SOON_S)


def pushed(board: Any) -> None:
    """Let a board show the newest frame where all of its office do: beside that it might do so in two threads."""

    async def push() -> None:
        board.push()

    do(board.shared, push())


def unwatched(office: Office) -> Office:
    """The office, once it has its rules and nobody watches them any more: alerts are what the test says."""
    do(office, _unwatched(office))
    return office


async def adopted(office: Office) -> None:
    """Return when somebody watches the rules, which are adopted first; an office of `QUIET` ones has none to adopt."""
    happened = asyncio.Event()
    leave = office.subscribe(lambda entries: happened.set())
    async with asyncio.timeout(SOON_S):
        while not office.team.alerts.version:
            await happened.wait()
            happened.clear()
    leave()


async def _unwatched(office: Office) -> None:
    await adopted(office)
    assert office.duties.watching is not None
    await office.duties.watching.stop()
