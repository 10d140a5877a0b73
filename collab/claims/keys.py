"""The names of the small values that the stream keeps beside the events, and what they hold."""

from __future__ import annotations

QUEUED = "queued"
CLOSED = "closed"

CLOSED_FOR_S = 7 * 86_400
"""How long a closed lead's id is remembered, so that routing it again gives its old decision."""


def lead_key(lead: str) -> str:
    """Holds "queued", the id of the decision in force, or "closed"."""
    return f"lead:{lead}"


def request_key(key: str) -> str:
    """Holds the id of the lead that came in with this key of its sender."""
    return f"request:{key}"


def place_key(lead: str) -> str:
    """Holds the seq of the decision in force."""
    return f"place:{lead}"


def holder_key(lead: str) -> str:
    """Holds the agent who has the lead."""
    return f"holder:{lead}"


def member_key(agent: str) -> str:
    """Holds "1" while the agent is on the roster."""
    return f"member:{agent}"


def load_key(agent: str) -> str:
    """Holds how many leads the agent has."""
    return f"load:{agent}"


def capacity_key(agent: str) -> str:
    """Holds the most leads that the agent takes at once."""
    return f"capacity:{agent}"


def present_key(agent: str) -> str:
    """Holds "1" while the agent is not offline."""
    return f"present:{agent}"


def shift_key(agent: str) -> str:
    """Holds "1" while the agent is on shift."""
    return f"shift:{agent}"


WEIGHTS_KEY = "weights"
"""Holds the version of the weights in force."""

EXPERIMENT_KEY = "experiment"
"""Holds the id of the experiment that runs."""

QUEUE_KEY = "queue"
"""Holds the seq of the newest event after which a lead waits."""

OPEN = "open"
ARCHIVED = "archived"


def room_key(room: str) -> str:
    """Holds "open" or "archived"."""
    return f"room:{room}"


def file_key(room: str, hash: str) -> str:
    """Holds "1" once the file was uploaded to the room."""
    return f"file:{room}:{hash}"


def deleted_key(message: str) -> str:
    """Holds "1" for some minutes after the message was taken back: so long until every desk knows of it."""
    return f"deleted:{message}"


def seat_key(room: str, agent: str) -> str:
    """Holds "1" while the agent is a member of the room."""
    return f"seat:{room} {agent}"  # ids may hold colons, but no space


def alert_key(rule: str, labels: dict[str, str]) -> str:
    """Holds the id of the open alert of this rule and labels."""
    return "\n".join([f"alert:{rule}", *(f"{name}={labels[name]}" for name in sorted(labels))])


def alert_state_key(alert: str) -> str:
    """Holds "pending", "firing" or "acknowledged" while the alert is open."""
    return f"alert-state:{alert}"


def eased_key(alert: str) -> str:
    """Holds "1" while the alert is open and its condition is over."""
    return f"alert-eased:{alert}"


def silence_key(silence: str) -> str:
    """Holds "1" while the silence lasts."""
    return f"silence:{silence}"


RULES_KEY = "rules"
"""Holds the version of the rules in force."""
