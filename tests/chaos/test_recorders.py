"""Two recorders of one Redis: one is paused or killed, the other goes on, and every event is in the history once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_groups import until
from test_recorder_killed import check
from work import Work

from collab.claims import Claim
from collab.history import History
from collab.history.fence import Fence
from collab.history.folder import Folder
from collab.history.writer import TenantTables, Writer
from collab.live.stream import open_stream
from collab.recording import Recording

TENANTS = ("t2", "t35")
"""Two tenants that share a partition of the stream."""
TAKEOVER_S = 0.6
PATIENCE_S = 30


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    """Recorders to come, which end with the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def begin(stream: str, history: Path) -> subprocess.Popen[str]:
    """A recorder that has begun, or stands by."""
    command = [str(Path(sys.executable).with_name("collab")), "recorder", "--stream", stream, "--history", str(history)]
    process = subprocess.Popen(
        [*command, "--takeover", str(TAKEOVER_S)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert "of 16 partitions are ours" in process.stdout.readline()
    return process


async def say(url: str, work: Work, count: int) -> int:
    """Put so many rounds of work onto the stream, each tenant in turn; the last place."""
    streams = [open_stream(url, tenant) for tenant in TENANTS]
    last = 0
    for number in range(count):
        for stream in streams:
            last = (await stream.append([Claim(event, (), ()) for event in work.events(2 + number % 3)])).seq
    await asyncio.gather(*(stream.close() for stream in streams))
    return last


def recorded(history: Path) -> int:
    """The last place up to which all that either tenant has is kept: one may be written just before the other."""
    found = (History(history, tenant) for tenant in TENANTS)
    return min(one.last if one.exists else 0 for one in found)


def all_recorded(history: Path, last: int) -> None:
    """Return when the event at the last place is in the history."""
    until(lambda: recorded(history) >= last, lambda: f"{recorded(history)} of {last}")


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL], ids=["paused", "killed"])
def test_another_recorder_goes_on_and_no_event_is_missing_or_there_twice(
    redis_url: str, tmp_path: Path, processes: list[subprocess.Popen[str]], how: signal.Signals
) -> None:
    history, work, chance = tmp_path / "history", Work(), random.Random()
    processes += [begin(redis_url, history), begin(redis_url, history)]
    for turn in range(2):
        last = asyncio.run(say(redis_url, work, chance.randint(1, 8)))
        at_work = processes[turn % 2]
        at_work.send_signal(how)
        last = asyncio.run(say(redis_url, work, chance.randint(1, 8)))
        all_recorded(history, last)
        if how == signal.SIGKILL:
            at_work.communicate()
            processes[turn % 2] = begin(redis_url, history)
        else:
            at_work.send_signal(signal.SIGCONT)
        last = asyncio.run(say(redis_url, work, chance.randint(1, 8)))
        all_recorded(history, last)
    seqs = sorted(entry.seq for tenant in TENANTS for entry in History(history, tenant).events())
    assert seqs == list(range(1, last + 1))
    for tenant in TENANTS:
        check(History(history, tenant))


def test_a_recorder_lets_others_go_first(
    redis_url: str, tmp_path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    processes.append(begin(redis_url, tmp_path / "history"))
    assert os.getpriority(os.PRIO_PROCESS, processes[0].pid) > os.getpriority(os.PRIO_PROCESS, 0)


def test_a_recorder_takes_over_while_the_one_before_is_still_writing(redis_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        stream = open_stream(redis_url, "t2")
        await say(redis_url, Work(), 2)
        writers = [Writer(Folder(tmp_path), stream.partition, fence=Fence(number, "redis")) for number in (1, 2)]
        await asyncio.to_thread(writers[0].open)
        writers[0].write(await stream.read(0))
        tables = TenantTables(Folder(tmp_path), "t2", stream.partition, 1000)  # read before the old one goes on
        await say(redis_url, Work(seed=5), 2)
        entries = await stream.read(writers[0].recorded)
        writers[0].write(entries)
        tables._shut_out(str(tmp_path), 2)
        assert tables.recorded == entries[-1].seq
        writers[0].close()
        await stream.close()

    asyncio.run(run())


def test_a_recorder_that_was_replaced_in_the_middle_of_an_append_cannot_end_it(redis_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        streams = [open_stream(redis_url, "t2") for _ in range(2)]
        await say(redis_url, Work(), 8)
        old, new = (Recording(str(tmp_path), stream, lasts_s=60, every_s=3600) for stream in streams)
        await old.start()
        assert old.recorder is not None
        await old.recorder.flush()
        kept = await streams[0].last()
        await say(redis_url, Work(seed=5), 8)
        entries = await streams[0].read(kept)
        await old._lease.give_back()
        await new.start()  # shuts the old one out before it records anything itself
        assert new.recorder is not None
        with pytest.raises(Exception, match=r"(?i)transaction|conflict"):
            old.recorder._writer.write(entries)
        await new.recorder.flush()
        await new.stop()
        await old.stop()
        await asyncio.gather(*(stream.close() for stream in streams))

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))
    for tenant in TENANTS:
        check(History(tmp_path, tenant))
