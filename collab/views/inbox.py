"""What members who look at pages have not read in their rooms, counted once for all sessions of a process."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from collab.chat import Room, Unread


class Inboxes:
    """Counts what is unread; a room is read again only when something happened there or its member read on."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[tuple[int, int, int], Unread]] = {}

    def count(self, rooms: Iterable[Room], members: Collection[str]) -> dict[str, Unread]:
        """By member, the messages of all their rooms, and how many of them, or of answers in threads, name them."""
        found = {member: Unread() for member in members}
        for room in rooms:
            for member in found.keys() & room.members.keys():
                new, before = self._of(room, member), found[member]
                found[member] = Unread(before.messages + new.messages, before.mentions + new.mentions)
        return found

    def _of(self, room: Room, member: str) -> Unread:
        threads = room.read_threads.get(member, {})
        at = room.number, room.read.get(member, 0), sum(threads.values())
        if self._found.get((room.id, member), (None,))[0] != at:
            new = room.unread(member)
            named = {one.thread for one in room.messages if one.thread is not None and member in one.mentions}
            answers = sum(room.unread(member, thread).mentions for thread in named)
            self._found[room.id, member] = at, Unread(new.messages, new.mentions + answers)
        return self._found[room.id, member][1]
