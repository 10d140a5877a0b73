"""The rooms as members see them on pages, without a browser: what is put there, and what is asked there."""

from __future__ import annotations

from queue import Queue
from typing import Any

from desks import SOON_S, hire
from offices import Open, at, do

from collab.office import Office
from collab.protocol import Role
from collab.views.board import Board
from collab.views.rooms import RoomsView


class Shown:
    """The rooms as one member sees them: patches that were put on their page, and what they ask for there.

    Attributes:
        opened: the patch of the room that was open first.
        said: why the last thing failed, as far as patches were seen.
    """

    def __init__(self, office: Office, me: str, role: Role = Role.team_lead, **more: Any) -> None:
        self.office, self._patches = office, Queue[dict[str, Any]]()
        self.view = RoomsView(Board(office), me=me, role=role, **more)
        self.view.conversation.put = lambda patches: [self._patches.put(patch) for patch in patches]
        self.ask(do="ready")
        self.said = ""
        self.opened = self.seen("room")

    def ask(self, **asked: Any) -> None:
        """Ask as the browser does."""
        do(self.office, self.view.hear(asked))

    def seen(self, put: str, **fields: Any) -> dict[str, Any]:
        """The next patch of a kind that has these fields."""
        while patch := self._patches.get(timeout=SOON_S):
            if patch["put"] == "failed":
                self.said = patch["why"]
            if patch["put"] == put and fields.items() <= patch.items():
                return patch
        raise AssertionError

    def row(self, **fields: Any) -> dict[str, Any]:
        """The next message with these fields."""
        while patch := self.seen("rows"):
            for row in patch["rows"]:
                if fields.items() <= row.items():
                    return row
        raise AssertionError

    def listed(self, **fields: Any) -> dict[str, Any]:
        """The first room of the list, once it has these fields."""
        while patch := self.seen("rooms"):
            if fields.items() <= patch["rooms"][0].items():
                return patch["rooms"][0]
        raise AssertionError

    def send(self, text: str, **more: Any) -> dict[str, Any]:
        """Say something; returns the message as it stands on the page."""
        self.ask(do="send", room="main", text=text, **more)
        return self.row(text=text)


def talking(open_office: Open) -> Office:
    """An office whose Main room has ana, who made it, and bo."""
    office = open_office()
    desk = at(office)
    do(office, hire(desk, "ana"))
    do(office, desk.create_room("main", "Main", by="ana"))
    do(office, desk.rooms.join("main", "bo"))
    return office
