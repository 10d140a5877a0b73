"""The rooms' service on the embedded stream: who may do what, and what comes of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis
from desks import Clock, at_desk, level, until
from strategies import NOON

from collab.chat import DEFAULT_ROOMS, Unread
from collab.claims.guards import REMEMBERED_S
from collab.desk import Desk
from collab.events import Entry, MessageSent, RoomRead
from collab.keyed import DAY_S, Words
from collab.records import Seat


def url() -> str:
    """An embedded stream that nobody else has."""
    return f"embedded://rooms-{uuid.uuid4().hex}"


@asynccontextmanager
async def a_room(*members: str) -> AsyncIterator[Desk]:
    """A desk with one room of these members, the first its moderator."""
    async with at_desk(url()) as desk:
        await desk.create_room("main", "Main", by=members[0])
        for member in members[1:]:
            await desk.rooms.join("main", member, by=members[0])
        yield desk


def run(work: Callable[[Desk], Awaitable[None]], *members: str) -> None:
    """Do this at a desk with a room."""

    async def worked() -> None:
        async with a_room(*members) as desk:
            await work(desk)

    asyncio.run(worked())


def test_a_message_is_confirmed_with_its_number_and_counts_for_the_others() -> None:
    async def talk(desk: Desk) -> None:
        first = await desk.send_message("main", "ana", "Hello @bo")
        second = await desk.send_message("main", "bo", "Hi")
        assert (first.number, second.number, first.duplicate) == (3, 4, False)
        room = desk.team.rooms["main"]
        assert (room.unread("bo"), room.unread("ana")) == (Unread(1, 1), Unread(1, 0))
        await desk.rooms.read("main", "bo", second.number)
        assert desk.team.rooms["main"].unread("bo") == Unread(0, 0)

    run(talk, "ana", "bo")


def test_nobody_is_told_that_somebody_read_what_was_not_said() -> None:
    async def talk(desk: Desk) -> None:
        heard: list[Entry] = []
        desk.subscribe(heard.extend)
        first = await desk.send_message("main", "ana", "Hello")
        second = await desk.send_message("main", "ana", "Well?", thread=first.message)
        await desk.rooms.read("main", "bo", 1_000_000)
        await desk.rooms.read("main", "bo", 1_000_000, thread=first.message)
        await desk.rooms.read("main", "bo", 2_000_000)  # no more than was read
        read = [entry.event.number for entry in heard if isinstance(entry.event, RoomRead)]
        assert read == [second.number, second.number]

    run(talk, "ana", "bo")


def test_who_comes_in_at_two_desks_at_once_comes_in_once() -> None:
    async def come() -> None:
        where = url()
        async with at_desk(where) as here, at_desk(where, name="b") as there:
            await here.create_room("main", "Main", by="ana")
            await level(here, there)
            await asyncio.gather(here.rooms.join("main", "bo"), there.rooms.join("main", "bo"))
            await level(here, there)
            assert here.team.rooms["main"].number == there.team.rooms["main"].number == 2
            await there.rooms.leave("main", "bo")
            await level(here, there)
            await here.rooms.join("main", "bo")
            assert here.team.rooms["main"].number == 4

    asyncio.run(come())


def test_a_message_sent_again_with_its_key_is_there_once_with_the_same_confirmation() -> None:
    async def talk(desk: Desk) -> None:
        first = await desk.send_message("main", "ana", "Hello", key="k1")
        await desk.send_message("main", "ana", "Other", key="k2")
        again = await desk.send_message("main", "ana", "Hello", key="k1")
        others = await desk.send_message("main", "bo", "Hello", key="k1")
        assert (again.message, again.number, again.duplicate) == (first.message, first.number, True)
        assert others.message != first.message
        assert len(desk.team.rooms["main"].messages) == 3

    run(talk, "ana", "bo")


def test_a_key_names_the_same_message_for_a_day_and_another_one_later() -> None:
    async def talk() -> None:
        clock = Clock()
        async with at_desk(url(), clock=clock) as desk:
            await desk.create_room("main", "Main", by="ana")
            first = await desk.send_message("main", "ana", "Hello", key="k1")
            clock.wait(DAY_S - 1)  # on another day, and longer than the stream knows an id by itself
            again = await desk.send_message("main", "ana", "Hello", key="k1")
            assert (again.message, again.number, again.duplicate) == (first.message, first.number, True)
            clock.wait(2 * DAY_S)
            later = await desk.send_message("main", "ana", "Hello", key="k1")
            assert later.message != first.message
            assert not later.duplicate

    asyncio.run(talk())


def test_a_room_knows_its_keys_when_the_stream_has_forgotten_them(redis_url: str) -> None:
    async def talk() -> None:
        async with at_desk(redis_url) as desk, at_desk(redis_url, name="b") as other:
            await desk.create_room("main", "Main", by="ana")
            first = await desk.send_message("main", "ana", "Hello", key="k1")
            with redis.Redis.from_url(redis_url) as client:
                (known,) = client.keys(f"*id:{first.message}")
                assert REMEMBERED_S < client.ttl(known) <= DAY_S
                client.delete(known)
            await until(lambda: "main" in other.team.rooms and len(other.team.rooms["main"].messages) == 1, other)
            for sender in (desk, other):
                again = await sender.send_message("main", "ana", "Hello", key="k1")
                assert (again.message, again.number, again.duplicate) == (first.message, first.number, True)
            for number in range(3):
                await desk.send_message("main", "ana", "More", key=f"more-{number}")
            assert (await desk.send_message("main", "ana", "More", key="more-0")).duplicate
            assert [message.number for message in desk.team.rooms["main"].messages] == [2, 3, 4, 5]

    asyncio.run(talk())


def refused(act: Callable[[Desk], Awaitable[object]], error: type[Exception], said: str) -> None:
    """Who acts so is told why not, and nothing happens."""

    async def talk(desk: Desk) -> None:
        before = desk.team.seq
        with pytest.raises(error, match=said):
            await act(desk)
        assert desk.team.seq == before

    run(talk, "ana", "bo")


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda desk: desk.send_message("main", "eve", "Hi"), "'eve', who is no member of room main"),
        (lambda desk: desk.rooms.read("main", "eve", 1), "'eve', who is no member of room main"),
        (lambda desk: desk.rooms.rename("main", "bo", "Mine"), "only a moderator may rename it"),
        (lambda desk: desk.rooms.archive("main", "bo"), "only a moderator may archive it"),
        (lambda desk: desk.rooms.join("main", "eve", by="bo"), "only a moderator may let others in"),
        (lambda desk: desk.rooms.leave("main", "ana", by="bo"), "only a moderator may send others out"),
    ],
)
def test_who_has_no_right_is_told_so(act: Callable[[Desk], Awaitable[object]], said: str) -> None:
    refused(act, PermissionError, said)


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda desk: desk.send_message("other", "ana", "Hi"), "room is 'other', which does not exist"),
        (lambda desk: desk.send_message("main", "ana", ""), "text"),
        (lambda desk: desk.send_message("main", "ana", "x" * 8001), "text"),
        (lambda desk: desk.send_message("main", "ana", " \n\u200b "), "in which nothing can be seen; say something"),
        (
            lambda desk: desk.send_message("main", "ana", "Hi", thread="m0"),
            "thread is 'm0', which room main does not have among its newest 1,000 messages; answer a newer",
        ),
        (lambda desk: desk.rooms.edit("main", "ana", "m0", "Hi"), "message is 'm0', which room main does not"),
        (lambda desk: desk.rooms.create("a room", "ana", "Mine"), "room is 'a room'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(act: Callable[[Desk], Awaitable[object]], said: str) -> None:
    refused(act, ValueError, said)


def test_one_changes_one_s_own_words_and_a_moderator_may_take_back_anybody_s() -> None:
    async def talk(desk: Desk) -> None:
        mine = await desk.send_message("main", "bo", "Helo")
        await desk.rooms.edit("main", "bo", mine.message, "Hello @ana")
        assert desk.team.rooms["main"].unread("ana") == Unread(1, 1)
        with pytest.raises(PermissionError, match="change your own"):
            await desk.rooms.edit("main", "ana", mine.message, "Mine now")
        with pytest.raises(PermissionError, match="change your own"):
            await desk.rooms.delete("main", "cy", mine.message)
        await desk.rooms.react("main", "cy", mine.message, "👍")
        await desk.rooms.delete("main", "ana", mine.message)
        number = desk.team.rooms["main"].number
        await desk.rooms.delete("main", "ana", mine.message)
        assert desk.team.rooms["main"].number == number
        assert desk.team.rooms["main"].unread("cy") == Unread(0, 0)

    run(talk, "ana", "bo", "cy")


def test_what_was_taken_back_stays_so_at_every_desk() -> None:
    async def talk() -> None:
        stream = url()
        async with at_desk(stream) as a, at_desk(stream, name="b") as b:
            await a.create_room("main", "Main", by="ana")
            said = (await a.send_message("main", "ana", "Hello")).message
            await level(a, b)
            await b.stop()  # it hears of nothing by itself
            await a.rooms.delete("main", "ana", said)
            before = await a.stream.last()
            for desk in (a, b):
                with pytest.raises(ValueError, match=f"message is '{said}', which was deleted"):
                    await desk.rooms.edit("main", "ana", said, "Once more")
                with pytest.raises(ValueError, match=f"message is '{said}', which was deleted"):
                    await desk.rooms.react("main", "ana", said, "👍")
            assert await a.stream.last() == before

    asyncio.run(talk())


def test_the_same_words_and_the_same_reaction_again_add_nothing() -> None:
    async def talk(desk: Desk) -> None:
        said = (await desk.send_message("main", "ana", "Hello @bo")).message

        async def adds(act: Awaitable[None]) -> int:
            before = await desk.stream.last()
            await act
            return await desk.stream.last() - before

        rooms = desk.rooms
        assert await adds(rooms.edit("main", "ana", said, "Hello @bo")) == 0
        assert await adds(rooms.edit("main", "ana", said, "Hello, @bo")) == 1
        assert await adds(rooms.edit("main", "ana", said, "Hello, @bo")) == 0
        assert await adds(rooms.edit("main", "ana", said, "Hello @bo")) == 1
        assert await adds(rooms.react("main", "bo", said, "👍")) == 1
        assert await adds(rooms.react("main", "bo", said, "👍")) == 0
        assert await adds(rooms.react("main", "ana", said, "👍")) == 1
        assert await adds(rooms.react("main", "bo", said, "👍", on=False)) == 1
        assert await adds(rooms.react("main", "bo", said, "👍", on=False)) == 0
        assert await adds(rooms.react("main", "bo", said, "👍")) == 1

    run(talk, "ana", "bo")


def test_what_was_undone_at_another_desk_is_done_anew() -> None:
    async def talk() -> None:
        stream = url()
        async with at_desk(stream) as a, at_desk(stream, name="b") as b:
            await a.create_room("main", "Main", by="ana")
            said = (await a.send_message("main", "ana", "Hello")).message
            await a.rooms.react("main", "ana", said, "👍")
            await level(a, b)
            await a.stop()  # it hears of nothing by itself
            await b.rooms.react("main", "ana", said, "👍", on=False)
            await b.rooms.edit("main", "ana", said, "Bye")
            before = await b.stream.last()
            await a.rooms.react("main", "ana", said, "👍")
            await a.rooms.edit("main", "ana", said, "Hello")
            assert await b.stream.last() == before + 2

    asyncio.run(talk())


def test_what_was_last_said_is_known_of_the_newest_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.keyed.MOST_LATELY", 2)
    words = Words()
    said = [MessageSent(id=id, time=NOON, room="main", agent="ana", text="Hi") for id in ("m1", "m2", "m3")]
    words.take([Entry(place, "main", event) for place, event in enumerate(said, 1)])
    assert [words.says(event.id, "Hi") for event in said] == [False, True, True]


def test_an_answer_to_an_answer_belongs_to_the_same_thread() -> None:
    async def talk(desk: Desk) -> None:
        root = await desk.send_message("main", "ana", "Who takes it?")
        answer = await desk.send_message("main", "bo", "I do", thread=root.message)
        await desk.send_message("main", "ana", "Thanks", thread=answer.message)
        assert desk.team.rooms["main"].threads() == {root.message: 2}

    run(talk, "ana", "bo")


def test_a_message_that_was_taken_back_opens_no_thread_and_one_with_answers_keeps_its_own() -> None:
    async def talk(desk: Desk) -> None:
        answered, alone = [await desk.send_message("main", "ana", words) for words in ("Who takes it?", "Oops")]
        await desk.send_message("main", "bo", "I do", thread=answered.message)
        for sent in (answered, alone):
            await desk.rooms.delete("main", "ana", sent.message)
        await desk.send_message("main", "bo", "Done", thread=answered.message)
        said: list[Any] = []
        more: dict[str, Any] = {"key": None, "thread": alone.message}
        assert desk.rooms.send_soon("main", "bo", "What?", done=said.append, **more)
        with pytest.raises(ValueError, match=r"which was deleted; say it anew") as refused:
            await desk.send_message("main", "bo", "What?", thread=alone.message)
        assert [str(one) for one in said] == [str(refused.value)]
        assert desk.team.rooms["main"].threads() == {answered.message: 2}

    run(talk, "ana", "bo")


def test_an_archived_room_takes_nothing_more() -> None:
    async def talk(desk: Desk) -> None:
        await desk.rooms.archive("main", "ana")
        await desk.rooms.archive("main", "ana")
        with pytest.raises(ValueError, match="which is archived; its members can read it, and nobody comes in"):
            await desk.send_message("main", "bo", "Hi")
        await desk.rooms.leave("main", "ana")
        for who in ("ana", "cy"):
            with pytest.raises(ValueError, match="which is archived; its members can read it, and nobody comes in"):
                await desk.rooms.join("main", who)

    run(talk, "ana", "bo")


def test_a_room_whose_last_moderator_leaves_is_moderated_by_who_is_in_it_longest() -> None:
    async def talk(desk: Desk) -> None:
        with pytest.raises(ValueError, match="the only moderator of room main; make another one first"):
            await desk.rooms.join("main", "ana", by="ana", seat=Seat.member)
        await desk.rooms.join("main", "cy", by="ana", seat=Seat.moderator)
        await desk.rooms.leave("main", "ana")
        assert desk.team.rooms["main"].members == {"bo": Seat.member, "cy": Seat.moderator}
        await desk.rooms.leave("main", "kim", by="kim", leading=True)
        await desk.rooms.leave("main", "cy", by="kim", leading=True)
        assert desk.team.rooms["main"].members == {"bo": Seat.moderator}
        await desk.rooms.join("main", "ana", by="bo")
        await desk.rooms.leave("main", "ana")
        await desk.rooms.leave("main", "bo")
        assert desk.team.rooms["main"].members == {}

    run(talk, "ana", "bo", "cy")


def test_a_moderator_s_seat_passes_by_those_who_were_taken_off_the_roster() -> None:
    async def talk(desk: Desk) -> None:
        for agent in ("ana", "bo", "cy"):
            await desk.add_agent(agent, agent)
        await desk.rooms.join("main", "cy", by="ana", seat=Seat.moderator)
        for agent in ("bo", "cy"):
            await desk.remove_agent(agent)
        await desk.rooms.leave("main", "ana")
        assert desk.team.rooms["main"].members == {"bo": Seat.member, "cy": Seat.moderator, "bot": Seat.moderator}
        await desk.rooms.leave("main", "cy", by="bot")
        await desk.rooms.leave("main", "bot")
        assert desk.team.rooms["main"].members == {"bo": Seat.moderator}, "who else would let others in?"

    run(talk, "ana", "bo", "cy", "bot")


def test_the_only_one_in_a_private_room_leaves_once_somebody_is_let_in_or_it_is_archived() -> None:
    async def talk(desk: Desk) -> None:
        await desk.rooms.create("deal", "ana", "Deal", private=True)
        for by in (None, "ana"):
            with pytest.raises(ValueError, match="nobody in it but ana; let somebody in first, or archive it"):
                await desk.rooms.leave("deal", "ana", by=by, leading=by is not None)
        assert desk.team.rooms["deal"].members == {"ana": Seat.moderator}
        await desk.rooms.join("deal", "bo", by="ana")
        await desk.rooms.leave("deal", "ana")
        assert desk.team.rooms["deal"].members == {"bo": Seat.moderator}
        await desk.rooms.leave("deal", "bo", by="kim", leading=True)
        await desk.rooms.join("deal", "ana", by="kim", seat=Seat.moderator, leading=True)
        await desk.rooms.archive("deal", "ana")
        await desk.rooms.leave("deal", "ana")
        assert desk.team.rooms["deal"].members == {}

    run(talk, "ana", "bo")


def test_of_two_moderators_who_leave_at_two_desks_at_once_the_seat_passes_on() -> None:
    async def leave() -> None:
        stream = url()
        async with at_desk(stream) as a, at_desk(stream, name="b") as b:
            await a.create_room("main", "Main", by="ana")
            await a.rooms.join("main", "bo", by="ana", seat=Seat.moderator)
            await a.rooms.join("main", "cy", by="ana")
            await level(a, b)
            await asyncio.gather(a.rooms.leave("main", "ana"), b.rooms.leave("main", "bo"))
            await level(a, b)
            assert a.team.rooms["main"].members == b.team.rooms["main"].members == {"cy": Seat.moderator}

    asyncio.run(leave())


def test_seats_are_given_changed_and_ended() -> None:
    async def talk(desk: Desk) -> None:
        await desk.rooms.join("main", "bo", by="ana", seat=Seat.moderator)
        await desk.rooms.rename("main", "bo", "Everybody")
        await desk.rooms.leave("main", "ana", by="bo")
        await desk.rooms.leave("main", "ana")
        with pytest.raises(PermissionError, match="no member"):
            await desk.send_message("main", "ana", "Hi")
        room = desk.team.rooms["main"]
        assert (room.name, room.members) == ("Everybody", {"bo": Seat.moderator})

    run(talk, "ana", "bo")


def test_a_room_is_made_once_and_the_default_ones_by_whoever_comes_first() -> None:
    async def made() -> None:
        stream = url()
        async with at_desk(stream) as desk, at_desk(stream, name="b") as other:
            await asyncio.gather(desk.rooms.create_defaults("ana"), other.rooms.create_defaults("bo"))
            await level(desk, other)
            assert list(desk.team.rooms) == list(DEFAULT_ROOMS)
            assert desk.team == other.team
            assert all(len(room.members) == 1 for room in desk.team.rooms.values())
            assert not await desk.create_room("main", "Again", by="cy")

    asyncio.run(made())


def test_two_desks_number_one_room_alike() -> None:
    async def talk() -> None:
        stream = url()
        async with at_desk(stream) as desk, at_desk(stream, name="b") as other:
            await desk.create_room("main", "Main", by="ana")
            await other.rooms.join("main", "bo")
            sent = await asyncio.gather(
                *(desk.send_message("main", "ana", f"a{n}") for n in range(20)),
                *(other.send_message("main", "bo", f"b{n}") for n in range(20)),
            )
            await until(lambda: desk.team.seq == other.team.seq, desk, other)
            assert sorted(confirmation.number for confirmation in sent) == list(range(3, 43))
            assert desk.team.rooms == other.team.rooms

    asyncio.run(talk())
