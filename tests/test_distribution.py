"""How a team is distributed over presence and utilization."""

from __future__ import annotations

import re

from collab.records import Presence
from collab.team import Agent
from collab.views.distribution import as_html, loads, statuses


def agent(presence: Presence, leads: int = 0, **more: bool) -> Agent:
    return Agent(id="a", name="Ana", capacity=10, leads=("x",) * leads, presence=presence, **more)


TEAM = [
    agent(Presence.available, 6),
    agent(Presence.available, 7),
    agent(Presence.busy, 9),
    agent(Presence.away, 12),
    agent(Presence.offline, 3),
    agent(Presence.available, 1, on_shift=False),
]


def test_everybody_is_in_one_status_and_who_is_off_shift_in_none_of_the_five() -> None:
    counts = {part.words: part.count for part in statuses(TEAM)}
    assert counts == {"Online": 2, "Busy": 1, "In call": 0, "Away": 1, "Offline": 1, "Off shift": 1}


def test_bands_count_who_is_on_shift_and_not_offline_and_an_edge_belongs_to_the_band_above() -> None:
    assert [(part.words, part.count) for part in loads(TEAM)] == [
        ("● room, under 70 %", 1),
        ("▲ busy, 70 to 90 %", 1),
        ("■ full, 90 % and more", 2),
    ]


def test_bars_are_as_long_as_their_counts_and_say_them_in_words() -> None:
    shown = as_html(TEAM)
    by_status, by_load = shown.split('class="stack"')[1:]
    assert [int(length) for length in re.findall(r"flex:(\d+)", by_status)] == [2, 1, 1, 1, 1]
    assert [int(length) for length in re.findall(r"flex:(\d+)", by_load)] == [1, 1, 2]
    assert 'aria-label="By status: Online: 2, Busy: 1, In call: 0, Away: 1, Offline: 1, Off shift: 1"' in by_status
    assert "In call: <b>0</b>" in by_status  # a status without anybody is said, too
    assert as_html([]) == ""
