"""Files that a page puts into a room, a piece at a time: who may, what is taken, and what is left of others."""

from __future__ import annotations

import asyncio
import io
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from chatting import Shown, talking
from offices import Open, at, do
from PIL import Image

from collab.files import Shelf
from collab.office import Office
from collab.office.floors import floor_of
from collab.protocol import Role
from collab.views.uploads import Uploads

TEXT = b"What was agreed"


@pytest.fixture
def office(open_office: Open, tmp_path: Path) -> Office:
    """An office with ana and bo in Main that keeps files of up to 4,000 bytes, and 6,000 in all."""
    office = talking(open_office)
    office.shelf = Shelf(tmp_path / "files", most_bytes=4000, quota=6000)
    return office


@pytest.fixture
def ana(office: Office) -> Shown:
    """Ana's page."""
    return Shown(office, "ana")


def put(page: Shown, data: bytes, last: bool = True, **more: Any) -> None:
    """Upload a piece, as the browser does."""
    asked = {"key": "k", "room": "main", "name": "notes.txt", "size": len(data)} | more
    page.ask(do="upload", data=b64encode(data).decode(), last=last, **asked)


def picture() -> bytes:
    """A small picture."""
    data = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).save(data, "PNG")
    return data.getvalue()


def left(office: Office) -> list[Path]:
    """The files that are half there."""
    assert office.shelf is not None
    return [*office.shelf.folder.glob("*/new/*")]


def test_a_file_comes_in_pieces_and_goes_with_a_message(office: Office, ana: Shown) -> None:
    put(ana, TEXT[:5], last=False, size=len(TEXT))
    assert ana.seen("uploading", key="k")["size"] == 5
    put(ana, TEXT[5:], size=len(TEXT), name="../../<b>notes</b>.txt")
    there = ana.seen("uploaded", key="k")
    assert (there["name"], there["size"], there["type"]) == ("b.txt", 15, "text/plain")
    bo = Shown(office, "bo")
    bo.ask(do="file", room="main", hash=there["hash"])
    assert "does not have" in bo.seen("failed", do="file")["why"]
    ana.ask(do="send", room="main", text="Read", files=[{"hash": there["hash"], "name": there["name"]}])
    assert bo.row(who="ana")["files"][0]["name"] == "b.txt"
    bo.ask(do="file", room="main", hash=there["hash"])
    assert bo.seen("file")["name"] == "b.txt"
    assert left(office) == []


def test_a_picture_is_shown_small_to_members(office: Office, ana: Shown) -> None:
    put(ana, picture(), name="plan.png")
    there = ana.seen("uploaded")
    ana.ask(do="send", room="main", text="Look", files=[{"hash": there["hash"], "name": "plan.png"}])
    ana.ask(do="picture", room="main", hash=there["hash"])
    assert (there["type"], ana.seen("picture")["type"]) == ("image/png", "image/webp")


@pytest.mark.parametrize(
    "data, more, why",
    [
        (b"", {}, "empty"),
        (b"<html><script>alert(1)</script>", {"name": "x.png"}, "HTML"),
        (b"x" * 4001, {"size": 1}, "at most 4,000"),
        (b"x", {"size": 4001}, "at most 4,000"),
        (TEXT, {"room": "nowhere"}, "no member"),
        (TEXT, {"key": "l", "room": "old"}, "archived"),
    ],
)
def test_what_is_not_taken_says_why_and_leaves_nothing(
    office: Office, ana: Shown, data: bytes, more: dict[str, Any], why: str
) -> None:
    desk = at(office)
    do(office, desk.create_room("old", "Old", by="ana"))
    do(office, desk.rooms.archive("old", "ana"))
    put(ana, data, **more)
    failed = ana.seen("failed", do="upload", key=more.get("key", "k"))
    assert (why in failed["why"], failed["for_good"]) == (True, why == "HTML")
    assert left(office) == []


def test_bytes_must_be_bytes_and_the_team_has_a_quota(ana: Shown) -> None:
    ana.ask(do="upload", key="k", room="main", name="x", size=1, data="§", last=True)
    assert "base64" in ana.seen("failed")["why"]
    put(ana, b"a" * 4000)
    ana.seen("uploaded")
    put(ana, b"b" * 4000)
    assert "at most 6,000 are kept" in ana.seen("failed")["why"]


def test_who_only_reads_adds_no_files_and_without_a_shelf_nobody_does(office: Office, ana: Shown) -> None:
    analyst = Shown(office, "ana", Role.analyst)
    put(analyst, TEXT)
    assert "role is analyst" in analyst.seen("failed", do="upload")["why"]
    office.shelf = None
    put(ana, TEXT)
    assert "COLLAB_FILES" in ana.seen("failed", do="upload")["why"]


def test_an_upload_that_is_given_up_or_left_behind_is_gone(office: Office, ana: Shown) -> None:
    put(ana, TEXT, last=False, key="a")
    put(ana, TEXT, last=False, key="b")
    assert len(left(office)) == 2
    ana.ask(do="drop", key="a")
    assert len(left(office)) == 1
    do(office, ana.view.talk.member.leave())
    assert left(office) == []


def test_no_more_than_ten_files_are_on_their_way_at_once(office: Office, ana: Shown) -> None:
    for number in range(11):
        put(ana, TEXT, last=False, key=str(number))
    assert "10 files" in ana.seen("failed", key="10")["why"]
    assert len(left(office)) == 10
    do(office, ana.view.talk.member.leave())
    assert left(office) == []


def test_pieces_of_one_file_come_one_after_the_other(office: Office) -> None:
    floor, uploads = do(office, floor_of(office)), Uploads(office)
    asked = {"key": "k", "room": "main", "data": b64encode(TEXT).decode()}

    async def at_once() -> list[Any]:
        pieces = (uploads.take(floor, "ana", Role.agent, asked) for _ in range(2))
        return await asyncio.gather(*pieces, return_exceptions=True)

    first, second = do(office, at_once())
    assert first == {"put": "uploading", "key": "k", "size": len(TEXT)}
    assert "wait for its answer" in str(second)
    assert len(left(office)) == 1
    uploads.clear()
    assert left(office) == []
