"""The history as its readers see it: frames, SQL, moments, export, migration, and readers beside a recorder."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from deltalake import CommitProperties, Transaction, write_deltalake
from work import AGENTS, MORNING, Work, put

from collab import events as ev
from collab.events import Event
from collab.history import History, NewerHistory, NotAHistory, Recorder, export
from collab.history.export import markdown
from collab.history.folder import Folder, folder_name
from collab.history.migrate import CHANGED, migrate
from collab.history.pinned import Source
from collab.history.schema import DERIVED, TABLES, VERSION, VIEWS
from collab.live.stream import Stream, open_stream
from collab.reasons import reasoning
from collab.team import fold

FRAMES = ("assignments", "candidates", "outcomes", "offers", "arrivals", "presence", "weights", "alerts")


def stream_of(folder: Path, tenant: str = "main") -> Stream:
    """The embedded stream that belongs to this folder."""
    return open_stream(f"embedded://h{hash(folder)}", tenant)


def recorded(folder: Path, events: Sequence[Event], tenant: str = "main") -> History:
    """A history of these events."""

    async def run() -> None:
        stream = stream_of(folder, tenant)
        await put(stream, events)
        async with Recorder(folder, stream, at_most=100) as recorder:
            await recorder.flush()
        await stream.close()

    asyncio.run(run())
    return History(folder, tenant)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return Work().events(60)


@pytest.fixture(scope="module")
def history(events: list[Event], tmp_path_factory: pytest.TempPathFactory) -> History:
    return recorded(tmp_path_factory.mktemp("a history"), events)


def test_assignments_hold_the_decisions(history: History, events: list[Event]) -> None:
    frame = history.assignments()
    assigned = [event for event in events if isinstance(event, ev.LeadAssigned)]
    overridden = {event.decision for event in events if isinstance(event, ev.LeadOverridden)}
    assert frame["decision"].tolist() == [event.id for event in assigned]
    assert frame["agent"].tolist() == [event.decision.agent for event in assigned]
    assert frame["time"].tolist() == [event.time for event in assigned]
    assert frame["seed"].tolist() == [event.decision.seed for event in assigned]
    assert frame["reasoning"].tolist() == [reasoning(event.decision) for event in assigned]
    assert frame["budget"].isna().tolist() == [event.decision.lead.budget is None for event in assigned]
    assert frame["drawn"].isna().tolist() == [event.decision.drawn is None for event in assigned]
    assert set(frame.loc[frame["overridden"], "decision"]) == overridden
    weights = frame[["w_availability", "w_expertise", "w_performance", "w_responsiveness"]]
    assert (weights.sum(axis=1) == 100).all()


def test_candidates_hold_every_agent_that_was_looked_at(history: History, events: list[Event]) -> None:
    frame = history.candidates()
    decisions = [event.decision for event in events if isinstance(event, ev.LeadAssigned)]
    for name in ("agent", "gate", "presence", "active", "expertise", "score", "propensity", "closed"):
        expected = [value for decision in decisions for value in getattr(decision.candidates, name)]
        assert frame[name].tolist() == expected, name
    assert frame["eligible"].tolist() == (frame["gate"] == "").tolist()
    assert frame.loc[frame["chosen"], "agent"].tolist() == [decision.agent for decision in decisions]
    assert frame["lead"].tolist() == [d.lead.id for d in decisions for _ in d.candidates.agent]
    assert (frame["utilization"] == frame["active"] / frame["capacity"]).all()
    assert set(frame["gate"]) >= {"", "on_shift"} or len(set(frame["gate"])) > 1


def test_outcomes_have_one_row_a_lead(history: History, events: list[Event]) -> None:
    frame = history.outcomes().set_index("lead")
    closed = {event.lead: event for event in events if isinstance(event, ev.LeadClosed)}
    answered = {event.lead: event for event in events if isinstance(event, ev.FirstResponded)}
    assert frame.index.is_unique
    assert set(frame.index) == set(closed)
    for lead, event in closed.items():
        row = frame.loc[lead]
        assert (row["decision"], row["agent"], row["converted"]) == (event.decision, event.agent, event.converted)
        assert row["closed"] == event.time
        assert row["response_s"] == answered[lead].response_s
        assert pd.isna(row["satisfaction"]) == (event.satisfaction is None)


def test_an_answered_lead_that_is_open_is_an_outcome_without_an_end(tmp_path: Path) -> None:
    events = [event for event in Work().events(3) if not isinstance(event, ev.LeadClosed)]
    frame = recorded(tmp_path, events).outcomes()
    assert frame["closed"].isna().all()
    assert frame["converted"].isna().all()
    assert frame["response_s"].notna().all()
    assert len(frame) == 3


def test_changes_of_agents_and_weights_are_rows(history: History) -> None:
    presence = history.presence()
    assert set(presence["change"]) == {"presence", "calendar", "capacity", "shift", "joined", "left"}
    capacity = presence[presence["change"] == "capacity"].iloc[0]
    assert (capacity["agent"], capacity["capacity"]) == ("agent-0", 6)
    weights = history.weights().iloc[0]
    assert (weights["id"], weights["availability"], weights["person"]) == ("v1-35-30-20-15", 35, "Ida")


def test_every_step_of_alerts_silences_and_rules_is_a_row(history: History, events: list[Event]) -> None:
    alerts = history.alerts()
    happened = [event for event in events if isinstance(event, ev.Watched)]
    assert alerts["time"].tolist() == [event.time for event in happened]
    steps = ["began", "fired", "acknowledged", "returned", "eased", "resolved", "began", "dropped"]
    assert alerts["change"].tolist() == ["adopted", "silenced", "unsilenced", *steps]
    assert set(alerts["rule"].dropna()) == {"agent_overload"}
    fired = alerts[alerts["change"] == "fired"].iloc[0]
    assert (fired["labels"], fired["severity"], fired["value"]) == ('{"agent":"agent-0"}', "high", 1.0)
    assert fired["text"] == "agent-0 is at 100% of capacity"
    silenced, acknowledged = (alerts[alerts["change"] == change].iloc[0] for change in ("silenced", "acknowledged"))
    assert silenced["labels"] == '{"rule":"queue_builds"}'
    assert (silenced["until"], silenced["person"]) == (happened[1].until, "Ida")
    assert silenced["alert"] == alerts["alert"][2]
    assert (acknowledged["person"], acknowledged["text"]) == ("Ida", "I call them")
    first = history.sql("SELECT count(DISTINCT alert) AS n FROM alerts WHERE change = 'fired'")
    assert first["n"].tolist() == [1]


def test_empty_histories_give_frames_with_the_columns_and_dtypes_of_full_ones(history: History, tmp_path: Path) -> None:
    nothing = History(tmp_path / "nowhere")
    assert not nothing.exists
    assert nothing.last == 0
    assert nothing.events() == []
    assert nothing.team() == fold([])
    assert nothing.tenants == []
    with pytest.raises(ValueError, match=r"url is '.*nowhere', and there is no such folder"):
        nothing.assignments()
    with pytest.raises(ValueError, match="there is no such folder"):
        nothing.sql("SELECT count(*) FROM decisions")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "nowhere").mkdir()
    for name in FRAMES:
        empty, full = getattr(nothing, name)(), getattr(history, name)()
        assert empty.empty
        assert empty.dtypes.to_dict() == full.dtypes.to_dict(), name
        assert list(full) == [column.name for column in VIEWS[name].columns]


def test_sql_sees_every_view_and_times_are_utc(history: History, events: list[Event]) -> None:
    for name in VIEWS:
        assert list(history.sql(f"SELECT * FROM {name}")) == [column.name for column in VIEWS[name].columns]
    frame = history.sql("SELECT max(time) AS newest, count(*) AS n, max(time) AS newest FROM events")
    assert frame.iloc[0, 0] == max(event.time for event in events)
    assert str(frame.dtypes.iloc[0]) == "datetime64[us, UTC]"
    assert frame.iloc[0, 1] == len(events)
    assert history.sql("SELECT max(expertise * 35 + availability * 35) AS most FROM candidates")["most"][0] > 32_767


def test_sql_that_gives_no_rows_or_is_wrong_says_so(history: History) -> None:
    with pytest.raises(ValueError, match=r"CREATE TABLE.*; ask with one SELECT"):
        history.sql("CREATE TABLE mine (x INTEGER)")
    assert not history.sql("PIVOT offers ON outcome USING count(*) GROUP BY agent").empty
    assert set(history.sql("SHOW TABLES")["name"]) == set(VIEWS)
    with pytest.raises(duckdb.CatalogException, match=r"decisionz does not exist! The history has events, decisions,"):
        history.sql("SELECT * FROM decisionz")
    with pytest.raises(ValueError, match="query is 5; give one SELECT as text"):
        history.sql(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong, said", [((None,), "url is None; give the folder"), (("h", 5), "tenant is 5; give a n")]
)
def test_a_history_of_what_is_no_folder_or_tenant_is_refused(wrong: tuple[object, ...], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        History(*wrong)  # type: ignore[arg-type]


def test_every_column_and_view_can_be_named_in_sql_without_quotes() -> None:
    with duckdb.connect() as connection:
        for view in VIEWS.values():
            columns = ", ".join(f"NULL::{column.sql_type} AS {column.name}" for column in view.columns)
            connection.execute(f"CREATE TABLE {view.name} AS SELECT {columns}")
            connection.execute(f"SELECT {', '.join(column.name for column in view.columns)} FROM {view.name}")


def test_columns_are_codes_and_raw_integers_and_many_words_give_the_same(history: History, tmp_path: Path) -> None:
    frame = history.candidates()
    columns = history.columns("candidates", ["agent", "expertise", "seq", "lead", "time"])
    assert (columns["agent.names"][columns["agent"]] == frame["agent"]).all()
    assert list(columns["agent.names"]) == sorted(set(frame["agent"]))
    assert columns["expertise"].dtype == np.int16
    assert (columns["lead"] == frame["lead"]).all()
    assert columns["time"].dtype == np.dtype("datetime64[us]")
    many = [ev.AgentLeft(id=f"e{n}", time=MORNING, agent=f"it's-{n % 90:02}") for n in range(300)]
    found = recorded(tmp_path, many).columns("presence", ["agent", "presence"])
    assert [found["agent.names"][code] for code in found["agent"]] == [event.agent for event in many]
    assert set(found["presence"]) == {-1}
    with pytest.raises(ValueError, match="candidates has no column 'skill'; it has seq, decision"):
        history.columns("candidates", ["skill"])
    with pytest.raises(ValueError, match="the history has no 'leads'; it has events"):
        history.columns("leads")


def test_a_history_as_of_a_place_or_time_is_the_rows_up_to_it(history: History, events: list[Event]) -> None:
    past = history.as_of(100)
    assert past.last == 100
    assert [entry.event for entry in past.events()] == events[:100]
    assert past.team() == fold(history.events()[:100])
    for name in ("assignments", "candidates", "arrivals"):
        frame = getattr(history, name)()
        assert len(getattr(past, name)()) == (frame["seq"] <= 100).sum() > 0
    moment = MORNING + timedelta(minutes=10)
    expected = max(seq for seq, event in enumerate(events, 1) if event.time <= moment)
    assert history.as_of(moment).last == expected
    assert history.as_of(MORNING - timedelta(days=1)).assignments().empty
    assert past.as_of(10**9).last == 100
    with pytest.raises(ValueError, match="no time zone"):
        history.as_of(datetime(2026, 11, 2))  # noqa: DTZ001
    with pytest.raises(ValueError, match="moment is 'noon'; give a place"):
        history.as_of("noon")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="moment is True; give a place"):
        history.as_of(True)
    with pytest.raises(ValueError, match="moment is -1; give a place"):
        history.as_of(-1)


def test_a_decision_is_found_by_its_lead_and_closed_leads_by_their_age(tmp_path: Path) -> None:
    events = Work(start=datetime.now(UTC) - timedelta(minutes=10)).events(30)
    history = recorded(tmp_path, events)
    last = {e.decision.lead.id: e.decision for e in events if isinstance(e, ev.LeadAssigned)}
    assert history.decision_on("lead-3") == last["lead-3"]
    assert history.decision_on("nobody") is None
    assert set(history.closed(7 * 86_400)) == {e.lead for e in events if isinstance(e, ev.LeadClosed)}
    assert len(history.closed(60 * 8)) < 30


def test_a_connection_is_a_duckdb_with_commented_views_that_stays_at_its_moment(history: History) -> None:
    with history.as_of(50).connect() as connection:
        found = connection.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall()
        assert dict(found) == {view.name: view.comment for view in VIEWS.values()}
        assert connection.execute("SELECT max(seq) FROM events").fetchall() == [(50,)]
        agents = pd.DataFrame({"agent": list(AGENTS)})
        query = "SELECT count(*) FROM agents JOIN assignments USING (agent)"
        assert connection.register("agents", agents).execute(query).fetchall()[0][0] > 0


def test_an_export_is_a_plain_duckdb_file_with_comments(history: History, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"out is no folder; make it first, or name another"):
        export(history, tmp_path / "out" / "history.duckdb")
    assert not (tmp_path / "out").exists()
    target = export(history, tmp_path / "history.duckdb")
    with duckdb.connect(target, read_only=True) as file:
        for name in FRAMES:
            assert file.execute(f"SELECT count(*) FROM {name}").fetchall() == [(len(getattr(history, name)()),)]
        query = "SELECT comment FROM duckdb_columns() WHERE table_name = 'candidates' AND column_name = 'gate'"
        assert file.execute(query).fetchall() == [(TABLES["candidates"].column("gate").comment,)]
    with pytest.raises(FileExistsError, match=r"history.duckdb exists; give the name of a new file"):
        export(history, target)
    assert [path.name for path in target.parent.iterdir()] == ["history.duckdb"]


def test_a_history_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path, Work().events(1))
    Folder(tmp_path).enter("main", 0, VERSION + 1)
    with pytest.raises(NewerHistory, match=f"has tables of version {VERSION + 1} and this program knows up to"):
        History(tmp_path).assignments()


def test_a_folder_that_is_not_a_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NotAHistory, match=r"other things than a history \(notes.txt\)"):
        History(tmp_path).candidates()


def test_tables_of_an_older_version_are_made_again_from_the_events(events: list[Event], tmp_path: Path) -> None:
    history = recorded(tmp_path, events)
    before = {name: getattr(history, name)() for name in FRAMES}
    folder = Folder(tmp_path)
    tenant = folder.tenants()["main"]
    make_old(folder)
    assert list(history.assignments()["reasoning"].unique()) != list(before["assignments"]["reasoning"].unique())
    old = type(tenant)(tenant.name, tenant.partition, schema=0)
    assert migrate(folder, old, {1: ("decisions", "candidates", "offers")}) == ["decisions", "candidates", "offers"]
    assert migrate(folder, tenant, {1: ("decisions",)}) == []
    for again in (history, History(tmp_path)):
        for name in FRAMES:
            pd.testing.assert_frame_equal(getattr(again, name)(), before[name])
    more = Work(9).events(2)
    stream = stream_of(tmp_path)

    async def go_on() -> None:
        async with Recorder(tmp_path, stream) as recorder:
            await put(stream, more)
            await recorder.flush()
        await stream.close()

    asyncio.run(go_on())
    assert [entry.event for entry in history.events()] == [*events, *more]
    assert len(history.assignments()) == sum(isinstance(e, ev.LeadAssigned) for e in [*events, *more])


def test_a_history_of_the_version_before_begins_its_snapshots_anew_and_gives_the_same_team(
    events: list[Event], tmp_path: Path
) -> None:
    history = recorded(tmp_path, events)
    assert len(history.sql("SELECT seq FROM snapshots")) == 1  # kept when the recorder stopped
    before, folder = history.team(), Folder(tmp_path)
    tenant = folder.tenants()["main"]
    assert migrate(folder, type(tenant)(tenant.name, tenant.partition, schema=2)) == [
        *CHANGED[3],
        *CHANGED[4],
        "alerts",
    ]
    again = History(tmp_path)
    assert again.sql("SELECT seq FROM snapshots").empty
    assert again.team() == before
    assert len(again.assignments()) == len(history.assignments())


def make_old(folder: Folder) -> None:
    """Give the decisions the columns of a version that knew no reasoning yet."""
    path = folder.table_path("main", "decisions")
    table = folder.open(path)
    assert table is not None
    kept = [column.name for column in TABLES["decisions"].columns if column.name != "reasoning"]
    done = CommitProperties(app_transactions=[Transaction("recorder", table.transaction_version("recorder") or 0)])
    rows = table.scan(columns=kept).read_all()
    write_deltalake(path, rows, mode="overwrite", schema_mode="overwrite", commit_properties=done)


def test_a_file_that_is_dropped_while_it_is_read_is_looked_up_again(tmp_path: Path) -> None:
    history = recorded(tmp_path, Work().events(40))
    source = Source(Folder(tmp_path), "main")
    calls = []

    def work(connection: duckdb.DuckDBPyConnection) -> int:
        if not calls:
            table = Folder(tmp_path).open(Folder(tmp_path).table_path("main", "events"))
            assert table is not None
            table.optimize.compact()
            table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
        calls.append(1)
        return connection.execute("SELECT count(*) FROM events").fetchall()[0][0]

    assert source.read(["events"], None, work) == history.last
    assert len(calls) == 2


def test_object_storage_is_read_through_arrow_and_gives_the_same(history: History, tmp_path: Path) -> None:
    remote = History(history.url)
    remote._source.folder.local = False  # as if its files could not be opened by path
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(remote, name)(), getattr(history, name)())
    assert remote.events(after=50) == history.events(after=50)
    assert History("s3://bucket/team/", "main", storage_options={"region": "x"}).url == "s3://bucket/team"


def test_folder_names_of_tenants_never_meet_or_leave_the_folder() -> None:
    names = ["acme", "Acme", "a.b", "../x", ".x", "_catalog", "a/b", "a=2Fb", "ä"]
    folders = [folder_name(name) for name in names]
    assert len({folder.lower() for folder in folders}) == len(names)
    assert not any("/" in folder or folder.startswith((".", "_")) for folder in folders)
    assert folders[0] == "acme"


def test_tenants_with_signs_in_their_names_and_folders_with_spaces_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "it's a history =é"
    recorded(folder, Work(1).events(2), "Team.A")
    recorded(folder, Work(2).events(3), "team.a")
    assert History(folder).tenants == ["Team.A", "team.a"]
    assert len(History(folder, "Team.A").arrivals()) == 2
    assert len(History(folder.as_uri(), "team.a").arrivals()) == 3


READER = """
import sys
from collab.history import History

history, last, least = History(sys.argv[1], "main"), 0, 0
print("reading", flush=True)
while not history.exists or last < int(sys.argv[2]):
    frame = history.sql("SELECT count(*) AS n, coalesce(max(seq), 0) AS last, count(DISTINCT seq) AS seqs FROM events")
    assert frame["n"][0] == frame["last"][0] == frame["seqs"][0] >= last, frame
    last = frame["last"][0]
    found = len(history.assignments())
    assert found >= least
    least = found
    assert len(history.candidates()) >= 8 * found
with history.connect() as connection:
    assert connection.execute("SELECT count(*) FROM outcomes").fetchall() == [(len(history.outcomes()),)]
print("seen", last)
"""


def test_readers_in_other_processes_see_whole_moments_while_a_recorder_writes_and_compacts(tmp_path: Path) -> None:
    events = Work().events(150)
    command = [sys.executable, "-W", "error", "-c", READER, str(tmp_path), str(len(events))]

    async def run() -> None:
        stream = open_stream("embedded://readers", "main")
        async with Recorder(tmp_path, stream, every_s=0.01, compact_every=3, snapshot_every=200) as recorder:
            for start in range(0, len(events), 60):
                await put(stream, events[start : start + 60])
                await recorder.flush()
            for reader in readers:
                await asyncio.to_thread(reader.wait)
        await stream.close()

    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    asyncio.run(run())
    assert [reader.communicate()[0] for reader in readers] == [f"seen {len(events)}\n"] * 2


def test_a_history_is_read_from_many_threads_at_once(history: History) -> None:
    async def run() -> list[int]:
        return await asyncio.gather(*(asyncio.to_thread(lambda: len(history.candidates())) for _ in range(8)))

    assert len(set(asyncio.run(run()))) == 1


def test_the_page_of_the_tables_is_the_schema_s() -> None:
    page = Path(__file__).parent.parent / "docs" / "history.md"
    assert page.read_text(encoding="utf-8") == markdown(), "write it again with collab.history.export.markdown()"


def test_every_table_has_a_comment_for_every_column_and_a_place() -> None:
    for view in VIEWS.values():
        assert view.comment
        assert all(column.comment for column in view.columns)
    assert all(table.columns[0].name == "seq" for table in (*TABLES.values(), *DERIVED))
