"""The candidates of a decision, as columns: lists of a few, packed if they are many (pure).

A thousand agents are thirteen thousand values a decision. Who decides, passes on or records them needs few of them as
Python's own values, so that columns of `MANY` and more are kept as bytes, and a column becomes a list where it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

MANY = 64
"""So many candidates are packed; fewer are kept as they are read, which takes less for them."""


class Columns(Struct, frozen=True, kw_only=True):
    """Every agent that a decision looked at, as columns of one length, ordered by agent id.

    `gate` is "" for an eligible agent, else the gate that shut. Factors are integers of 0 to 10,000 as they were
    scored; `score` is factors x weights, 0 to 1,000,000 (gated agents are scored too). `closed` and `responses` are
    how many closed leads and first responses stand behind performance and responsiveness.
    """

    agent: list[str]
    presence: list[str]
    active: list[int]
    capacity: list[int]
    gate: list[str]
    availability: list[int]
    expertise: list[int]
    performance: list[int]
    responsiveness: list[int]
    closed: list[int]
    responses: list[int]
    score: list[int]
    propensity: list[float]


COLUMNS: tuple[str, ...] = Columns.__struct_fields__
"""The names of the columns."""

TEXTS = frozenset({"agent", "presence", "gate"})
"""Those of the columns that hold text."""
_UNSIGNED = (1, 2, 4)


class Words(Struct, frozen=True):
    """A column of few different texts: the row's place in `kinds`, as `Packed` keeps integers; none if all are one."""

    kinds: tuple[str, ...]
    at: bytes = b""


class Rare(Struct, frozen=True):
    """A column of zeros but for the `values` at some rows, which are kept as `Packed` keeps integers."""

    at: bytes
    values: list[float]


class Packed(Struct, frozen=True, kw_only=True):
    """Columns of many candidates: ids with a space between, integers as little-endian ones of 1, 2, 4 or 8 bytes."""

    agent: str
    presence: Words
    active: bytes
    capacity: bytes
    gate: Words
    availability: bytes
    expertise: bytes
    performance: bytes
    responsiveness: bytes
    closed: bytes
    responses: bytes
    score: bytes
    propensity: Rare


class Candidates:
    """Every agent that a decision looked at: the columns of `Columns`, each a list once it is read; never changed.

    Attributes:
        packed: the columns as they are kept; None of few.
    """

    __slots__ = (*COLUMNS, "_count", "packed")
    __hash__ = None  # type: ignore[assignment]

    agent: list[str]
    presence: list[str]
    active: list[int]
    capacity: list[int]
    gate: list[str]
    availability: list[int]
    expertise: list[int]
    performance: list[int]
    responsiveness: list[int]
    closed: list[int]
    responses: list[int]
    score: list[int]
    propensity: list[float]

    def __init__(self, packed: Packed | None = None, /, **columns: list[Any]) -> None:
        """Take the columns by name, or as they are packed.

        Raises:
            ValueError: they are of different lengths.
            TypeError: one is missing, or is none of them.
        """
        self.packed = packed
        if packed is None:
            if columns.keys() != set(COLUMNS):
                raise TypeError(f"columns are {', '.join(columns) or 'none'}; give {', '.join(COLUMNS)}")
            for name, values in columns.items():
                setattr(self, name, values)
            lengths = {name: len(values) for name, values in columns.items()}
            if len(set(lengths.values())) > 1:
                raise ValueError(f"candidates have columns of different lengths: {lengths}")
            self._count = lengths["agent"]
        else:
            self._count = packed.agent.count(" ") + 1

    def __getattr__(self, name: str) -> Any:
        if name not in COLUMNS:
            raise AttributeError(f"candidates have no {name}; their columns are {', '.join(COLUMNS)}")
        values = self._values(name)
        setattr(self, name, values)
        return values

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidates) and self.lists() == other.lists()

    def __repr__(self) -> str:
        return f"Candidates({', '.join(f'{name}={values!r}' for name, values in self.lists().items())})"

    def lists(self) -> dict[str, list[Any]]:
        """All columns as lists, which are not kept."""
        return {name: self._values(name) for name in COLUMNS}

    def array(self, name: str) -> NDArray[Any]:
        """A column of numbers."""
        kept = getattr(self.packed or self, name)
        if isinstance(kept, bytes):
            return _integers(kept, self._count)
        if not isinstance(kept, Rare):
            return np.array(kept)
        found = np.zeros(self._count)
        found[_integers(kept.at, len(kept.values))] = kept.values
        return found

    def places(self, name: str) -> tuple[Sequence[str], NDArray[Any]]:
        """A packed column of text: its different texts, and for every row the place of its own among them."""
        kept = getattr(self.packed, name)
        if name == "agent":
            return _ids(kept), np.arange(self._count)
        return kept.kinds, _integers(kept.at, self._count) if kept.at else np.zeros(self._count, np.uint8)

    def value(self, name: str, row: int) -> Any:
        """One candidate's value in a column."""
        return self._values(name, [row])[0]

    @property
    def shut(self) -> NDArray[np.bool_]:
        """Whom a gate shut out."""
        if self.packed is None:
            return np.array([bool(gate) for gate in self.gate], bool)
        kinds, at = self.places("gate")
        shut: NDArray[np.bool_] = np.array([bool(gate) for gate in kinds])[at]
        return shut

    def row(self, agent: str) -> int:
        """The row of an agent.

        Raises:
            ValueError: they are no candidate; names those.
        """
        if self.packed is None:
            if agent in self.agent:
                return self.agent.index(agent)
        elif " " not in agent:
            place = f" {self.packed.agent} ".find(f" {agent} ")
            if place >= 0:
                return self.packed.agent.count(" ", 0, place)
        known = ", ".join(self.agent) or "none"
        raise ValueError(f"agent is {agent!r}, who was no candidate; those were {known}")

    def replaced(self, **columns: list[Any]) -> Candidates:
        """The same with other columns."""
        return Candidates(**(self.lists() | columns))

    def only(self, rows: list[int]) -> Candidates:
        """Some of them, in this order."""
        return Candidates(**{name: self._values(name, rows) for name in COLUMNS})

    def _values(self, name: str, rows: list[int] | None = None) -> list[Any]:
        """A column, or some rows of it."""
        if self.packed is None:
            values: list[Any] = object.__getattribute__(self, name)
            return values if rows is None else [values[row] for row in rows]
        if name not in TEXTS:
            column = self.array(name)
            return [*(column if rows is None else column[rows]).tolist()]
        kinds, at = self.places(name)
        if rows is not None:
            return [kinds[place] for place in at[rows].tolist()]
        return list(kinds) if name == "agent" else np.array(kinds, object)[at].tolist()


def packed_integers(values: NDArray[Any], most: int | None = None) -> bytes:
    """Integers in as few bytes each as hold them all, or hold the `most` that they may be."""
    bits = most if most is not None else int(np.bitwise_or.reduce(values, axis=None)) if values.size else 0
    wide = next((size for size in _UNSIGNED if 0 <= bits < 256**size), None)
    return values.astype("<i8" if wide is None else f"<u{wide}").tobytes()


def packed_words(kinds: Sequence[str], at: NDArray[Any]) -> Words:
    """A column of texts of these kinds."""
    return Words(tuple(kinds), packed_integers(at) if len(kinds) > 1 else b"")


def packed_rare(values: NDArray[np.float64]) -> Rare:
    """A column of numbers most of which are 0."""
    at = np.flatnonzero(values)
    return Rare(packed_integers(at), values[at].tolist())


@lru_cache(8)
def _ids(agents: str) -> tuple[str, ...]:
    """The ids of a roster, which is the same in most decisions."""
    return tuple(agents.split(" "))


def _integers(data: bytes, count: int) -> NDArray[Any]:
    size = len(data) // count if count else 1
    return np.frombuffer(data, f"<i{size}" if size == 8 else f"<u{size}")


def said(candidates: Any) -> Any:
    """Candidates as records are encoded: packed, if they are kept so. A hook of `msgspec`."""
    return candidates.packed or candidates.lists()


def shown(candidates: Any) -> Any:
    """Candidates as lists, which everybody can read. A hook of `msgspec`."""
    return candidates.lists()


def read(kind: Any, found: Any) -> Any:
    """Candidates as either form was decoded. A hook of `msgspec`.

    Raises:
        ValueError: a column is missing or wrong, or of another length; names it.
    """
    if kind is not Candidates:
        raise NotImplementedError(f"there is no way to read {kind}")
    try:
        if isinstance(found, dict) and isinstance(found.get("agent"), str):
            return Candidates(_sound(msgspec.convert(found, Packed)))
        return Candidates(**msgspec.structs.asdict(msgspec.convert(found, Columns)))
    except msgspec.ValidationError as error:  # whose path begins here
        raise ValueError(str(error).replace("`$.", "`")) from None


def _sound(packed: Packed) -> Packed:
    """The columns, if each holds a value for every candidate."""
    count = packed.agent.count(" ") + 1
    for name in COLUMNS[1:]:
        kept = getattr(packed, name)
        if isinstance(kept, bytes):
            held = _held(kept, count)
        elif isinstance(kept, Words):
            held = len(kept.kinds) == 1 if not kept.at else _held(kept.at, count, len(kept.kinds))
        else:
            held = not (kept.at or kept.values) or _held(kept.at, len(kept.values), count)
        if not held:
            raise ValueError(f"candidates.{name} holds no column of {count} values")
    return packed


def _held(data: bytes, count: int, below: int | None = None) -> bool:
    """Do these bytes hold so many integers, all below a limit?"""
    if not count or len(data) not in (count, 2 * count, 4 * count, 8 * count):
        return False
    values = _integers(data, count)
    return below is None or bool(values.min() >= 0 and values.max() < below)


NOBODY = Candidates(**{name: [] for name in COLUMNS})
"""No candidates at all."""
