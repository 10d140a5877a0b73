"""A whole number that somebody gives, within its bounds, or what to give in its place."""

from __future__ import annotations

from numbers import Integral


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
