"""What happened, read: frames, SQL, events and the team, from any process while another records."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from collab.events import Entry, LeadAssigned, decode
from collab.history.folder import Folder
from collab.history.frames import fetch, frame, frame_of
from collab.history.moments import moment
from collab.history.pinned import NEEDS, Result, Source, views_named
from collab.history.schema import CANDIDATES, VIEWS
from collab.reasons import labels
from collab.records import Decision, aware
from collab.team import Team, fold

if TYPE_CHECKING:
    import duckdb

ASKING = {"SELECT", "EXPLAIN", "MULTI"}
"""Kinds of SQL statements that only ask; a PIVOT is of several steps."""

PART = 20_000
"""Places of the stream that are read at once."""


class History:
    """The history of one tenant, read-only; every question sees what is recorded by then.

    Args:
        url: the folder, or an object-store URL with `storage_options` as delta-rs names them.
        tenant: whose history; may be left out if there is only one.

    Raises:
        TypeError: the url is no path or text, or the tenant no text.
        ValueError: frames, columns or SQL are asked of a folder that does not exist, or of a tenant who is not in one
            that has others.
        NotAHistory: the folder holds other things (at the first question).
        NewerHistory: the tables are newer than this program (at the first question).
    """

    def __init__(
        self,
        url: str | os.PathLike[str] = "data/history",
        tenant: str | None = None,
        *,
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(url, str | os.PathLike):
            raise TypeError(f"url is {url!r}; give the folder of a history, e.g. data/history")
        if not isinstance(tenant, str | None):
            raise TypeError(f"tenant is {tenant!r}; give a name, e.g. demo")
        self._source = Source(Folder(url, storage_options), tenant)
        self._until: int | None = None

    def __repr__(self) -> str:
        tenant = f", {self._source.wanted!r}" if self._source.wanted else ""
        place = "" if self._until is None else f".as_of({self._until})"
        return f"History({self._source.folder.url!r}{tenant}){place}"

    @property
    def url(self) -> str:
        """The folder or URL."""
        return self._source.folder.url

    @property
    def exists(self) -> bool:
        """Has anything of this tenant been recorded?"""
        return self._source.tenant() is not None

    @property
    def tenant(self) -> str | None:
        """Whose history it is; None if none was named and nothing is recorded yet."""
        found = self._source.tenant()
        return self._source.wanted if found is None else found.name

    @property
    def tenants(self) -> list[str]:
        """Everyone who has a history in this folder."""
        return sorted(self._source.folder.tenants())

    @property
    def last(self) -> int:
        """The last place on the stream that is recorded, whichever tenant's; 0 if nothing is."""
        reached = self._source.reached(partition=True)
        return reached if self._until is None else min(self._until, reached)

    @property
    def own_last(self) -> int:
        """The last place up to which this tenant's events are recorded; 0 if none are."""
        reached = self._source.reached()
        return reached if self._until is None else min(self._until, reached)

    def as_of(self, moment: int | datetime) -> History:
        """The history as it was after the event at a place, or after the last event at or before an aware time.

        Raises:
            ValueError: the time has no zone, the place is below 0, or it is neither.
        """
        if isinstance(moment, datetime):
            time = aware(moment, "moment")
            found = self.rows(["events"], "SELECT max(seq) FROM events WHERE time <= ?", time)[0][0]
            moment = found or 0
        if not isinstance(moment, int) or isinstance(moment, bool) or moment < 0:
            raise ValueError(
                f"moment is {moment!r}; give a place on the stream of 0 or more, or an aware time, "
                "e.g. datetime(2026, 11, 24, tzinfo=UTC)"
            )
        history = object.__new__(type(self))
        history._source = self._source
        history._until = moment if self._until is None else min(moment, self._until)
        return history

    def sql(self, query: str) -> pd.DataFrame:
        """The answer to a query over the views of docs/history.md.

        Raises:
            ValueError: it is not one query; `connect` gives a connection on which anything goes.
            duckdb.Error: DuckDB refuses it, e.g. as no view is called so.
        """
        if not isinstance(query, str):
            raise ValueError(f"query is {query!r}; give one SELECT as text")
        self.refuse_a_stranger()
        words = set(re.findall(r"\w+", query.lower()))

        def work(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
            statements = connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type.name not in ASKING:
                raise ValueError(f"query is {query!r}; ask with one SELECT, or use connect() for anything else")
            with views_named():
                return frame_of(connection.sql(query))

        return self._source.read([name for name in VIEWS if name in words] or VIEWS, self._until, work)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with a view for each table, at this moment; its files are kept at least an hour.

        Raises:
            ValueError: there is no history in the folder, or none of this tenant.
        """
        if not self.exists:
            self.refuse_a_stranger()
            raise ValueError(f"url is {self.url!r}, where no history is recorded yet; give the folder of a history")
        return self._source.connect(self._until)

    def columns(self, view: str, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """Columns as numpy arrays, the fast way: words are integer codes, and `<name>.names` has the words, sorted.

        Raises:
            ValueError: there is no such view or column.
        """
        if view not in VIEWS:
            raise ValueError(f"the history has no {view!r}; it has {', '.join(VIEWS)}")
        self.refuse_a_stranger()
        wanted = [column.name for column in VIEWS[view].columns] if names is None else list(names)
        return self._read(view, lambda connection: fetch(connection, VIEWS[view], wanted))

    def assignments(self) -> pd.DataFrame:
        """Decisions, one row each, with whether a person overrode them."""
        return self._frame("assignments")

    def candidates(self) -> pd.DataFrame:
        """Every agent that a decision looked at, one row a decision and agent."""
        return self._frame("candidates")

    def outcomes(self) -> pd.DataFrame:
        """How leads went, one row for every lead with a first answer or an end."""
        return self._frame("outcomes")

    def offers(self) -> pd.DataFrame:
        """What became of leads that were given to an agent."""
        return self._frame("offers")

    def arrivals(self) -> pd.DataFrame:
        """Leads that came in."""
        return self._frame("arrivals")

    def presence(self) -> pd.DataFrame:
        """Changes of agents: presence, capacity, shift, joined, left."""
        return self._frame("presence")

    def weights(self) -> pd.DataFrame:
        """Versions of the weights that came into force."""
        return self._frame("weights")

    def alerts(self) -> pd.DataFrame:
        """What happened to alerts, silences and rules."""
        return self._frame("alerts")

    def messages(self) -> pd.DataFrame:
        """Messages as they stand now, one row each, with their numbers in their rooms."""
        return self._frame("messages")

    def chats(self) -> pd.DataFrame:
        """What happened in rooms, one row an event."""
        return self._frame("chats")

    def events(self, after: int = 0) -> list[Entry]:
        """The events after a place, in order."""
        return list(self.each_event(after))

    def each_event(self, after: int = 0) -> Iterator[Entry]:
        """The events after a place up to those recorded now, in order, a part at a time."""
        tenant, last = self.tenant or "", self.rows(["events"], "SELECT max(seq) FROM events")[0][0] or 0
        for start in range(after, last, PART):
            end = min(start + PART, last)
            query = "SELECT seq, data FROM events WHERE seq > ? AND seq <= ? ORDER BY seq"
            for seq, data in self.rows(["events"], query, start, end):
                yield Entry(seq, tenant, decode(data))

    def team(self) -> Team:
        """The team after the last recorded event: the newest snapshot, and the events after it."""
        rows = self.rows(["snapshots"], "SELECT seq, team FROM snapshots ORDER BY seq DESC LIMIT 1")
        team = None
        if rows:
            try:
                team = Team.restore(rows[0][1])
            except (msgspec.DecodeError, ValueError):
                team = None  # of another version of the program: all events are folded instead
        return fold(self.each_event(after=team.seq if team else 0), team)

    def names(self) -> dict[str, str]:
        """What the agents are called, by id; also those who left, and by their ids those who share a name."""
        return labels({agent.id: agent.name for agent in self.team().agents.values()})

    def decision_on(self, lead: str) -> Decision | None:
        """The last decision on a lead; None if there is none."""
        rows = self.rows(
            ["decisions", "events"],
            "SELECT data FROM events WHERE seq = (SELECT max(seq) FROM decisions WHERE lead = ?)",
            lead,
        )
        event = decode(rows[0][0]) if rows else None
        return event.decision if isinstance(event, LeadAssigned) else None

    def closed(self, within_s: float) -> list[str]:
        """The ids of leads that ended in the last so many seconds."""
        since = datetime.now(UTC) - timedelta(seconds=within_s)
        return [row[0] for row in self.rows(["closings"], "SELECT DISTINCT lead FROM closings WHERE time > ?", since)]

    def id_at(self, seq: int) -> str | None:
        """The id of the event at a place; None if this tenant has none there."""
        rows = self.rows(["events"], "SELECT id FROM events WHERE seq = ?", seq)
        return rows[0][0] if rows else None

    def time_of(self, seq: int) -> datetime:
        """When the event at a place happened.

        Raises:
            KeyError: this tenant has none there.
        """
        rows = self.rows(["events"], "SELECT epoch_us(time) FROM events WHERE seq = ?", seq)
        if not rows:
            raise KeyError(seq)
        return moment(rows[0][0])

    def refuse_a_stranger(self) -> None:
        """Raise a ValueError for a misspelt folder or tenant: it must not pass for one to whom nothing happened."""
        if not self._source.folder.there:
            raise ValueError(f"url is {self.url!r}, and there is no such folder; give that of a history")
        if not self.exists and (others := self.tenants) and self.tenant not in others:  # not begun just now, either
            raise ValueError(f"tenant is {self.tenant!r}, who is not in {self.url}; it has {', '.join(others)}")

    def _frame(self, view: str) -> pd.DataFrame:
        self.refuse_a_stranger()
        return self._read(view, lambda connection: frame(connection, VIEWS[view]))

    def _read(self, view: str, work: Callable[[duckdb.DuckDBPyConnection], Result]) -> Result:
        names = [view, "decisions"] if view == CANDIDATES.name else [view, *NEEDS.get(view, ())]
        return self._source.read(names, self._until, work)

    def rows(self, names: Sequence[str], query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query over these views."""
        return self._source.read(names, self._until, lambda c: c.execute(query, values).fetchall())
