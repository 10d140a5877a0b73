"""What one session asks of a history: the book that is read, and the time zone of its clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import param

from collab.analytics import Book
from collab.analytics.measure import recorded
from collab.history import History
from collab.metrics import lasting
from collab.office import Office
from collab.views.one import One
from collab.views.scheduling import scheduler
from collab.views.task import Task

ZONES = (
    "UTC America/Los_Angeles America/Denver America/Chicago America/New_York America/Sao_Paulo Europe/London "
    "Europe/Madrid Europe/Berlin Europe/Athens Africa/Lagos Africa/Johannesburg Asia/Dubai Asia/Kolkata Asia/Bangkok "
    "Asia/Shanghai Asia/Tokyo Australia/Sydney Pacific/Auckland"
).split()
"""The zones that are offered; any other of the IANA database can be set."""

FRESH = timedelta(minutes=1)
"""A page that is opened shows what was read so long ago at most: at a million leads reading takes seconds, and a page
keeps what it was opened with."""

EMPTY = "Nothing is recorded yet. Route a lead, and what comes of it is measured here."


def _read(office: Office) -> Book:
    book = Book(office.history, new=True)  # of a team that begins
    _names(book), recorded(book)  # here, away from the pages
    return book


_books = One(_read)


def book_of(office: Office, *, renew: bool = False) -> Book:
    """The book of an office's history that all sessions of this process share.

    A new one is opened if there is more to read, when `renew` says so or this one is not `FRESH` any more.
    """

    def stale(book: Book) -> bool:
        old = renew or datetime.now(UTC) - book.opened > FRESH
        return old and office.history.own_last != book.last

    return _books.of(office, stale)


def _names(book: Book) -> dict[str, str]:
    """What the agents are called, by id; read once."""
    return book.once("names", lambda history: history.names()) if book.last else {}


class Asked(param.Parameterized):
    """A book and a time zone that several views share, so that they speak of the same moment and the same clocks.

    Args:
        source: a history or a book of one; or
        office: whose history is opened when `active` is first true.
    """

    book = param.ClassSelector(class_=Book, doc="What is read, as of one moment.")
    zone = param.Selector(default="UTC", objects=ZONES, check_on_set=False, label="Time zone", doc="Whose clocks.")
    names = param.Dict(default={}, doc="What the agents are called, by id.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it reads nothing.")

    def __init__(
        self,
        source: History | Book | None = None,
        *,
        office: Office | None = None,
        schedule: Callable[[Callable[[], None]], Any] | None = None,
        **params: Any,
    ) -> None:
        if (source is None) == (office is None):
            raise TypeError("source and office are both given or both missing; give one, e.g. Asked(history)")
        super().__init__(**params)
        self._office, self.schedule = office, schedule or scheduler()
        self.opening = Task(self.schedule)
        if source is not None:
            self._begin(source if isinstance(source, Book) else Book(source))
        elif self.active:
            self.renew()

    @property
    def grows(self) -> bool:
        """Whether there may be more to read."""
        return self._office is not None

    def renew(self) -> None:
        """Take in what was recorded since."""
        if (office := self._office) is not None:
            again = self.book is not None
            self.opening.start(lambda heard, stopped: book_of(office, renew=again), self._begin)

    def called(self, agent: str) -> str:
        """What an agent is called."""
        return str(self.names.get(agent, agent))

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        if self.active and self.book is None and not self.opening.busy:
            self.renew()

    def _begin(self, book: Book) -> None:
        self.param.update(book=book, names=_names(book))


def what(definition: str) -> str:
    """A definition that one click shows."""
    return f'<details><summary class="soft">What is this?</summary><p class="soft">{escape(definition)}</p></details>'


def number(value: float, unit: str) -> str:
    """A value as people read it, with its unit; a dash for one that cannot be said."""
    if value != value:
        return "–"
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "s" and abs(value) >= 120:
        return ("-" if value < 0 else "") + lasting(abs(value))
    return f"{value:.1f} {unit}" if abs(value) < 100 else f"{value:,.0f} {unit}"
