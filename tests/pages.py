"""A page of all weights for tests, of a log with agents whose names would run if they were not escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from truth import World

from collab.whatif import WhatIf

MADE = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
HOSTILE = "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
"""What an agent is called."""

STEP = 10
"""The grid's step, in hundredths: 286 weights."""


@cache
def log() -> WhatIf:
    """A log of leads whose router explores."""
    world = World(1500, seed=3)
    candidates = world.candidates()
    candidates["agent"] = candidates["agent"].replace({"agent-4": HOSTILE})
    return WhatIf.from_frames(candidates, world.outcomes())


def written(folder: Path) -> Path:
    """The page of that log."""
    return log().page(folder / "weights.html", STEP / 100, made=MADE)
