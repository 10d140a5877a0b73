"""Which tables and views a history has: every column with its type and meaning, in this one place."""

from __future__ import annotations

from collab.history.alerts import ALERTS
from collab.history.columns import (
    AGENT,
    DECISION,
    FEATURES,
    LEAD,
    REASON,
    SEED,
    SEQ,
    TIME,
    WEIGHTS,
    Column,
    Table,
    count,
    flag,
    long,
    number,
    short,
    text,
    word,
)
from collab.records import FACTORS

VERSION = 6
"""The version of the tables below; `collab.history.migrate` says what changed from one to the next."""

EVENTS = Table(
    "events",
    "Everything that happened, as it stood on the stream; all other tables follow from it.",
    (
        SEQ,
        text("id", "the event's id"),
        TIME,
        word("event", "kind of event, e.g. lead_assigned"),
        text("data", "the whole event as JSON; 64 candidates and more are packed there, and plain in candidates"),
    ),
)

DECISIONS = Table(
    "decisions",
    "Leads given to an agent, one row a decision.",
    (
        SEQ,
        DECISION,
        TIME,
        LEAD,
        word("agent", "the chosen agent's id"),
        *FEATURES,
        WEIGHTS,
        count("weights_version", "version of the weights in force"),
        *(count(f"w_{factor}", f"weight of {factor} in force, in hundredths") for factor in FACTORS),
        word(
            "mode",
            "greedy, jitter (weights drawn at random chose), block (those of an experiment), sticky (knows the "
            "customer) or manual (a person)",
        ),
        word("drawn", "the weights drawn at random, e.g. 30-30-20-20; else empty", null=True),
        number("explore", "share of leads routed by drawn weights, 0 to 1"),
        SEED,
        count("score", "the chosen agent's score, 0 to 1,000,000"),
        number("confidence", "confidence in the choice, 0 to 1"),
        number("propensity", "chance that the chosen agent had, 0 to 1; 0 if manual, which has none"),
        count("position", "place in the queue, 0 is the front"),
        number("waited_s", "seconds that the lead waited before"),
        number("decided_ms", "milliseconds that the decision took"),
        word("router", "version of the routing rules"),
        count("block", "block of an experiment; empty if none ran", null=True),
        word("arm", "arm of an experiment; empty if none ran", null=True),
        word("person", "who chose the agent, if manual; else empty", null=True),
        text("reasoning", "the choice in words"),
    ),
)

CANDIDATES = Table(
    "candidates",
    "Every agent that a decision looked at, one row a decision and agent, ordered by agent id.",
    (
        SEQ,
        DECISION,
        TIME,
        LEAD,
        AGENT,
        flag("eligible", "no gate was shut"),
        word("gate", 'the gate that shut; "" for an eligible agent'),
        word("presence", "the agent's presence at that time"),
        count("active", "leads that the agent held"),
        count("capacity", "most leads that the agent takes at once"),
        *(short(factor, f"factor {factor} in ten-thousandths, 0 to 10,000") for factor in FACTORS),
        count("closed", "closed leads that stand behind performance"),
        count("responses", "first responses that stand behind responsiveness"),
        number("utilization", "active / capacity; active if the capacity is 0"),
        count("score", "factors x weights, 0 to 1,000,000"),
        number("propensity", "chance of being chosen, 0 to 1"),
        flag("chosen", "the lead went to this agent"),
        WEIGHTS,
        SEED,
    ),
)

OFFERS = Table(
    "offers",
    "What became of leads that were given to an agent.",
    (
        SEQ,
        TIME,
        LEAD,
        DECISION,
        AGENT,
        word("outcome", "accepted, declined, expired or overridden"),
        word("to_agent", "the agent who got an overridden lead; else empty", null=True),
        word("person", "who overrode; else empty", null=True),
        text("reason", "why it was declined, expired or overridden; else empty", null=True),
    ),
)

RESPONSES = Table(
    "responses",
    "First answers to customers.",
    (SEQ, TIME, LEAD, DECISION, AGENT, number("response_s", "seconds from the lead's arrival to the answer")),
)

CLOSINGS = Table(
    "closings",
    "Leads whose work ended.",
    (
        SEQ,
        TIME,
        LEAD,
        DECISION,
        AGENT,
        flag("converted", "the lead became a sale"),
        number("value", "money"),
        number("satisfaction", "1 to 5; empty if nobody asked", null=True),
    ),
)

PRESENCE = Table(
    "presence",
    "Changes of agents: presence, calendar, capacity, shift, joined, left.",
    (
        SEQ,
        TIME,
        AGENT,
        word("change", "presence, calendar, capacity, shift, joined or left"),
        word("presence", "the new presence; empty if it did not change", null=True),
        count("capacity", "the new capacity; empty if it did not change", null=True),
        flag("on_shift", "whether on shift now; empty if it did not change", null=True),
        count("busy", "how many times a new calendar holds; empty if it did not change", null=True),
        REASON,
        word("person", "who changed it for the agent; empty if themselves, their devices or their calendar", null=True),
    ),
)

WEIGHTS_ADOPTED = Table(
    "weights",
    "Versions of the weights that came into force.",
    (
        SEQ,
        TIME,
        count("version", "1, 2, 3, …"),
        word("id", "the version and its numbers, e.g. v1-35-30-20-15"),
        *(count(factor, f"weight of {factor}, in hundredths; the four sum to 100") for factor in FACTORS),
        word("person", "who adopted it"),
        REASON,
    ),
)

EXPERIMENTS = Table(
    "experiments",
    "Experiments between two sets of weights, a row for each start and each stop.",
    (
        SEQ,
        TIME,
        word("experiment", "the experiment's id"),
        word("change", "started or stopped"),
        word("a", "the weights of arm a, e.g. 35-30-20-15; empty if stopped", null=True),
        word("b", "the weights of arm b; empty if stopped", null=True),
        Column("starts", "timestamp", "when the first block starts, UTC; empty if stopped", null=True),
        count("block_s", "seconds of a block; empty if stopped", null=True),
        count("burn_in_s", "seconds at the start of each block that do not count; empty if stopped", null=True),
        long("seed", "what the order of the arms follows from; empty if stopped", null=True),
        count("blocks", "after so many blocks it is over; empty without such an end, or if stopped", null=True),
        word("person", "who started or stopped it"),
        REASON,
    ),
)

ARRIVALS = Table("arrivals", "Leads that came in.", (SEQ, TIME, LEAD, *FEATURES))

CHATS = Table(
    "chats",
    "What happened in rooms, one row an event.",
    (
        SEQ,
        TIME,
        word("room", "the room's id"),
        AGENT,
        word(
            "change",
            "created, renamed, archived, joined, left, sent, edited, deleted, reacted, unreacted, uploaded or read",
        ),
        text("message", "the message that it is about, or the hash of an uploaded file; else empty", null=True),
        text("thread", "the message that a message answers, or whose thread was read; else empty", null=True),
        text("text", "words of a message, name of a room, reaction, seat, media type; else empty", null=True),
        word("person", "who let the agent in or ended their membership; else empty", null=True),
        long("read", "the number that the agent has read up to; else empty", null=True),
        text("files", "a message's files as JSON: hash, name, size in bytes, media type; else empty", null=True),
    ),
)

SNAPSHOTS = Table(
    "snapshots",
    "The team after the event at seq, so that a start need not fold all events; rows may be lost without harm.",
    (SEQ, TIME, Column("team", "binary", "Team.snapshot()")),
)

DERIVED = (
    *(DECISIONS, CANDIDATES, OFFERS, RESPONSES, CLOSINGS, PRESENCE, WEIGHTS_ADOPTED, ARRIVALS, CHATS, EXPERIMENTS),
    ALERTS,
)
"""The tables that follow from events, in the order in which they are written."""

TABLES = {table.name: table for table in (EVENTS, *DERIVED, SNAPSHOTS)}
"""Every table by name."""

ASSIGNMENTS = Table(
    "assignments",
    "Decisions, with whether a person chose instead of the router; such a decision has no propensity.",
    (*DECISIONS.columns, flag("overridden", "a person chose: at once (manual), or afterwards another agent")),
    """SELECT d.*, d.mode = 'manual' OR d.decision IN (SELECT decision FROM offers WHERE outcome = 'overridden')
  AS overridden
FROM decisions AS d""",
)

OUTCOMES = Table(
    "outcomes",
    "How leads went, one row for every lead with a first answer or an end: its first answer and its last end.",
    (
        LEAD,
        text("decision", "the decision in force at the end, or at the answer if the lead is open"),
        word("agent", "who had the lead then"),
        number("response_s", "seconds from arrival to the first answer; empty if there was none", null=True),
        flag("converted", "the lead became a sale; empty while open", null=True),
        number("value", "money; empty while open", null=True),
        number("satisfaction", "1 to 5; empty if nobody asked", null=True),
        Column("closed", "timestamp", "when it ended, UTC; empty while open", null=True),
    ),
    """SELECT coalesce(c.lead, r.lead) AS lead, coalesce(c.decision, r.decision) AS decision,
  coalesce(c.agent, r.agent) AS agent, r.response_s, c.converted, c.value, c.satisfaction, c.time AS closed
FROM (SELECT * FROM closings QUALIFY row_number() OVER (PARTITION BY lead ORDER BY seq DESC) = 1) AS c
FULL JOIN (SELECT * FROM responses QUALIFY row_number() OVER (PARTITION BY lead ORDER BY seq) = 1) AS r
  ON c.lead = r.lead
ORDER BY coalesce(c.seq, r.seq)""",
)

MESSAGES = Table(
    "messages",
    "Messages as they stand now, one row each; a deleted one has no words any more.",
    (
        SEQ,
        text("message", "the message's id"),
        TIME,
        word("room", "the room's id"),
        long("number", "the message's number in its room, the same for everybody"),
        word("agent", "who said it"),
        text("thread", "the message that it answers; else empty", null=True),
        text("text", 'its words, as last edited; "" if it was deleted'),
        text("files", "its files as JSON: hash, name, size in bytes, media type; else empty", null=True),
        flag("edited", "its words were changed"),
        flag("deleted", "it was taken back"),
    ),
    """SELECT s.seq, s.message, s.time, s.room, s.number, s.agent, s.thread,
  CASE WHEN d.message IS NULL THEN coalesce(e.text, s.text) ELSE '' END AS text,
  CASE WHEN d.message IS NULL THEN s.files END AS files,
  e.message IS NOT NULL AS edited, d.message IS NOT NULL AS deleted
FROM (SELECT *, row_number() OVER (PARTITION BY room ORDER BY seq) AS number FROM chats WHERE change != 'read') AS s
LEFT JOIN (SELECT message, text FROM chats WHERE change = 'edited'
  QUALIFY row_number() OVER (PARTITION BY message ORDER BY seq DESC) = 1) AS e ON e.message = s.message
LEFT JOIN (SELECT DISTINCT message FROM chats WHERE change = 'deleted') AS d ON d.message = s.message
WHERE s.change = 'sent'""",
)

VIEWS = {view.name: view for view in (*TABLES.values(), ASSIGNMENTS, OUTCOMES, MESSAGES)}
"""Everything that SQL can name: the tables and the views over them."""
