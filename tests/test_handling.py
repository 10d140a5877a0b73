"""How alerts were handled: MTTA, MTTR and what flaps, of recorded steps."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategies import NOON
from work import put

from collab import events as ev
from collab.analytics import Book, handling
from collab.analytics.figure import mean, share
from collab.events import Event
from collab.history import History, Recorder
from collab.live.stream import open_stream
from collab.rules import Severity
from collab.views.handling import HandlingView

NUMBERS = itertools.count()


def steps(agent: str, fired_s: float, taken_s: float | None, over_s: float | None, rule: str = "full") -> list[Event]:
    """What happens to one alert, in seconds after noon."""
    about: dict[str, Any] = {"alert": f"a{next(NUMBERS)}", "rule": rule, "labels": {"agent": agent}}

    def at(seconds: float) -> dict[str, Any]:
        return about | {"id": f"e{next(NUMBERS)}", "time": NOON + timedelta(seconds=seconds)}

    fires = {"severity": Severity.high, "value": 1.0}
    found: list[Event] = [ev.AlertBegan(**at(fired_s - 60), cause=f"c{next(NUMBERS)}", **fires)]
    found.append(ev.AlertFired(**at(fired_s), summary="Ana is full", **fires))
    if taken_s is not None:
        found.append(ev.AlertAcknowledged(**at(taken_s), by="Kim", until=NOON + timedelta(days=1)))
        found.append(ev.AlertAcknowledged(**at(taken_s + 5), by="Lee", until=NOON + timedelta(days=1)))
    if over_s is not None:
        found.append(ev.AlertResolved(**at(over_s)))
    return found


def recorded(folder: Path, events: list[Event]) -> History:
    """The history of these events, in the order of their times."""

    async def run() -> None:
        stream = open_stream(f"embedded://{uuid.uuid4().hex}", "main")
        await put(stream, sorted(events, key=lambda event: event.time))
        async with Recorder(folder, stream) as recorder:
            await recorder.flush()
        await stream.close()

    asyncio.run(run())
    return History(folder, "main")


def test_a_rules_alerts_are_counted_with_how_soon_they_were_taken_and_over(tmp_path: Path) -> None:
    history = recorded(
        tmp_path,
        steps("ana", 60, 90, 360)
        + steps("ana", 1000, None, 1100)  # 640 s after the first was over: it was back
        + steps("ana", 9000, 9050, 9300)  # too late to know whether it comes back
        + steps("bo", 200, None, 500)
        + steps("bo", 11_000, None, None)
        + steps("cy", 100, 102, 104, rule="slow")
        + [ev.AgentJoined(id="later", time=NOON + timedelta(seconds=10_000), agent="dee", name="Dee", capacity=1)],
    )
    found = handling(history)
    assert found["rule"].tolist() == ["full", "slow"]
    full = found.iloc[0]
    assert (full["severity"], full["fired"], full["open"]) == ("high", 5, 1)
    mtta, mttr, back = mean_of([30, 50]), mean_of([300, 100, 300, 300]), share(1, 3, "")
    for name, one in (("taken", mtta), ("over", mttr), ("back", back)):
        row = [full[name], full[f"{name}_low"], full[f"{name}_high"], full[f"{name}_n"]]
        assert row == pytest.approx([one.value, one.low, one.high, one.n]), name
    assert found.iloc[1]["taken"] == 2
    assert "from firing until it was over" in found.attrs["definitions"]["over"]
    part = handling(Book(history), NOON + timedelta(seconds=150), NOON + timedelta(seconds=1500))
    assert part[["rule", "fired"]].to_numpy().tolist() == [["full", 2]]


def mean_of(seconds: list[float]) -> Any:
    """Their mean with its interval."""
    return mean(np.array(seconds, float), "s", "")


def test_without_alerts_there_are_no_rows_and_a_naive_time_is_refused(tmp_path: Path) -> None:
    history = recorded(tmp_path, [ev.AgentJoined(id="a", time=NOON, agent="dee", name="Dee", capacity=1)])
    assert handling(history).empty
    with pytest.raises(ValueError, match="start is"):
        handling(history, datetime(2026, 1, 1))  # noqa: DTZ001 (it has no zone)


def test_the_view_says_of_each_rule_how_often_it_fired_and_shows_its_times(tmp_path: Path) -> None:
    view = HandlingView(recorded(tmp_path, steps("ana", 60, 90, 360) + steps("ana", 1000, None, 1100, rule="<b>slow")))
    view.wait()
    assert "<b>full</b> (high): fired once" in view.words.object
    assert "&lt;b&gt;slow" in view.words.object
    assert "none taken" in view.words.object
    assert view.sources["over"].data["x"].tolist() == [100.0, 300.0]
    assert view.sources["taken"].data["y"] == ["full"]


def test_the_view_says_that_no_alert_has_fired(tmp_path: Path) -> None:
    view = HandlingView(recorded(tmp_path, [ev.AgentJoined(id="a", time=NOON, agent="dee", name="Dee", capacity=1)]))
    view.wait()
    assert "No alert has fired yet" in view.words.object
