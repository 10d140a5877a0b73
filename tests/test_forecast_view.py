"""The view of forecasts without a browser: a real one, one of a history, and none."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import banks
import numpy as np
import pandas as pd
import pytest
from work import MORNING, Work, put

from collab.events import Event
from collab.forecast import Abstained, Arrivals, Backtest, Forecast, Predicted, Staffing
from collab.history import History, Recorder
from collab.live.stream import open_stream
from collab.views.asked import EMPTY, Asked
from collab.views.forecast import WEEKS, ForecastView, tried

OPEN = "Mon-Fri 08:00-17:00"


@cache
def bank() -> Forecast:
    return Forecast.of(banks.arrivals())


def shown(source: Asked | History | Forecast, **params: object) -> ForecastView:
    view = ForecastView(source, **params)
    view.wait()
    assert view.task.error == ""
    return view


class Month(Work):
    """Four weeks from Monday to Friday, with a few leads each morning that take five minutes each."""

    def days(self) -> Iterator[Event]:
        for day in range(26):
            self.time = MORNING + timedelta(days=day)
            if self.time.weekday() < 5:
                yield from self.events(6 if day else 7)
        self.time = MORNING + timedelta(days=25, hours=9, minutes=5)  # after they have closed
        yield from self.events(1)

    def _talk(self) -> Iterator[Event]:
        self.time += timedelta(minutes=5)
        yield from super()._talk()


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The history of such a month, from which a forecast can be made but not yet tried."""
    folder = tmp_path_factory.mktemp("month")

    async def run() -> None:
        stream = open_stream(f"embedded://{uuid.uuid4().hex}", "main")
        await put(stream, list(Month().days()))
        async with Recorder(folder, stream) as recorder:
            await recorder.flush()
        await stream.close()

    asyncio.run(run())
    return History(folder, "main")


def test_real_calls_are_shown_with_their_band_what_came_before_and_how_it_fared() -> None:
    view = shown(bank(), days=3)
    leads, tested = view.found.leads, view.found.tested
    assert isinstance(leads, Predicted)
    assert isinstance(tested, Backtest)
    for name in ("leads", "low80", "high80", "low95", "high95"):
        assert view.leads.source.data[name].tolist() == leads.table[name].tolist()
    assert max(view.leads.counted.data["right"]) <= min(view.leads.source.data["left"])
    came = bank().arrivals.frame().set_index("start")["leads"]
    assert (
        sum(view.leads.counted.data["leads"]) == came[came.index >= bank().arrivals.until - pd.Timedelta(days=3)].sum()
    )
    said = view.words.object
    assert f"<b>{tested.mase:.2f}</b>" in said
    assert f"<b>{tested.coverage(80):.0%}</b>" in said
    assert f"the error was {tested.against_naive:.2f} of that of taking the week before" in said
    assert len(tested.weeks) == WEEKS


def test_counts_alone_say_nobody_s_need_until_it_is_given_how_long_a_lead_takes() -> None:
    view = shown(bank(), days=3)
    assert isinstance(view.found.staffing, Abstained)
    assert "give holding_s" in view._needed.object
    assert not view._gap.visible
    view.holding_s = 240.0
    view.wait()
    few = view.found.staffing
    assert isinstance(few, Staffing)
    assert view._gap.visible
    assert "who is on shift is not known" in view._needed.object
    view.param.update(share=0.95, within_s=20.0)
    view.wait()
    assert (view.found.staffing.table["agents"] >= few.table["agents"]).all()
    assert "95% taken within 20 s (Erlang C)" in view._needed.object
    view.patience_s = 90.0
    view.wait()
    assert view.found.staffing.table["agents"].sum() < few.table["agents"].sum() * 1.2
    assert "Erlang A, patience 90 s" in view._needed.object


def test_the_gap_is_drawn_between_who_is_there_and_who_is_needed() -> None:
    slots = pd.MultiIndex.from_product([range(5), range(7 * 60, 21 * 60, 30)])
    view = shown(bank(), days=3, holding_s=240.0, rostered=pd.Series(150.0, slots))
    drawn, table = view.agents.source.data, view.found.staffing.table
    missing = np.asarray(drawn["lacks"]) - np.asarray(drawn["rostered"])
    assert missing.tolist() == np.maximum(-table["gap"], 0).tolist()
    assert 0 < (missing > 0).sum() < len(missing)
    worst = view.found.staffing.short.iloc[0]
    assert f"{-worst['gap']:.1f} missing ({worst['agents']:.0f} needed, 150.0 on shift)" in view._needed.object


def test_a_month_of_a_team_is_forecast_with_its_own_work_and_shifts_and_not_yet_tried(month: History) -> None:
    view = shown(month, hours=OPEN)
    assert isinstance(view.found.leads, Predicted)
    assert "How good such forecasts are is not known" in view.words.object
    found = view.found.staffing
    assert isinstance(found, Staffing)
    assert found.holding.mean_s == pytest.approx(300)
    assert found.capacity > 1
    assert (found.table["rostered"] > 0).all()
    kept = view.found.forecast
    view.days = 3
    view.wait()
    assert view.found.forecast is kept, "what no knob changed is not made again"
    view.minutes = 15
    view.wait()
    assert view.found.forecast.arrivals.minutes == 15


def test_wrong_hours_are_said_with_the_fix_and_right_ones_shown_again(month: History) -> None:
    view = shown(month, hours=OPEN)
    view.hours = "whenever"
    view.wait()
    assert 'role="alert"' in view.words.object
    assert "hours has &#x27;whenever&#x27;; give days and times" in view.words.object
    assert not view.plot.visible
    view.hours = OPEN
    view.wait()
    assert view.plot.visible
    assert view._target.visible


def test_a_short_history_abstains_says_what_to_do_and_shows_what_was_counted() -> None:
    early = bank().arrivals.before(pd.Timestamp("2003-03-15", tz=banks.ZONE))
    view = shown(Forecast.of(early))
    assert isinstance(view.found.leads, Abstained)
    assert "No forecast: " in view.words.object
    assert "go on recording for 2 weeks" in view.words.object
    assert view.plot.visible
    assert len(view.leads.counted.data["leads"]) > 0
    assert len(view.leads.source.data["leads"]) == 0
    assert not view._target.visible
    assert view._needed.object == ""


def test_where_nothing_is_recorded_the_view_says_how_to_begin(tmp_path: Path) -> None:
    view = shown(History(tmp_path, "main"))
    assert view.found is None
    assert EMPTY in view.words.object
    assert not view.plot.visible


def test_a_team_that_began_less_than_an_interval_ago_is_told_what_is_missing() -> None:
    now = pd.Timestamp("2026-11-02 09:10", tz="UTC")
    arrivals = Arrivals.of_times(pd.Series([now]), since=now, until=now + pd.Timedelta(minutes=5))
    words = shown(Forecast.of(arrivals)).words.object
    assert "No forecast: 0 whole days of leads are known" in words
    assert "of each weekday; when leads come is not known yet; go on recording" in words


def test_a_hidden_view_asks_nothing_until_it_is_opened(month: History) -> None:
    view = shown(Asked(month), active=False, hours=OPEN)
    assert view.found is None
    view.active = True
    view.wait()
    assert view.found is not None


@pytest.mark.parametrize("within, said", [(0.8, "as it should be"), (0.6, "too narrow"), (0.95, "so it is wide")])
def test_the_words_of_a_back_test_follow_its_figures(within: float, said: str) -> None:
    points = pd.DataFrame({"came": [1.0, 2.0], "leads": [2.0, 4.0], "naive": [1.0, 3.0]})
    weeks = pd.DataFrame({"n": [2], "mase": [1.2], "within80": [within], "within95": [0.97]})
    found = tried(Backtest(points, weeks))
    assert said in found
    assert "3.00 of that of taking the week before, which is the better forecast here" in found
