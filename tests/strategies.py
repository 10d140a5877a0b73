"""Hypothesis strategies of records, events and whole histories, and a plain reading of the claims."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st

from collab import events as ev
from collab.candidates import NOBODY, Candidates, Packed, packed_integers, packed_rare, packed_words
from collab.claims import (
    CLOSED,
    QUEUE_KEY,
    SEQ,
    Absent,
    Add,
    Below,
    Equals,
    Guard,
    Put,
    Remove,
    Within,
    claim,
    place_key,
)
from collab.events import Entry, Event
from collab.experiment import Design
from collab.records import Busy, Decision, File, Lead, Presence, Seat, Urgency, WeightsVersion
from collab.rules import Hours, Rule, Severity
from collab.team import Agent, Team

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
AGENTS = ("ana", "bo", "cy", "di")
LEADS = ("l1", "l2", "l3", "l4", "l5", "l6")
SKILLS = ("property:condo", "property:villa", "location:north", "budget:mid", "budget:high", "language:es")


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


keys = st.text(string.ascii_letters + string.digits + "-_.:é", min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
times = st.integers(0, 2**52).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
shares = st.floats(0, 1)
counts = st.integers(0, 2**53)
factors = st.integers(0, 10_000)
money = st.floats(0, 1e12)

leads = st.builds(
    Lead,
    id=keys,
    name=names,
    property_type=texts,
    location=texts,
    budget=st.none() | money,
    language=texts,
    urgency=st.sampled_from(Urgency),
    score=st.integers(0, 100),
    requires=st.lists(keys, max_size=3).map(tuple),
    source=texts,
    customer=st.just("") | keys,
)

matching_leads = st.builds(
    Lead,
    id=st.just("asked"),
    name=st.just("A customer"),
    property_type=st.sampled_from(("", "condo", "villa", "Condo ")),
    location=st.sampled_from(("", "north", "far away")),
    budget=st.sampled_from((None, 0.0, 300_000.0, 999_999.0, 5e6)),
    language=st.sampled_from(("", "es", "fr")),
    requires=st.sampled_from(((), (), (), ("language:es",), ("language:es", "property:condo"))),
)
"""Leads that ask for what the agents of `agents` and `histories` can have."""


@st.composite
def hundredths(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Four integers that sum to 100."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    return cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 100 - cuts[2]


weights_versions = st.builds(WeightsVersion, version=st.integers(1, 1000), values=hundredths())


@st.composite
def candidates(draw: st.DrawFn) -> Candidates:
    """Columns of any content and one length."""
    n = draw(st.integers(0, 4))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=n, max_size=n))

    whole = dict.fromkeys(("availability", "expertise", "performance", "responsiveness"), factors)
    counted = dict.fromkeys(("active", "capacity", "closed", "responses", "score"), counts)
    said = {"presence": st.sampled_from(Presence).map(str), "gate": texts}
    columns = {**whole, **counted, **said, "propensity": shares}
    agents = draw(st.lists(keys, min_size=n, max_size=n, unique=True))
    found = Candidates(**{name: column(values) for name, values in columns.items()} | {"agent": agents})
    return packed(found) if n and draw(st.booleans()) else found


def packed(candidates: Candidates) -> Candidates:
    """The same candidates, one at least, as many are kept."""
    columns: dict[str, Any] = candidates.lists()
    for name, values in columns.items():
        if name == "agent":
            columns[name] = " ".join(values)
        elif name == "propensity":
            columns[name] = packed_rare(np.array(values))
        elif name in ("presence", "gate"):
            kinds = sorted(set(values))
            columns[name] = packed_words(kinds, np.array([kinds.index(value) for value in values]))
        else:
            columns[name] = packed_integers(np.array(values, np.int64))
    return Candidates(Packed(**columns))


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """Decisions with an agent, of any content."""
    return Decision(
        lead=draw(leads),
        time=draw(times),
        agent=draw(keys),
        candidates=draw(candidates()),
        weights=draw(weights_versions),
        seed=draw(counts),
        mode=draw(st.sampled_from(("greedy", "jitter", "sticky", "manual", "block"))),
        drawn=draw(st.none() | hundredths()),
        explore=draw(shares),
        score=draw(counts),
        confidence=draw(shares),
        propensity=draw(shares),
        position=draw(counts),
        waited_s=draw(st.floats(0, 1e9)),
        decided_ms=draw(st.floats(0, 1e9)),
        router=draw(texts),
        block=draw(st.none() | counts),
        arm=draw(st.none() | texts),
        by=draw(texts),
        reason=draw(texts),
    )


busy = st.builds(
    lambda starts, lasts_s, off: Busy(starts=starts, ends=starts + timedelta(seconds=lasts_s), off=off),
    times,
    st.integers(1, 10**6),
    st.booleans(),
)
"""Times in which somebody is busy or off."""

designs = st.builds(
    Design,
    a=hundredths(),
    b=hundredths(),
    block_s=st.integers(3600, 7 * 86_400),
    burn_in_s=st.integers(0, 3599),
    seed=st.integers(0, 2**53 - 1),
    blocks=st.none() | st.integers(1, 5000).map(lambda pairs: 2 * pairs),
)
"""Designs of experiments."""

_held = {"lead": keys, "decision": keys, "agent": keys}
_maybe = st.none() | st.booleans()
_roomed = {"room": keys, "agent": keys}
_keys = st.lists(keys, max_size=3).map(tuple)
_kinds = st.sampled_from(("image/png", "text/plain"))
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
_files = st.lists(st.builds(File, hash=hashes, name=names, size=counts, type=_kinds), max_size=2).map(tuple)
_whole_day = Hours(days=("mon", "sat"), opens="08:30", closes="24:00", zone="Europe/Berlin")
rules = st.builds(
    Rule,
    name=keys,
    kind=st.just("overload"),
    fire=st.floats(0.5, 10),
    clear=st.floats(0, 0.4),
    for_s=st.floats(0, 1e6),
    severity=st.sampled_from(Severity),
    hours=st.sampled_from((None, _whole_day)),
    group=st.sampled_from(((), ("rule",), ("agent", "severity"))),
    inhibits=st.just(()),
    summary=st.sampled_from(("", "{agent} has {value}")),
)
_labels = st.dictionaries(names, names, max_size=2)
_alert: dict[str, st.SearchStrategy[Any]] = {"alert": keys, "rule": keys, "labels": _labels}
_values = st.floats(-1e9, 1e9)
_later = times.map(lambda time: time + timedelta(days=60_000))

_fields: dict[type[Event], dict[str, st.SearchStrategy[Any]]] = {
    ev.AgentJoined: {
        "agent": keys,
        "name": names,
        "skills": st.dictionaries(keys, shares, max_size=4),
        "capacity": st.integers(0, 1000),
        "on_shift": st.booleans(),
    },
    ev.AgentLeft: {"agent": keys},
    ev.PresenceChanged: {
        "agent": keys,
        "presence": st.sampled_from(Presence),
        "reason": texts,
        "connected": _maybe,
        "chosen": st.none() | st.sampled_from(Presence),
        "said": texts,
        "by": st.none() | keys,
    },
    ev.CalendarChanged: {"agent": keys, "busy": st.lists(busy, max_size=4).map(tuple), "by": st.none() | keys},
    ev.CapacityChanged: {"agent": keys, "capacity": st.integers(0, 1000)},
    ev.ShiftChanged: {"agent": keys, "on_shift": st.booleans()},
    ev.LeadArrived: {"lead": leads, "key": st.none() | keys},
    ev.LeadAssigned: {"decision": decisions()},
    ev.OfferAccepted: _held,
    ev.OfferDeclined: {**_held, "reason": texts},
    ev.OfferExpired: {**_held, "reason": texts},
    ev.LeadOverridden: {**_held, "to": keys, "by": names, "reason": texts},
    ev.FirstResponded: {**_held, "response_s": st.floats(0, 1e9)},
    ev.LeadClosed: {
        **_held,
        "converted": st.booleans(),
        "value": money,
        "satisfaction": st.none() | st.floats(1, 5),
    },
    ev.WeightsAdopted: {"weights": weights_versions, "by": names, "reason": texts},
    ev.ExperimentStarted: {"design": designs, "starts": times, "by": names, "reason": texts},
    ev.ExperimentStopped: {"experiment": keys, "by": names, "reason": texts},
    ev.RoomCreated: {**_roomed, "name": names, "private": st.booleans()},
    ev.RoomRenamed: {**_roomed, "name": names},
    ev.RoomArchived: _roomed,
    ev.RoomJoined: {**_roomed, "by": keys, "seat": st.sampled_from(Seat)},
    ev.RoomLeft: {**_roomed, "by": keys},
    ev.MessageSent: {**_roomed, "text": names, "thread": st.none() | keys, "mentions": _keys, "files": _files},
    ev.MessageEdited: {**_roomed, "message": keys, "text": names, "mentions": _keys},
    ev.MessageDeleted: {**_roomed, "message": keys},
    ev.MessageReacted: {**_roomed, "message": keys, "reaction": names, "on": st.booleans()},
    ev.FileUploaded: {**_roomed, "hash": hashes, "size": counts, "type": _kinds},
    ev.RoomRead: {**_roomed, "number": counts, "thread": st.none() | keys},
    ev.AlertBegan: {**_alert, "severity": st.sampled_from(Severity), "value": _values, "cause": texts},
    ev.AlertFired: {**_alert, "severity": st.sampled_from(Severity), "value": _values, "summary": texts},
    ev.AlertAcknowledged: {**_alert, "by": names, "until": times, "note": texts},
    ev.AlertReturned: {**_alert, "by": texts, "note": texts},
    ev.AlertEased: {**_alert, "value": st.none() | _values, "on": st.booleans()},
    ev.AlertResolved: {**_alert, "by": texts, "why": texts},
    ev.AlertDropped: {**_alert, "why": texts},
    ev.SilenceStarted: {
        "labels": st.dictionaries(names, names, min_size=1, max_size=2),
        "until": _later,
        "by": names,
        "why": texts,
    },
    ev.SilenceEnded: {"silence": keys, "by": texts},
    ev.RulesAdopted: {
        "version": st.integers(1, 99),
        "rules": st.lists(rules, max_size=3).map(tuple),
        "by": names,
        "reason": texts,
    },
}


def events_of(kind: type[Event]) -> st.SearchStrategy[Any]:
    """Events of this kind with any content that its fields allow."""
    return st.builds(kind, id=keys, time=times, **_fields[kind])


class Ledger:
    """What the stream keeps beside the events, with guards and effects read plainly."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.fading: set[str] = set()
        self.entries: list[Entry] = []

    def append(self, event: Event, tenant: str = "main") -> Entry | None:
        """The entry, or None if a guard did not hold: then nothing changed."""
        wanted = claim(event)
        if not all(self._holds(guard) for guard in wanted.guards):
            return None
        entry = Entry(len(self.entries) + 1, tenant, event)
        for effect in wanted.effects:
            self.fading.discard(effect.key)
            if isinstance(effect, Remove):
                self.values.pop(effect.key, None)
            elif isinstance(effect, Add):
                self.values[effect.key] = str(int(self.values.get(effect.key, "0")) + effect.amount)
            elif isinstance(effect, Put):
                self.values[effect.key] = str(entry.seq) if effect.value == SEQ else effect.value
                if effect.ttl_s:
                    self.fading.add(effect.key)
        self.entries.append(entry)
        return entry

    def forget(self) -> None:
        """What was kept for some time only is forgotten."""
        for key in self.fading:
            del self.values[key]
        self.fading.clear()

    def _holds(self, guard: Guard) -> bool:
        found = self.values.get(guard.key)
        if isinstance(guard, Absent):
            return found is None
        if isinstance(guard, Equals):
            return found == guard.value
        if isinstance(guard, Within):
            return int(found or 0) <= guard.number
        assert isinstance(guard, Below)
        return int(found or 0) < int(self.values.get(guard.limit, "0"))


def comparable(values: dict[str, str]) -> dict[str, str]:
    """The values that a team knows: without loads of 0, what is kept of leads that nobody has, and the queue's mark."""
    held = {key.removeprefix("holder:") for key in values if key.startswith("holder:")}
    kept = {key: value for key, value in values.items() if not key.startswith("place:")}
    kept |= {place_key(lead): values[place_key(lead)] for lead in held}
    loads = {key for key, value in kept.items() if key.startswith("load:") and value == "0"}
    closed = {key for key, value in kept.items() if key.startswith("lead:") and value == CLOSED}
    past = {key for key in kept if key.startswith("deleted:")}  # of the newest messages the room knows it itself
    return {key: value for key, value in kept.items() if key not in loads | closed | past | {QUEUE_KEY}}


def assigned(id: str, time: datetime, lead: Lead, agent: str) -> ev.LeadAssigned:
    """The plainest assignment of a lead."""
    weights = WeightsVersion(version=1, values=(35, 30, 20, 15))
    decision = Decision(lead=lead, time=time, agent=agent, candidates=NOBODY, weights=weights, seed=0)
    return ev.LeadAssigned(id=id, time=time, decision=decision)


def _joined(draw: st.DrawFn, agent: str) -> dict[str, Any]:
    skills = draw(st.dictionaries(st.sampled_from(SKILLS), st.sampled_from((0.2, 0.5, 1.0)), max_size=3))
    capacity, on_shift = draw(st.integers(0, 3)), draw(st.sampled_from((True, True, False)))
    return {"agent": agent, "name": agent.title(), "skills": skills, "capacity": capacity, "on_shift": on_shift}


def _rostered(draw: st.DrawFn) -> tuple[type[Event], dict[str, Any]]:
    agent = draw(st.sampled_from(AGENTS))
    kind = draw(
        st.sampled_from(
            (ev.AgentJoined, ev.AgentLeft, ev.PresenceChanged, ev.CalendarChanged, ev.CapacityChanged, ev.ShiftChanged)
        )
    )
    if kind is ev.AgentJoined:
        return kind, _joined(draw, agent)
    changes: dict[type[Event], dict[str, Any]] = {
        ev.AgentLeft: {},
        ev.PresenceChanged: {
            "presence": draw(st.sampled_from(Presence)),
            "connected": draw(st.sampled_from((None, None, True, False))),
        },
        ev.CalendarChanged: {"busy": tuple(draw(st.lists(busy, max_size=2)))},
        ev.CapacityChanged: {"capacity": draw(st.integers(0, 3))},
        ev.ShiftChanged: {"on_shift": draw(st.booleans())},
    }
    return kind, {"agent": agent, **changes[kind]}


def _touched(draw: st.DrawFn, team: Team) -> tuple[type[Event], dict[str, Any]]:
    """An event on a lead: mostly by who holds it, at times by somebody else or on a decision that passed."""
    held = sorted(lead for lead, state in team.leads.items() if state.holder)
    lead = draw(st.sampled_from(held if held and draw(st.integers(0, 4)) else LEADS))
    state = team.leads.get(lead)
    agent = state.holder if state and state.holder and draw(st.integers(0, 5)) else draw(st.sampled_from(AGENTS))
    decision = state.decision if state and state.decision and draw(st.integers(0, 5)) else "e1"
    more: dict[type[Event], dict[str, Any]] = {
        ev.OfferAccepted: {},
        ev.OfferDeclined: {},
        ev.OfferExpired: {},
        ev.LeadOverridden: {"to": draw(st.sampled_from(AGENTS)), "by": "Kim"},
        ev.FirstResponded: {"response_s": draw(st.floats(0, 4000))},
        ev.LeadClosed: {
            "converted": draw(st.booleans()),
            "satisfaction": draw(st.sampled_from((None, 1.0, 4.5, 5.0))),
        },
    }
    kind = draw(st.sampled_from(tuple(more)))
    return kind, {"lead": lead, "agent": agent, "decision": decision, **more[kind]}


ROOMS = ("main", "side")
FILES = tuple(File(hash=sign * 64, name=f"{sign}.txt", size=7, type="text/plain") for sign in "ab")


def _in_a_room(draw: st.DrawFn, team: Team) -> tuple[type[Event], dict[str, Any]]:
    """An event in a room, on a message that is there or not."""
    head = {"room": draw(st.sampled_from(ROOMS)), "agent": draw(st.sampled_from(AGENTS))}
    known = [message.id for room in team.rooms.values() for message in room.messages]
    message = draw(st.sampled_from([*known, "e1"]))
    more: dict[type[Event], dict[str, Any]] = {
        ev.RoomCreated: {"name": "A room"},
        ev.RoomRenamed: {"name": "Another name"},
        ev.RoomJoined: {"by": "ana", "seat": draw(st.sampled_from(Seat))},
        ev.RoomLeft: {"by": "ana"},
        ev.MessageSent: {
            "text": "Hello",
            "thread": draw(st.sampled_from((None, message))),
            "files": draw(st.lists(st.sampled_from(FILES), max_size=2).map(tuple)),
        },
        ev.FileUploaded: {"hash": draw(st.sampled_from(FILES)).hash, "size": 7, "type": "text/plain"},
        ev.MessageEdited: {"message": message, "text": "Hullo"},
        ev.MessageDeleted: {"message": message},
        ev.MessageReacted: {"message": message, "reaction": "+1"},
        ev.RoomRead: {"number": draw(st.integers(0, 9)), "thread": draw(st.sampled_from((None, message)))},
    }
    often = (ev.RoomCreated, ev.RoomJoined, ev.MessageSent, ev.RoomArchived, ev.FileUploaded)
    kind = draw(st.sampled_from((*more, *often)))
    return kind, {**head, **more.get(kind, {})}


def _watched(draw: st.DrawFn, team: Team, id: str, time: datetime) -> Event:
    """A step of an alert, sensible or not, or one of silences and rules."""
    open = sorted(team.alerts.open)
    known = team.alerts.open[draw(st.sampled_from(open))] if open and draw(st.integers(0, 4)) else None
    labels = known.labels if known else {"agent": draw(st.sampled_from(AGENTS))}
    head = {"id": id, "time": time, "alert": known.id if known else "e1", "rule": "r", "labels": labels}
    more: dict[type[Event], dict[str, Any]] = {
        ev.AlertFired: {"severity": Severity.high, "value": 1.0, "summary": "Look"},
        ev.AlertAcknowledged: {"by": "Kim", "until": time + timedelta(hours=1)},
        ev.AlertReturned: {},
        ev.AlertEased: {"on": draw(st.booleans())},
        ev.AlertResolved: {"by": draw(st.sampled_from(("", "Kim")))},
        ev.AlertDropped: {},
    }
    kind = draw(
        st.sampled_from((*more, ev.AlertBegan, ev.AlertBegan, ev.SilenceStarted, ev.SilenceEnded, ev.RulesAdopted))
    )
    if kind is ev.AlertBegan:
        return ev.AlertBegan(**head | {"alert": id}, severity=Severity.high, value=1.0, cause="e1")
    if kind is ev.SilenceStarted:
        return ev.SilenceStarted(id=id, time=time, labels=labels, until=time + timedelta(hours=1), by="Kim")
    if kind is ev.SilenceEnded:
        return ev.SilenceEnded(id=id, time=time, silence=draw(st.sampled_from([*team.alerts.silences, "e1"])))
    if kind is ev.RulesAdopted:
        return ev.RulesAdopted(
            id=id, time=time, version=team.alerts.version + draw(st.integers(1, 2)), rules=(), by="K"
        )
    return kind(**head, **more[kind])


def next_event(draw: st.DrawFn, team: Team, id: str, time: datetime) -> Event:
    """Something that may happen to this team next, sensible or not."""
    what = draw(
        st.sampled_from(("roster", "arrive", "assign", "assign", "touch", "touch", "room", "weights", "turns", "alert"))
    )
    if what == "arrive":
        score, customer = draw(st.integers(0, 100)), draw(st.sampled_from(("", "c1", "c2")))
        lead = Lead(id=draw(st.sampled_from(LEADS)), name="A customer", score=score, customer=customer)
        return ev.LeadArrived(id=id, time=time, lead=lead)
    if what == "assign":
        waiting = [state.lead.id for state in team.queue()]
        lead = Lead(id=draw(st.sampled_from(waiting or LEADS)), name="A customer")
        return assigned(id, time, lead, draw(st.sampled_from(AGENTS)))
    if what == "weights":
        version = WeightsVersion(
            version=team.weights.version + draw(st.sampled_from((1, 1, 2))), values=(25, 25, 25, 25)
        )
        return ev.WeightsAdopted(id=id, time=time, weights=version, by="Kim")
    if what == "turns" and team.experiment is not None and draw(st.booleans()):
        stopped = draw(st.sampled_from((team.experiment.id, "e1")))
        return ev.ExperimentStopped(id=id, time=time, experiment=stopped, by="Kim")
    if what == "turns":
        design = Design(a=(25, 25, 25, 25), b=(35, 30, 20, 15))
        return ev.ExperimentStarted(id=id, time=time, design=design, starts=time, by="Kim")
    if what == "alert":
        return _watched(draw, team, id, time)
    if what == "room":
        kind, fields = _in_a_room(draw, team)
        return kind(id=id, time=time, **fields)
    kind, fields = _rostered(draw) if what == "roster" else _touched(draw, team)
    return kind(id=id, time=time, **fields)


@st.composite
def histories(draw: st.DrawFn, *, guarded: bool = True, most: int = 40) -> list[Entry]:
    """What a stream may hold: with `guarded` only what the claims let pass, else anything in any order.

    It begins with agents who are there, so that leads are held from the beginning. Times may go back a little, as
    those of two clocks do.
    """
    ledger, team, time = Ledger(), Team(), NOON

    def happen(event: Event) -> None:
        if guarded:
            entry = ledger.append(event)
        else:
            ledger.entries.append(entry := Entry(len(ledger.entries) + 1, "main", event))
        if entry is not None:
            team.apply(entry)

    for i, agent in enumerate(AGENTS[: draw(st.integers(0, 4))]):
        happen(ev.AgentJoined(id=f"j{i}", time=time, **{**_joined(draw, agent), "capacity": 2, "on_shift": True}))
        happen(ev.PresenceChanged(id=f"p{i}", time=time, agent=agent, presence=Presence.available))
    for i in range(draw(st.integers(0, most))):
        time += timedelta(seconds=draw(st.integers(-5, 900)))
        happen(next_event(draw, team, f"e{i}", time))
    return ledger.entries


@st.composite
def teams(draw: st.DrawFn, least: int = 1, most: int = 5) -> Team:
    """Teams of any agents: presence, load, skills, results and response times."""
    agents = {}
    for i in range(draw(st.integers(least, most))):
        closed, responses = draw(st.integers(0, 60)), draw(st.integers(0, 30))
        rated, weight = draw(st.integers(0, closed)), responses * draw(shares)
        agents[f"a{i}"] = Agent(
            id=f"a{i}",
            name=f"Agent {i}",
            skills=draw(st.dictionaries(st.sampled_from(SKILLS), shares, max_size=6)),
            capacity=draw(st.integers(0, 5)),
            on_shift=draw(st.integers(0, 5)) > 0,
            presence=draw(st.sampled_from(Presence)),
            leads=tuple(f"l{i}-{k}" for k in range(draw(st.integers(0, 5)))),
            closed=closed,
            converted=draw(st.integers(0, closed)),
            rated=rated,
            satisfaction=rated * draw(st.floats(1, 5)),
            responses=responses,
            response_weight=weight,
            response_total_s=weight * draw(st.floats(0, 600)),
            responded=NOON - timedelta(hours=draw(st.sampled_from((0, 3)))) if responses else None,
        )
    return Team(seq=1, agents=agents, weights=WeightsVersion(version=1, values=draw(hundredths())))


def changed(team: Team, agent: str, **changes: Any) -> Team:
    """A copy of the team with this agent changed."""
    agents = team.agents | {agent: msgspec.structs.replace(team.agents[agent], **changes)}
    return msgspec.structs.replace(team, agents=agents)
