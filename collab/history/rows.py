"""Events as the rows of all tables, in columns (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from collab import events
from collab.candidates import TEXTS, Candidates
from collab.events import Entry, Event, encode, kind
from collab.history.alerts import ALERT_CHANGES, alert_row
from collab.history.columns import Pieces, Repeated
from collab.history.moments import microseconds
from collab.history.schema import CANDIDATES, DERIVED, EVENTS
from collab.reasons import reasoning
from collab.records import FACTORS, Decision, Lead, dashed

Columns = dict[str, Sequence[Any]]
"""The columns of a table by name, all of one length; times are microseconds since 1970."""

Row = tuple[Any, ...]
"""The fields of one row, in the order of the columns."""

_COPIED = ("agent", "gate", "presence", "active", "capacity", *FACTORS, "closed", "responses", "score", "propensity")
_PER_DECISION = ("seq", "decision", "time", "lead", "weights", "seed")


def event_rows(entries: Iterable[Entry]) -> Columns:
    """The rows of `events`."""
    rows = [(e.seq, e.event.id, microseconds(e.event.time), kind(e.event), encode(e.event).decode()) for e in entries]
    return _columns([column.name for column in EVENTS.columns], rows)


def derived_rows(entries: Iterable[Entry]) -> dict[str, Columns]:
    """The rows of every derived table that these entries add to, by table."""
    rows: dict[str, list[Row]] = {table.name: [] for table in DERIVED}
    candidates: dict[str, Any] = {column.name: Pieces() for column in CANDIDATES.columns}
    ends: list[int] = []
    candidates |= {name: Repeated(ends) for name in _PER_DECISION}
    for entry in entries:
        table, make = _ROWS[type(entry.event)]
        time = microseconds(entry.event.time)
        rows[table].append((entry.seq, *make(time, entry.event)))
        if isinstance(entry.event, events.LeadAssigned):
            _add_candidates(candidates, (entry.seq, entry.event.id, time), entry.event.decision)
    made = {
        table.name: _columns([column.name for column in table.columns], rows[table.name])
        for table in DERIVED
        if rows[table.name]
    }
    if candidates["seq"]:
        made[CANDIDATES.name] = candidates
    return made


def _columns(names: Sequence[str], rows: list[Row]) -> Columns:
    values = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: list(column) for name, column in zip(names, values, strict=True)}


def _add_candidates(columns: dict[str, Any], head: tuple[int, str, int], decision: Decision) -> None:
    candidates, count = decision.candidates, len(decision.candidates)
    repeated = (*head, decision.lead.id, decision.weights.id, decision.seed)
    for name, value in zip(_PER_DECISION, repeated, strict=True):
        columns[name].each.append(value)
    ends = columns["seq"].ends
    ends.append(count + (ends[-1] if ends else 0))
    for name, values in (_few if candidates.packed is None else _many)(candidates, decision.agent).items():
        columns[name].add(values)


def _few(candidates: Candidates, chosen: str | None) -> dict[str, list[Any]]:
    pairs = zip(candidates.active, candidates.capacity, strict=True)
    return {name: getattr(candidates, name) for name in _COPIED} | {
        "eligible": [not gate for gate in candidates.gate],
        "chosen": [agent == chosen for agent in candidates.agent],
        "utilization": [active / (capacity or 1) for active, capacity in pairs],
    }


def _many(candidates: Candidates, chosen: str | None) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: candidates.places(name) if name in TEXTS else candidates.array(name) for name in _COPIED
    }
    went = np.zeros(len(candidates), bool)
    if chosen is not None:
        went[candidates.row(chosen)] = True
    utilization = columns["active"] / np.maximum(columns["capacity"], 1)
    return columns | {"eligible": ~candidates.shut, "chosen": went, "utilization": utilization}


def _features(lead: Lead) -> Row:
    return (
        lead.property_type,
        lead.location,
        lead.budget,
        lead.language,
        str(lead.urgency),
        lead.score,
        " ".join(lead.requires),
        lead.source,
        lead.customer,
    )


def _decision(time: int, event: events.LeadAssigned) -> Row:
    decision = event.decision
    return (
        event.id,
        time,
        decision.lead.id,
        decision.agent,
        *_features(decision.lead),
        decision.weights.id,
        decision.weights.version,
        *decision.weights.values,
        decision.mode,
        None if decision.drawn is None else dashed(decision.drawn),
        decision.explore,
        decision.seed,
        decision.score,
        decision.confidence,
        decision.propensity,
        decision.position,
        decision.waited_s,
        decision.decided_ms,
        decision.router,
        decision.block,
        decision.arm,
        decision.by or None,
        reasoning(decision),
    )


def _offer(outcome: str) -> Callable[[int, Any], Row]:
    def row(time: int, event: Any) -> Row:
        reason = getattr(event, "reason", None)
        return time, event.lead, event.decision, event.agent, outcome, None, None, reason

    return row


def _override(time: int, event: events.LeadOverridden) -> Row:
    return time, event.lead, event.decision, event.agent, "overridden", event.to, event.by, event.reason


def _response(time: int, event: events.FirstResponded) -> Row:
    return time, event.lead, event.decision, event.agent, event.response_s


def _closing(time: int, event: events.LeadClosed) -> Row:
    how = (event.converted, event.value, event.satisfaction)
    return time, event.lead, event.decision, event.agent, *how


def _joined(time: int, event: events.AgentJoined) -> Row:
    return time, event.agent, "joined", None, event.capacity, event.on_shift, None, "", None


def _left(time: int, event: events.AgentLeft) -> Row:
    return time, event.agent, "left", None, None, None, None, "", None


def _presence(time: int, event: events.PresenceChanged) -> Row:
    return time, event.agent, "presence", str(event.presence), None, None, None, event.reason, event.by


def _calendar(time: int, event: events.CalendarChanged) -> Row:
    return time, event.agent, "calendar", None, None, None, len(event.busy), "", event.by


def _capacity(time: int, event: events.CapacityChanged) -> Row:
    return time, event.agent, "capacity", None, event.capacity, None, None, "", None


def _shift(time: int, event: events.ShiftChanged) -> Row:
    return time, event.agent, "shift", None, None, event.on_shift, None, "", None


def _weights(time: int, event: events.WeightsAdopted) -> Row:
    weights = event.weights
    return time, weights.version, weights.id, *weights.values, event.by, event.reason


def _started(time: int, event: events.ExperimentStarted) -> Row:
    design = event.design
    arms = (dashed(design.a), dashed(design.b))
    blocks = (microseconds(event.starts), design.block_s, design.burn_in_s, design.seed, design.blocks)
    return time, event.id, "started", *arms, *blocks, event.by, event.reason


def _stopped(time: int, event: events.ExperimentStopped) -> Row:
    return time, event.experiment, "stopped", *(None,) * 7, event.by, event.reason


def _arrival(time: int, event: events.LeadArrived) -> Row:
    return time, event.lead.id, *_features(event.lead)


def _chat(change: str, *, text: str = "", message: str = "message") -> Callable[[int, Any], Row]:
    """A row of `chats`; `text` and `message` name the fields of the event that hold them."""

    def row(time: int, event: Any) -> Row:
        said = getattr(event, text) if text else None
        about = getattr(event, message, None)
        by, thread, number = (getattr(event, name, None) for name in ("by", "thread", "number"))
        files = getattr(event, "files", ())
        shown = msgspec.json.encode(files).decode() if files else None
        return time, event.room, event.agent, change, about, thread, said, by, number, shown

    return row


def _reacted(time: int, event: events.MessageReacted) -> Row:
    return _chat("reacted" if event.on else "unreacted", text="reaction")(time, event)


_ROWS: dict[type[Event], tuple[str, Callable[[int, Any], Row]]] = {
    events.AgentJoined: ("presence", _joined),
    events.AgentLeft: ("presence", _left),
    events.PresenceChanged: ("presence", _presence),
    events.CalendarChanged: ("presence", _calendar),
    events.CapacityChanged: ("presence", _capacity),
    events.ShiftChanged: ("presence", _shift),
    events.LeadArrived: ("arrivals", _arrival),
    events.LeadAssigned: ("decisions", _decision),
    events.OfferAccepted: ("offers", _offer("accepted")),
    events.OfferDeclined: ("offers", _offer("declined")),
    events.OfferExpired: ("offers", _offer("expired")),
    events.LeadOverridden: ("offers", _override),
    events.FirstResponded: ("responses", _response),
    events.LeadClosed: ("closings", _closing),
    events.WeightsAdopted: ("weights", _weights),
    events.ExperimentStarted: ("experiments", _started),
    events.ExperimentStopped: ("experiments", _stopped),
    **dict.fromkeys(ALERT_CHANGES, ("alerts", alert_row)),
    events.RoomCreated: ("chats", _chat("created", text="name")),
    events.RoomRenamed: ("chats", _chat("renamed", text="name")),
    events.RoomArchived: ("chats", _chat("archived")),
    events.RoomJoined: ("chats", _chat("joined", text="seat")),
    events.RoomLeft: ("chats", _chat("left")),
    events.MessageSent: ("chats", _chat("sent", text="text", message="id")),
    events.MessageEdited: ("chats", _chat("edited", text="text")),
    events.MessageDeleted: ("chats", _chat("deleted")),
    events.MessageReacted: ("chats", _reacted),
    events.FileUploaded: ("chats", _chat("uploaded", text="type", message="hash")),
    events.RoomRead: ("chats", _chat("read")),
}
