"""Round trips of words between two members, and the view that shows them."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from desks import SOON_S

from collab.live.client import Denied
from collab.metrics import percentiles
from collab.roundtrip import RoundTrips
from collab.views.latency import CUTS, LatencyView


@pytest.fixture(scope="module")
def trips() -> Iterator[RoundTrips]:
    """Started round trips on a stream of their own, none made yet."""
    trips = RoundTrips(f"embedded://{uuid.uuid4().hex}").start()
    yield trips
    trips.stop()
    trips.stop()


@pytest.mark.parametrize("count", [0, -3, 2.5])
def test_words_that_are_no_whole_number_are_refused(trips: RoundTrips, count: float) -> None:
    with pytest.raises(ValueError, match=rf"count is {count}; give a whole number of 1 or more"):
        trips.measure(count)  # type: ignore[arg-type]


@pytest.mark.parametrize("pause", [-1, math.nan, math.inf, "0.1", None])
def test_a_pause_between_words_that_is_no_time_is_refused(trips: RoundTrips, pause: Any) -> None:
    with pytest.raises(ValueError, match=rf"every_s is {pause!r}; give seconds of 0 or more, e.g. 0.02"):
        trips.measure(1, every_s=pause)


def test_each_word_is_kept_and_heard_and_the_view_shows_its_percentiles(trips: RoundTrips) -> None:
    view = LatencyView(trips, shown=20)
    assert "No word was said yet" in view._numbers.object
    trips.measure(25).result(SOON_S)
    assert [trip.number for trip in trips.trips] == list(range(1, 26))
    assert all(trip.kept_ms > 0 and trip.heard_ms > 0 for trip in trips.trips)
    view._show()
    heard = [trip.heard_ms for trip in trips.trips][-20:]
    assert list(view.source.data["heard"]) == heard
    assert view.count == 20
    cuts = percentiles(heard)
    assert {name: view.cuts.data[name] for name in CUTS} == {name: [cuts[name]] * 2 for name in CUTS}
    assert view.figures().loc["heard"].to_dict() == cuts
    assert f"{cuts['p50']:.2f} ms" in view._numbers.object
    view.close()


def test_a_view_that_opens_later_shows_what_was_measured_and_its_button_measures_more(trips: RoundTrips) -> None:
    view = LatencyView(trips)
    before = view.count
    assert before == len(trips.trips)
    trips.measure(1).result(SOON_S)
    assert view.count == before + 1, "without a page or a loop it is shown at once"
    view.close()
    trips.measure(1).result(SOON_S)
    assert view.count == before + 1


def test_a_gateway_elsewhere_is_measured_with_two_tokens_of_it(trips: RoundTrips) -> None:
    url = trips._one.url
    with pytest.raises(ValueError, match="tokens are missing"):
        RoundTrips(url=url)
    elsewhere = RoundTrips(url=url, tokens=(trips._one._token, trips._other._token)).start()
    elsewhere.measure(3).result(SOON_S)
    assert len(elsewhere.trips) == 3
    elsewhere.stop()
    with pytest.raises(Denied):
        RoundTrips(url=url, tokens=("x", "y")).start()
