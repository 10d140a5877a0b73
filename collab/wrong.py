"""What is wrong with a value that does not fit its record, in words: the place, what it holds and the fix."""

from __future__ import annotations

import functools
import json
import re
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar, get_args

from msgspec import inspect

from collab.records import Customer, Hash, Key

Kind = TypeVar("Kind", bound=Enum)

MOST_SHOWN = 80
"""So many characters of a wrong value are shown."""

_WORDS = {
    repr(str(meta.pattern)): said
    for kind, said in (
        (Key, "1 to 120 characters without white space"),
        (Customer, "no more than 120 characters, without white space"),
        (Hash, "the 64 digits, 0 to 9 and a to f, of its SHA-256, which an upload answers with"),
    )
    for meta in get_args(kind)[1:]
}

_STEP = re.compile(r"(?<=\.)\w+|(?<=\[)(?:\d+|\.\.\.)(?=\])")
_HALF = re.compile("[\ud800-\udfff]")
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_PATTERN = re.compile(r"Expected `str` matching regex (.*)", re.DOTALL)
_LENGTH = re.compile(r"Expected `str` of length (>=|<=) (\d+)")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


def explained(value: Any, message: str, kind: Any, what: str = "the frame") -> str:
    """What msgspec says of a value, with the field, what it holds and the fix: `lead.score is 101: expected …`.

    Args:
        value: what was read.
        message: what msgspec says of it.
        kind: the type that it should be.
        what: what a value of that type is called, where it has no name of its own.
    """
    if halved := _halved(value):
        return halved
    reason, _, path = message.partition(" - at `")
    steps = _STEP.findall(path)
    if unknown := _UNKNOWN.fullmatch(reason):
        return _unknown(unknown[1], _type_at(_info(kind), value, steps), _named(steps), what)
    if missing := _MISSING.fullmatch(reason):
        return f"{'.'.join([*steps, missing[1]])} is missing; {_needed(missing[1], kind, value, steps)}"
    if not steps and not reason.startswith(("Expected", "Invalid")):  # our own words, which name the field
        return reason
    names = steps[: steps.index("...")] if "..." in steps else steps  # of a mapping all is shown: its key is not told
    frame = value
    try:
        for name in names:
            value = value[int(name)] if isinstance(value, list) else value[name]
    except (KeyError, ValueError, IndexError, TypeError):
        return _cut(message)
    told = f"{'.'.join(names) or what} is {shown(value)}"
    if known := _choices(reason, kind, frame, steps):
        if value in known:
            return f"{'.'.join(names)} is there twice; give it once"
        few = isinstance(value, str) and reason.startswith("Invalid enum")
        return f"{told}; " + (f"give one of {', '.join(known)}" if few else nearest(str(value), known))
    return f"{told}: {_in_words(reason)}"


def unreadable(data: bytes | str, message: str, what: str = "the frame") -> str:
    """What is said of what is no JSON, from what msgspec says of it: where it breaks off, and what to do."""
    if halved := _halved(lenient(data)):
        return halved
    if "out of range" in message:  # further than any number that is read, and it is not told where
        return f"{what} holds a number that is out of range; send one that fits its field"
    reason = message.removeprefix("JSON is malformed: ")
    reason = "it ends before its object does" if "truncated" in reason else f"{reason[0].lower()}{reason[1:]}"
    return f"{what} is no JSON: {reason}; send one whole object"


def lenient(data: bytes | str) -> Any:
    """The value of JSON that may hold halves of characters, as JavaScript writes them; None if it cannot be read."""
    try:
        return json.loads(data if isinstance(data, str) else data.decode())
    except (ValueError, RecursionError):
        return None


def whole(text: str) -> bool:
    """Does the text hold whole characters only?"""
    return _HALF.search(text) is None


def choice(kind: type[Kind], value: object, name: str) -> Kind:
    """The one of an enum's values that is meant.

    Raises:
        ValueError: it is none of them; names the argument, its value and all that there are.
    """
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name} is {value!r}; it is one of {', '.join(one.value for one in kind)}") from None


def nearest(name: str, known: list[str]) -> str:
    """What to write in place of an unknown name: the nearest known one, or else all of them."""
    near = get_close_matches(name.lower(), known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def shown(value: Any) -> str:
    """A value as JSON has it, at most its first `MOST_SHOWN` characters."""
    try:
        return _cut(json.dumps(value, ensure_ascii=False, default=str))
    except RecursionError:  # it was read a few calls higher up
        return "lists in lists"


def _unknown(field: str, at: Any, place: str, what: str) -> str:
    known = [one.encode_name for one in at.fields] if isinstance(at, inspect.StructType) else []
    tagged = isinstance(at, inspect.StructType) and at.tag is not None
    owner = place or (str(at.tag) if tagged else what)
    full = f"{place}.{_cut(field)}" if place else _cut(field)
    return f"{full} is no field of {owner}; {nearest(field, known) if known else 'leave it out'}"


def _needed(field: str, kind: Any, value: Any, steps: list[str]) -> str:
    """What to do about a field that is missing: of one that says what its object is, which values there are."""
    at = _type_at(_info(kind), value, steps)
    known = [str(one.tag) for one in getattr(at, "types", ()) if getattr(one, "tag_field", None) == field]
    return f"give one of {', '.join(known)}" if known else "give it"


def _in_words(reason: str) -> str:
    """What msgspec says of a value, without what only a machine reads."""
    if pattern := _PATTERN.fullmatch(reason):
        said = _WORDS.get(pattern[1], "text of another form; docs/protocol.json has it")
    elif length := _LENGTH.fullmatch(reason):
        said = f"text of {length[2]} or {'more' if length[1] == '>=' else 'fewer'} characters"
    elif reason.startswith(("Invalid RFC3339", "Expected `datetime` with a timezone")):
        said = "a time with its zone, e.g. 2026-11-02T09:00:00Z"
    else:
        return f"{reason[0].lower()}{reason[1:]}"
    return f"expected {said}"


def _choices(reason: str, kind: Any, value: Any, steps: list[str]) -> list[str]:
    """What may stand in place of a name that is none of those that are known; nothing if that is not the fault."""
    if not reason.startswith(("Invalid enum value", "Invalid value")):
        return []
    at = _type_at(_info(kind), value, steps)
    if isinstance(at, inspect.EnumType):
        return [str(one.value) for one in at.cls]
    if isinstance(at, inspect.LiteralType):
        return [str(one) for one in at.values]
    above = _type_at(_info(kind), None, steps[:-1])  # the name says which of several types it is
    return [str(one.tag) for one in getattr(above, "types", ()) if getattr(one, "tag_field", None) == steps[-1]]


def _halved(value: Any) -> str:
    """Which text holds half of a character, and what to do; "" if none does."""
    left = [("", value)]
    while left:
        place, one = left.pop()
        if isinstance(one, str) and (found := _HALF.search(one)):
            half = f"{_cut(place) or 'a name'} holds half of a character (a lone surrogate, \\u{ord(found[0]):x})"
            return f"{half}; send whole ones, and cut no emoji in two"
        if isinstance(one, dict):
            left += [("", name) for name in one]
            left += [(f"{place}.{name}".lstrip("."), inner) for name, inner in one.items() if whole(name)]
        elif isinstance(one, list):
            left += [(f"{place}.{number}".lstrip("."), inner) for number, inner in enumerate(one)]
    return ""


def _type_at(info: Any, value: Any, steps: list[str]) -> Any:
    """The type at the end of the steps, or the nearest to it that is known."""
    info = _one_of(info, value)
    for step in steps:
        if isinstance(info, inspect.StructType):
            info = next((one.type for one in info.fields if one.encode_name == step), None)
            value = value.get(step) if isinstance(value, dict) else None
        elif isinstance(info, inspect.DictType):
            info, value = info.value_type, None
        else:
            info = getattr(info, "item_type", None)
            value = value[int(step)] if isinstance(value, list) and step.isdigit() and int(step) < len(value) else None
        info = _one_of(info, value)
    return info


def _one_of(info: Any, value: Any) -> Any:
    """Of several types the one that a value is meant as: by its tag, or the one that is not null."""
    if not isinstance(info, inspect.UnionType):
        return info
    tagged = [one for one in info.types if isinstance(one, inspect.StructType) and one.tag is not None]
    if tagged and isinstance(value, dict):
        return next((one for one in tagged if one.tag == value.get(one.tag_field)), info)
    others = [one for one in info.types if not isinstance(one, inspect.NoneType)]
    return others[0] if len(others) == 1 else info


_info = functools.lru_cache(maxsize=None)(inspect.type_info)


def _named(steps: list[str]) -> str:
    return ".".join(step for step in steps if step != "...")


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
