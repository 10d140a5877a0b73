"""What all pages show alike: every page that looks has what is there, and of what nobody looks at nothing is made."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collab.views.frame import Frame
from collab.views.mural import Murals
from collab.views.socket import ready
from collab.views.standing import Standing


class Page:
    """A page that follows what it is told, and may look away; its own wire."""

    def __init__(self, sees: bool = True) -> None:
        self.seen, self.shown, self.told = sees, dict[str, str](), 0

    @property
    def wire(self) -> Any:
        return self

    def write(self, message: Any) -> None:
        event = json.loads(message.content_json)["events"][0]
        assert event["kind"] == "MessageSent"
        assert event["msg_type"].startswith("cards-")
        said = json.loads(event["msg_data"])
        self.shown = {name: said["fresh"].get(name, self.shown.get(name)) for name in said["order"]}
        self.told += 1


def at(**pieces: str) -> Frame:
    return Frame(names=pieces, standing=Standing())


steps = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz")),  # what the next frame shows
        st.sets(st.integers(0, 2)),  # which of the pages look then
        st.sets(st.integers(0, 2)),  # which ask for all, as those do that are new
    ),
    max_size=8,
)


@given(steps)
def test_every_page_that_looks_shows_what_is_there_whoever_looked_before(steps: list[Any]) -> None:
    murals, pages, asked = Murals(), [Page(), Page(), Page()], set[int]()

    async def go() -> None:
        mural = murals.mural("cards", lambda frame: frame.names)
        for pieces, looking, asking in steps:
            for number, page in enumerate(pages):
                page.seen = number in looking
                mural.level(page)
            for number in asking:
                pages[number].shown = {}
                mural.hang(pages[number])
            asked.update(asking)
            murals.push(at(**pieces))
            await asyncio.sleep(0)  # the loop comes to what was asked of it
            for number in asked & looking:
                assert list(pages[number].shown.items()) == list(pieces.items())

    asyncio.run(go())


def test_a_message_is_made_once_for_all_pages_and_none_while_nobody_looks() -> None:
    made: list[Frame] = []
    messages: list[Any] = []

    class Keeps(Page):
        def write(self, message: Any) -> None:
            messages.append(message)
            super().write(message)

    def make(frame: Frame) -> dict[str, str]:
        made.append(frame)
        return frame.names

    async def go() -> None:
        murals, pages = Murals(), [Keeps(), Keeps(), Keeps(sees=False)]
        mural = murals.mural("cards", make)
        for page in pages:
            mural.hang(page)
        murals.push(at(ana="1"))
        await asyncio.sleep(0)
        assert len({id(message) for message in messages[-2:]}) == 1
        assert [page.told for page in pages] == [2, 2, 0]
        murals.push(at(ana="1"))
        await asyncio.sleep(0)
        assert [page.told for page in pages] == [2, 2, 0], "what is the same is not told"
        for page in pages:
            page.seen = False
        before = len(made)
        murals.push(at(ana="2"))
        await asyncio.sleep(0)
        assert len(made) == before
        pages[2].seen = True
        mural.level(pages[2])
        assert pages[2].shown == {"ana": "2"}

    asyncio.run(go())


def test_frames_from_another_thread_are_painted_in_the_loop_of_the_server_and_a_stopped_one_is_no_fault() -> None:
    murals, page, where = Murals(), Page(), list[int]()

    def make(frame: Frame) -> dict[str, str]:
        where.append(threading.get_ident())
        return frame.names

    async def go() -> None:
        painted = asyncio.Event()
        page.write = lambda message: painted.set()  # type: ignore[method-assign]
        murals.mural("cards", make).hang(page)
        painted.clear()
        await asyncio.to_thread(murals.push, at(ana="1"))
        await asyncio.wait_for(painted.wait(), 30)

    asyncio.run(go())
    assert set(where) == {threading.get_ident()}
    murals.push(at(ana="2"))


def test_pages_of_a_second_server_hear_though_the_first_stopped_with_a_frame_on_its_way() -> None:
    murals, page, first, second = Murals(), Page(), asyncio.new_event_loop(), asyncio.new_event_loop()
    mural = murals.mural("cards", lambda frame: frame.names)

    async def hang(wall: Page) -> None:
        mural.hang(wall)

    async def go() -> None:
        mural.hang(page)
        murals.push(at(ana="2"))
        await asyncio.sleep(0)

    first.run_until_complete(hang(Page()))
    murals.push(at(ana="1"))  # the first loop stands still, and is not closed
    second.run_until_complete(go())
    assert page.shown == {"ana": "2"}
    first.close()
    second.close()


def test_a_page_or_a_mural_that_fails_keeps_nothing_from_the_others() -> None:
    class Broken(Page):
        broken = True

        def write(self, message: Any) -> None:
            if self.broken:
                raise RuntimeError("this page is broken")
            super().write(message)

    def unmade(frame: Frame) -> dict[str, str]:
        if frame.names:
            raise RuntimeError("this cannot be made")
        return {}

    async def go() -> None:
        murals, broken, page, last = Murals(), Broken(), Page(), Page()
        cards = murals.mural("cards", lambda frame: frame.names)
        cards.hang(broken)
        cards.hang(page)
        murals.mural("unmade", unmade).hang(Broken())
        murals.mural("last", lambda frame: frame.names).hang(last)
        last.write = lambda message: setattr(last, "told", last.told + 1)  # type: ignore[method-assign]
        murals.push(at(ana="1"))
        await asyncio.sleep(0)
        assert page.shown == {"ana": "1"}
        assert last.told == 1
        broken.broken = False
        murals.push(at(ana="1", ben="2"))
        await asyncio.sleep(0)
        assert broken.shown == page.shown == {"ana": "1", "ben": "2"}

    asyncio.run(go())


def test_pages_know_the_murals_of_two_teams_apart() -> None:
    one, other = (Murals().mural("cards", lambda frame: frame.names) for _ in range(2))
    assert one.name != other.name


def test_a_ready_message_is_one_of_bokehs() -> None:
    message = ready("cards", "né")
    assert json.loads(message.header_json)["msgtype"] == "PATCH-DOC"
    assert json.loads(message.content_json) == {
        "events": [{"kind": "MessageSent", "msg_type": "cards", "msg_data": "né"}]
    }
