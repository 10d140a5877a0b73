"""What goes to a target in one piece: the notices that came within a window, the worst on top."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from collab.delivery.notice import Notice
from collab.records import Fact, Key
from collab.rules import Severity

LINES = 20
"""So many notices are written out for people; how many more there are is said."""

MOST = 1000
"""So many notices go in one message."""


class Message(Fact, frozen=True, kw_only=True):
    """Notices for one target; its `id` stays the same however often it is sent, so a receiver can tell."""

    id: Key
    tenant: Key
    target: Key
    time: datetime
    notices: tuple[Notice, ...]

    @property
    def severity(self) -> Severity:
        """The worst of its notices."""
        return self.notices[0].severity

    @property
    def title(self) -> str:
        """One line: the notice's own, or how many there are of each severity."""
        if len(self.notices) == 1:
            return f"[{self.severity}] {_one_line(self.notices[0].title)}"
        counted = Counter(notice.severity for notice in self.notices)
        each = ", ".join(f"{counted[one]:,} {one}" for one in reversed(Severity) if counted[one])
        return f"[{self.severity}] {len(self.notices):,} notices: {each}"

    @property
    def text(self) -> str:
        """The words for people, the worst first."""
        many = len(self.notices) > 1
        parts = [_words(notice, many) for notice in self.notices[:LINES]]
        if more := len(self.notices) - LINES:
            parts += [f"… and {more:,} more of them, none worse."] if more > 0 else []
        return "\n\n".join([*parts, f"{self.tenant} · {self.id}"])


def message(target: str, pieces: Iterable[tuple[Notice, int]], time: datetime) -> Message:
    """Notices of one tenant, each with its step, as one message: the worst first, then the oldest.

    The same ones give the same id; a notice that waits at two steps is in it once.
    """
    waiting = sorted(pieces, key=lambda piece: (-piece[0].severity.grade, piece[0].time, piece[0].id, piece[1]))
    parts = "\n".join([target, *(f"{notice.id} {step}" for notice, step in waiting)])
    made = f"msg_{hashlib.sha256(parts.encode()).hexdigest()[:32]}"
    notices = tuple({notice.id: notice for notice, _ in waiting}.values())
    return Message(id=made, tenant=notices[0].tenant, target=target, time=time, notices=notices)


def _words(notice: Notice, many: bool) -> str:
    head = f"[{notice.severity}] {_one_line(notice.title)}" if many else ""
    return "\n".join(line for line in (head, notice.body, notice.link) if line) or notice.title


def _one_line(text: str) -> str:
    """What becomes a subject has no line breaks, which would end it."""
    return " ".join(text.split())
