"""Which tables and views a history has: every column with its type and meaning, in this one place."""

from __future__ import annotations

from typing import Literal, NamedTuple

from collab.records import FACTORS

VERSION = 1
"""The version of the tables below; `collab.history.migrate` says what changed from one to the next."""

Type = Literal["long", "integer", "short", "double", "string", "boolean", "timestamp", "binary"]
"""A type as Delta names it."""

SQL_TYPES: dict[Type, str] = {
    "long": "BIGINT",
    "integer": "INTEGER",
    "short": "SMALLINT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "binary": "BLOB",
}


class Column(NamedTuple):
    """A column: `word` marks text of few different values, `null` one that may be empty."""

    name: str
    type: Type
    comment: str
    word: bool = False
    null: bool = False

    @property
    def sql_type(self) -> str:
        """The type as SQL shows it; short integers are widened, so that products of them do not overflow."""
        return "INTEGER" if self.type == "short" else SQL_TYPES[self.type]


class Table(NamedTuple):
    """A table of Parquet files, or a view if it has a `query` over tables."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    query: str = ""

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises:
            ValueError: there is none; the message names those that are.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ValueError(f"{self.name} has no column {name!r}; it has {', '.join(c.name for c in self.columns)}")


def _long(name: str, comment: str, *, null: bool = False) -> Column:
    return Column(name, "long", comment, null=null)


def _count(name: str, comment: str, *, null: bool = False) -> Column:
    return Column(name, "integer", comment, null=null)


def _short(name: str, comment: str) -> Column:
    return Column(name, "short", comment)


def _number(name: str, comment: str, *, null: bool = False) -> Column:
    return Column(name, "double", comment, null=null)


def _text(name: str, comment: str, *, null: bool = False) -> Column:
    return Column(name, "string", comment, null=null)


def _word(name: str, comment: str, *, null: bool = False) -> Column:
    return Column(name, "string", comment, word=True, null=null)


def _flag(name: str, comment: str, *, null: bool = False) -> Column:
    return Column(name, "boolean", comment, null=null)


SEQ = _long("seq", "place of the event on the stream; never repeated within events")
TIME = Column("time", "timestamp", "when it happened, UTC")
LEAD = _text("lead", "the lead's id")
DECISION = _text("decision", "the decision's id, which is the id of its event")
AGENT = _word("agent", "the agent's id")
REASON = _text("reason", 'why, in the words of who did it; "" if nobody said')
WEIGHTS = _word("weights", "id of the weights in force, e.g. v1-35-30-20-15")
SEED = _long("seed", "seed of the decision's random draw, 0 to 2^53")

FEATURES = (
    _word("property_type", 'kind of property wanted; "" if unknown'),
    _word("location", 'where; "" if unknown'),
    _number("budget", "budget in money; empty if unknown", null=True),
    _word("language", 'language of the customer; "" if unknown'),
    _word("urgency", "low, medium, high or critical"),
    _count("lead_score", "the lead's own score, 0 to 100"),
    _word("requires", "skills that the agent must have, separated by spaces"),
    _word("source", 'where the lead came from; "" if unknown'),
)

EVENTS = Table(
    "events",
    "Everything that happened, as it stood on the stream; all other tables follow from it.",
    (
        SEQ,
        _text("id", "the event's id"),
        TIME,
        _word("event", "kind of event, e.g. lead_assigned"),
        _text("data", "the whole event as JSON"),
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
        _word("agent", "the chosen agent's id"),
        *FEATURES,
        WEIGHTS,
        _count("weights_version", "version of the weights in force"),
        *(_count(f"w_{factor}", f"weight of {factor} in force, in hundredths") for factor in FACTORS),
        _word("mode", "greedy, or jitter if weights drawn at random chose"),
        _word("drawn", "the weights drawn at random, e.g. 30-30-20-20; empty if greedy", null=True),
        _number("explore", "share of leads routed by drawn weights, 0 to 1"),
        SEED,
        _count("score", "the chosen agent's score, 0 to 1,000,000"),
        _number("confidence", "confidence in the choice, 0 to 1"),
        _number("propensity", "chance that the chosen agent had, 0 to 1"),
        _count("position", "place in the queue, 0 is the front"),
        _number("waited_s", "seconds that the lead waited before"),
        _number("decided_ms", "milliseconds that the decision took"),
        _word("router", "version of the routing rules"),
        _count("block", "block of an experiment; empty if none ran", null=True),
        _word("arm", "arm of an experiment; empty if none ran", null=True),
        _text("reasoning", "the choice in words"),
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
        _flag("eligible", "no gate was shut"),
        _word("gate", 'the gate that shut; "" for an eligible agent'),
        _word("presence", "the agent's presence at that time"),
        _count("active", "leads that the agent held"),
        _count("capacity", "most leads that the agent takes at once"),
        *(_short(factor, f"factor {factor} in ten-thousandths, 0 to 10,000") for factor in FACTORS),
        _count("closed", "closed leads that stand behind performance"),
        _count("responses", "first responses that stand behind responsiveness"),
        _number("utilization", "active / capacity; active if the capacity is 0"),
        _count("score", "factors x weights, 0 to 1,000,000"),
        _number("propensity", "chance of being chosen, 0 to 1"),
        _flag("chosen", "the lead went to this agent"),
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
        _word("outcome", "accepted, declined, expired or overridden"),
        _word("to_agent", "the agent who got an overridden lead; else empty", null=True),
        _word("person", "who overrode; else empty", null=True),
        _text("reason", "why it was declined or overridden; else empty", null=True),
    ),
)

RESPONSES = Table(
    "responses",
    "First answers to customers.",
    (SEQ, TIME, LEAD, DECISION, AGENT, _number("response_s", "seconds from the lead's arrival to the answer")),
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
        _flag("converted", "the lead became a sale"),
        _number("value", "money"),
        _number("satisfaction", "1 to 5; empty if nobody asked", null=True),
    ),
)

PRESENCE = Table(
    "presence",
    "Changes of agents: presence, capacity, shift, joined, left.",
    (
        SEQ,
        TIME,
        AGENT,
        _word("change", "presence, capacity, shift, joined or left"),
        _word("presence", "the new presence; empty if it did not change", null=True),
        _count("capacity", "the new capacity; empty if it did not change", null=True),
        _flag("on_shift", "whether on shift now; empty if it did not change", null=True),
        REASON,
    ),
)

WEIGHTS_ADOPTED = Table(
    "weights",
    "Versions of the weights that came into force.",
    (
        SEQ,
        TIME,
        _count("version", "1, 2, 3, …"),
        _word("id", "the version and its numbers, e.g. v1-35-30-20-15"),
        *(_count(factor, f"weight of {factor}, in hundredths; the four sum to 100") for factor in FACTORS),
        _word("person", "who adopted it"),
        REASON,
    ),
)

ARRIVALS = Table("arrivals", "Leads that came in.", (SEQ, TIME, LEAD, *FEATURES))

SNAPSHOTS = Table(
    "snapshots",
    "The team after the event at seq, so that a start need not fold all events; rows may be lost without harm.",
    (SEQ, TIME, Column("team", "binary", "Team.snapshot()")),
)

DERIVED = (DECISIONS, CANDIDATES, OFFERS, RESPONSES, CLOSINGS, PRESENCE, WEIGHTS_ADOPTED, ARRIVALS)
"""The tables that follow from events, in the order in which they are written."""

TABLES = {table.name: table for table in (EVENTS, *DERIVED, SNAPSHOTS)}
"""Every table by name."""

ASSIGNMENTS = Table(
    "assignments",
    "Decisions, with whether a person overrode them; an overridden decision has no propensity.",
    (*DECISIONS.columns, _flag("overridden", "a person gave the lead to another agent")),
    """SELECT d.*, d.decision IN (SELECT decision FROM offers WHERE outcome = 'overridden') AS overridden
FROM decisions AS d""",
)

OUTCOMES = Table(
    "outcomes",
    "How leads went, one row for every lead with a first answer or an end: its first answer and its last end.",
    (
        LEAD,
        _text("decision", "the decision in force at the end, or at the answer if the lead is open"),
        _word("agent", "who had the lead then"),
        _number("response_s", "seconds from arrival to the first answer; empty if there was none", null=True),
        _flag("converted", "the lead became a sale; empty while open", null=True),
        _number("value", "money; empty while open", null=True),
        _number("satisfaction", "1 to 5; empty if nobody asked", null=True),
        Column("closed", "timestamp", "when it ended, UTC; empty while open", null=True),
    ),
    """SELECT coalesce(c.lead, r.lead) AS lead, coalesce(c.decision, r.decision) AS decision,
  coalesce(c.agent, r.agent) AS agent, r.response_s, c.converted, c.value, c.satisfaction, c.time AS closed
FROM (SELECT * FROM closings QUALIFY row_number() OVER (PARTITION BY lead ORDER BY seq DESC) = 1) AS c
FULL JOIN (SELECT * FROM responses QUALIFY row_number() OVER (PARTITION BY lead ORDER BY seq) = 1) AS r
  ON c.lead = r.lead
ORDER BY coalesce(c.seq, r.seq)""",
)

VIEWS = {view.name: view for view in (*TABLES.values(), ASSIGNMENTS, OUTCOMES)}
"""Everything that SQL can name: the tables and the views over them."""
