"""Who is in which room: rooms are made, named and closed, and seats in them given and ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from collab.chat import DEFAULT_ROOMS, Room
from collab.claims import Absent, Claim, Equals, claim, deleted_key, entering, file_key, room_key, seat_key
from collab.events import RoomArchived, RoomCreated, RoomEvent, RoomJoined, RoomLeft, RoomRenamed
from collab.live.stream import Receipt
from collab.records import Seat
from collab.stamping import Stamping

TRIES = 10
"""How often a moderator tries to leave whose seat passes on to one who leaves at the same moment."""


class Membership(Stamping):
    """Takes commands about rooms and their members for one tenant."""

    async def create(self, room: str, agent: str, name: str, *, private: bool = False) -> bool:
        """Make a room with this agent as its moderator; False if there is one of this id already."""
        made = self._event(RoomCreated, room=room, agent=agent, name=name, private=private)
        return room not in self._rooms and (await self._follower.commit([claim(made)])).refused is None

    async def create_defaults(self, agent: str) -> None:
        """Make the rooms that a team begins with, those that are not there."""
        for room, name in DEFAULT_ROOMS.items():
            await self.create(room, agent, name)

    async def rename(self, room: str, agent: str, name: str, *, leading: bool = False) -> None:
        """Give the room another name; with `leading` (a team lead) a moderator's seat is not needed."""
        await self._moderated(room, agent, "rename it", leading)
        self._held(await self._append(RoomRenamed, room=room, agent=agent, name=name), room, agent)

    async def archive(self, room: str, agent: str, *, leading: bool = False) -> None:
        """Close the room: its members can read it, and nothing is added to it any more; twice is as once."""
        found = await self._moderated(room, agent, "archive it", leading)
        if not found.archived:
            await self._append(RoomArchived, room=room, agent=agent)

    async def join(
        self,
        room: str,
        agent: str,
        *,
        by: str | None = None,
        seat: Seat = Seat.member,
        leading: bool = False,
        again: bool = False,
    ) -> None:
        """Let the agent in, or give them another seat, by one of the room's moderators; twice is as once.

        By themselves they come into a room that is not private, or whose members they are: only that with `again`.

        Raises:
            ValueError: there is no such room, it is archived, or nobody would be its moderator.
            PermissionError: the room is private, or `by` is no moderator.
        """
        found = await self._known(room) if not again else await self._seated(room, agent)
        if by is not None:
            await self._moderated(room, by, "let others in", leading)
        elif agent in found.members:
            return
        elif found.private:
            raise PermissionError(
                f"room is {room!r}, which is private; ask one of its moderators, or a team lead, to let you in"
            )
        if found.members.get(agent) == Seat.moderator != seat and Seat.moderator not in found.others(agent).values():
            raise ValueError(f"agent is {agent!r}, the only moderator of room {room}; make another one first")
        if found.members.get(agent) != seat:
            rule = claim if by is not None else entering
            event = await self._append(RoomJoined, rule, room=room, agent=agent, by=by or agent, seat=seat)
            self._held(event, room, agent)

    async def leave(self, room: str, agent: str, *, by: str | None = None, leading: bool = False) -> None:
        """End the agent's membership, by themselves or one of the room's moderators; twice is as once.

        The seat of its last moderator passes on to whoever is in it longest; to one who was taken off the roster only
        if nobody else is in it.

        Raises:
            ValueError: there is no such room, or it is private, and open, and nobody else is in it to let others in.
            PermissionError: `by` is no moderator.
        """
        found = await self._known(room)
        if by not in (None, agent):
            await self._moderated(room, by or "", "send others out", leading)
        for _ in range(TRIES):
            if agent not in found.members:
                return
            if by in (None, agent) and _alone(found, agent):
                fix = "let somebody in first, or archive it"
                raise ValueError(f"room is {room!r}, which is private with nobody in it but {agent}; {fix}")
            left = self._event(RoomLeft, room=room, agent=agent, by=by or agent)
            if (await self._follower.commit(self._passing(found, left))).refused is None:
                return
            await self._follower.catch_up()  # it was archived, or who had the seat next left

    @property
    def _rooms(self) -> dict[str, Room]:
        return self._follower.team.rooms

    async def _append(self, kind: type[RoomEvent], rule: Callable[[Any], Claim] = claim, /, **fields: Any) -> Receipt:
        return await self._follower.commit([rule(self._event(kind, **fields))])

    def _passing(self, found: Room, left: RoomLeft) -> list[Claim]:
        """The claims of who leaves, and before it of who moderates the room then; refused if that one leaves, too."""
        everybody, agents = found.others(left.agent), self._follower.team.agents
        if found.members[left.agent] != Seat.moderator or not everybody or found.archived:
            return [claim(left)]
        off = {other for other in everybody if other in agents and agents[other].left}
        others = {other: seat for other, seat in everybody.items() if other not in off} or everybody
        heir = next((other for other, seat in others.items() if seat == Seat.moderator), next(iter(others)))
        stays, one = Equals(seat_key(found.id, heir), "1"), claim(left)
        if others[heir] == Seat.moderator:
            return [replace(one, guards=(*one.guards, stays))]
        given = claim(self._event(RoomJoined, room=found.id, agent=heir, by=left.by, seat=Seat.moderator))
        return [replace(given, guards=(*given.guards, stays)), one]

    async def _known(self, room: str) -> Room:
        if room not in self._rooms:
            await self._follower.catch_up()
        if room not in self._rooms:
            raise ValueError(f"room is {room!r}, which does not exist; create it, or look at the rooms you are in")
        return self._rooms[room]

    async def _seated(self, room: str, agent: str) -> Room:
        found = await self._known(room)
        if agent not in found.members:
            await self._follower.catch_up()
        if agent not in found.members:
            raise PermissionError(f"agent is {agent!r}, who is no member of room {room}; join it first")
        return found

    async def _moderated(self, room: str, agent: str, act: str, leading: bool) -> Room:
        if leading:
            return await self._known(room)
        found = await self._seated(room, agent)
        if found.members[agent] != Seat.moderator:
            raise PermissionError(f"agent is {agent!r}, a member of room {room}; only a moderator may {act}")
        return found

    def _held(self, receipt: Receipt, room: str, agent: str) -> None:
        """Say why an append was refused, if it was."""
        if receipt.refused in (None, Absent(seat_key(room, agent))):  # the second: they came in at another gateway
            return
        if receipt.refused.key.startswith(file_key(room, "")):
            raise ValueError(f"a file was not uploaded to room {room}; upload it there first")
        if receipt.refused.key == room_key(room):
            raise ValueError(f"room is {room!r}, which is archived; its members can read it, and nobody comes in")
        if receipt.refused.key.startswith(deleted_key("")):
            raise gone(receipt.refused.key.removeprefix(deleted_key("")))
        raise PermissionError(f"agent is {agent!r}, who is no member of room {room}; join it first")


def _alone(room: Room, agent: str) -> bool:
    """Would nobody be left who lets others in?"""
    moderates = room.members[agent] == Seat.moderator
    return room.private and not room.archived and moderates and not room.others(agent)


def gone(message: str) -> ValueError:
    """The refusal of what would be added to a message that was taken back."""
    return ValueError(f"message is {message!r}, which was deleted; say it anew")
