"""The files of a history at one moment, as views that DuckDB reads in this process; no lock, no wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from arro3.core import Table as ArrowTable
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from collab.history.columns import Table
from collab.history.folder import Folder, Tenant
from collab.history.schema import ASSIGNMENTS, EVENTS, MESSAGES, OUTCOMES, TABLES, VIEWS

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

NEEDS = {
    ASSIGNMENTS.name: ("decisions", "offers"),
    OUTCOMES.name: ("closings", "responses"),
    MESSAGES.name: ("chats",),
}
"""The tables that each view over tables reads."""


class Source:
    """A tenant's tables, opened for reading and brought up to date for every question.

    `events` is written last, so the place that it reaches is taken first: every other table has its rows up to there,
    and later ones are left out. So all tables that one question reads are of the same moment.
    """

    def __init__(self, folder: Folder, tenant: str | None) -> None:
        self.folder, self.wanted = folder, tenant
        self._found: Tenant | None = None
        self._tables: dict[str, DeltaTable] = {}
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def tenant(self) -> Tenant | None:
        """Whose history it is; None if nothing is recorded yet.

        Raises:
            ValueError: no tenant was named, and there are several.
        """
        if self._found is None:
            tenants = self.folder.tenants()
            if self.wanted is None and len(tenants) > 1:
                raise ValueError(
                    f"the history at {self.folder.url} has several tenants; name one as the tenant: "
                    + ", ".join(sorted(tenants))
                )
            wanted = next(iter(tenants), None) if self.wanted is None else self.wanted
            self._found = tenants.get(wanted) if wanted is not None else None
        return self._found

    def read(
        self,
        names: Iterable[str],
        until: int | None,
        work: Callable[[duckdb.DuckDBPyConnection], Result],
    ) -> Result:
        """Call `work` with a connection that has these views; once more if a file was dropped meanwhile."""
        import duckdb

        try:
            return work(self._pin(self._cursor(), names, until))
        except (duckdb.IOException, DeltaError) as error:
            logger.info("reading %s again: %s", self.folder.url, error)
            with self._lock:
                self._tables.clear()
            return work(self._pin(self._cursor(), names, until))

    def connect(self, until: int | None) -> duckdb.DuckDBPyConnection:
        """A connection of its own with all views, with comments; it stays at this moment."""
        connection = self._pin(new_connection(), VIEWS, until)
        for view in VIEWS.values():
            comment(connection, "VIEW", view)
        return connection

    def reached(self, *, partition: bool = False) -> int:
        """The last place up to which the tenant's events are recorded, or those of the whole partition."""
        with self._lock:
            tenant = self.tenant()
            events = self._open(EVENTS.name)
            if tenant is None or events is None:
                return 0
            own = events.transaction_version("recorder") or 0
            others = self.folder.tenants().values() if partition else ()
            return max(own, *(self._marker(other) for other in others), 0)

    def _marker(self, other: Tenant) -> int:
        """The last place of our partition that another tenant's (or our own) tables know to be recorded."""
        assert self._found is not None
        if other.partition != self._found.partition:
            return 0
        events = self.folder.open(self.folder.table_path(other.name, EVENTS.name))
        return 0 if events is None else events.transaction_version(f"partition-{other.partition:02}") or 0

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._connection is None:
                self._connection = new_connection()
            cursor = self._connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor

    def _pin(
        self, connection: duckdb.DuckDBPyConnection, names: Iterable[str], until: int | None
    ) -> duckdb.DuckDBPyConnection:
        wanted = list(names)
        tables = dict.fromkeys(table for name in wanted for table in NEEDS.get(name, (name,)))
        with self._lock:
            opened = {name: self._open(name) for name in (EVENTS.name, *tables)}
            events = opened[EVENTS.name]
            recorded = 0 if events is None else events.transaction_version("recorder") or 0
            limit = recorded if until is None else min(until, recorded)
            queries = {name: self._query(connection, name, opened[name], limit) for name in tables}
        queries |= {name: VIEWS[name].query for name in wanted if name in NEEDS}
        for name, query in queries.items():
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
        return connection

    def _open(self, name: str) -> DeltaTable | None:
        table = self._tables.get(name)
        if table is not None:
            try:
                table.update_incremental()
                return table
            except (DeltaError, OSError) as error:
                logger.info("opening %s of %s again: %s", name, self.folder.url, error)
        tenant = self.tenant()
        table = None if tenant is None else self.folder.open(self.folder.table_path(tenant.name, name))
        if table is not None:
            self._tables[name] = table
        return table

    def _query(self, connection: duckdb.DuckDBPyConnection, name: str, table: DeltaTable | None, limit: int) -> str:
        files = [] if table is None else _in_order(table)
        columns = TABLES[name].columns
        if table is None or not files:
            return f"SELECT {', '.join(f'NULL::{c.sql_type} AS {c.name}' for c in columns)} WHERE false"
        has = {field.name for field in table.schema().fields}
        selected = ", ".join(
            f"{c.name}::{c.sql_type} AS {c.name}" if c.name in has else f"NULL::{c.sql_type} AS {c.name}"
            for c in columns
        )
        behind = (table.transaction_version("recorder") or 0) <= limit
        where = "" if behind else f" WHERE seq <= {limit}"
        if self.folder.local:
            paths = ", ".join(quoted(unquote(path)) for path in files)
            return f"SELECT {selected} FROM read_parquet([{paths}], hive_partitioning = false){where}"
        connection.register(f"_{name}", ArrowTable.from_arrow(table.scan()))
        return f"SELECT {selected} FROM _{name}{where}"


def _in_order(table: DeltaTable) -> list[str]:
    """A table's files by the first place in each, so that rows mostly come in the order of the stream."""
    files = table.get_add_actions(flatten=True)
    if "min.seq" not in files.column_names:
        return table.file_uris()
    first = (place or 0 for place in files["min.seq"].to_pylist())
    return [uri for _, uri in sorted(zip(first, table.file_uris(), strict=True))]


def new_connection() -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in memory that installs nothing and shows times in UTC."""
    import duckdb  # here, because what a leaked object of another library can reach makes it complain at exit

    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def views_named() -> Iterator[None]:
    """Let DuckDB's error about a table that is not there name those that are, instead of one of its own."""
    import duckdb

    try:
        yield
    except duckdb.CatalogException as error:
        reason = str(error).partition("\n")[0]
        if "Table with name" not in reason:
            raise
        raise duckdb.CatalogException(f"{reason} The history has {', '.join(VIEWS)}.") from None


def comment(connection: duckdb.DuckDBPyConnection, kind: str, view: Table) -> None:
    """Write the comments of a table or view and of its columns into the database."""
    connection.execute(f"COMMENT ON {kind} {view.name} IS {quoted(view.comment)}")
    for column in view.columns:
        connection.execute(f"COMMENT ON COLUMN {view.name}.{column.name} IS {quoted(column.comment)}")


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
