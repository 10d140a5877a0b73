"""Files in rooms over real sockets: who gets them, what is taken, how they are given out, and how they go."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from desks import at_desk
from gateways import heard, soon
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sites import Asked, a_site, said
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from collab import protocol as p
from collab.chat import ENDINGS, file_name, stored
from collab.files import TYPES, Shelf, Unwanted, kind_of

Work = Callable[[Asked], Awaitable[None]]
MIB = 1 << 20


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 600), **more: Any) -> bytes:
    """A picture of some colours."""
    data = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("P" if kind == "GIF" else "RGB").save(data, kind, **more)
    return data.getvalue()


def zipped(*names: str) -> bytes:
    """A zip file with these members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


def bomb() -> bytes:
    """A small PNG that says it has 60,000 x 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(60_000))), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def run(folder: Path, work: Work, stream: str = "", **shelf: Any) -> None:
    """Do work at a gateway that keeps files, whose room `deal` has ana and bo in it."""

    async def worked() -> None:
        kept = Shelf(folder / "files", **shelf)
        async with a_site(folder, stream, shelf=kept) as asked:
            rooms = asked.gate.office.desk.rooms  # type: ignore[union-attr]
            await rooms.create("deal", "ana", "The deal", private=True)
            await rooms.join("deal", "bo", by="ana")
            await work(asked)

    asyncio.run(worked())


async def put(asked: Asked, data: bytes, agent: str = "ana", room: str = "deal", **more: Any) -> HTTPResponse:
    """Upload a file."""
    return await asked.ask(f"/files/{room}?name=Plan%20A.png", agent, body=data, **more)


async def share(asked: Asked, data: bytes, name: str = "Plan A.png") -> tuple[str, str]:
    """Upload a file and send it: its hash and the message's id."""
    hash = said(await put(asked, data))["hash"]
    async with asked.gate.member("ana") as ana:
        sent = await ana.send_message("deal", "look", files={hash: name})
    return hash, sent.message


def test_a_file_of_ten_megabytes_goes_to_the_members_of_its_room_unchanged(stream_url: str, tmp_path: Path) -> None:
    data = b"%PDF-1.7\n" + random.Random(1).randbytes(10 * MIB)

    async def work(asked: Asked) -> None:
        answer = await put(asked, data)
        found = said(answer)
        wanted = {"hash": hashlib.sha256(data).hexdigest(), "name": "Plan A.png.pdf", "size": len(data)}
        assert (answer.code, found) == (201, wanted | {"type": "application/pdf"})
        path = f"/files/deal/{found['hash']}"
        assert (await asked.ask(path, "ana")).body == data
        assert (await asked.ask(path, "bo")).code == 404  # no message has it yet
        async with asked.gate.member("ana") as ana, asked.gate.member("bo") as bo:
            await bo.join("deal")
            await ana.send_message("deal", "the offer", files={found["hash"]: "../../Offer <1>.pdf"})
            (event,) = await heard(bo, 1)
            (file,) = event.event.files
            assert (file.hash, file.size, file.type) == (found["hash"], len(data), "application/pdf")
            assert file.name == "Offer 1.pdf"
        got = await asked.ask(path, "bo")
        assert (got.code, got.body == data) == (200, True)
        assert got.headers["Content-Length"] == str(len(data))
        assert got.headers["Content-Type"] == "application/pdf"
        assert got.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Offer%201.pdf"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        assert (await asked.ask(path, "bo", If_None_Match=got.headers["Etag"])).code == 304
        assert [file for file in (tmp_path / "files").rglob("new/*") if file.is_file()] == []

    run(tmp_path, work, stream_url)


def test_nobody_else_gets_a_file_or_learns_of_it(tmp_path: Path) -> None:
    async def work(asked: Asked) -> None:
        hash, _ = await share(asked, picture())
        for path in (f"/files/deal/{hash}", f"/files/deal/{hash}/thumb", f"/files/deal/{'0' * 64}"):
            assert (await asked.ask(path, "eve")).code == 403
            assert (await asked.ask(path, "eve", "team_lead")).code == 403
            assert (await asked.ask(path)).code == 401
            assert (await asked.ask(path, "ana", tenant="other")).code == 403
        assert (await asked.ask(f"/files/main/{hash}", "eve")).code == 403
        async with asked.gate.member("eve") as eve:
            await eve.create_room("main", "Main")
            assert (await asked.ask(f"/files/main/{hash}", "eve")).code == 404
            with pytest.raises(ValueError, match="upload it there first"):
                await eve.send_message("main", "x", files={hash: "x"})
        assert (await put(asked, picture(), "eve")).code == 403
        assert (await asked.ask("/files/deal", "ana", "analyst", body=picture())).code == 403
        rooms = asked.gate.office.desk.rooms  # type: ignore[union-attr]
        await rooms.leave("deal", "bo")
        assert (await asked.ask(f"/files/deal/{hash}", "bo")).code == 403

    run(tmp_path, work)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg onload='alert(1)'/>",
        b"\xef\xbb\xbf \n<!DOCTYPE html><script>alert(1)</script>",
        b"  <ScRiPt>alert(1)</sCrIpT>",
        b"<!-- x --><html>",
        b"#!/bin/sh\nrm -rf /\n",
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
        b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
        b"\x00asm\x01\x00\x00\x00",
        "<script>".encode("utf-16"),
        zipped("META-INF/MANIFEST.MF", "A.class"),
        zipped("word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04 and nothing more",
    ],
)
def test_markup_and_programs_are_refused_whatever_they_are_called(tmp_path: Path, data: bytes) -> None:
    async def work(asked: Asked) -> None:
        refused = await put(asked, data, Content_Type="image/png")
        assert (refused.code, said(refused)["code"]) == (415, "refused")
        assert "taken are PNG, JPEG, GIF, WebP, PDF, Word" in said(refused)["message"]
        assert asked.gate.office.team.rooms["deal"].files == {}
        assert [file for file in (tmp_path / "files").rglob("*") if file.is_file()] == []

    run(tmp_path, work)


@pytest.mark.parametrize(
    "data, kind",
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.4", "application/pdf"),
        (zipped("a.txt"), "application/zip"),
        (zipped("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("name;größe\nana;3\n".encode(), "text/plain"),
        (b"1 < 2", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path: Path, data: bytes, kind: str) -> None:
    file = tmp_path / "file.svg"
    file.write_bytes(data)
    assert kind_of(file) == kind
    with pytest.raises(Unwanted, match="the file is"):
        kind_of(file, frozenset({"audio/ogg"}))


def test_a_zip_file_of_too_many_files_is_refused_before_its_list_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, most = tmp_path / "file", 64 * 1024
    monkeypatch.setattr("collab.files.kinds.MOST_LISTED", most)
    file.write_bytes(zipped(*map(str, range(most // 60))))
    assert kind_of(file) == "application/zip"
    file.write_bytes(zipped(*map(str, range(most // 40))))
    with pytest.raises(Unwanted, match="a zip file of too many files"):
        kind_of(file)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-be"])
def test_text_that_is_not_in_utf_8_is_told_so(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(("" if encoding != "utf-16-be" else "\ufeff").encode(encoding) + "Größe;3\n".encode(encoding))
    with pytest.raises(Unwanted, match="text in another encoding than UTF-8; save it in that; taken are"):
        kind_of(file)


@given(st.binary(max_size=64))
def test_no_bytes_are_of_two_minds(data: bytes) -> None:
    try:
        kind = kind_of(_Bytes(data))  # type: ignore[arg-type]
    except Unwanted:
        return
    assert kind != "text/plain" or (b"\0" not in data and data.decode() is not None)


class _Bytes:
    """Bytes that are opened like a path."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def open(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pictures_are_shown_in_place_and_have_thumbnails(tmp_path: Path, kind: str) -> None:
    async def work(asked: Asked) -> None:
        data = picture(kind)
        hash, _ = await share(asked, data)
        whole = await asked.ask(f"/files/deal/{hash}", "bo")
        assert whole.headers["Content-Disposition"].startswith("inline;")
        small = await asked.ask(f"/files/deal/{hash}/thumb", "bo")
        assert (small.code, small.headers["Content-Type"]) == (200, "image/webp")
        assert Image.open(io.BytesIO(small.body)).size == (320, 213)
        again = await asked.ask(f"/files/deal/{hash}/thumb", "ana")
        assert again.body == small.body

    run(tmp_path, work)


def test_a_thumbnail_names_no_place_and_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "The camera"

    async def work(asked: Asked) -> None:
        hash, _ = await share(asked, picture("JPEG", exif=exif))
        small = Image.open(io.BytesIO((await asked.ask(f"/files/deal/{hash}/thumb", "bo")).body))
        assert small.size == (213, 320)
        assert dict(small.getexif()) == {}

    run(tmp_path, work)


def test_a_picture_that_would_fill_the_memory_has_no_thumbnail(tmp_path: Path) -> None:
    async def work(asked: Asked) -> None:
        for data, why in (
            (bomb(), "60000 x 60000|no picture"),
            (picture()[:200], "no picture"),
            (b"%PDF-1", "thumbnails"),
        ):
            hash, _ = await share(asked, data)
            refused = await asked.ask(f"/files/deal/{hash}/thumb", "bo")
            assert refused.code == 415
            assert any(part in said(refused)["message"] for part in why.split("|"))

    run(tmp_path, work)


def test_a_path_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the price is 9")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "secret").write_text("the price is 9")

    async def work(asked: Asked) -> None:
        await share(asked, picture())
        for hash in ("..%2F..%2Fsecret", "../../secret", "..%5C..%5Csecret", "%2e%2e%2fsecret", "..", "%00", "a" * 65):
            for path in (f"/files/deal/{hash}", f"/files/deal/{hash}/thumb", f"/files/{hash}/{'0' * 64}"):
                answer = await asked.ask(path, "ana")
                assert answer.code in (400, 403, 404)
                assert b"price" not in answer.body
        assert (await asked.ask("/files/..%2F..", "ana", body=picture())).code == 403

    run(tmp_path, work)
    with pytest.raises(ValueError, match="hash is"):
        Shelf(tmp_path / "files").path("acme", "../../secret")
    names = {path.name for path in (tmp_path / "files").iterdir()}
    assert names == {"secret", "acme"}


def test_too_large_a_file_is_refused_before_or_while_it_is_read(tmp_path: Path) -> None:
    async def work(asked: Asked) -> None:
        assert (await put(asked, b"x" * 1000)).code == 201
        assert (await put(asked, b"x" * 1001)).code == 413
        assert (await put(asked, b"")).code == 400
        token = asked.gate.access.token("acme", "ana")

        async def pieces(write: Callable[[bytes], Awaitable[None]]) -> None:
            for _ in range(3):
                await write(b"x" * 500)

        client = AsyncHTTPClient(force_instance=True)
        answer = await client.fetch(
            f"http://127.0.0.1:{asked.listener.port}/files/deal",
            method="POST",
            body_producer=pieces,
            headers={"Authorization": f"Bearer {token}"},
            raise_error=False,
        )
        client.close()
        assert answer.code == 413
        assert "at most 1,000" in said(answer)["message"]
        assert list((tmp_path / "files").rglob("new/*")) == []

    run(tmp_path, work, most_bytes=1000)


@pytest.mark.parametrize(
    "slowest, message",
    [
        (4096, "no more of the body came for 0.2 s; send it again"),
        (10**15, "the body came at less than 1,000,000,000,000,000 bytes a second; send it again over a better line"),
    ],
)
def test_a_body_that_stops_coming_or_comes_too_slowly_is_waited_for_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slowest: float, message: str
) -> None:
    monkeypatch.setattr("collab.web.page.STALLS_S", 0.2)
    monkeypatch.setattr("collab.web.page.SLOWEST", slowest)

    async def answered(asked: Asked, path: str, agent: str, role: str) -> str:
        """All that is answered to one who sends half of a body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", asked.listener.port)
        token = asked.gate.access.token(asked.gate.office.tenant, agent, role)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json"
        writer.write(f"{head}\r\nContent-Length: 10\r\n\r\n12345".encode())
        try:
            return (await reader.read()).decode()
        finally:
            writer.close()

    async def work(asked: Asked) -> None:
        for asking in (("/files/deal?name=x", "ana", "agent"), ("/webhooks/lead", "crm", "service")):
            found = await answered(asked, *asking)
            assert found.startswith("HTTP/1.1 408 ")
            assert message in found
        assert [file for file in (tmp_path / "files").rglob("*") if file.is_file()] == []

    run(tmp_path, work)


def test_a_team_has_so_much_room_and_gets_it_back(tmp_path: Path) -> None:
    async def work(asked: Asked) -> None:
        _, message = await share(asked, b"a" * 600)
        assert (await put(asked, b"a" * 600)).code == 201  # the same bytes take no room
        full = await put(asked, b"b" * 600)
        assert full.code == 413
        assert "at most 1,000" in said(full)["message"]
        async with asked.gate.member("ana") as ana:
            await ana.ask(p.Delete(id=0, room="deal", message=message))
        assert (await put(asked, b"b" * 600)).code == 201

    run(tmp_path, work, quota=1000)


def test_a_file_goes_with_the_last_message_that_has_it(stream_url: str, tmp_path: Path) -> None:
    async def work(asked: Asked) -> None:
        data = picture()
        hash, first = await share(asked, data)
        path = f"/files/deal/{hash}"
        assert (await asked.ask(f"{path}/thumb", "bo")).code == 200
        _, second = await share(asked, data, "again.png")
        async with asked.gate.member("ana") as ana, asked.gate.member("cy") as cy:
            await ana.ask(p.Delete(id=0, room="deal", message=first))
            assert (await asked.ask(path, "bo")).body == data
            await ana.ask(p.Delete(id=0, room="deal", message=second))
            for agent in ("ana", "bo"):
                assert (await asked.ask(path, agent)).code == 404
                assert (await asked.ask(f"{path}/thumb", agent)).code == 404
            with pytest.raises(ValueError, match="upload it there first"):
                await ana.send_message("deal", "x", files={hash: "x"})
            await ana.ask(p.Invite(id=0, room="deal", agent="cy"))
            await cy.join("deal", after=0)
            told = [event.event for event in await heard(cy, 8)]
            assert [event.files for event in told if hasattr(event, "files")] == [(), ()]
        await soon(lambda: not [file for file in (tmp_path / "files").rglob("*") if file.is_file()])
        assert stored(asked.gate.office.team.rooms) == {}
        assert (await put(asked, data)).code == 201
        assert (await asked.ask(path, "ana")).body == data

    run(tmp_path, work, stream_url, grace_s=0.01)


def test_what_a_message_has_is_kept_in_the_history(tmp_path: Path) -> None:
    async def work(asked: Asked) -> None:
        hash, _ = await share(asked, picture())
        _, message = await share(asked, b"%PDF-1", "gone.pdf")
        async with asked.gate.member("ana") as ana:
            await ana.ask(p.Delete(id=0, room="deal", message=message))
        await asked.gate.office.recorder.flush()  # type: ignore[union-attr]
        rows = asked.gate.office.history.messages()
        kept, gone = rows["files"]
        size = len(picture())
        assert json.loads(kept) == [{"hash": hash, "name": "Plan A.png", "size": size, "type": "image/png"}]
        assert not isinstance(gone, str)
        uploaded = asked.gate.office.history.chats().query("change == 'uploaded'")
        assert next(iter(uploaded["message"])) == hash
        assert asked.gate.office.history.team().rooms["deal"].files == asked.gate.office.team.rooms["deal"].files

    run(tmp_path, work)


def test_a_gateway_without_a_place_for_files_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            answer = await asked.ask("/files/main", "ana", body=b"x")
            assert answer.code == 503
            assert "COLLAB_FILES" in said(answer)["message"]

    asyncio.run(work())


def test_two_gateways_share_rooms_and_their_files(redis_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        shelf = Shelf(tmp_path / "files")
        async with a_site(tmp_path, redis_url, shelf=shelf) as one, a_site(tmp_path, redis_url, shelf=shelf) as two:
            async with one.gate.member("ana") as ana, two.gate.member("bo") as bo:
                await ana.join("main")
                await bo.join("main")
            hash = said(await put(one, picture(), room="main"))["hash"]
            async with two.gate.member("ana") as ana:
                files = (p.Attached(hash=hash, name="a.png"),)
                await ana.ask(p.Send(id=0, room="main", text="look", files=files))
            assert (await two.ask(f"/files/main/{hash}", "bo")).body == picture()

    asyncio.run(work())


@given(st.text(max_size=200))
def test_a_name_is_safe_to_save_under(name: str) -> None:
    safe = file_name(name)
    assert 1 <= len(safe) <= 120
    assert not set(safe) & set('/\\<>:"|?*\0\n')
    assert not safe.startswith(".")
    assert safe == file_name(safe)


@pytest.mark.parametrize(
    "name, safe",
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\plan.pdf", "plan.pdf"),
        (".bashrc", "bashrc"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("  a   b .txt ", "a b .txt"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_keeps_what_can_be_kept(name: str, safe: str) -> None:
    assert file_name(name) == safe


@pytest.mark.parametrize(
    "name, type, safe",
    [
        ("x.exe", "image/png", "x.exe.png"),
        ("Plan.PNG", "image/png", "Plan.PNG"),
        ("notes", "text/plain", "notes.txt"),
        ("run.bat", "text/plain", "run.bat.txt"),
        ("table.csv", "text/plain", "table.csv"),
        ("png", "image/png", "png.png"),
        ("", "application/pdf", "file.pdf"),
        ("a.zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.zip.docx"),
        ("x" * 200 + ".exe", "image/gif", "x" * 116 + ".gif"),
    ],
)
def test_a_name_ends_as_what_the_file_is(name: str, type: str, safe: str) -> None:
    assert file_name(name, type) == safe == file_name(safe, type)


def test_every_type_that_is_taken_has_its_endings() -> None:
    assert all(any(type.endswith(kind) for kind in ENDINGS) for type in TYPES)


def test_a_draft_that_went_meanwhile_keeps_no_left_over_one(stream_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        shelf = Shelf(tmp_path / "files")
        async with at_desk(stream_url, "acme") as desk:
            drafts = tmp_path / "files" / "acme" / "new"
            drafts.mkdir(parents=True)
            for number in range(20):
                (drafts / f"old-{number}").touch()
                os.utime(drafts / f"old-{number}", (0, 0))
                (drafts / f"gone-{number}").symlink_to(drafts / "kept")  # is listed, and is not there
            await shelf.sweep(desk)
            assert [*drafts.glob("old-*")] == []

    asyncio.run(work())
