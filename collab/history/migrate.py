"""Tables of an older version become those of this one: what follows from the events is made from them again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from arro3.core import RecordBatch, RecordBatchReader
from deltalake import CommitProperties, Transaction, write_deltalake

from collab.events import Entry, decode
from collab.history.columns import Table
from collab.history.folder import PROPERTIES, Folder, Tenant, arrow
from collab.history.reading import History
from collab.history.rows import Columns, derived_rows
from collab.history.schema import DERIVED, TABLES, VERSION

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)

CHANGED: dict[int, tuple[str, ...]] = {
    2: ("chats",),
    3: ("decisions", "arrivals", "snapshots", "presence", "chats"),
    4: ("experiments",),
    5: ("alerts", "snapshots"),
    6: ("experiments",),
}
"""The tables whose columns or meaning changed with each version after the first: they are made again.

Snapshots are not; they begin anew, as the teams of an older version lack what a fold finds out now.
"""

AT_ONCE = 5_000
"""So many places of the stream are read at once."""

ROWS_OF = 400
"""Events turned into rows at once: a decision among 1,000 agents is a thousand."""


def migrate(folder: Folder, tenant: Tenant, changed: Mapping[int, tuple[str, ...]] = CHANGED) -> list[str]:
    """Bring a tenant's tables to this version, and return the names of those that were made again.

    Every table changes in one commit, and the version is written when all are done: after a kill it is done again
    from the start. Readers see a table as it was or as it is.
    """
    if tenant.schema >= VERSION:
        return []
    names = dict.fromkeys(name for version in sorted(changed) if version > tenant.schema for name in changed[version])
    for name in names:
        rebuild(folder, tenant.name, TABLES[name])
    folder.enter(tenant.name, tenant.partition)
    logger.info("%s of %s went from version %s to %s", tenant.name, folder.url, tenant.schema, VERSION)
    return list(names)


def rebuild(folder: Folder, tenant: str, table: Table) -> None:
    """Make a table from what follows from the events again, in one commit."""
    history = History(folder.url, tenant, storage_options=folder.options)
    last = history.own_last
    with history.connect() as connection:
        rows = RecordBatchReader.from_batches(
            arrow(table, _nothing(table)).schema, _batches(connection, last, tenant, table)
        )
        write_deltalake(
            folder.create(folder.table_path(tenant, table.name), table),
            rows,
            mode="overwrite",
            schema_mode="overwrite",
            writer_properties=PROPERTIES,
            commit_properties=CommitProperties(app_transactions=[Transaction("recorder", last)]),
        )


def _batches(connection: duckdb.DuckDBPyConnection, last: int, tenant: str, table: Table) -> Iterator[RecordBatch]:
    """The rows, read with one open connection: Delta asks for them from a thread where no table can be opened."""
    query = "SELECT seq, data FROM events WHERE seq > ? AND seq <= ? ORDER BY seq"
    for start in range(0, last if table in DERIVED else 0, AT_ONCE):
        found = connection.execute(query, (start, min(start + AT_ONCE, last))).fetchall()
        for first in range(0, len(found), ROWS_OF):
            made = derived_rows(Entry(seq, tenant, decode(data)) for seq, data in found[first : first + ROWS_OF])
            if table.name in made:
                yield from arrow(table, made[table.name]).combine_chunks().to_batches()


def _nothing(table: Table) -> Columns:
    return {column.name: [] for column in table.columns}
