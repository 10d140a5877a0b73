"""How often and when a message is tried again."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

GROWTH = 3.0
"""Each wait is so many times the one before."""


class Retries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Waits that grow from `first_s` to `most_s`; after `tries` failures a message is dead until somebody sends it."""

    tries: Annotated[int, Meta(ge=1, le=50)] = 10
    first_s: Annotated[float, Meta(gt=0, le=3600)] = 5.0
    most_s: Annotated[float, Meta(gt=0, le=86400)] = 6 * 3600.0

    def __post_init__(self) -> None:
        if self.first_s > self.most_s:
            raise ValueError(f"first_s is {self.first_s:g}, above most_s, {self.most_s:g}; make it less")

    def wait_s(self, failures: int, draw: float) -> float:
        """Seconds until the next try after so many failures: half of the wait at least, the rest by `draw`, 0 to 1.

        The jitter keeps what failed together from coming back together.
        """
        whole = min(self.most_s, self.first_s * GROWTH ** min(failures - 1, 50))
        return whole * (0.5 + 0.5 * draw)
