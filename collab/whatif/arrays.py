"""Columns of numbers that came from elsewhere, checked once and never changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LARGE = 1e15
"""No number that means something here is larger."""


def floats(
    name: str, values: ArrayLike, shape: tuple[int, ...] = (-1,), least: float = -LARGE, most: float = LARGE
) -> NDArray[np.float64]:
    """The values as a read-only array of this shape; -1 is any length.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """
    try:
        found = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {str(values)[:60]}; give numbers") from error
    _check_shape(name, found, shape)
    wrong = ~((found >= least) & (found <= most))
    if wrong.any():
        raise ValueError(f"{_first(name, found, wrong)}; give {_range(least, most)}")
    found.setflags(write=False)
    return found


def whole_numbers(
    name: str, values: ArrayLike, shape: tuple[int, ...] = (-1,), least: float = -LARGE, most: float = LARGE
) -> NDArray[np.int64]:
    """The same for whole numbers.

    Raises:
        ValueError: names the column, the place, the value and the fix.
    """
    exact = floats(name, values, shape, least, most)
    if (broken := exact != np.rint(exact)).any():
        raise ValueError(f"{_first(name, exact, broken)}; give whole numbers")
    found = exact.astype(np.int64)
    found.setflags(write=False)
    return found


def check_order(name: str, values: NDArray[Any], fix: str) -> None:
    """Refuse values that go down somewhere.

    Raises:
        ValueError: names the column, the place, the values and the fix.
    """
    back = np.flatnonzero(np.diff(values) < 0)
    if len(back):
        place = int(back[0]) + 1
        raise ValueError(f"{name}[{place}] is {values[place]}, before {name}[{place - 1}], {values[place - 1]}; {fix}")


def _check_shape(name: str, found: NDArray[Any], shape: tuple[int, ...]) -> None:
    fits = len(shape) == found.ndim and all(want in (-1, have) for want, have in zip(shape, found.shape, strict=True))
    if not fits:
        sizes = " x ".join("any" if size < 0 else str(size) for size in shape)
        wanted = "one number" if not shape else f"numbers in the shape {sizes}"
        raise ValueError(f"{name} has the shape {found.shape}; give {wanted}")


def _first(name: str, found: NDArray[Any], wrong: NDArray[np.bool_]) -> str:
    place = tuple(int(one) for one in np.argwhere(wrong)[0])
    where = f"[{', '.join(map(str, place))}]" if place else ""
    return f"{name}{where} is {found[place]}"


def _range(least: float, most: float) -> str:
    if abs(least) >= LARGE and abs(most) >= LARGE:
        return "numbers"
    return f"numbers of {least:g} or more" if most >= LARGE else f"numbers from {least:g} to {most:g}"
