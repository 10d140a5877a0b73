"""What tables are made of: columns with a type and a meaning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, overload

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


class Repeated(Sequence[Any]):
    """The values of a column in which each stands in so many rows, one below the other.

    Attributes:
        each: the values.
        ends: before which row those of each end; columns that repeat alike share it.
    """

    __slots__ = ("each", "ends")

    def __init__(self, ends: list[int]) -> None:
        self.each: list[Any] = []
        self.ends = ends

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    @overload
    def __getitem__(self, row: int) -> Any: ...
    @overload
    def __getitem__(self, row: slice) -> list[Any]: ...
    def __getitem__(self, row: int | slice) -> Any:
        rows = range(len(self))[row]
        if isinstance(rows, range):
            return [self[number] for number in rows]
        return self.each[bisect_right(self.ends, rows)]


class Pieces(Sequence[Any]):
    """The values of a column, some of them in arrays.

    Attributes:
        pieces: lists, arrays of numbers, and texts as their kinds with an array of places among those.
    """

    __slots__ = ("_count", "pieces")

    def __init__(self) -> None:
        self.pieces: list[Any] = []
        self._count = 0

    def add(self, values: Any) -> None:
        """Put a piece below the others; lists become one."""
        self._count += len(values[1] if isinstance(values, tuple) else values)
        if not isinstance(values, list):
            self.pieces.append(values)
        elif self.pieces and isinstance(self.pieces[-1], list):
            self.pieces[-1] += values
        else:
            self.pieces.append(list(values))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        for piece in self.pieces:
            if isinstance(piece, tuple):
                kinds, at = piece
                yield from (kinds[place] for place in at.tolist())
            else:
                yield from piece if isinstance(piece, list) else piece.tolist()

    @overload
    def __getitem__(self, row: int) -> Any: ...
    @overload
    def __getitem__(self, row: slice) -> list[Any]: ...
    def __getitem__(self, row: int | slice) -> Any:
        return list(self)[row]


def long(name: str, comment: str, *, null: bool = False) -> Column:
    """A 64-bit integer."""
    return Column(name, "long", comment, null=null)


def count(name: str, comment: str, *, null: bool = False) -> Column:
    """A 32-bit integer."""
    return Column(name, "integer", comment, null=null)


def short(name: str, comment: str) -> Column:
    """A 16-bit integer."""
    return Column(name, "short", comment)


def number(name: str, comment: str, *, null: bool = False) -> Column:
    """A double."""
    return Column(name, "double", comment, null=null)


def text(name: str, comment: str, *, null: bool = False) -> Column:
    """Text of many values."""
    return Column(name, "string", comment, null=null)


def word(name: str, comment: str, *, null: bool = False) -> Column:
    """Text of few different values."""
    return Column(name, "string", comment, word=True, null=null)


def flag(name: str, comment: str, *, null: bool = False) -> Column:
    """True or false."""
    return Column(name, "boolean", comment, null=null)


SEQ = long("seq", "place of the event on the stream; never repeated within events")
TIME = Column("time", "timestamp", "when it happened, UTC")
LEAD = text("lead", "the lead's id")
DECISION = text("decision", "the decision's id, which is the id of its event")
AGENT = word("agent", "the agent's id")
REASON = text("reason", 'why, in the words of who did it; "" if nobody said')
WEIGHTS = word("weights", "id of the weights in force, e.g. v1-35-30-20-15")
SEED = long("seed", "seed of the decision's random draw, 0 to 2^53")

FEATURES = (
    word("property_type", 'kind of property wanted; "" if unknown'),
    word("location", 'where; "" if unknown'),
    number("budget", "budget in money; empty if unknown", null=True),
    word("language", 'language of the customer; "" if unknown'),
    word("urgency", "low, medium, high or critical"),
    count("lead_score", "the lead's own score, 0 to 100"),
    word("requires", "skills that the agent must have, separated by spaces"),
    word("source", 'where the lead came from; "" if unknown'),
    text("customer", 'id that all leads of one person share; "" if unknown'),
)
