"""An office watches its rules: alerts fire, end, are told to people, and outlive the process that watches."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alerted import Post
from desks import SOON_S, hire, lead, log
from notices import Sink, sink
from notices import until as soon
from offices import Open, at, do
from real_redis import RealRedis
from strategies import after

from collab.alerts import Watch
from collab.desk import utc_now
from collab.events import AgentLeft, AlertFired, Entry, RulesAdopted
from collab.office import Office
from collab.office.signals import MOST_UNRECORDED, Signals
from collab.office.watching import BY
from collab.rules import Rule, Severity
from collab.rules.reading import default
from collab.team import State
from collab.views.feed import Feed
from collab.views.sign import losing

RULES = """
rules:
  - {name: full, kind: overload, fire: 0.5, clear: 0.1, severity: high, inhibits: []}
  - {name: waits, kind: queue, fire: 2, clear: 0, severity: critical}
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    """A file of two rules that fire at once."""
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


async def until(office: Office, holds: Callable[[], bool], what: str) -> None:
    """Return when something holds of the team, looked at after each change."""
    changed = asyncio.Event()
    leave = office.subscribe(lambda entries: changed.set())
    try:
        async with asyncio.timeout(SOON_S):
            while not holds():
                await changed.wait()
                changed.clear()
    except TimeoutError:
        raise AssertionError(f"{what}: {office.team.alerts}") from None
    finally:
        leave()


def states(office: Office) -> dict[str, str]:
    """The state of each open alert, by rule and subject."""
    return {f"{one.rule} {one.labels.get('agent', '')}".strip(): str(one.state) for one in alerts(office)}


def alerts(office: Office) -> list[Any]:
    """The open alerts."""
    return list(office.team.alerts.open.values())


def fired(office: Office) -> list[str]:
    """The rules that fired, in order, as the stream has it."""
    return [entry.event.rule for entry in do(office, log(at(office))) if isinstance(entry.event, AlertFired)]


def test_an_office_begins_with_the_rules_that_come_with_collab(open_office: Open) -> None:
    office = open_office(rules=None)
    do(office, until(office, lambda: office.team.alerts.version == 1, "rules in force"))
    assert office.team.alerts.rules == default().of(office.tenant)
    (row,) = office.team.alerts.rules[:1]
    assert row.name == "agent_overload"


def test_an_overload_fires_is_taken_on_and_ends_with_its_condition(open_office: Open, rules: str) -> None:
    office = open_office(rules=rules)
    desk = at(office)
    do(office, hire(desk, "ana", capacity=1))
    do(office, desk.route_lead(lead("l1")))
    do(office, until(office, lambda: states(office) == {"full ana": "firing"}, "ana's overload fires"))
    (alert,) = alerts(office)
    assert alert.summary == "ana is at 100% of capacity"
    do(office, desk.acknowledge_alert(alert.id, by="Kim"))
    do(office, desk.close_lead("l1", "ana", converted=True))
    do(office, until(office, lambda: not alerts(office), "it ends"))
    assert [(one.state, one.why) for one in office.team.alerts.ended] == [(State.resolved, "the condition ended")]
    office.stop()
    kept = office.history.sql("SELECT * FROM alerts ORDER BY seq")
    assert kept["change"].tolist() == ["adopted", "began", "fired", "acknowledged", "resolved"]


def test_the_rules_of_a_file_come_into_force_once_and_a_wrong_file_is_refused(
    open_office: Open, rules: str, tmp_path: Path
) -> None:
    office = open_office(rules=rules)
    do(office, until(office, lambda: office.team.alerts.version == 1, "rules in force"))
    office.stop()
    again = open_office(rules=rules)
    desk = at(again)
    do(again, hire(desk, "ana", capacity=1))
    do(again, desk.route_lead(lead("l1")))
    do(again, until(again, lambda: "full ana" in states(again), "the rules work"))
    assert again.team.alerts.version == 1
    again.stop()
    (tmp_path / "wrong.yaml").write_text(RULES.replace("0.5", "-1"))
    with pytest.raises(ValueError, match=r"wrong.yaml.*line 3.*fire is -1; give 0 to 10"):
        open_office(rules=str(tmp_path / "wrong.yaml"))


def test_an_alert_outlives_the_process_and_does_not_fire_again(open_office: Open, rules: str) -> None:
    office = open_office(rules=rules)
    do(office, hire(at(office), "ana", capacity=1))
    do(office, at(office).route_lead(lead("l1")))
    do(office, until(office, lambda: states(office) == {"full ana": "firing"}, "it fires"))
    before = alerts(office)
    office.stop()
    again = open_office(rules=rules)
    assert alerts(again) == before
    for id in ("l2", "l3"):
        do(again, at(again).route_lead(lead(id)))
    do(again, until(again, lambda: "waits" in states(again), "the next one fires"))
    assert fired(again).count("full") <= 1
    assert [one.fired for one in alerts(again) if one.rule == "full"] == [before[0].fired]


def test_of_two_processes_one_watches_and_the_other_goes_on_when_it_ends(
    open_office: Open, redis_url: str, rules: str
) -> None:
    one = open_office(redis_url, rules=rules)
    two = open_office(redis_url, rules=rules)
    do(one, hire(at(one), "ana", capacity=1))
    do(one, at(one).route_lead(lead("l1")))
    do(two, until(two, lambda: states(two) == {"full ana": "firing"}, "it fires, whoever watches"))
    one.stop()
    for id in ("l2", "l3"):
        do(two, at(two).route_lead(lead(id)))
    do(two, until(two, lambda: "waits" in states(two), "the other one watches"))
    assert sorted(fired(two)) == ["full", "waits"]


SECRET = "whsec_" + "A" * 32


def plan(folder: Path, receiver: Sink, then: int = 0) -> str:
    """A file by which a receiver is told at once, and again after `then` seconds, if they are given."""
    path = folder / "notify.yaml"
    path.write_text(
        f"targets:\n  crm: {{kind: webhook, url: '{receiver.url}', secrets: [{{env: CRM}}]}}\n"
        f"routes:\n  - {{to: [crm], within_s: 0{f', then: [{{after_s: {then}, to: [crm]}}]' if then else ''}}}\n"
    )
    return str(path)


def told(receiver: Sink, number: int) -> list[Any]:
    """The bodies of so many messages."""
    soon(lambda: len(receiver.got) >= number, f"{number} messages")
    assert len(receiver.got) == number
    return [json.loads(one.body) for one in receiver.got]


def test_what_fires_is_told_once_to_whom_a_plan_names(open_office: Open, rules: str, tmp_path: Path) -> None:
    with sink() as receiver:
        office = open_office(rules=rules, notify=plan(tmp_path, receiver), secrets={"CRM": SECRET})
        do(office, hire(at(office), "ana", capacity=1))
        do(office, at(office).route_lead(lead("l1")))
        do(office, until(office, lambda: states(office) == {"full ana": "firing"}, "it fires"))
        told(receiver, 1)
        office.stop()
        again = open_office(rules=rules, notify=plan(tmp_path, receiver), secrets={"CRM": SECRET})
        for id in ("l2", "l3"):
            do(again, at(again).route_lead(lead(id)))
        bodies = told(receiver, 2)
    assert [body["data"]["title"] for body in bodies] == [
        "[high] Ana (ana) is at 100% of capacity",
        "[critical] 2 leads in the queue",
    ]
    assert [body["data"]["severity"] for body in bodies] == ["high", "critical"]


def test_who_was_killed_before_telling_is_made_up_for_and_nobody_hears_twice(
    open_office: Open, rules: str, tmp_path: Path
) -> None:
    office = open_office(rules=rules)  # tells nobody: as if it was killed after the alert and before the notice
    do(office, hire(at(office), "ana", capacity=1))
    do(office, at(office).route_lead(lead("l1")))
    do(office, until(office, lambda: states(office) == {"full ana": "firing"}, "it fires"))
    office.stop()
    with sink() as receiver:
        for number in (1, 2, 3):
            again = open_office(rules=rules, notify=plan(tmp_path, receiver), secrets={"CRM": SECRET})
            told(receiver, 1)
            if number == 2:
                (alert,) = alerts(again)
                do(again, at(again).acknowledge_alert(alert.id, by="Kim"))
                do(again, at(again).return_alert(alert.id, by="Kim"))
                assert told(receiver, 2)[1]["data"]["title"] == "[high] Ana (ana) is at 100% of capacity"
                receiver.got.pop()
            again.stop()


def test_what_fires_by_an_append_whose_answer_was_lost_is_told_though_it_is_heard_of_later(
    open_office: Open, rules: str, tmp_path: Path
) -> None:
    with sink() as receiver:
        office = open_office(rules=rules, notify=plan(tmp_path, receiver), secrets={"CRM": SECRET})
        desk, watching, telling = at(office), office.duties.watching, office.duties.telling
        assert watching is not None
        assert telling is not None
        do(office, hire(desk, "ana", capacity=1))
        do(office, desk.route_lead(lead("l1")))
        told(receiver, 1)
        do(office, hire(desk, "ben", capacity=1))

        async def begins_anew() -> None:
            watching._watch = None
            watching._happened.set()

        with telling.courier.outbox._lock:  # making up for what was not told takes as long as this
            do(office, begins_anew())
            soon(lambda: watching._watch is not None, "it begins anew")
            do(office, desk.route_lead(lead("l2")))
            found = Watch(desk.team).at(utc_now())
            assert do(office, desk.note_alerts(found))
        body = told(receiver, 2)[1]
    assert [alert["labels"]["agent"] for alert in body["data"]["notices"][0]["alerts"]] == ["ben"]
    assert body["data"]["title"] == "[high] Ben (ben) is at 100% of capacity"


def test_what_fired_under_a_silence_and_lasts_longer_is_told_when_that_ends(
    open_office: Open, rules: str, tmp_path: Path
) -> None:
    with sink() as receiver:
        office = open_office(rules=rules, notify=plan(tmp_path, receiver), secrets={"CRM": SECRET})
        desk = at(office)
        until_then = utc_now() + timedelta(hours=1)
        silence = do(office, desk.silence_alerts({"rule": "full"}, until=until_then, by="Kim"))
        do(office, hire(desk, "ana", capacity=1))
        do(office, desk.route_lead(lead("l1")))
        do(office, until(office, lambda: states(office) == {"full ana": "firing"}, "it fires"))
        do(office, desk.end_silence(silence, by="Kim"))
        (body,) = told(receiver, 1)
        assert body["data"]["title"] == "[high] Ana (ana) is at 100% of capacity"
        again = do(office, desk.silence_alerts({"rule": "full"}, until=until_then, by="Kim"))
        do(office, desk.end_silence(again, by="Kim"))  # nobody hears twice
        for id in ("l2", "l3"):
            do(office, desk.route_lead(lead(id)))
        assert told(receiver, 2)[1]["data"]["title"] == "[critical] 2 leads in the queue"


def test_of_two_processes_with_one_outbox_the_second_sends_when_the_first_ends(
    open_office: Open, redis_url: str, rules: str, tmp_path: Path
) -> None:
    with sink() as receiver:
        told_to = {"rules": rules, "notify": plan(tmp_path, receiver), "secrets": {"CRM": SECRET}}
        one, two = open_office(redis_url, **told_to), open_office(redis_url, **told_to)
        do(one, hire(at(one), "ana", capacity=1))
        do(one, at(one).route_lead(lead("l1")))
        told(receiver, 1)
        one.stop()
        for id in ("l2", "l3"):
            do(two, at(two).route_lead(lead(id)))
        assert told(receiver, 2)[1]["data"]["title"] == "[critical] 2 leads in the queue"


def test_what_somebody_took_on_while_nobody_watched_is_not_escalated(
    open_office: Open, rules: str, tmp_path: Path
) -> None:
    with sink() as receiver:
        told_to = {"rules": rules, "notify": plan(tmp_path, receiver, then=3600), "secrets": {"CRM": SECRET}}
        office = open_office(**told_to)
        do(office, hire(at(office), "ana", capacity=1))
        do(office, at(office).route_lead(lead("l1")))
        told(receiver, 1)
        (alert,) = alerts(office)
        assert office.duties.watching is not None
        do(office, office.duties.watching.stop())
        do(office, at(office).acknowledge_alert(alert.id, by="Kim"))
        office.stop()
        again = open_office(**told_to)
        assert again.duties.telling is not None
        outbox = again.duties.telling.courier.outbox
        soon(lambda: (outbox.deliveries()["state"] == "dropped").sum() == 1, "the escalation is dropped")


def test_rules_are_watched_on_after_something_went_wrong(
    open_office: Open, rules: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office = open_office(rules=rules)
    do(office, until(office, lambda: office.team.alerts.version == 1, "rules in force"))
    desk, wrong = at(office), threading.Event()
    right = desk.note_alerts

    async def once(found: Any) -> bool:
        if not wrong.is_set():
            wrong.set()
            raise OSError("the disk is full")
        return await right(found)

    monkeypatch.setattr(desk, "note_alerts", once)
    do(office, hire(desk, "ana", capacity=1))
    do(office, desk.route_lead(lead("l1")))
    do(office, until(office, lambda: states(office) == {"full ana": "firing"}, "it fires all the same"))
    assert "could not be looked at; trying again" in caplog.text


def test_who_does_not_watch_keeps_nothing_of_what_it_hears(open_office: Open, redis_url: str, rules: str) -> None:
    one, two = open_office(redis_url, rules=rules), open_office(redis_url, rules=rules)
    do(one, hire(at(one), "ana", capacity=1))
    do(one, at(one).route_lead(lead("l1")))
    do(two, until(two, lambda: states(two) == {"full ana": "firing"}, "it fires"))
    kept = [
        len(office.duties.watching._signals)
        for office in (one, two)
        if office.duties.watching is not None and office.duties.watching._watch is None
    ]
    assert kept == [0]


def test_members_who_are_dropped_make_an_alert(open_office: Open, tmp_path: Path) -> None:
    path = tmp_path / "drops.yaml"
    path.write_text("rules:\n  - {name: drops, kind: dropped, fire: 2, clear: 0, severity: medium}\n")
    office = open_office(rules=str(path))
    do(office, until(office, lambda: office.team.alerts.version == 1, "rules in force"))

    async def dropped() -> None:
        office.duties.drop()
        office.duties.drop()

    do(office, dropped())
    do(office, until(office, lambda: states(office) == {"drops": "firing"}, "it fires"))


def test_every_process_knows_how_far_the_history_goes(open_office: Open, redis_url: str) -> None:
    recording, joined = open_office(redis_url), open_office(redis_url)
    do(recording, hire(at(recording), "ana", "ben"))
    last = do(joined, log(at(joined)))[-1].seq
    soon(lambda: recording._reached() == joined._reached() == last, "both know it")
    assert joined.recorder is None


def broken() -> int:
    """A history that cannot be read."""
    raise OSError("no such folder")


@pytest.mark.parametrize("recorded, behind_s", [(lambda: 3, 0.0), (lambda: 2, 40.0), (lambda: 0, 60.0), (broken, 60.0)])
def test_the_recorder_is_behind_by_the_age_of_what_the_history_has_not(
    recorded: Callable[[], int], behind_s: float
) -> None:
    post = Post(Rule(name="lag", kind="recorder_lag", fire=30, clear=5, severity=Severity.high))
    signals = Signals(recorded)
    for seq, second in ((1, 0), (2, 10), (3, 20)):
        signals.hear(Entry(seq, "main", AgentLeft(id=f"e{seq}", time=after(second), agent="ana")), after(second))
    asyncio.run(signals.give(post.watch, after(60), None))
    assert post.at(60) == (["alert_began", "alert_fired"] if behind_s else [])
    assert [alert.value for alert in post.team.alerts.open.values()] == ([behind_s] if behind_s else [])


def test_hours_without_a_recorder_are_told_with_their_age_and_cost_little() -> None:
    post, signals = Post(Rule(name="lag", kind="recorder_lag", fire=30, clear=5)), Signals(lambda: 0)
    for seq in range(1, 3 * MOST_UNRECORDED):
        signals.hear(Entry(seq, "main", AgentLeft(id=f"e{seq}", time=after(seq), agent="ana")), after(seq))
        assert len(signals) <= MOST_UNRECORDED
    asyncio.run(signals.give(post.watch, after(3 * MOST_UNRECORDED), None))
    assert post.at(3 * MOST_UNRECORDED) == ["alert_began", "alert_fired"]
    assert [alert.value for alert in post.team.alerts.open.values()] == [3 * MOST_UNRECORDED - 1]


def test_a_team_s_past_in_the_making_is_not_watched(open_office: Open) -> None:
    office = open_office(f"embedded://{uuid.uuid4().hex}", tenant="demo", team_at_work=True, days=1, rules=None)
    do(office, until(office, lambda: office.team.alerts.version > 0, "rules in force"))
    adopted = [entry.event for entry in do(office, log(at(office))) if isinstance(entry.event, RulesAdopted)]
    assert [(event.by, event.time >= office.started) for event in adopted] == [(BY, True)]


LOST = """
rules:
  - {name: gone, kind: redis_lost, fire: 0.5, clear: 0, severity: critical}
"""


def test_redis_that_does_not_answer_is_said_and_told_while_it_lasts_and_recorded_after(
    open_office: Open, redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "lost.yaml").write_text(LOST)
    with sink() as receiver:
        told_to = {
            "rules": str(tmp_path / "lost.yaml"),
            "notify": plan(tmp_path, receiver),
            "secrets": {"CRM": SECRET},
        }
        one, two = open_office(redis_url, **told_to), open_office(redis_url, **told_to)
        do(two, until(two, lambda: two.team.alerts.version == 1, "rules in force"))
        feed = Feed(one)
        assert losing(feed.frame).object == ""
        redis_server.kill()
        try:
            soon(lambda: "Redis has not answered since" in losing(feed.frame).object, "pages say so")
            (body,) = told(receiver, 1)
            assert body["data"]["title"].startswith("[critical] Redis has not been reached for")
        finally:
            redis_server.start()
        do(two, until(two, lambda: bool(two.team.alerts.ended), "the alert is in the record, and over"))
        soon(lambda: losing(feed.frame).object == "", "pages say so no more")
    assert fired(two) == ["gone"]
    assert len(receiver.got) == 1  # the alert that is recorded later is the one that was told


@pytest.mark.parametrize(
    "file,text,said",
    [
        ("rules", RULES.replace("clear: 0.1", "clear: 0.9"), r"rules.yaml, line 3: rule full: clear is 0\.9"),
        ("notify", "targets: {page: {kind: app}}\nroutes: [{to: [nobody]}]\n", r"notify.yaml, line 2, .*nobody"),
        (
            "notify",
            "targets: {chat: {kind: apprise, url: {env: GONE}}}\nroutes: [{to: [chat]}]\n",
            "GONE",
        ),
    ],
)
def test_a_wrong_file_is_refused_before_the_seeded_past_is_made(
    open_office: Open, tmp_path: Path, file: str, text: str, said: str
) -> None:
    path, made = tmp_path / f"{file}.yaml", list[int]()
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        open_office(team_at_work=True, tenant="demo", progress=lambda done, of: made.append(done), **{file: str(path)})
    assert made == []
    assert not (tmp_path / "history").exists()
