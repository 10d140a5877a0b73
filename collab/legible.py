"""Names and words that read as they are, whatever stands around them: none turns a sentence round, in any script."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import bidirectional

UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, ends of lines, and those that set the direction of the text behind them."""

FORCED = re.compile("[\u202d\u202e]")
"""Those that write what follows in a direction against its own script; no language needs them."""

LEFTWARD = frozenset(("R", "AL", "AN"))
FROM, UNTIL = "\u2068", "\u2069"
"""First strong isolate and its end: what stands between them has a direction of its own."""


def legible(name: str) -> str:
    """The name.

    Raises:
        ValueError: it is blank, or has characters that are not seen and change how what follows is read.
    """
    if name.isspace():
        raise ValueError(f"name is {name!r}; give one that can be read")
    if found := UNSEEN.search(name):
        raise ValueError(f"name is {name!r}, which has the unseen character U+{ord(found[0]):04X}; leave it out")
    return name


@lru_cache(maxsize=8192)
def isolated(name: str) -> str:
    """The name as it stands in a sentence or beside an arrow: one from right to left keeps its direction to itself."""
    if name.isascii() and name.isprintable():
        return name
    name = UNSEEN.sub("", name)
    return f"{FROM}{name}{UNTIL}" if any(bidirectional(one) in LEFTWARD for one in name) else name


def several(number: int, word: str) -> str:
    """So many of a thing in words: 1 lead, 2,000 leads."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def unforced(text: str) -> str:
    """Words as they are shown: each in the direction of its own script; marks that a language needs stay."""
    return FORCED.sub("", text)
