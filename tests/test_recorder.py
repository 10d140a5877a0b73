"""The recorder: everything once, on time, one at a time, and only into the history that belongs to the stream."""

from __future__ import annotations

import asyncio
import itertools
import logging
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import hypothesis.strategies as st
import pytest
from desks import SOON_S
from hypothesis import given
from work import Work, put

from collab import events as ev
from collab.events import Entry, Event
from collab.history import History, HistoryInUse, HistoryMismatch, HistoryUnwritable, NotAHistory, Recorder, belonging
from collab.history import recorder as recorder_room
from collab.history.columns import TIME, Repeated, Table, text
from collab.history.folder import Folder, arrow
from collab.history.recorder import SELDOM_S
from collab.history.rows import derived_rows
from collab.history.schema import DERIVED
from collab.history.writer import Writer
from collab.live.stream import Stream, open_stream
from collab.team import fold

_names = itertools.count()


@asynccontextmanager
async def a_stream(tenant: str = "main", name: str = "") -> AsyncIterator[Stream]:
    """An embedded stream that nobody else has, unless it is named."""
    stream = open_stream(f"embedded://{name or f'recorder-{next(_names)}'}", tenant)
    try:
        yield stream
    finally:
        await stream.close()


async def record(folder: Path, events: Sequence[Event], **settings: float) -> None:
    """Put the events on a new stream and record them."""
    async with a_stream() as stream:
        last = await put(stream, events)
        async with Recorder(folder, stream, **settings) as recorder:
            await recorder.flush(last)


def test_every_event_is_recorded_once_in_order_and_as_it_was(tmp_path: Path) -> None:
    events = Work().events(60)
    asyncio.run(record(tmp_path / "history", events, at_most=37, compact_every=3))
    entries = History(tmp_path / "history").events()
    assert [entry.event for entry in entries] == events
    assert [entry.seq for entry in entries] == list(range(1, len(events) + 1))
    assert {entry.tenant for entry in entries} == {"main"}
    assert {type(event) for event in events} == set(ev.EVENTS)


def test_a_new_recorder_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    async def run() -> list[int]:
        work, reached = Work(), []
        async with a_stream() as stream:
            for _ in range(3):
                await put(stream, work.events(10))
                async with Recorder(tmp_path, stream) as recorder:
                    reached.append(recorder.recorded)
        return reached

    reached = asyncio.run(run())
    assert reached == sorted(set(reached))
    assert [e.seq for e in History(tmp_path).events()] == list(range(1, History(tmp_path).last + 1))


def test_an_append_of_decisions_with_many_candidates_ends_sooner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belonging, "READ_AT_ONCE", 5)
    monkeypatch.setattr(belonging, "MOST_CANDIDATES", 12)
    events, batches = Work().events(60), []

    class Watched(Writer):
        def write(self, entries: Sequence[Entry]) -> None:
            batches.append([len(e.event.decision.candidates) for e in entries if isinstance(e.event, ev.LeadAssigned)])
            super().write(entries)

    monkeypatch.setattr(recorder_room, "Writer", Watched)
    asyncio.run(record(tmp_path, events, every_s=60.0))
    assert [entry.event for entry in History(tmp_path).events()] == events
    most = max(size for sizes in batches for size in sizes)
    assert sum(map(sum, batches)) > 12 + 5 * most, "more than one append may have"
    assert all(sum(sizes) < 12 + 5 * most for sizes in batches), "it ends at the first read beyond"


def test_a_recorder_stops_though_others_go_on(tmp_path: Path) -> None:
    async def run() -> int:
        work, said = Work(), asyncio.Event()

        async def go_on(stream: Stream) -> None:
            while True:
                await put(stream, work.events(1))
                said.set()
                await asyncio.sleep(0)

        async with a_stream() as stream:
            recorder = Recorder(tmp_path, stream)
            await recorder.start()
            others = asyncio.create_task(go_on(stream))
            await said.wait()
            last = await stream.last()
            async with asyncio.timeout(SOON_S):
                await recorder.stop()
            others.cancel()
            return last

    assert asyncio.run(run()) <= History(tmp_path).last


def test_merged_files_stay_for_readers_that_have_them(tmp_path: Path) -> None:
    async def run() -> None:
        work = Work()
        async with a_stream() as stream, Recorder(tmp_path, stream, compact_every=2) as recorder:
            await put(stream, work.events(10))
            await recorder.flush()
            with History(tmp_path).connect() as connection:
                counted = connection.execute("SELECT count(*) FROM candidates").fetchall()
                for _ in range(6):
                    await put(stream, work.events(5))
                    await recorder.flush()
                assert connection.execute("SELECT count(*) FROM candidates").fetchall() == counted

    asyncio.run(run())
    events = Folder(tmp_path).open(Folder(tmp_path).table_path("main", "events"))
    assert events is not None
    assert len(events.file_uris()) <= 2


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 4))))
def test_values_that_stand_in_many_rows_are_as_if_each_were_written_out(pairs: list[tuple[str, int]]) -> None:
    repeated, other = (Repeated(list(itertools.accumulate(rows for _, rows in pairs))) for _ in range(2))
    repeated.each, other.each = [value for value, _ in pairs], list(range(len(pairs)))
    written = [value for value, rows in pairs for _ in range(rows)]
    half = len(written) // 2
    assert (list(repeated), repeated[half:], len(repeated)) == (written, written[half:], len(written))
    alike = Repeated(repeated.ends)
    alike.each = repeated.each[::-1]
    columns = {"said": repeated, "alike": alike, "time": other}
    kept = arrow(Table("t", "", (text("said", ""), text("alike", ""), TIME)), columns)
    assert [value.as_py() for value in kept["said"]] == written
    assert [value.as_py() for value in kept["alike"]] == list(alike)
    assert [value.as_py().microsecond for value in kept["time"]] == list(other)


def test_derived_tables_that_are_ahead_after_a_kill_are_not_doubled(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_stream() as stream:
            await put(stream, Work().events(40))
            entries = await stream.read(0)
            writer = Writer(Folder(tmp_path), stream.partition)
            writer.open()
            writer.write(entries[:100])
            tables = writer._tenants["main"]
            made = derived_rows(entries[100:150])  # what a killed append leaves: all tables but events
            for table in DERIVED[:5]:
                if table.name in made:
                    tables._append_derived(table.name, made[table.name], 150)
            writer.close()
            assert History(tmp_path).last == 100
            assert History(tmp_path).candidates()["seq"].max() <= 100
            async with Recorder(tmp_path, stream, at_most=70) as recorder:
                await recorder.flush()

    asyncio.run(run())
    history = History(tmp_path)
    for table in DERIVED:
        keys = "seq, agent" if table.name == "candidates" else "seq"
        assert history.sql(f"SELECT {keys} FROM {table.name} GROUP BY ALL HAVING count(*) > 1").empty, table.name
    assigned = [e for e in history.events() if isinstance(e.event, ev.LeadAssigned)]
    assert len(history.assignments()) == len(assigned)
    assert len(history.candidates()) == sum(len(e.event.decision.candidates) for e in assigned)


def test_rows_of_events_that_died_with_their_stream_give_way_to_those_that_came_instead(tmp_path: Path) -> None:
    async def entries(seed: int) -> list[Entry]:
        async with a_stream() as stream:
            await put(stream, Work(seed).events(20))
            return await stream.read(0)

    first, other = asyncio.run(entries(1)), asyncio.run(entries(2))
    writer = Writer(Folder(tmp_path), 0)
    writer.open()
    writer.write(first[:30])
    tables = writer._tenants["main"]
    for name, columns in derived_rows(first[30:60]).items():  # what a killed append leaves: all tables but events
        tables._append_derived(name, columns, 60)
    writer.close()
    writer = Writer(Folder(tmp_path), 0)
    writer.open()
    assert writer.recorded == 30
    writer.write(other[30:60])
    writer.close()
    history = History(tmp_path)
    assigned = [e.event.id for e in [*first[:30], *other[30:60]] if isinstance(e.event, ev.LeadAssigned)]
    assert list(history.assignments().sort_values("seq")["decision"]) == assigned
    assert set(history.candidates()["decision"]) == set(assigned)


def test_a_copy_that_was_taken_while_it_was_written_gets_the_rows_that_it_lacks(tmp_path: Path) -> None:
    async def entries() -> list[Entry]:
        async with a_stream() as stream:
            await put(stream, Work().events(60))
            return await stream.read(0)

    found, copy = asyncio.run(entries()), tmp_path / "copy"
    writer = Writer(Folder(tmp_path / "history"), 0)
    writer.open()
    writer.write(found[:30])
    shutil.copytree(tmp_path / "history", copy, ignore=shutil.ignore_patterns("events", "offers"))
    writer.write(found[30:])
    shutil.copytree(tmp_path / "history" / "main" / "events", copy / "main" / "events")
    writer.close()
    assert len(History(copy).offers()) < len(History(tmp_path / "history").offers())
    writer = Writer(Folder(copy), 0)
    writer.open()
    writer.close()
    for table in DERIVED:
        rows = f"SELECT * FROM {table.name} ORDER BY ALL"
        assert History(copy).sql(rows).equals(History(tmp_path / "history").sql(rows)), table.name
    commits = sorted(copy.rglob("_delta_log/*.json"))
    writer.open()
    writer.close()
    assert sorted(copy.rglob("_delta_log/*.json")) == commits


def test_tenants_of_one_partition_are_recorded_apart_and_from_one_cursor(tmp_path: Path) -> None:
    async def run() -> tuple[list[Event], list[Event]]:
        names = (f"t{number}" for number in itertools.count())
        first = open_stream("embedded://apart", "main")
        other = next(s for s in (open_stream("embedded://apart", n) for n in names) if s.partition == first.partition)
        ours, theirs, more = Work(1).events(20), Work(2).events(20), Work(3).events(5)
        async with Recorder(tmp_path, first, at_most=50) as recorder:
            await put(first, ours)
            await put(other, theirs)
            await recorder.flush()
            await put(first, more)
        async with Recorder(tmp_path, other, at_most=50) as recorder:
            assert recorder.recorded == await first.last()
        assert History(tmp_path, other.tenant).last == await first.last()
        assert [e.event for e in History(tmp_path, other.tenant).events()] == theirs
        await first.close()
        await other.close()
        return ours, more

    ours, more = asyncio.run(run())
    assert [e.event for e in History(tmp_path, "main").events()] == ours + more
    with pytest.raises(ValueError, match="several tenants; name one as the tenant: main"):
        History(tmp_path).assignments()


def test_a_second_recorder_on_a_folder_is_refused_until_the_first_stops(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_stream() as stream, Recorder(tmp_path, stream) as first:
            with pytest.raises(HistoryInUse, match=f"another recorder writes the history at {tmp_path}; stop it"):
                Recorder(tmp_path, stream).acquire()
            await first.stop()
            second = Recorder(tmp_path, stream)
            second.acquire()
            await second.start()
            await second.stop()

    asyncio.run(run())


def test_a_stream_that_ends_before_the_history_is_refused_and_can_be_restored(tmp_path: Path) -> None:
    asyncio.run(record(tmp_path, Work().events(10)))

    async def run() -> None:
        history = History(tmp_path)
        async with a_stream() as stream:
            with pytest.raises(HistoryMismatch, match=r"ends at 0 and the history at .* at \d+; restore the stream"):
                await Recorder(tmp_path, stream).start()
            assert await stream.restore(history.last, history.team().values())
            async with Recorder(tmp_path, stream) as recorder:
                last = await put(stream, Work(5).events(3))
                await recorder.flush()
                assert recorder.recorded == last > history.as_of(10).last

    asyncio.run(run())


def test_a_stream_with_another_event_at_the_recorded_place_is_refused(tmp_path: Path) -> None:
    asyncio.run(record(tmp_path, Work(1).events(10)))

    async def run() -> None:
        async with a_stream() as stream:
            await put(stream, Work(2).events(30))
            with pytest.raises(HistoryMismatch, match=r"event \d+ is \w+ on the stream and \w+ in the history"):
                await Recorder(tmp_path, stream).start()

    asyncio.run(run())


def test_a_stream_that_was_trimmed_beyond_the_history_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_stream() as stream:
            await put(stream, Work().events(10))
            await stream.trim(20)
            with pytest.raises(HistoryMismatch, match=r"begins at 20 and the history at .* ends at 0"):
                await Recorder(tmp_path, stream).start()

    asyncio.run(run())


def test_a_stream_emptied_under_a_recorder_ends_it_and_those_who_wait_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with a_stream() as stream:
            await put(stream, Work().events(5))
            recorder = Recorder(tmp_path, stream, every_s=0.02)
            await recorder.start()
            await recorder.flush()
            waiting = asyncio.create_task(recorder.flush(10_000))
            await stream._server.client.flushall()
            with pytest.raises(HistoryMismatch, match="the stream ends at 0"):
                await waiting
            await recorder.stop()

    with caplog.at_level(logging.CRITICAL):
        asyncio.run(run())
    assert History(tmp_path).team().seq == History(tmp_path).last > 0


def test_flush_on_a_recorder_that_was_stopped_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_stream() as stream:
            recorder = Recorder(tmp_path, stream)
            await recorder.start()
            await recorder.stop()
            await put(stream, Work().events(1))
            with pytest.raises(RuntimeError, match="the recorder is not running"):
                await recorder.flush()

    asyncio.run(run())


@pytest.mark.parametrize("in_the_way", [False, True])
def test_a_history_that_is_gone_for_a_while_is_gone_on_with_when_it_is_back(tmp_path: Path, in_the_way: bool) -> None:
    folder, away = tmp_path / "history", tmp_path / "away"

    async def run() -> None:
        work = Work()
        async with a_stream() as stream:
            recorder = Recorder(folder, stream, every_s=0.02)
            await recorder.start()
            await put(stream, work.events(10))
            await recorder.flush()
            folder.rename(away)
            if in_the_way:
                folder.touch()
            last = await put(stream, work.events(10))
            waiting = asyncio.create_task(recorder.flush(last))
            tried = set()
            while len(tried) < 2:  # the append, and opening the history again
                recorder.wake()
                await asyncio.sleep(0)
                tried |= {type(recorder.trouble)} - {type(None)}
            assert folder.exists() == in_the_way
            folder.unlink(missing_ok=True)
            away.rename(folder)
            await waiting
            assert recorder.trouble is None
            await recorder.stop()

    asyncio.run(run())
    seqs = [entry.seq for entry in History(folder).events()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_what_can_be_made_anew_is_recorded_seldom_and_all_else_as_before(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_stream() as stream, Recorder(tmp_path, stream, every_s=60) as recorder:
            with recorder.seldom():
                assert recorder.every_s == SELDOM_S
                last = await put(stream, Work().events(10))
            assert recorder.every_s == 60
            async with asyncio.timeout(30), recorder._moved:  # it was woken, or this were a minute
                await recorder._moved.wait_for(lambda: recorder.recorded >= last)

    asyncio.run(run())


def test_the_stream_is_trimmed_behind_what_is_recorded(tmp_path: Path) -> None:
    async def run() -> None:
        async with a_stream() as stream, Recorder(tmp_path, stream, keep=50) as recorder:
            last = await put(stream, Work().events(40))
            await recorder.flush()
            await recorder.stop()
            assert await stream.first() == last - 49

    asyncio.run(run())


def test_snapshots_are_kept_on_the_way_and_on_stop_and_give_the_folded_team(tmp_path: Path) -> None:
    asyncio.run(record(tmp_path, Work().events(60), at_most=50, snapshot_every=100))
    history = History(tmp_path)
    places = history.sql("SELECT seq FROM snapshots ORDER BY seq")["seq"].tolist()
    assert len(places) >= 3
    assert places[-1] == history.last
    for moment in (1, places[0], places[0] + 7, history.last):
        past = history.as_of(moment)
        assert past.team() == fold(past.events())
        assert past.team().seq == moment


def test_a_folder_with_other_things_and_a_place_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    async def start(folder: Path) -> None:
        async with a_stream() as stream:
            await Recorder(folder, stream).start()

    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.jpg").touch()
    with pytest.raises(NotAHistory, match=r"photos holds other things than a history \(cat.jpg\); give an empty"):
        asyncio.run(start(other))
    assert [path.name for path in other.iterdir()] == ["cat.jpg"]
    with pytest.raises(NotAHistory, match=r"cat.jpg is a file and not a history; give a folder"):
        asyncio.run(start(other / "cat.jpg"))
    with pytest.raises(HistoryUnwritable, match=r"cannot be written at .*cat.jpg/in: Not a directory; give a folder"):
        asyncio.run(start(other / "cat.jpg" / "in"))
