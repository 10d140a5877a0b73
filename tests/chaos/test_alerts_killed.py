"""Evaluator, recorder and Redis are killed with -9 during 1,000 lives of alerts: none is lost, none is told twice."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from desks import at_desk, log
from lifecycles import HASTY, PATIENT, SECRET, TENANT, Lifecycles, utc_now
from notices import Sink, sink
from real_redis import RealRedis
from redis_groups import until
from test_recorder_killed import check

from collab.alerts import Watch
from collab.events import AlertBegan, AlertEvent, AlertFired, AlertReturned, Entry, Event, Watched
from collab.history import History
from collab.office import Office
from collab.rules.reading import read
from collab.team import State, Team, fold
from collab.team.alert import NEXT

KILLS = int(os.environ.get("COLLAB_KILLS", "6"))
SEED = int(os.environ.get("COLLAB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROUNDS, LEAST = 6, 1000


@pytest.mark.timeout(300 + 30 * KILLS)
def test_no_alert_is_lost_or_told_twice_whoever_is_killed(redis_program: str, tmp_path: Path) -> None:
    redis = RealRedis(redis_program)  # every write is on the disk before it is answered: it may lose nothing
    try:
        with sink(lambda number: 503 if number % 7 == 0 else 200) as receiver:
            asyncio.run(live(redis, tmp_path, receiver))
    except BaseException:
        print(f"COLLAB_SEED={SEED} draws the same kills; the offices said:")
        print((tmp_path / "log").read_text()[-5000:])
        raise
    finally:
        redis.stop()


async def live(redis: RealRedis, folder: Path, receiver: Sink) -> None:
    """Let alerts live and end, kill both offices, let a last one record and tell what is left, and look at all."""
    async with at_desk(redis.url, TENANT, clock=utc_now) as desk:
        lives = Lifecycles(desk, redis, folder, receiver, SEED, KILLS)
        try:
            await lives.run(ROUNDS)
        finally:
            for watcher in lives.watchers:
                watcher.kill()
        await desk.catch_up()
        entries = await log(desk)
        await asyncio.to_thread(recorded, redis.url, folder, lives)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert max(Counter(entry.event.id for entry in entries).values()) == 1
    history = History(str(folder / "history"), TENANT)
    check(history)
    assert history.events() == entries
    assert desk.team == fold(entries)
    alerts = legal(entries)
    patient(alerts, lives.rounds)
    as_one_watch_saw_it(entries, lives)
    told_once(entries, alerts, lives)


def recorded(url: str, folder: Path, lives: Lifecycles) -> None:
    """An office that begins where the killed ones ended, until all is recorded and nothing is left to be sent."""
    given = {"rules": str(lives.rules), "notify": str(lives.notify), "secrets": {"SECRET": SECRET}}
    office = Office(url, str(folder / "history"), tenant=TENANT, **given).start()
    assert office.desk is not None
    assert office.duties.watching is not None
    assert office.duties.telling is not None
    watching, outbox = office.duties.watching, office.duties.telling.courier.outbox
    try:
        until(lambda: office.mode == "live" and watching._watch is not None)
        until(lambda: outbox.next_due() is None)
    finally:
        office.stop()
    assert office.desk.team == lives.desk.team, "the last office found something to do"


Lives = dict[str, list[AlertEvent]]


def legal(entries: list[Entry]) -> Lives:
    """The events of each alert; each is a step that the state before allows, one alert at a time a rule and agent."""
    lives: Lives = defaultdict(list)
    states: dict[str, State] = {}
    open_of: dict[tuple[str, str], str] = {}
    for event in (entry.event for entry in entries):
        if not isinstance(event, AlertEvent):
            continue
        place = event.rule, event.labels["agent"]
        if isinstance(event, AlertBegan):
            assert place not in open_of, f"{place} has two alerts"
            states[event.alert] = State.pending
        else:
            assert open_of[place] == event.alert
            states[event.alert] = NEXT[states[event.alert], type(event)]
        open_of[place] = event.alert
        if states[event.alert].ended:
            del open_of[place]
        lives[event.alert].append(event)
    assert not open_of
    assert list(states.values()).count(State.resolved) >= LEAST
    return lives


def patient(alerts: Lives, rounds: int) -> None:
    """Each trouble that lasted until it was told had one alert of each rule, which fired once."""
    firsts = [events[0] for events in alerts.values() if events[0].labels["agent"] in PATIENT]
    assert Counter((event.rule, event.labels["agent"]) for event in firsts) == {
        (rule, agent): rounds for rule in ("gone", "full") for agent in PATIENT
    }
    for first in firsts:
        assert [type(event) for event in alerts[first.alert]].count(AlertFired) == 1


def as_one_watch_saw_it(entries: list[Entry], lives: Lifecycles) -> None:
    """The oracle, a watch that looks after each entry: the same alerts; of what was soon over some may be missing."""
    team, would = Team(), Counter[str]()
    team.alerts.rules = tuple(rule for rule in read(lives.rules.read_text()).rules if rule.name == "gone")
    watch, now = Watch(team), entries[0].event.time
    for entry in entries:
        if isinstance(entry.event, Watched):
            continue
        now, found = max(now, entry.event.time), list[Event]()
        while watch.due is not None and watch.due < now:
            found += watch.at(watch.due)
        team.apply(entry)
        watch.take(entry)
        found += watch.at(now)
        would.update(event.labels["agent"] for event in found if isinstance(event, AlertFired))
    fired = [entry.event for entry in entries if isinstance(entry.event, AlertFired) and entry.event.rule == "gone"]
    did = Counter(event.labels["agent"] for event in fired)
    assert {agent: did[agent] for agent in PATIENT} == {agent: would[agent] for agent in PATIENT}
    assert all(did[agent] <= would[agent] for agent in HASTY)


def told_once(entries: list[Entry], alerts: Lives, lives: Lifecycles) -> None:
    """A message keeps its words however often it is sent, a step is told once, and all that was waited for was told."""
    lives.heard.read()
    told = lives.heard.told
    assert lives.heard.unknown == []
    assert {len(bodies) for bodies in lives.heard.bodies.values()} == {1}
    assert max(told.values()) == 1
    for id, events in alerts.items():
        if events[0].rule == "gone" and events[0].labels["agent"] in PATIENT:
            steps = sum(isinstance(event, AlertFired | AlertReturned) for event in events)
            assert sum(told[id, number] for number in range(steps)) == steps
