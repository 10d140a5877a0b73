"""What the address of a page says of it, so that a reload, or a colleague who is sent it, opens the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import panel as pn
import param

from collab.records import FACTORS, dashed
from collab.weights import Weights, hundredths


class Address(param.Parameterized):
    """Fields of a query such as `?tab=what-if&weights=20-60-11-9`: read once, then written as what they say changes.

    A field that says what a page opens with anyway is left out. A wrong value is put into `wrong` and ignored; what
    others wrote there stays.

    Args:
        said: the query of the address that was opened.
        schedule: calls back on the session's next tick, so that what changes together is written once.
    """

    query = param.String("", doc="The query as it should be now, with its question mark.")
    wrong = param.List([], item_type=str, doc="What was wrong with the values that were opened.")

    def __init__(self, said: str, schedule: Callable[[Callable[[], None]], Any], **params: Any) -> None:
        super().__init__(query=said, **params)
        self._now = dict(parse_qsl(said.removeprefix("?")))
        self._kept: dict[str, list[tuple[Callable[[str], None], Callable[[], str]]]] = {}
        self._schedule, self._waiting = schedule, False

    def asked(self, field: str) -> str:
        """What a field of the address says now; "" if nothing."""
        return self._now.get(field, "")

    def tab(self, tabs: Any, names: Sequence[str], hidden: Sequence[str] = ()) -> None:
        """Keep which tab is open; `hidden` are those that others see, but not who opened this page."""
        places = {slug(name): place for place, name in enumerate(names)}

        def take(given: str) -> None:
            value = slug(given)
            if value not in places:
                unseen = ", which an agent does not see" if value in map(slug, hidden) else ""
                raise ValueError(f"tab is {given!r}{unseen}; give one of {', '.join(places)}")
            tabs.active = places[value]

        self._keep("tab", take, lambda: list(places)[tabs.active], tabs, ["active"])

    def weights(self, weights: Weights) -> None:
        """Keep the weights in question."""

        def take(value: str) -> None:
            try:
                weights.take([part / 100 for part in hundredths(value)])
            except ValueError as error:
                raise ValueError(f"{error}; those in force are shown") from None

        self._keep("weights", take, lambda: dashed(weights.integers()), weights, list(FACTORS))

    def choice(self, of: param.Parameterized, *names: str, **called: str) -> None:
        """Keep what is chosen in these selectors; those `called` otherwise in an address are given as `field=selector`.

        Selectors of two views that are kept in one field are the same: what is chosen in one is chosen in the other.
        """
        for field, name in {**dict.fromkeys(names), **called}.items():
            self._choice(of, name or field, field)

    def words(self, of: param.Parameterized, name: str, field: str, told: Callable[[], str]) -> None:
        """Keep in a field the words that are typed into a parameter, as `told` has them: "" where none may stand."""
        self._keep(field, lambda value: setattr(of, name, value), told, of, [name])

    def _choice(self, of: param.Parameterized, name: str, field: str) -> None:
        offered = {str(one): one for one in of.param[name].get_range().values()}

        def take(value: str) -> None:
            if value not in offered:
                raise ValueError(f"{field} is {value!r}; give one of {', '.join(filter(None, offered))}")
            setattr(of, name, offered[value])

        self._keep(field, take, lambda: str(getattr(of, name)), of, [name])

    def _keep(
        self, name: str, take: Callable[[str], None], told: Callable[[], str], of: param.Parameterized, on: list[str]
    ) -> None:
        usual, kept = told(), self._kept.setdefault(name, [])
        kept.append((take, told))
        if name in self._now:
            try:
                take(self._now[name])
            except ValueError as error:
                self.wrong = [*self.wrong, str(error)]

        def changed(*events: Any) -> None:
            now = told()
            for choose, chosen in kept:
                if chosen() != now:
                    choose(now)
            if now != usual:
                self._now[name] = now
            else:
                self._now.pop(name, None)
            self._write_soon()

        of.param.watch(changed, on)
        changed()

    def _write_soon(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._schedule(self._write)

    def _write(self) -> None:
        self._waiting = False
        self.query = f"?{urlencode(self._now)}" if self._now else ""


def slug(name: str) -> str:
    """A tab's name as an address writes it: `what-if` for What-if."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def opened() -> str:
    """The query of the address that this session was opened with; "" without a browser."""
    location = pn.state.location
    return "" if location is None else str(location.search)
