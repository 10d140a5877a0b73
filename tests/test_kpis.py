"""The team's tiles and an agent's card: pure functions of how a team stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from offices import Open, at, do

from collab.chat import Message, Room
from collab.events import Entry, LeadClosed
from collab.records import Lead, Presence
from collab.rules import Hours, Rule
from collab.team import Agent, OpenLead, Team
from collab.views.cards import card
from collab.views.conversations import NEWEST, Conversations
from collab.views.feed import feed_of
from collab.views.frame import Frame
from collab.views.kpis import EVEN_FROM, ages, as_html, tiles
from collab.views.presence import numbers
from collab.views.standing import EVERY, HOUR, Lately, Standing, standing

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
RULES = (
    Rule(name="queue", kind="queue", fire=2, clear=0),
    Rule(name="off", kind="queue", fire=1, clear=0, on=False),
    Rule(name="night", kind="queue", fire=1, clear=0, hours=Hours(opens="22:00", closes="06:00")),
    Rule(name="slow", kind="slow_response", fire=60, clear=45, window_s=600),
)


def team() -> Team:
    """Ana is here and half full, Ben is away with a lead, Cem is offline; two leads wait."""
    agents = {
        "ana": Agent(
            id="ana", name="Ana", capacity=4, leads=("a", "b"), presence=Presence.available, rated=2, satisfaction=9
        ),
        "ben": Agent(id="ben", name="Ben", capacity=4, leads=("c",), presence=Presence.away),
        "cem": Agent(id="cem", name="Cem", capacity=4),
    }  # fmt: skip
    made = Team(agents=agents)
    for number, ago in enumerate((30, 90)):
        lead = Lead(id=f"w{number}", name="Zoe")
        made.leads[lead.id] = OpenLead(lead=lead, arrived=NOW - timedelta(seconds=ago))
    made.alerts.rules = RULES
    for ago, seconds in ((3000, 500.0), (500, 40.0), (60, 90.0)):
        made.alerts.responses.add(NOW - timedelta(seconds=ago), seconds)
    for ago, sale in ((90_000, 1.0), (50, 1.0), (40, 0.0), (30, 0.0)):
        made.day.add(NOW - timedelta(seconds=ago), bool(sale))
    return made


def test_a_standing_counts_who_is_here_and_what_lies_in_its_windows() -> None:
    now = standing(team(), NOW)
    assert (now.agents, now.here, now.online, now.active, now.capacity, now.others) == (3, 1, 2, 2, 4, 1)
    assert (now.waiting, now.oldest_s) == (2, 90.0)
    assert (now.response_s, now.responses) == (65.0, 2)  # 500 s came before the ten minutes of the rule in force
    assert (now.converted, now.closed) == (1, 3)
    assert (now.satisfaction, now.rated) == (4.5, 2)
    assert now.balance == pytest.approx((0.5 + 0.25) ** 2 / (2 * (0.5**2 + 0.25**2)))


def test_each_lead_closed_in_the_day_counts_and_a_median_of_the_newest_responses_says_so() -> None:
    busy = Team()
    for i in range(1100):
        event = LeadClosed(
            id=f"c{i}",
            time=NOW - timedelta(seconds=1100 - i),
            lead=f"l{i}",
            agent="ana",
            decision="d",
            converted=i < 100,
        )
        busy.agents["ana"] = Agent(id="ana", name="Ana", leads=(event.lead,))
        busy.leads[event.lead] = OpenLead(lead=Lead(id=event.lead, name="Zoe"), holder="ana", decision="d", arrived=NOW)
        assert busy.apply(Entry(i + 1, "main", event))
        busy.alerts.responses.add(event.time, 1.0)
    for team in (busy, Team.restore(busy.snapshot())):
        now = standing(team, NOW)
        assert (now.converted, now.closed, now.ended) == (100, 1100, NOW - timedelta(seconds=1))
    assert now.conversion == pytest.approx(1 / 11)
    said = {tile.name: tile.said for tile in tiles(now)}
    assert said["First response"] == "median of the newest 1,000 in the last 30 min"
    assert standing(busy, NOW + timedelta(hours=24)).closed < 30
    assert "the newest event 1 s ago" in ages([now], team.seq, team.time)  # also of a team that was restored
    plain = msgspec.msgpack.decode(busy.snapshot())
    del plain["day"]
    assert standing(Team.restore(msgspec.msgpack.encode(plain)), NOW).closed == 1000  # what was kept then


def test_tiles_have_value_target_n_and_age() -> None:
    found = {tile.name: tile for tile in tiles(standing(team(), NOW), (), RULES)}
    assert len(found) == 8
    shown = {name: (tile.text, tile.target, tile.met, tile.n, tile.age) for name, tile in found.items()}
    assert shown["Agents here"] == ("1 of 3", "", None, "n 3", "now")
    assert shown["Load"] == ("50 %", "under 90 %", True, "n 1", "now")
    assert shown["Leads waiting"] == (
        "2",
        "under 2",
        False,
        "n 2",
        "now",
    )  # neither the rule that is off nor the night's counts
    assert shown["Longest wait"] == ("1 min 30 s", "", None, "n 2", "now")  # no rule in force watches it
    assert shown["First response"] == ("1 min 5 s", "under 1 min", False, "n 2", "newest 1 min ago")
    assert shown["Balance"][1:4] == (f"{100 * EVEN_FROM:.0f} % or more", True, "n 2")
    assert shown["Conversion"] == ("33 %", "", None, "n 3", "newest 30 s ago")
    assert shown["Satisfaction"] == ("4.50", "", None, "n 2", "all time")


def test_a_tile_says_in_sign_and_word_whether_its_target_is_met_and_draws_gaps_as_gaps() -> None:
    values = (None, 0.1, 0.4, None, 0.2, 0.3)
    lately = [Standing(time=NOW, balance=value) for value in values]
    html = "".join(map(as_html, tiles(standing(team(), NOW), lately, RULES)))
    assert "■ misses target: under 2" in html
    assert "✓ within target: under 90 %" in html
    assert "no target" in html
    line = next(path for path in re.findall(r'<path d="([^"]+)"', html) if path.count("M") == 2)
    assert line.count("L") == 2
    assert 'aria-label="last hour: up"' in html


@pytest.mark.parametrize(
    "name, share, text, met",
    [
        ("Balance", 0.8462, "84.6 %", False),
        ("Balance", 0.8497, "85 %", True),
        ("Balance", 0.85, "85 %", True),
        ("Load", 0.896, "89.6 %", True),
        ("Load", 0.9041, "90.4 %", False),
        ("Load", 0.899999, "90 %", False),
        ("Load", 0.503, "50 %", True),
    ],
)
def test_a_share_is_judged_by_the_number_that_is_shown(name: str, share: float, text: str, met: bool) -> None:
    now = Standing(time=NOW, active=round(share * 1_000_000), capacity=1_000_000, balance=share)
    found = {tile.name: tile for tile in tiles(now)}
    assert (found[name].text, found[name].met) == (text, met)


def test_without_anything_tiles_say_so_and_judge_nothing() -> None:
    found = {tile.name: tile for tile in tiles(Standing(time=NOW), (), ())}
    assert [found[name].text for name in ("Load", "First response", "Balance", "Conversion", "Satisfaction")] == [
        "–"
    ] * 5
    assert {tile.met for tile in found.values()} == {None}
    assert found["Conversion"].said == "no lead closed in 24 h"
    assert "".join(map(as_html, found.values())).count("no trend yet") == 8


def test_the_last_hour_has_one_point_in_half_a_minute_and_forgets_what_is_older() -> None:
    lately, kept = Lately(), ()
    for number in range(1000):
        kept = lately.take(Standing(time=NOW + number * EVERY / 3, here=number))
    times = [one.time for one in kept]
    assert kept[-1].here == 999
    assert times[-1] - times[0] <= HOUR
    assert len(kept) == pytest.approx(HOUR / EVERY, abs=1)


def test_conversations_are_rooms_in_which_an_agent_spoke_lately() -> None:
    said = [Message(number=1, id="0", agent="old")]
    said += [Message(number=n, id=str(n), agent="ana", deleted=n == 2) for n in range(2, NEWEST + 2)]
    rooms = [
        Room(id="main", name="Main", number=60, messages=said),
        Room(id="wins", name="Wins", number=2, messages=[Message(number=2, id="x", agent="ana")]),
        Room(id="gone", name="Gone", number=2, archived=True, messages=[Message(number=2, id="y", agent="ben")]),
        Room(id="back", name="Back", number=2, messages=[Message(number=2, id="z", agent="ben", deleted=True)]),
    ]
    conversations = Conversations()
    assert conversations.count(rooms) == {"ana": 2}
    assert conversations.count(rooms) is conversations.count(rooms)
    rooms[1].messages.append(Message(number=3, id="v", agent="ben"))
    rooms[1].number = 3
    assert conversations.count(rooms) == {"ana": 2, "ben": 1}


def test_a_card_says_where_since_when_why_and_what_is_behind_each_figure() -> None:
    agent = Agent(
        id="ana", name="Ana <b>", capacity=5, leads=("x",), presence=Presence.in_call, since=NOW, reason="<i>call</i>",
        closed=7, converted=3, responses=4, response_weight=2.0, response_total_s=84.0, rated=3, satisfaction=13,
    )  # fmt: skip
    shown = card(agent, rooms=2, today=NOW + timedelta(days=1))
    for words in (
        "In call since 02 Nov 12:00 UTC: &lt;i&gt;call&lt;/i&gt;", "1 of 5 leads · spoke in 2 rooms lately",
        "42 s<small>n ≈ 2 of 4", "3 of 7<small>43 %", "4.3 of 5<small>n 3",
    ):  # fmt: skip
        assert words in shown
    assert "<svg" in shown.split('class="chip"')[1]
    assert "In call since 12:00 UTC" in card(msgspec.structs.replace(agent, reason=""), today=NOW)
    fresh = card(Agent(id="ben", name="Ben"))
    for words in ("not here yet", "no closed leads yet", "none yet", "not rated yet"):
        assert words in fresh
    assert "room" not in fresh


def test_a_page_that_stands_still_says_of_each_tile_when_it_was_so() -> None:
    frame = Frame(standing=standing(team(), NOW), lately=(standing(team(), NOW),), newest=NOW - timedelta(seconds=9))
    assert "<span>now</span>" in numbers(frame)["Agents here"]
    for still, when in (
        (numbers(frame, paused=True), "at the pause"),
        (numbers(msgspec.structs.replace(frame, lost=NOW)), "at 12:00:00 UTC"),
    ):
        assert f"<span>{when}</span>" in still["Agents here"]
        assert "newest 30 s before" in still["Conversion"]
        assert "the newest event 9 s before" in still["ages"]
        assert [name for name, html in still.items() if "<span>now</span>" in html or " ago" in html] == []


def test_a_history_that_nobody_records_any_more_is_shown_as_it_stood_then(open_office: Open) -> None:
    at(open_office())
    reader = open_office()
    feed = feed_of(reader)
    reader._reading.left = NOW
    do(reader, feed._first())
    assert (feed.frame.lost, feed.frame.standing.time) == (NOW, NOW)
