"""Messages of the desk in the words of a view, whose fields stand on the page under labels of their own."""

from __future__ import annotations

import re

import param

FIELD = re.compile(r"(?:^|(?<=[;:] )|(?<=\b(?:above|below) ))(\w+)(?= is |, which is )")
"""Where a message names a field: it says what its value is, or what another value is to be above or below."""


def labelled(view: param.Parameterized, said: str) -> str:
    """A message with the labels of the view's fields in place of their inner names."""
    return FIELD.sub(lambda name: view.param[name[1]].label if name[1] in view.param else name[1], said)
