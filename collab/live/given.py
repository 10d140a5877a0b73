"""What somebody gives a call of a member, in the kind that it needs, or what to give in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from collab.wrong import shown

Kind = TypeVar("Kind")


def one_of_kind(value: object, kind: type[Kind] | tuple[type[Kind], ...], name: str, fix: str) -> Kind:
    """Return `value` if it is of this kind, or of one of these.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    if not isinstance(value, kind):
        raise ValueError(f"{name} is {shown(value)}; give {fix}")
    return value


def pairs(value: object, name: str, fix: str) -> dict[str, Any]:
    """Return `value`, a mapping, as a dict.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {shown(value)}; give {fix}")
    return dict(value)


def listed(value: object, name: str, fix: str) -> tuple[Any, ...]:
    """Return `value`, a list or the like, as a tuple; text and mappings are none.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        raise ValueError(f"{name} is {shown(value)}; give {fix}")
    return tuple(value)
