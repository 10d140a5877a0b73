"""The types of lead that a simulation tells apart: of one kind, with the same expertise and the same able agents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.records import SCALE
from collab.whatif.course import Course

Ints = NDArray[np.int64]


class Types(NamedTuple):
    """The types of a course.

    Attributes:
        of: the type of each lead, from 0.
        kind: the kind of each type.
        expertise: types x agents, in ten-thousandths.
        able: types x agents.
    """

    of: Ints
    kind: Ints
    expertise: Ints
    able: NDArray[np.bool_]


def types_of(course: Course) -> Types:
    """The types of a course's leads; expertise that was not logged is that of the kind on average."""
    known = filled(course)
    rows = np.ascontiguousarray(np.column_stack([course.kind, known, course.able]).astype(np.int16))
    _, first, of = np.unique(rows.view(f"V{rows.shape[1] * 2}"), return_index=True, return_inverse=True)
    return Types(of.reshape(-1), course.kind[first], known[first].astype(np.int64), course.able[first])


def filled(course: Course) -> NDArray[np.int16]:
    """The expertise of every agent for every lead; where none was logged, the mean of the kind, else half."""
    expertise, kinds = course.expertise, len(course.kinds)
    missing = expertise < 0
    if not missing.any():
        return expertise
    seen = np.zeros((kinds, expertise.shape[1]))
    often = np.zeros_like(seen)
    np.add.at(seen, course.kind, np.where(missing, 0, expertise))
    np.add.at(often, course.kind, ~missing)
    means = np.divide(seen, often, out=np.full_like(seen, SCALE / 2), where=often > 0)
    return np.where(missing, np.rint(means).astype(np.int16)[course.kind], expertise)
