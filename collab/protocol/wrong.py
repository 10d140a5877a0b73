"""What is wrong with a value that does not fit its record, in words: the place, what it holds and the fix."""

from __future__ import annotations

import functools
import json
import re
from difflib import get_close_matches
from typing import Any

from msgspec import inspect

MOST_SHOWN = 80
"""So many characters of a wrong value are shown."""

_STEP = re.compile(r"(?<=\.)\w+|(?<=\[)(?:\d+|\.\.\.)(?=\])")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


def explained(value: Any, message: str, kind: Any, what: str = "the frame") -> str:
    """What msgspec says of a value, with the field, what it holds and the fix: `lead.score is 101: expected …`.

    Args:
        value: what was read.
        message: what msgspec says of it.
        kind: the type that it should be.
        what: what a value of that type is called, where it has no name of its own.
    """
    reason, _, path = message.partition(" - at `")
    steps = _STEP.findall(path)
    if unknown := _UNKNOWN.fullmatch(reason):
        return _unknown(unknown[1], _type_at(_info(kind), value, steps), _named(steps), what)
    names = steps[: steps.index("...")] if "..." in steps else steps  # of a mapping all is shown: its key is not told
    if not names:
        return message
    try:
        for name in names:
            value = value[int(name)] if isinstance(value, list) else value[name]
    except (KeyError, ValueError, IndexError, TypeError):
        return message
    return f"{'.'.join(names)} is {_shown(value)}: {reason[0].lower()}{reason[1:]}"


def nearest(name: str, known: list[str]) -> str:
    """What to write in place of an unknown name: the nearest known one, or else all of them."""
    near = get_close_matches(name.lower(), known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _unknown(field: str, at: Any, place: str, what: str) -> str:
    known = [one.encode_name for one in at.fields] if isinstance(at, inspect.StructType) else []
    tagged = isinstance(at, inspect.StructType) and at.tag is not None
    owner = place or (str(at.tag) if tagged else what)
    full = f"{place}.{_cut(field)}" if place else _cut(field)
    return f"{full} is no field of {owner}; {nearest(field, known) if known else 'leave it out'}"


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


def _shown(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
