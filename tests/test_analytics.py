"""Figures of a history: each equals SQL or a fold of the events, empty is not zero, and the rows behind can be had."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import pytest
from work import recorded_work

from collab import analytics
from collab.analytics import MEASURES, Book, Hours, Zone
from collab.analytics.changes import LEVEL, changes
from collab.analytics.drill import query
from collab.analytics.heat import of_sample
from collab.analytics.measure import Sample, read, recorded
from collab.analytics.service import level_of
from collab.analytics.timeline import held, timelines
from collab.analytics.trend import of_sample as trend_of
from collab.analytics.zone import DAY, HOUR, SECOND, microseconds, moment
from collab.forecast import Forecast
from collab.history import History

BERLIN = "Europe/Berlin"
NOBODY = pd.DataFrame({"us": [], "id": [], "person": [], "reason": []})


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Two hours of a team's work: leads given, declined, expired, overridden, answered and closed."""
    return recorded_work(tmp_path_factory.mktemp("analytics"), 240)


@pytest.fixture
def empty(tmp_path: Path) -> History:
    """A history in which nothing is recorded."""
    return History(tmp_path, "main")


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_every_measure_has_a_row_for_each_event_and_its_unit(history: History, name: str) -> None:
    rows, sample = analytics.rows(history, name), read(history, name)
    assert list(rows.columns) == ["seq", "time", "lead", "decision", "agent", "value"]
    assert len(rows) == len(sample.us) > 0
    assert np.sort(rows["value"]).tolist() == np.sort(sample.value).tolist()
    assert rows["seq"].is_monotonic_increasing
    assert MEASURES[name].unit


ASKED: dict[str, Callable[..., Any]] = {
    "trend": lambda history, **when: analytics.trend(history, **when).frame(),
    "heat": lambda history, **when: pd.DataFrame(analytics.heat(history, **when).n),
    "occupancy": analytics.occupancy,
    "funnel": analytics.funnel,
    "stages": analytics.stages,
    "compare": lambda history, **when: analytics.compare(history, "response_s", **when).agents,
    "service_level": lambda history, **when: pd.Series([analytics.service_level(history, **when).n]),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_window_is_given_in_moments_or_aware_times(history: History, name: str) -> None:
    first, last = recorded(history) or (0, 0)
    start, end = first + (last - first) // 4, last - (last - first) // 4
    times = {"start": moment(start), "end": moment(end).astimezone(ZoneInfo(BERLIN))}
    given = ASKED[name](history, **times)
    assert given.equals(ASKED[name](history, start=start, end=end))
    assert not given.equals(ASKED[name](history, start=first, end=last))
    with pytest.raises(ValueError, match="end is 2026-01-05T09:00:00, which has no time zone; add one"):
        ASKED[name](history, end=datetime.fromisoformat("2026-01-05T09:00:00"))
    with pytest.raises(ValueError, match="start is 'monday'; give an aware time"):
        ASKED[name](history, start="monday")
    with pytest.raises(
        ValueError, match="start is 1767571200, microseconds of 1970; seconds are to be times 1,000,000"
    ):
        ASKED[name](history, start=1767571200)


STRANGE: dict[str, Callable[[History], Any]] = {name: ask for name, ask in ASKED.items() if name != "compare"} | {
    "trend": analytics.trend,
    "heat": analytics.heat,
    "forecast": Forecast,
    "book": Book,
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_folder_or_a_tenant_that_is_not_there_is_refused(history: History, name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere', and there is no such folder"):
        STRANGE[name](History(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=f"tenant is 'other', who is not in .*; it has {history.tenant}"):
        STRANGE[name](History(history.url, "other"))


def test_what_is_measured_in_sql_and_by_hand_is_the_same(history: History) -> None:
    outcomes, assignments = history.outcomes(), history.assignments()
    found = analytics.stages(history)["value"]
    assert found["response_s p50"] == pytest.approx(outcomes["response_s"].median())
    assert found["waiting_s p90"] == pytest.approx(np.percentile(assignments["waited_s"], 90))
    level = analytics.service_level(history, 120)
    answered = history.sql(
        "SELECT epoch_us(r.time) - epoch_us(a.time) AS us FROM responses r JOIN arrivals a USING (lead)"
    )
    assert level.value == pytest.approx((answered["us"] <= 120 * SECOND).mean())
    assert level.n == len(history.arrivals())


def test_the_funnel_counts_each_lead_once_in_each_step_it_took(history: History) -> None:
    found = analytics.funnel(history).set_index("step")
    sql = history.sql(
        "SELECT (SELECT count(DISTINCT lead) FROM arrivals) AS arrived, (SELECT count(DISTINCT lead) FROM decisions) "
        "AS assigned, (SELECT count(DISTINCT lead) FROM closings WHERE converted) AS converted"
    ).iloc[0]
    for step, leads in sql.items():
        assert found.loc[step, "leads"] == leads
    assert (found["leads"].diff().dropna() <= 0).all()
    assert len(history.sql("SELECT lead FROM decisions")) > found.loc["assigned", "leads"], "some were given twice"
    start, end = recorded(history) or (0, 0)
    half = analytics.funnel(history, start, (start + end) // 2).set_index("step")
    assert half.loc["arrived", "leads"] == pytest.approx(120, abs=2)


def test_leads_held_are_those_of_the_team_at_every_place_of_the_stream(history: History) -> None:
    """Given, given back, expired, moved to another by a person, and closed."""
    for place in (200, 555, 901, history.last):
        past = history.as_of(place)
        team, now = past.team(), {agent: int(steps.value[-1]) for agent, steps in held(past).items()}
        assert now == {agent: team.agents[agent].active for agent in now}


def test_an_agents_time_is_on_shift_present_and_busy_as_recorded(history: History) -> None:
    first, last = recorded(history) or (0, 0)
    found = timelines(history, last)
    assert found["agent-1"].shift.tolist() == []
    assert found["gone"].shift.tolist() == []
    assert found["agent-0"].staffed.tolist() == found["agent-0"].shift.tolist() == [[first, last]]
    rows = analytics.occupancy(history).set_index("agent")
    assert "agent-1" not in rows.index
    assert rows.loc["agent-0", "staffed_s"] == pytest.approx((last - first) / SECOND)
    assert rows["occupancy"].between(0, 1).all()
    assert (rows["busy_s"] <= rows["staffed_s"]).all()


@pytest.mark.parametrize(
    "ask",
    [analytics.heat, analytics.trend, lambda history: analytics.service_level(history).value, analytics.occupancy],
)
def test_nothing_recorded_is_nothing_said(empty: History, ask: Callable) -> None:
    found = ask(empty)
    assert found is None or (isinstance(found, float) and np.isnan(found)) or len(found) == 0


def test_a_book_reads_once_and_says_the_same_of_every_window(history: History) -> None:
    book = Book(history)
    start, end = recorded(history) or (0, 0)
    for a, b in ((None, None), (start + HOUR, end), (start, start + HOUR)):
        assert analytics.funnel(book, a, b).equals(analytics.funnel(history, a, b))
        assert str(analytics.service_level(book, 60, a, b)) == str(analytics.service_level(history, 60, a, b))
        assert analytics.compare(book, "converted", a, b).pairs.equals(
            analytics.compare(history, "converted", a, b).pairs
        )
        assert str(analytics.heat(book, start=a, end=b).frame()) == str(analytics.heat(history, start=a, end=b).frame())
    asked: list[History] = []
    assert [book.once("x", lambda past: asked.append(past) or len(asked)) for _ in range(3)] == [1, 1, 1]


def test_agents_are_compared_by_the_cases_of_their_leads(history: History) -> None:
    found = analytics.compare(history, "converted", case=("urgency", "budget"))
    closings = history.sql("SELECT agent, avg(converted::INT) AS raw, count(*) AS n FROM closings GROUP BY agent")
    rows = found.agents.merge(closings, on="agent")
    assert rows["raw_x"].tolist() == pytest.approx(rows["raw_y"].tolist())
    assert rows["n_x"].tolist() == rows["n_y"].tolist()
    with pytest.raises(ValueError, match="case has 'shoe'; give some of property_type"):
        analytics.compare(history, case=("shoe",))
    with pytest.raises(ValueError, match="measure is 'arrivals', which is of no agent"):
        analytics.compare(history, "arrivals")


def test_the_rows_behind_a_cell_and_a_bucket_are_those_of_sql(history: History) -> None:
    """The ids of a drill-down equal those that DuckDB's own calendar finds."""
    week = analytics.heat(history, "response_s", BERLIN)
    for weekday, hour in ((0, 9), (0, 10), (0, 11), (3, 9)):
        rows = analytics.rows(history, "response_s", week.cell(weekday, hour))
        local = "timezone('Europe/Berlin', time)"
        sql = history.sql(
            f"SELECT seq FROM responses WHERE isodow({local}) = {weekday + 1} AND hour({local}) = {hour} ORDER BY seq"
        )
        assert rows["seq"].tolist() == sql["seq"].tolist()
        assert len(rows) == week.n[weekday, hour]
    line = analytics.trend(history, "waiting_s", every=900 * SECOND)
    for place in range(len(line.n)):
        rows = analytics.rows(history, "waiting_s", line.bucket(place))
        assert len(rows) == line.n[place]
    assert line.n.sum() == len(history.assignments())
    mine = analytics.rows(history, "waiting_s", agent="agent-2")
    assert set(mine["agent"]) == {"agent-2"}
    assert len(analytics.rows(history, "waiting_s", agent="o'hara")) == 0
    assert len(analytics.rows(history, "waiting_s", limit=3)) == 3


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_are_written_as_they_are_shown(history: History, tmp_path: Path, ending: str) -> None:
    path = analytics.export(history, tmp_path / f"it's.{ending}", "response_s", agent="agent-2")
    written = duckdb.sql(f"SELECT seq, lead, decision, value FROM '{str(path).replace(chr(39), chr(39) * 2)}'").df()
    shown = analytics.rows(history, "response_s", agent="agent-2")
    assert written["seq"].tolist() == shown["seq"].tolist()
    assert written["value"].tolist() == shown["value"].tolist()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_of_some_spans_are_written_with_their_moments(history: History, tmp_path: Path, ending: str) -> None:
    week = analytics.heat(history, "response_s", BERLIN)
    weekday, hour = (int(place) for place in np.unravel_index(np.argmax(week.n), week.n.shape))
    for spans in (week.cell(weekday, hour), week.cell((weekday + 3) % 7, hour)):
        path = analytics.export(history, tmp_path / f"some.{ending}", "response_s", spans)
        written = duckdb.sql(f"SELECT * FROM '{path}'").df()
        shown = analytics.rows(history, "response_s", spans)
        assert written.columns.tolist() == shown.columns.tolist()
        assert written["seq"].tolist() == shown["seq"].tolist()
        assert pd.to_datetime(written["time"], utc=True).tolist() == shown["time"].tolist()
    assert 0 < week.n.max() < len(analytics.rows(history, "response_s"))


def test_what_cannot_be_asked_is_refused_by_name(history: History, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path is .*; give a name that ends in .csv or .parquet"):
        analytics.export(history, tmp_path / "x.xlsx", "response_s")
    with pytest.raises(ValueError, match="measure is 'speed'; give one of response_s"):
        analytics.trend(history, "speed")
    for wrong in (history, analytics.occupancy(history), analytics.occupancy(history)[["load", "days"]], 3.0, None):
        with pytest.raises(TypeError, match=r"loads is of \w+; give .* analytics.occupancy\(history\)\['load'\]"):
            analytics.balance(wrong)
    with pytest.raises(ValueError, match="limit is -1"):
        query("response_s", limit=-1)
    with pytest.raises(FileNotFoundError, match=r"none is no folder; make it first, or name another"):
        analytics.export(history, tmp_path / "none" / "x.csv", "response_s")
    for spans in ([(0, SECOND)], np.array([0, SECOND]), np.array([[0.0, 1.0]]), "today"):
        with pytest.raises(ValueError, match=r"spans are .*; give an array with a row \(start, end\) for each"):
            analytics.rows(history, "response_s", spans)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="target_s is 0"):
        analytics.service_level(history, 0)
    with pytest.raises(ValueError, match="weekday is 7"):
        analytics.heat(history).cell(7, 0)
    with pytest.raises(ValueError, match="target_s is '60'"):
        analytics.service_level(history, "60")
    with pytest.raises(ValueError, match="target_s is inf"):
        analytics.service_level(history, np.inf)
    with pytest.raises(TypeError, match=r"hours is 'mon-fri 09:00-17:30'; give collab.analytics.Hours"):
        analytics.service_level(history, hours="mon-fri 09:00-17:30")
    with pytest.raises(TypeError, match=r"history is of DataFrame; give a collab.History"):
        analytics.funnel(history.assignments())
    with pytest.raises(ValueError, match=r"ms\[0\] is nan; give milliseconds"):
        analytics.latencies(None)


def test_a_bucket_is_counted_from_the_first(history: History) -> None:
    trend = analytics.trend(history)
    assert trend.bucket(0)[0, 0] == trend.edges[0]
    for place in (-1, len(trend.n)):
        with pytest.raises(ValueError, match=f"place is {place}; give 0 to {len(trend.n) - 1}"):
            trend.bucket(place)


def test_an_open_lead_counts_as_missed_once_its_time_is_over() -> None:
    arrived, answered = np.array([0, 0, 0, 50]) * SECOND, np.array([30, 90, -1, -1]) * SECOND
    assert level_of(arrived, answered, 100 * SECOND, 60, "").n == 3, "the last one has ten seconds left"
    assert level_of(arrived, answered, 100 * SECOND, 60, "").value == pytest.approx(1 / 3)
    night = microseconds(datetime(2026, 6, 1, 20, tzinfo=UTC))
    morning = microseconds(datetime(2026, 6, 2, 7, 0, 30, tzinfo=UTC))
    hours = Hours("mon-fri 09:00-17:00", BERLIN)
    assert level_of(np.array([night]), np.array([morning]), morning, 60, "", hours).value == 1.0


def test_replies_are_first_and_next_and_those_who_wait_are_counted() -> None:
    """Conversation 1: two questions at once, an answer, a question, an answer by two; 2: a question that waits."""
    talk = np.array([1, 1, 1, 1, 1, 1, 2])
    us = np.array([0, 5, 40, 100, 130, 140, 7]) * SECOND
    customer = np.array([True, True, False, True, False, False, True])
    shuffled = np.random.default_rng(1).permutation(7)
    found = analytics.replies(talk[shuffled], us[shuffled], customer[shuffled])
    assert (found.first_s.tolist(), found.next_s.tolist(), found.waiting) == ([40.0], [30.0], 1)
    none = np.empty(0, np.int64)
    assert analytics.replies(none, none, none.astype(bool)).waiting == 0


def week_of(rate: np.ndarray, weeks: int, zone: Zone, seed: int = 5) -> tuple[Sample, int, int]:
    """Poisson arrivals at a rate for each hour of the week on the wall."""
    chance = np.random.default_rng(seed)
    start = zone.midnight(date(2026, 3, 2))
    end = zone.midnight(date(2026, 3, 2) + timedelta(weeks=weeks))
    hours = zone.edges(start, end, HOUR)
    per_hour = rate[zone.weekday(hours[:-1]), zone.hour(hours[:-1])]
    us = np.repeat(hours[:-1], chance.poisson(per_hour))
    return Sample(np.sort(us + chance.integers(0, HOUR, len(us))), np.ones(len(us))), start, end


def test_a_known_pattern_of_arrivals_is_found_again_over_a_change_of_clocks() -> None:
    zone = Zone(BERLIN)
    rate = 3 + 40 * np.exp(-(((np.arange(24) - 11) / 4) ** 2)) * np.linspace(1, 0.2, 7)[:, None]
    rate[6, :] = 0.0
    sample, start, end = week_of(rate, 30, zone)
    found = of_sample(sample, MEASURES["arrivals"], zone, start, end)
    inside = (found.low <= rate) & (rate <= found.high)
    assert inside.mean() >= 0.93
    assert (found.value[6] == 0).all(), "an hour that was looked at, in which nothing came, is 0"
    assert found.n.sum() == len(sample.us)
    assert found.seen_h[6, 2] == 29, "on one Sunday of spring the clock skips this hour"
    assert found.seen_h.sum() == (end - start) / HOUR


def test_what_was_never_looked_at_or_has_nothing_to_measure_is_empty() -> None:
    zone, start = Zone("UTC"), microseconds(datetime(2026, 6, 1, tzinfo=UTC))
    none = Sample(np.empty(0, np.int64), np.empty(0))
    found = of_sample(none, MEASURES["arrivals"], zone, start, start + 5 * HOUR // 2)
    assert found.value[0, :3].tolist() == [0, 0, 0]
    assert found.seen_h[0, 2] == 0.5
    assert np.isnan(found.value).sum() == 165
    assert np.isnan(of_sample(none, MEASURES["response_s"], zone, start, start + DAY).value).all()


@pytest.mark.parametrize("day, hours", [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_trend_has_a_bucket_for_each_hour_of_a_day_and_gaps_stay_gaps(day: date, hours: int) -> None:
    zone = Zone(BERLIN)
    start, end = zone.midnight(day), zone.midnight(day + timedelta(days=1))
    us = np.arange(start, end, HOUR // 10)
    us = us[(us < start + 4 * HOUR) | (us >= start + 6 * HOUR)]
    sample = Sample(us, np.linspace(10, 20, len(us)))
    found = trend_of(sample, MEASURES["response_s"], zone, zone.edges(start, end, HOUR), (start, end), NOBODY)
    assert len(found.n) == hours
    assert np.flatnonzero(np.isnan(found.value)).tolist() == [4, 5]
    assert found.n.tolist() == [0 if place in (4, 5) else 10 for place in range(hours)]
    assert (found.p90 >= found.value)[found.n > 0].all()
    assert np.isnan(found.before.value)
    assert np.isnan(found.change.value)


def test_a_period_is_compared_with_the_one_before() -> None:
    chance, zone = np.random.default_rng(2), Zone("UTC")
    us = np.sort(chance.integers(0, 2 * DAY, 4000))
    sample = Sample(us, chance.exponential(np.where(us < DAY, 60, 40)))
    found = trend_of(sample, MEASURES["response_s"], zone, zone.edges(DAY, 2 * DAY, HOUR), (0, 2 * DAY), NOBODY)
    truth = 20 * np.log(0.5)
    assert found.change.low < truth < found.change.high < 0
    assert (found.now.n + found.before.n, found.change.n) == (4000, 4000)


def test_a_planted_shift_is_found_where_it_is() -> None:
    near = []
    for seed in range(20):
        series = np.random.default_rng(seed).exponential(10, 60)
        series[35:] += 15
        series[[5, 50]] = np.nan
        found = changes(series)
        assert 1 <= len(found) <= 2
        assert all(one.p <= LEVEL for one in found)
        assert found[0].after > found[0].before
        near.append(min(abs(one.place - 35) for one in found))
    assert np.mean(np.array(near) <= 3) >= 0.8


def test_in_noise_no_change_is_found_in_95_of_100_series() -> None:
    """Of heavy tails, of equal values, and with the rhythm of a week."""
    chance = np.random.default_rng(8)
    series = [chance.standard_cauchy(60) for _ in range(100)]
    series += [chance.integers(0, 3, 60).astype(float) for _ in range(100)]
    series += [chance.exponential(10, 60) + 10 * (np.arange(60) % 7 < 2) for _ in range(100)]
    assert sum(bool(changes(one)) for one in series) / len(series) <= 0.05
    assert changes(np.full(60, 3.0)) == []
    assert changes(np.full(60, np.nan)) == []
    with pytest.raises(ValueError, match=f"level is 2; give a chance between 0 and 1, e.g. {LEVEL}"):
        changes(series[0], 2)


def test_the_page_names_every_measure_with_its_unit_and_kind_and_its_code_runs(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parent.parent / "docs" / "analytics.md").read_text(encoding="utf-8")
    rows = [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): (row[2], row[4]) for row in rows if len(row) == 5}
    assert {one.name: (one.unit, one.kind) for one in MEASURES.values()}.items() <= told.items()
    monkeypatch.chdir(tmp_path)  # where it writes its file
    blocks = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.M | re.S))
    place = 'History("data/history", tenant="demo")'
    assert place in blocks
    exec(compile(blocks.replace(place, "known"), "docs/analytics.md", "exec"), {"known": history})
    assert "apart" in capsys.readouterr().out
    ((written,),) = duckdb.sql("SELECT count(*) FROM 'answers.parquet'").fetchall()
    assert written == analytics.heat(history, "response_s", "Europe/Berlin").n[0, 9] > 0
