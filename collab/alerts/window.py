"""The samples of the last so many seconds, with their median at hand."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from datetime import datetime, timedelta

from collab.team.alert import SAMPLES, Sample, Samples


class Window:
    """Those of a team's newest samples that are at most `seconds` old; what is added and what goes costs the same."""

    def __init__(self, seconds: float) -> None:
        self._length = timedelta(seconds=seconds)
        self._samples: deque[Sample] = deque()
        self._sorted: list[float] = []
        self._seen = 0

    def __len__(self) -> int:
        return len(self._samples)

    def at(self, now: datetime, samples: Samples) -> None:
        """Take in what is new among `samples`, and let go what is too old."""
        fresh = min(samples.count - self._seen, len(samples.newest))
        for sample in samples.newest[len(samples.newest) - fresh :]:
            self._samples.append(sample)
            insort(self._sorted, sample[1])
        self._seen = samples.count
        while self._samples and (len(self._samples) > SAMPLES or self._samples[0][0] <= now - self._length):
            del self._sorted[bisect_left(self._sorted, self._samples.popleft()[1])]

    @property
    def moves(self) -> datetime | None:
        """When the oldest sample goes."""
        return self._samples[0][0] + self._length if self._samples else None

    @property
    def ones(self) -> int:
        """How many values are 1, if all are 0 or 1."""
        return len(self._sorted) - bisect_left(self._sorted, 1.0)

    @property
    def median(self) -> float:
        """The middle of the values; of the two middle ones their mean."""
        middle, odd = divmod(len(self._sorted), 2)
        return self._sorted[middle] if odd else (self._sorted[middle - 1] + self._sorted[middle]) / 2
