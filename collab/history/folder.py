"""Where a history lies: its folder or URL, the tenants in it, and its Delta tables."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import TableNotFoundError
from msgspec import Struct

from collab.history.columns import Column, Pieces, Repeated, Table, Type
from collab.history.schema import VERSION

CATALOG = Table(
    "_catalog",
    "Which tenants the history has, one row when a tenant came and one for every migration.",
    (
        Column("tenant", "string", "the tenant's name"),
        Column("partition", "integer", "the stream partition that the tenant is on"),
        Column("schema", "integer", "version of the tenant's tables"),
        Column("time_ns", "long", "when the row was written"),
    ),
)

CONFIGURATION = {
    "delta.dataSkippingStatsColumns": "seq",
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 2 hours",
    "delta.enableExpiredLogCleanup": "true",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
}

PROPERTIES = WriterProperties(compression="ZSTD", max_row_group_size=131_072)

_ARROW = {
    "long": DataType.int64(),
    "integer": DataType.int32(),
    "short": DataType.int16(),
    "double": DataType.float64(),
    "string": DataType.utf8(),
    "boolean": DataType.bool(),
    "timestamp": DataType.timestamp("us", tz="UTC"),
    "binary": DataType.binary(),
}

_NUMPY = {"integer": np.int32, "short": np.int16, "double": np.float64, "boolean": np.bool_}


class NotAHistory(ValueError):
    """The folder holds other things than a history; give an empty or new folder, or that of a history."""


class NewerHistory(RuntimeError):
    """The tables of the history are of a newer version than this program knows; install a newer collab."""


class HistoryUnwritable(OSError):
    """The history cannot be written at its place; give a folder or URL that this process may write."""


class Tenant(Struct, frozen=True):
    """A tenant of a history: its name, its partition of the stream, and the version of its tables."""

    name: str
    partition: int
    schema: int


class Folder:
    """The place of a history, local or on object storage (`s3://...` with `storage_options` of delta-rs)."""

    def __init__(self, url: str | os.PathLike[str], storage_options: Mapping[str, str] | None = None) -> None:
        text = os.fspath(url)
        scheme = urlsplit(text).scheme if "://" in text else ""
        if scheme == "file":
            text, scheme = unquote(urlsplit(text).path), ""
        self.local = not scheme
        self.url = str(Path(text).absolute()) if self.local else text.rstrip("/")
        self.options = dict(storage_options or {})

    @property
    def there(self) -> bool:
        """Is there a folder? Object storage has none, so that is always true of it."""
        return not self.local or Path(self.url).exists()

    def path(self, *parts: str) -> str:
        """The path or URL of something in the history."""
        return "/".join((self.url, *parts))

    def table_path(self, tenant: str, table: str) -> str:
        """The path or URL of a tenant's table."""
        return self.path(folder_name(tenant), table)

    def tenants(self) -> dict[str, Tenant]:
        """The tenants by name; none if nothing was ever recorded.

        Raises:
            NotAHistory: there is a folder with other things in it.
            NewerHistory: a tenant's tables are newer than this program.
        """
        catalog = self.open(self.path(CATALOG.name))
        if catalog is None:
            self._refuse_other_things()
            return {}
        found: dict[str, Tenant] = {}
        for row in ArrowTable.from_arrow(catalog.scan()).to_struct_array().to_pylist():
            known = found.get(row["tenant"])
            if known is None or row["schema"] > known.schema:
                found[row["tenant"]] = Tenant(row["tenant"], row["partition"], row["schema"])
        newest = max(found.values(), key=lambda tenant: tenant.schema, default=None)
        if newest is not None and newest.schema > VERSION:
            raise NewerHistory(
                f"the history at {self.url} has tables of version {newest.schema} and this program knows up to "
                f"{VERSION}; install a newer collab"
            )
        return found

    def begin(self) -> None:
        """Make the history if it is not there, with no tenant in it."""
        self.create(self.path(CATALOG.name), CATALOG)

    def enter(self, tenant: str, partition: int, schema: int = VERSION) -> None:
        """Write into the catalog that the tenant has tables of this version."""
        row: dict[str, list[Any]] = {
            "tenant": [tenant],
            "partition": [partition],
            "schema": [schema],
            "time_ns": [time.time_ns()],
        }
        append(self.create(self.path(CATALOG.name), CATALOG), arrow(CATALOG, row))

    def create(self, path: str, table: Table) -> DeltaTable:
        """Open the Delta table at the path, and make it first if it is not there.

        Raises:
            HistoryUnwritable: it cannot be made.
        """
        try:
            if self.local:
                Path(path).mkdir(parents=True, exist_ok=True)
            return DeltaTable.create(
                path,
                delta_schema(table),
                mode="ignore",
                name=table.name,
                description=table.comment,
                configuration=dict(CONFIGURATION),
                storage_options=self.options or None,
            )
        except OSError as error:
            raise HistoryUnwritable(
                f"the history cannot be written at {self.url}: {error.strerror or error}; "
                "give a folder or URL that this process may write"
            ) from error

    def open(self, path: str) -> DeltaTable | None:
        """Open the Delta table at the path; None if there is none."""
        if self.local and not Path(path, "_delta_log").is_dir():
            return None
        try:
            return DeltaTable(path, storage_options=self.options or None)
        except TableNotFoundError:
            return None

    def _refuse_other_things(self) -> None:
        if not self.local or not Path(self.url).exists():
            return
        if not Path(self.url).is_dir():
            raise NotAHistory(f"{self.url} is a file and not a history; give a folder")
        others = sorted(path.name for path in Path(self.url).iterdir() if not path.name.startswith("."))
        if others and CATALOG.name not in others:  # the catalog is made first, maybe a moment ago
            raise NotAHistory(
                f"{self.url} holds other things than a history ({', '.join(others[:3])}); "
                "give an empty or new folder, or that of a history"
            )


def folder_name(tenant: str) -> str:
    """The name of the tenant's folder: all but a-z, 0-9, - and inner dots and underscores as =XX."""
    return re.sub(rb"[^a-z0-9._-]|^[._]", lambda found: b"=%02X" % ord(found[0]), tenant.encode()).decode()


def delta_schema(table: Table) -> Schema:
    """The columns of a table as Delta writes them, with their comments."""
    fields = [
        {"name": c.name, "type": c.type, "nullable": True, "metadata": {"comment": c.comment}} for c in table.columns
    ]
    return Schema.from_json(json.dumps({"type": "struct", "fields": fields}))


def arrow(table: Table, columns: Mapping[str, Sequence[Any]]) -> ArrowTable:
    """Values of one length as an Arrow table; times are microseconds since 1970."""
    arrays: dict[str, Any] = {}
    places: dict[int, Array] = {}  # of columns that repeat alike they are worked out once
    for column in table.columns:
        timed, values = column.type == "timestamp", columns[column.name]
        if isinstance(values, Pieces) and any(not isinstance(piece, list) for piece in values.pieces):
            arrays[column.name] = (_texts if column.type == "string" else _numbers)(values.pieces, column.type)
            continue
        array = _array(values, DataType.int64() if timed else _ARROW[column.type], places)
        arrays[column.name] = array.cast(_ARROW["timestamp"]) if timed else array
    return ArrowTable.from_pydict(arrays)


def _numbers(pieces: Sequence[Any], type: Type) -> Array:
    return Array.from_numpy(np.concatenate(pieces).astype(_NUMPY[type]))


def _texts(pieces: Sequence[Any], type: Type) -> Array:
    known: dict[str, int] = {}
    places, before, own = [], None, np.empty(0, np.int32)
    for piece in pieces:
        kinds, at = piece if isinstance(piece, tuple) else (piece, slice(None))
        if kinds is not before:
            own = np.array([known.setdefault(kind, len(known)) for kind in kinds], np.int32)
            before = kinds
        places.append(own[at])
    return Array(list(known), _ARROW[type]).take(Array.from_numpy(np.concatenate(places)))


def _array(values: Sequence[Any], type: DataType, places: dict[int, Array]) -> Array:
    if isinstance(values, Pieces):
        values = values.pieces[0] if values.pieces else []
    if not isinstance(values, Repeated):
        return Array(values, type)
    if (known := id(values.ends)) not in places:
        counts = np.diff([0, *values.ends])
        places[known] = Array.from_numpy(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
    return Array(values.each, type).take(places[known])


def append(table: DeltaTable, rows: ArrowTable, **transactions: int) -> None:
    """Add rows to a Delta table, and with them in one commit the last place that each named writer has written."""
    done = [Transaction(name, version) for name, version in transactions.items()]
    write_deltalake(
        table,
        rows,
        mode="append",
        writer_properties=PROPERTIES,
        commit_properties=CommitProperties(app_transactions=done) if done else None,
    )
