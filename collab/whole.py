"""A number that somebody gives, a whole one within its bounds, or what to give in its place."""

from __future__ import annotations

from numbers import Integral, Real


def whole(value: object, name: str, least: int, most: int | None = None) -> int:
    """Return `value` if it is a whole number, of Python or numpy, of `least` or more and, if that is given, to `most`.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    found = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None
    if found is None or found < least or (most is not None and found > most):
        bounds = f"of {least} or more" if most is None else f"of {least} to {most}"
        raise ValueError(f"{name} is {value!r}; give a whole number {bounds}")
    return found


def number(value: object, name: str, fix: str) -> float:
    """Return `value` if it is a number, of Python or numpy, and no text of one.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{name} is {value!r}; {fix}")
    return value  # type: ignore[return-value]


def share_of_leads(value: float, name: str) -> float:
    """Return `value` if it is a share of leads, 0 to 1.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    fix = "give a share of leads from 0 to 1"
    if not 0 <= number(value, name, fix) <= 1:
        raise ValueError(f"{name} is {value}; {fix}")
    return value
