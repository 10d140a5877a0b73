"""Appends entries to the tables of a history, every event exactly once whenever the process may be killed."""

from __future__ import annotations

import bisect
import logging
from collections.abc import Sequence
from pathlib import Path

from deltalake import CommitProperties, Transaction
from deltalake.exceptions import CommitFailedError
from filelock import FileLock, Timeout

from collab.events import Entry
from collab.history.fence import Fence, HistoryInUse, Superseded
from collab.history.folder import PROPERTIES, Folder, HistoryUnwritable, append, arrow, folder_name
from collab.history.held import lock_of
from collab.history.migrate import migrate, rebuild
from collab.history.moments import microseconds
from collab.history.reading import History
from collab.history.rows import Columns, derived_rows, event_rows
from collab.history.schema import DERIVED, EVENTS, SNAPSHOTS, TABLES
from collab.team import Team, fold

logger = logging.getLogger(__name__)

FILE_SIZE = 64 << 20
"""Files are merged up to so many bytes."""

TRIES = 20
"""How often a new recorder tries to shut out the one before, which may commit in between."""

KEEP_FILES_H = 1
"""Merged and left-over files stay for so many hours, for readers that still have them."""


class TenantTables:
    """One tenant's tables, open for appending.

    The rows of an append and the last place that they reach are one commit of Delta. The derived tables come first
    and `events` last, so after a kill the derived tables may be ahead. They are cut back when they are opened: with an
    embedded stream those events died with the process, and others will come in their places.

    A recorder that was replaced may still be in the middle of an append. So before anything is cut back, a commit with
    the new recorder's number goes into `events`: what the old one has under way fails there and is cut back after.

    Only a copy that was taken while somebody wrote has derived tables behind: `events` keeps how far each had come.
    """

    def __init__(
        self, folder: Folder, tenant: str, partition: int, snapshot_every: int, fence: Fence | None = None
    ) -> None:
        self.tenant, self.partition, self.snapshot_every = tenant, partition, snapshot_every
        self.appends = 0
        self._tables = {name: folder.create(folder.table_path(tenant, name), TABLES[name]) for name in TABLES}
        self.recorded = self._version(EVENTS.name)
        self._team: Team | None = None
        self._since_snapshot = 0
        self._history = History(folder.url, tenant, storage_options=folder.options)
        if fence is not None:
            self._shut_out(folder.url, fence.number)
        self._reached = {table.name: self._version(table.name) for table in DERIVED}
        for name, reached in self._reached.items():
            if reached > self.recorded:
                self._cut_back(name)
            elif reached < (self._tables[EVENTS.name].transaction_version(_rows_of(name)) or 0):
                self._make_again(folder, name)

    @property
    def marker(self) -> int:
        """The last place of the whole partition that this tenant knows to be recorded."""
        return self._tables[EVENTS.name].transaction_version(_marker(self.partition)) or 0

    def append(self, entries: Sequence[Entry], last: int, *, closes: bool) -> None:
        """Append entries, which reach to the place `last`; with `closes` all tenants are recorded up to it then."""
        fresh = [entry for entry in entries if entry.seq > self.recorded]
        made = derived_rows(fresh)
        self._version(EVENTS.name)  # fails if the history is gone, which a write would make anew
        for table in DERIVED:
            if table.name in made:
                self._append_derived(table.name, made[table.name], last)
        if last > self.recorded:
            done = {"recorder": last} | {_rows_of(name): self._reached[name] for name in made}
            done |= {_marker(self.partition): last} if closes else {}
            append(self._tables[EVENTS.name], arrow(EVENTS, event_rows(fresh)), **done)
            self.recorded = last
        elif closes and self.marker < last:
            append(self._tables[EVENTS.name], arrow(EVENTS, event_rows([])), **{_marker(self.partition): last})
        self.appends += 1
        self._follow(fresh)

    def snapshot(self) -> None:
        """Keep the team as it is after the last recorded event, unless that is kept already."""
        team = self._followed()
        if team.seq > self._version(SNAPSHOTS.name):
            time = self._history.time_of(team.seq)
            row: Columns = {"seq": [team.seq], "time": [microseconds(time)], "team": [team.snapshot()]}
            append(self._tables[SNAPSHOTS.name], arrow(SNAPSHOTS, row), recorder=team.seq)
        self._since_snapshot = 0

    def compact(self) -> None:
        """Merge small files, and drop merged and left-over ones that no reader can have any more."""
        for table in self._tables.values():
            if len(table.file_uris()) > 1:
                table.optimize.compact(target_size=FILE_SIZE, writer_properties=PROPERTIES)
            table.update_incremental()  # or files that another recorder wrote since would count as left over
            table.vacuum(KEEP_FILES_H, dry_run=False, enforce_retention_duration=False, full=True)
        self.appends = 0

    def _append_derived(self, name: str, columns: Columns, last: int) -> None:
        first = bisect.bisect_right(columns["seq"], self._reached[name])
        if first < len(columns["seq"]):
            kept = {column: values[first:] for column, values in columns.items()} if first else columns
            append(self._tables[name], arrow(TABLES[name], kept), recorder=last)
            self._reached[name] = last

    def _shut_out(self, url: str, fence: int) -> None:
        """Make appends of recorders with lower numbers fail from now on."""
        name, events = f"fence-{self.partition:02}", self._tables[EVENTS.name]
        for _ in range(TRIES):
            known = events.transaction_version(name) or 0
            if known > fence:
                raise Superseded(url, known)
            if known == fence:
                return
            try:
                append(events, arrow(EVENTS, event_rows([])), recorder=self.recorded, **{name: fence})
            except CommitFailedError:  # the recorder before was still at work, and has recorded more
                events.update_incremental()
                self.recorded = self._version(EVENTS.name)
        raise HistoryInUse(f"another recorder does not stop writing the history at {url}; stop it")

    def _cut_back(self, name: str) -> None:
        """Drop the rows of events that never got into `events`, in one commit."""
        back = CommitProperties(app_transactions=[Transaction("recorder", self.recorded)])
        self._tables[name].delete(f"seq > {self.recorded}", writer_properties=PROPERTIES, commit_properties=back)
        self._reached[name] = self.recorded

    def _make_again(self, folder: Folder, name: str) -> None:
        """Make a table again that lacks rows of recorded events."""
        said = "%s of %s lacks rows of recorded events, as in a copy taken meanwhile; it is made from them again"
        logger.warning(said, name, folder.path(folder_name(self.tenant)))
        rebuild(folder, self.tenant, TABLES[name])
        self._tables[name].update_incremental()
        self._reached[name] = self._version(name)

    def _followed(self) -> Team:
        if self._team is None:
            self._team = self._history.team()
        return self._team

    def _follow(self, entries: Sequence[Entry]) -> None:
        fold(entries, self._followed())
        self._since_snapshot += len(entries)
        if self._since_snapshot >= self.snapshot_every:
            self.snapshot()

    def _version(self, name: str) -> int:
        return self._tables[name].transaction_version("recorder") or 0


class Writer:
    """All tenants of one partition of the stream, open for appending; one at a time for a local folder.

    Attributes:
        recorded: the last place of which all tenants' events are in the history.

    Args:
        snapshot_every: a snapshot of the team is kept after so many events of a tenant.
        compact_every: the small files of a tenant are merged after so many appends.
        fence: which recorder of a shared stream this is; without one, the lock of a local folder alone decides.
    """

    def __init__(
        self,
        folder: Folder,
        partition: int,
        *,
        snapshot_every: int = 20_000,
        compact_every: int = 60,
        fence: Fence | None = None,
    ) -> None:
        self.folder, self.partition, self.recorded, self.fence = folder, partition, 0, fence
        self.snapshot_every, self.compact_every = snapshot_every, compact_every
        self._tenants: dict[str, TenantTables] = {}
        self._lock: FileLock | None = None

    @property
    def fence_number(self) -> int:
        """The number of this recorder; 0 if none was given."""
        return self.fence.number if self.fence else 0

    def lock(self) -> None:
        """Make sure that no other recorder writes this partition into the folder, and none can until `close`.

        Raises:
            HistoryInUse: another one does.
            HistoryUnwritable: the folder cannot be made.
        """
        self.folder.tenants()
        if self._lock is not None or not self.folder.local:
            return
        base = self.folder.path(f".recorder-p{self.partition:02}")
        lock, stream = lock_of(self.folder, self.partition), Path(f"{base}.stream")
        try:
            Path(self.folder.url).mkdir(parents=True, exist_ok=True)
            lock.acquire()
            stream.write_text(self.fence.stream if self.fence else "", encoding="utf-8")
        except Timeout:
            if self.fence and stream.exists() and stream.read_text(encoding="utf-8") == self.fence.stream:
                return  # by one that recorded the same stream, lost its lease and hangs
            raise HistoryInUse(
                f"another recorder writes the history at {self.folder.url}; stop it, or give this one its own folder"
            ) from None
        except OSError as error:
            raise HistoryUnwritable(
                f"the history cannot be written at {self.folder.url}: {error.strerror}; "
                "give a folder or URL that this process may write"
            ) from error
        self._lock = lock

    def open(self) -> None:
        """Lock, migrate older tables, and find the place from which to go on; again after a failed write."""
        self.lock()
        if self.recorded and not self.folder.tenants():
            raise HistoryUnwritable(
                f"the history at {self.folder.url} is gone, with its events up to {self.recorded}; bring it back"
            )
        self.folder.begin()
        ours = [tenant for tenant in self.folder.tenants().values() if tenant.partition == self.partition]
        self._tenants = {}
        for tenant in ours:
            migrate(self.folder, tenant)
            self._tenants[tenant.name] = self._opened(tenant.name)
        self.recorded = max((tables.marker for tables in self._tenants.values()), default=0)

    def write(self, entries: Sequence[Entry]) -> None:
        """Append entries in order; they begin at the place after `recorded`."""
        by_tenant: dict[str, list[Entry]] = {}
        for entry in entries:
            by_tenant.setdefault(entry.tenant, []).append(entry)
        last = entries[-1].seq
        for number, (tenant, own) in enumerate(by_tenant.items(), 1):
            tables = self._tables_of(tenant)
            tables.append(own, last, closes=number == len(by_tenant))
        self.recorded = last
        for tenant in by_tenant:
            if self._tenants[tenant].appends >= self.compact_every:
                self._tenants[tenant].compact()

    def ids_at(self, seq: int) -> list[str]:
        """The id of the event recorded at this place; none if it is not in this history."""
        histories = (History(self.folder.url, name, storage_options=self.folder.options) for name in self._tenants)
        return [found for history in histories if (found := history.id_at(seq)) is not None]

    def snapshot(self) -> None:
        """Keep every tenant's team as it is now."""
        for tables in self._tenants.values():
            tables.snapshot()

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _tables_of(self, tenant: str) -> TenantTables:
        if tenant not in self._tenants:
            tables = self._opened(tenant)
            self.folder.enter(tenant, self.partition)
            self._tenants[tenant] = tables
            logger.info("recording %s into %s", tenant, self.folder.path(folder_name(tenant)))
        return self._tenants[tenant]

    def _opened(self, tenant: str) -> TenantTables:
        return TenantTables(self.folder, tenant, self.partition, self.snapshot_every, self.fence)


def _marker(partition: int) -> str:
    return f"partition-{partition:02}"


def _rows_of(name: str) -> str:
    return f"rows-of-{name}"
