"""Leads that are looked for in the history, and what became of one."""

from __future__ import annotations

from collections.abc import Iterable

from collab.events import AnyEvent, LeadAssigned, decode
from collab.history.reading import History

NAME = "strip_accents(lower(json_extract_string(data, '$.lead.name')))"
"""What a lead that came in is called, without case and accents; assignments have it too, but are many times as long."""

ID, CAME = "json_extract_string(data, '$.lead.id')", "event = 'lead_arrived'"
"""The id of such a lead, and what is asked of its event."""

OWN = "(agent = coalesce(?, agent) OR decision IN (SELECT decision FROM offers WHERE to_agent = ?))"
"""Whether an agent was given the lead of a decision, by it or in place of whom it chose; without one, any was."""

LIVES = ("arrivals", "decisions", "offers", "responses", "closings")
"""The tables of what happens to leads."""


def found(
    history: History, words: str = "", *, customer: str = "", agent: str | None = None, count: int = 50
) -> list[LeadAssigned]:
    """Assignments of the leads whose name has all the words, or whose id has them as they stand; the newest first.

    Args:
        history: what is recorded.
        words: what is looked for; case and accents do not matter.
        customer: leads of this customer are found as well, by e-mail or phone; see `collab.contact.customer_of`.
        agent: only what this agent was given, by the router or in place of another.
        count: the most that are returned.
    """
    asks, values = [], []
    if parts := words.split():
        named = " AND ".join([f"contains({NAME}, strip_accents(lower(?)))"] * len(parts))
        asks += ["contains(lower(lead), lower(?))", f"lead IN (SELECT {ID} FROM events WHERE {CAME} AND {named})"]
        values += [words.strip(), *parts]
    same = customer.split("+") if customer else []
    asks += ["list_contains(string_split(customer, '+'), ?)"] * len(same)
    if not history.exists or not asks:
        return []
    query = f"SELECT seq FROM decisions WHERE ({' OR '.join(asks)}) AND {OWN} ORDER BY seq DESC LIMIT ?"
    rows = history.rows(["decisions", "events", "offers"], query, *values, *same, agent, agent, count)
    newest = reversed(_events(history, (seq for (seq,) in rows)))
    return [event for event in newest if isinstance(event, LeadAssigned)]


def given_on(history: History, decisions: Iterable[str]) -> dict[str, str]:
    """Who had the leads of these decisions last, where somebody gave them on, by decision."""
    wanted = list(decisions)
    if not wanted:
        return {}
    query = (
        "SELECT decision, to_agent FROM offers WHERE outcome = 'overridden' AND list_contains(?, decision) ORDER BY seq"
    )
    return dict(history.rows(["offers"], query, wanted))


def story(history: History, lead: str) -> list[AnyEvent]:
    """All that is recorded of a lead, in order: that it came in, who was given it, what they did, how it ended."""
    if not history.exists:
        return []
    query = " UNION ".join(f"SELECT seq FROM {table} WHERE lead = ?" for table in LIVES)
    rows = history.rows(LIVES, query, *[lead] * len(LIVES))
    return _events(history, (seq for (seq,) in rows))


def _events(history: History, places: Iterable[int]) -> list[AnyEvent]:
    """The events at these places, in order."""
    wanted = ", ".join(map(str, places))
    if not wanted:
        return []
    rows = history.rows(["events"], f"SELECT data FROM events WHERE seq IN ({wanted}) ORDER BY seq")
    return [decode(data) for (data,) in rows]
