"""Files of a folder of weights: YAML that is written whole or not at all, and read with errors that name the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from msgspec import Struct

from collab.placing import put
from collab.records import FACTORS
from collab.wrong import explained, shown

ORDER = f"# Weights are in hundredths, in the order {', '.join(FACTORS)}.\n"
"""Stands at the top of each file."""

BREAKS = re.compile("[\\r\x85\u2028\u2029]")
"""Line breaks that PyYAML reads as others where they are not quoted."""

Record = TypeVar("Record", bound=Struct)


def text_of(value: Any) -> str:
    """The value as YAML, in the order in which it holds its fields: the same value is the same text."""
    plain = msgspec.to_builtins(value)
    form: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 110, "default_flow_style": None}
    return f"{ORDER}{yaml.dump(plain, Dumper=_Dumper, **form)}"


class _Dumper(yaml.SafeDumper):
    """Writes text so that all of it is read back."""


def _word(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    lossy = BREAKS.search(text) is not None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if lossy else None)


_Dumper.add_representer(str, _word)


def write(path: Path, text: str) -> None:
    """Put a file in its place, in a folder that is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, text)


def converted(value: Any, kind: type[Record], where: str = "") -> Record:
    """The value as a record of this kind; `where` is the file that holds it, if it comes of one.

    Raises:
        ValueError: a field is missing, unknown or wrong; names the place, the field, the value and what is expected.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is {shown(value)}; it holds fields, e.g. reason: why")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said = explained(value, str(error), kind, "it")
        raise ValueError(f"{where}: {said}" if where else said) from None
