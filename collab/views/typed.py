"""What a person typed into a field of text, who may not have left it yet."""

from __future__ import annotations

from typing import Any


def typed(field: Any) -> str:
    """What stands in a Material text field now, without blanks around; its `value` is still that of before."""
    return str(field.value_input or "").strip()
