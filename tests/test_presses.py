"""What browsers tell of keys and presses: taken in whatever it is, kept within bounds, shown and counted."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collab.checks import State
from collab.checks.serving import ENOUGH, LEAST_MS, of_viewers
from collab.views.presses import KEPT, LONGEST_MS, MOST, Presses
from collab.web import Site
from collab.web.scrape import scraped

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(ANYTHING, max_size=20))
def test_whatever_a_browser_tells_only_times_are_taken_in(told: list[Any]) -> None:
    presses = Presses()
    for one in told:
        presses.hear(one)
    assert sum(presses.took.counts) == len(presses.newest)
    assert all(LEAST_MS <= ms <= LONGEST_MS for ms in presses.newest)


def test_a_page_tells_so_many_at_once_and_so_many_are_kept() -> None:
    presses = Presses()
    for ms in (20.0, 30.0, 40.0):
        presses.hear([ms] * (MOST + 1))
    assert (list(presses.newest), sum(presses.took.counts)) == ([30.0] * MOST + [40.0] * MOST, 3 * MOST)
    assert len(presses.newest) == KEPT


def test_their_percentiles_stand_beside_the_target_and_slow_pages_are_to_be_looked_at() -> None:
    assert of_viewers(1).facts == ("no page has told of a key or press yet",)
    quick = of_viewers(1, [LEAST_MS] * 19 + [300.0])
    assert quick.facts == (
        "key or press to next paint: p50 under 16 ms, p95 30 ms, p99 246 ms (n 20); target: p95 100 ms",
    )
    assert quick.state == State.ok
    assert of_viewers(1, [300.0] * (ENOUGH - 1)).state == State.ok  # too few to tell
    slow = of_viewers(2, [300.0] * ENOUGH)
    assert (slow.state, slow.value) == (State.warn, "2 pages or cells open now, slow to answer")


def test_the_metrics_count_them() -> None:
    presses = Presses()
    presses.hear([16, 104.0])
    text = asyncio.run(scraped(Site(pressed=presses.took))).decode()
    assert 'collab_press_seconds_bucket{le="0.1"} 1.0' in text
    assert "collab_press_seconds_count 2.0" in text
    assert "collab_press_seconds" not in asyncio.run(scraped(Site())).decode()
