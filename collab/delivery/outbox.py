"""What must still be sent, and what was: every notice for every target, kept in a file until it is forgotten."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from collab.delivery.message import MOST, Message, message
from collab.delivery.notice import Notice
from collab.delivery.retries import Retries
from collab.delivery.route import Due
from collab.delivery.undelivered import Undelivered

if TYPE_CHECKING:
    import pandas as pd

TABLES = """
CREATE TABLE IF NOT EXISTS deliveries (
  notice TEXT, target TEXT, step INTEGER, tenant TEXT, severity TEXT, title TEXT, time REAL, ready REAL, due REAL,
  body BLOB, message TEXT, dropped REAL, PRIMARY KEY (notice, target, step)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON deliveries (due) WHERE message IS NULL AND dropped IS NULL;
CREATE INDEX IF NOT EXISTS parts ON deliveries (message);
CREATE TABLE IF NOT EXISTS messages (
  id TEXT PRIMARY KEY, tenant TEXT, target TEXT, severity TEXT, title TEXT, notices INTEGER, state TEXT, tries INTEGER,
  time REAL, due REAL, changed REAL, reason TEXT, body BLOB) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS open ON messages (due) WHERE state IN ('due', 'failed');
CREATE TABLE IF NOT EXISTS causes (
  alert TEXT, notice TEXT, acknowledged INTEGER, PRIMARY KEY (alert, notice)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alerts ON causes (notice);
CREATE TABLE IF NOT EXISTS settled (alert TEXT PRIMARY KEY, time REAL) WITHOUT ROWID;
"""

WAITS = "message IS NULL AND dropped IS NULL"
STATES = ("due", "failed", "sent", "dead")
"""`failed` is tried again, `dead` is not; a delivery may also be `dropped`: taken up or over before it was due."""

MESSAGES = "id tenant target severity title notices state tries time due changed reason".split()
DELIVERIES = "notice target step tenant severity title time due state tries changed reason message".split()


class Outbox:
    """Keeps deliveries and messages in an SQLite file; what a call returned from is on the disk.

    A message is written with its id before it is first sent. So whoever is killed between sending and noting it sends
    the same message with the same id again: never lost, and a receiver can tell. Any number of processes may read.

    Args:
        path: the file; its folder is made.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._base = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        self._base.row_factory = sqlite3.Row
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=FULL")
        self._base.executescript(TABLES)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._base.close()

    def put(self, dues: Iterable[Due]) -> int:
        """Keep deliveries, all or none; those that are kept already add nothing. Returns how many are new."""
        query = "INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)"
        new = 0
        with self._write() as base:
            for due in dues:
                notice = due.notice
                what = (notice.id, due.target, due.step, notice.tenant, notice.severity, notice.title)
                times = (notice.time.timestamp(), due.ready.timestamp(), due.due.timestamp())
                if base.execute(query, (*what, *times, msgspec.json.encode(notice))).rowcount:
                    new += 1  # an alert that is told of anew is open again
                    alerts = [(cause.id, notice.id, cause.acknowledged) for cause in notice.alerts]
                    base.executemany("INSERT OR IGNORE INTO causes VALUES (?, ?, ?)", alerts)
                    base.executemany("DELETE FROM settled WHERE alert = ?", [one[:1] for one in alerts])
        return new

    def settle(self, alerts: Iterable[str], now: datetime) -> int:
        """Somebody took these alerts up, or they are over: drop what still waits and has no open alert."""
        at, given = now.timestamp(), [(alert,) for alert in alerts]
        # A notice that has this alert, and none that is open.
        query = f"""UPDATE deliveries SET dropped = ? WHERE {WAITS}
            AND notice IN (SELECT notice FROM causes WHERE alert = ?) AND NOT EXISTS (SELECT 1 FROM causes
            WHERE notice = deliveries.notice AND alert NOT IN (SELECT alert FROM settled))"""
        with self._write() as base:
            base.executemany("INSERT OR IGNORE INTO settled VALUES (?, ?)", [(*one, at) for one in given])
            return sum(base.execute(query, (at, *one)).rowcount for one in given)

    def told(self, alerts: Mapping[str, int]) -> set[str]:
        """Those of the alerts that a notice was about since they were acknowledged so often, by their ids."""
        query, found = "SELECT 1 FROM causes WHERE alert = ? AND acknowledged >= ? LIMIT 1", set()
        with self._lock:
            for pair in alerts.items():
                if self._base.execute(query, pair).fetchone() is not None:
                    found.add(pair[0])
        return found

    def gather(self, now: datetime) -> int:
        """Make messages of what is due, each with what else is ready for its target; returns how many."""
        at, made = now.timestamp(), 0
        pairs = f"SELECT DISTINCT tenant, target FROM deliveries WHERE {WAITS} AND due <= ? ORDER BY tenant, target"
        # Of more than one message holds, the critical ones go first.
        query = f"""SELECT * FROM deliveries WHERE {WAITS} AND ready <= ? AND tenant = ? AND target = ?
            ORDER BY severity != 'critical', time, notice, step"""
        with self._write() as base:
            for tenant, target in base.execute(pairs, (at,)).fetchall():
                rows = base.execute(query, (at, tenant, target)).fetchall()
                for start in range(0, len(rows), MOST):
                    self._bundle(base, rows[start : start + MOST], now)
                    made += 1
        return made

    @staticmethod
    def _bundle(base: sqlite3.Connection, rows: list[sqlite3.Row], now: datetime) -> None:
        pieces = [(msgspec.json.decode(row["body"], type=Notice), row["step"]) for row in rows]
        made, at = message(rows[0]["target"], pieces, now), now.timestamp()
        values = (made.id, made.tenant, made.target, made.severity, made.title, len(made.notices), "due", 0, at, at, at)
        base.execute(f"INSERT INTO messages VALUES ({_marks(MESSAGES)}, ?)", (*values, "", msgspec.json.encode(made)))
        base.executemany(
            "UPDATE deliveries SET message = ? WHERE notice = ? AND target = ? AND step = ?",
            [(made.id, row["notice"], row["target"], row["step"]) for row in rows],
        )

    def ready(self, now: datetime, busy: Collection[str] = ()) -> list[Message]:
        """The next message for each target that is not busy: of what is due now, critical ones, then the oldest."""
        order = "severity != 'critical', time, id"
        query = f"""SELECT body FROM (SELECT *, row_number() OVER (PARTITION BY target ORDER BY {order}) AS place
            FROM messages WHERE state IN ('due', 'failed') AND due <= ? AND target NOT IN ({_marks(busy)}))
            WHERE place = 1 ORDER BY {order}"""
        with self._lock:
            found = self._base.execute(query, (now.timestamp(), *busy)).fetchall()
        return [msgspec.json.decode(row["body"], type=Message) for row in found]

    def next_due(self) -> datetime | None:
        """When there is something to do next."""
        query = f"""SELECT min(due) FROM (SELECT min(due) AS due FROM deliveries WHERE {WAITS}
            UNION ALL SELECT min(due) FROM messages WHERE state IN ('due', 'failed'))"""
        with self._lock:
            (due,) = self._base.execute(query).fetchone()
        return None if due is None else _time(due)

    def sent(self, message_id: str, now: datetime) -> None:
        """Note that the receiver took a message."""
        query = "UPDATE messages SET state = 'sent', tries = tries + 1, changed = ?, reason = '' WHERE id = ?"
        with self._write() as base:
            base.execute(query, (now.timestamp(), message_id))

    def failed(self, message_id: str, error: Undelivered, now: datetime, retries: Retries, draw: float) -> str:
        """Note that it did not, and when to try again; returns the state, `failed` or `dead`."""
        at = now.timestamp()
        query = "UPDATE messages SET state = ?, tries = ?, due = ?, changed = ?, reason = ? WHERE id = ?"
        with self._write() as base:
            (tries,) = base.execute("SELECT tries + 1 FROM messages WHERE id = ?", (message_id,)).fetchone()
            state = "failed" if error.again and tries < retries.tries else "dead"
            wait_s = max(retries.wait_s(tries, draw), min(error.after_s, retries.most_s))
            base.execute(query, (state, tries, at + wait_s, at, str(error), message_id))
        return state

    def again(self, message_id: str, now: datetime) -> None:
        """Let a dead message be sent again, as often as a new one, with the id that it has.

        Raises:
            ValueError: there is no dead message of this id.
        """
        query = "UPDATE messages SET state = 'due', tries = 0, due = ?, changed = ? WHERE id = ? AND state = 'dead'"
        with self._write() as base:
            if not base.execute(query, (now.timestamp(), now.timestamp(), message_id)).rowcount:
                raise ValueError(f"message is {message_id!r}, which is no dead one; `dead()` lists those that are")

    def forget(self, before: datetime) -> int:
        """Forget what was sent or dropped before this time, and what was settled; returns how many deliveries."""
        at = before.timestamp()
        gone = "SELECT id FROM messages WHERE state = 'sent' AND changed < ?"
        with self._write() as base:
            query = f"DELETE FROM deliveries WHERE dropped < ? OR message IN ({gone})"
            forgotten = base.execute(query, (at, at)).rowcount
            base.execute("DELETE FROM messages WHERE state = 'sent' AND changed < ?", (at,))
            base.execute("DELETE FROM settled WHERE time < ?", (at,))
            base.execute("DELETE FROM causes WHERE notice NOT IN (SELECT notice FROM deliveries)")
        return forgotten

    def counts(self) -> dict[str, int]:
        """How many messages are in each state; what waits to become one counts as due, a delivery each."""
        with self._lock:
            found = dict(self._base.execute("SELECT state, count(*) FROM messages GROUP BY state").fetchall())
            (waits,) = self._base.execute(f"SELECT count(*) FROM deliveries WHERE {WAITS}").fetchone()
        return {state: found.get(state, 0) + (waits if state == "due" else 0) for state in STATES}

    def messages(self, *states: str, most: int = 1000) -> pd.DataFrame:
        """The newest messages, of these states or of all; times are UTC, `due` is when it is tried next."""
        wanted = states or STATES
        query = f"""SELECT {", ".join(MESSAGES)} FROM messages WHERE state IN ({_marks(wanted)})
            ORDER BY changed DESC, id LIMIT ?"""
        return self._frame(query, (*wanted, most), MESSAGES, ("time", "due", "changed"))

    def dead(self) -> pd.DataFrame:
        """The messages that nobody took and that are not tried any more, the newest first, each with the reason."""
        return self.messages("dead")

    def deliveries(self, most: int = 1000) -> pd.DataFrame:
        """The newest deliveries, one row a notice and target (and step), with the state of its message."""
        query = f"""SELECT d.notice, d.target, d.step, d.tenant, d.severity, d.title, d.time,
            coalesce(m.due, d.due) AS due,
            CASE WHEN d.dropped IS NOT NULL THEN 'dropped' ELSE coalesce(m.state, 'due') END AS state,
            coalesce(m.tries, 0) AS tries, coalesce(m.changed, d.dropped, d.time) AS changed,
            coalesce(m.reason, '') AS reason, d.message FROM deliveries AS d LEFT JOIN messages AS m ON m.id = d.message
            ORDER BY d.time DESC, d.notice, d.target, d.step LIMIT {int(most)}"""
        return self._frame(query, (), DELIVERIES, ("time", "due", "changed"))

    def _frame(self, query: str, values: tuple[Any, ...], columns: list[str], times: tuple[str, ...]) -> pd.DataFrame:
        import pandas as pd  # only who looks needs it, and it takes longer to load than all the rest

        with self._lock:
            rows = self._base.execute(query, values).fetchall()
        frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
        for name in times:
            frame[name] = pd.to_datetime(frame[name], unit="s", utc=True)
        return frame

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _marks(values: Collection[object]) -> str:
    """A question mark for each value."""
    return ", ".join("?" * len(values))
