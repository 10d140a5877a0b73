"""The rooms' service: what members say and do in a room, and the events that come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from collab.chat import KEPT, Message, Room, file_name, mentioned
from collab.events import FileUploaded, MessageDeleted, MessageEdited, MessageReacted, MessageSent, RoomRead
from collab.keyed import Keyed, Words, claimed
from collab.live.follower import Follower
from collab.live.stream import Receipt
from collab.membership import Membership, gone
from collab.records import Confirmation, File, Seat

MESSAGE = "message", "only those can be changed, taken back or reacted to: see that the id is right"
"""What a message is asked for as that is changed, and what to do if it is not known."""

THREAD = "thread", "answer a newer message, or say it without a thread"
"""The same of one that is answered."""


class Rooms(Membership):
    """Takes commands in rooms for one tenant."""

    def __init__(self, follower: Follower, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        super().__init__(follower, clock, new_id)
        self._keyed, self._words = Keyed(follower.stream.tenant), Words()
        follower.subscribe(self._words.take)

    async def send(
        self,
        room: str,
        agent: str,
        text: str,
        *,
        key: str | None = None,
        thread: str | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Confirmation:
        """Say something in the room; it is on the stream when this returns.

        Args:
            key: the sender's own name for this message: sent again with it within a day, nothing is added.
            thread: the message that this one answers.
            files: the names of files that were uploaded to the room, by their hashes.

        Raises:
            ValueError: there is no such room, thread or file, the room is archived, or the text is empty or too long.
            PermissionError: the agent is no member.
        """
        found = await self._seated(room, agent)
        answered = None if thread is None else await self._message(found, thread, THREAD)
        attached = await self._files(room, agent, files) if files else ()
        if (before := self._keyed.before(found, agent, key, self._clock())) is not None:
            return before
        if answered is not None and _closed(found, answered):
            raise gone(answered.id)
        event = self._said(found, agent, text, key, thread, attached)
        return self._confirmed(event, await self._follower.commit([claimed(event, key)]))

    def send_soon(
        self,
        room: str,
        agent: str,
        text: str,
        *,
        key: str | None,
        thread: str | None,
        done: Callable[[Confirmation | Exception], None],
    ) -> bool:
        """Say something as `send` does without waiting, `done` being called in the end; False if it cannot."""
        found = self._rooms.get(room)
        if found is None or agent not in found.members or (thread is not None and found.message(thread) is None):
            return False  # it may have come to be at another desk
        if (before := self._keyed.before(found, agent, key, self._clock())) is not None:
            done(before)
            return True
        if thread is not None and (root := found.message(thread)) is not None and _closed(found, root):
            done(gone(thread))
            return True
        event = self._said(found, agent, text, key, thread)

        def answered(receipt: Receipt | Exception) -> None:
            if isinstance(receipt, Exception):
                done(receipt)
                return
            try:
                confirmed = self._confirmed(event, receipt)
            except (PermissionError, ValueError) as error:
                done(error)
            else:
                done(confirmed)

        self._follower.commit_soon([claimed(event, key)], answered)
        return True

    def _said(
        self, found: Room, agent: str, text: str, key: str | None, thread: str | None, files: tuple[File, ...] = ()
    ) -> MessageSent:
        if thread is not None and (answered := found.message(thread)) is not None and answered.thread is not None:
            thread = answered.thread  # a thread has one level
        _check_words(text)
        now = self._clock()
        return MessageSent(
            id=self._new_id() if key is None else self._keyed.id(found.id, agent, key, now.date()),
            time=now,
            room=found.id,
            agent=agent,
            text=text,
            thread=thread,
            mentions=mentioned(text, found.members) if "@" in text else (),
            files=files,
        )

    def _confirmed(self, event: MessageSent, receipt: Receipt) -> Confirmation:
        self._held(receipt, event.room, event.agent)
        message = self._rooms[event.room].message(event.id)
        return Confirmation(event.room, event.id, message.number if message else 0, event.time, receipt.duplicate)

    async def upload(self, room: str, agent: str, hash: str, size: int, type: str) -> None:
        """Say that a file was put where members of the room get it; twice is as once."""
        found = await self._seated(room, agent)
        if found.file(hash, agent) is None:
            event = await self._append(FileUploaded, room=room, agent=agent, hash=hash, size=size, type=type)
            self._held(event, room, agent)

    async def edit(self, room: str, agent: str, message: str, text: str) -> None:
        """Put other words into one's own message; twice is as once."""
        found = await self._seated(room, agent)
        self._own(known := await self._kept(found, message), agent)
        _check_words(text)
        mentions = mentioned(text, found.members)
        if mentions == known.mentions and await self._follower.still(lambda: self._words.says(message, text)):
            return
        event = await self._append(MessageEdited, room=room, agent=agent, message=message, text=text, mentions=mentions)
        self._held(event, room, agent)

    async def delete(self, room: str, agent: str, message: str) -> None:
        """Take one's own message back; a moderator may take back anybody's. Twice is as once."""
        found = await self._seated(room, agent)
        known = await self._message(found, message)
        if found.members[agent] != Seat.moderator:
            self._own(known, agent)
        if not known.deleted:
            self._held(await self._append(MessageDeleted, room=room, agent=agent, message=message), room, agent)

    async def react(self, room: str, agent: str, message: str, reaction: str, *, on: bool = True) -> None:
        """Put a reaction on a message, or take one's own away; twice is as once."""
        await self._kept(await self._seated(room, agent), message)
        if await self._follower.still(lambda: self._words.reacted(message, agent, reaction, on)):
            return
        event = await self._append(MessageReacted, room=room, agent=agent, message=message, reaction=reaction, on=on)
        self._held(event, room, agent)

    async def read(self, room: str, agent: str, number: int, thread: str | None = None) -> None:
        """Say that the agent has read the room outside threads, or one thread, up to a number; it never goes back."""
        found = await self._seated(room, agent)
        if number > found.number:  # another gateway may have told them what is not known here yet
            await self._follower.catch_up()
        if thread is not None and thread not in found.threads():
            await self._message(found, thread, THREAD)
        upto = found.read_threads.get(agent, {}).get(thread, 0) if thread else found.read.get(agent, 0)
        if (number := min(number, found.number)) > upto:  # nobody has read what was not said
            await self._append(RoomRead, room=room, agent=agent, number=number, thread=thread)

    async def _files(self, room: str, agent: str, files: Mapping[str, str]) -> tuple[File, ...]:
        if any(self._rooms[room].file(hash, agent) is None for hash in files):
            await self._follower.catch_up()
        found = []
        for hash, name in files.items():
            kept = self._rooms[room].file(hash, agent)
            if kept is None:
                raise ValueError(f"file is {hash!r}, which room {room} does not have; upload it there first")
            found.append(File(hash=hash, name=file_name(name, kept.type), size=kept.size, type=kept.type))
        return tuple(found)

    async def _message(self, room: Room, message: str, of: tuple[str, str] = MESSAGE) -> Message:
        """A message of the room, others' newest included; `of` says what it is asked for as, and what else to do."""
        found = room.message(message)
        if found is None:
            await self._follower.catch_up()
            found = room.message(message)
        if found is None:
            field, fix = of
            raise ValueError(
                f"{field} is {message!r}, which room {room.id} does not have among its newest {KEPT:,} messages; {fix}"
            )
        return found

    async def _kept(self, room: Room, message: str) -> Message:
        """A message of the room that was not taken back."""
        found = await self._message(room, message)
        if found.deleted:
            raise gone(message)
        return found

    def _own(self, message: Message, agent: str) -> None:
        if message.agent != agent:
            raise PermissionError(f"agent is {agent!r}, and the message is {message.agent}'s; change your own")


def _closed(room: Room, answered: Message) -> bool:
    """Was it taken back before anybody answered? An answer would open a thread on nothing."""
    return answered.deleted and (answered.thread or answered.id) not in room.threads()


def _check_words(text: str) -> None:
    if text and not any(sign.isprintable() and not sign.isspace() for sign in text):
        raise ValueError(f"text is {text[:20]!r}, in which nothing can be seen; say something")
