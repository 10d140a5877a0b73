"""What fails on the server is told as that, and stands in the log; that somebody was faster is another thing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateways import a_gate

from collab.claims import TooLate
from collab.door import Door
from collab.history.folder import Folder
from collab.history.schema import VERSION
from collab.live.access import Access
from collab.web.site import Refusal, Site


def test_a_member_is_told_that_it_failed_and_the_log_why(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            await ana.join("main")
            Folder(tmp_path / "history").enter("acme", 0, VERSION + 1)
            with pytest.raises(RuntimeError, match="it failed on the server"):
                await ana.search("budget")
            assert gate.door.gateway.tally.refused["failed"] == 1

    asyncio.run(work())
    assert "install a newer collab" in caplog.text


def test_over_http_a_fault_is_no_409_and_that_somebody_was_faster_is(tmp_path: Path) -> None:
    async def faster() -> None:
        raise TooLate("lead:l1 is 'bo' by now; look at the team and try again")

    async def nothing() -> None:
        """Never begins, as the door is not open."""

    async def work() -> None:
        door = Door(Access(tmp_path / "keys"))
        site = Site(door.gateway.access, door)
        with pytest.raises(Refusal) as refusal:
            await site.told(faster())
        assert (refusal.value.status_code, refusal.value.code) == (409, "too_late")
        with pytest.raises(RuntimeError, match="the door is not open"):
            await site.told(door.ask(nothing()))

    asyncio.run(work())
