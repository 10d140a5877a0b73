"""Members at gateways over real sockets: order, resumption, rights, tokens, and what is refused."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import Clock
from gateways import Gate, a_gate, heard, raw, soon, texts
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed

from collab import protocol as p
from collab.floor import KEPT
from collab.live.access import LEEWAY_S
from collab.live.client import CutOff, Denied, Heard, InRoom, connect
from collab.live.line import MOST_UNREAD
from collab.live.turns import UNDER_WAY
from collab.records import Lead

Work = Callable[[Gate], Awaitable[None]]


def a_change(event: Heard) -> bool:
    """Is it what happened to agents and leads?"""
    return isinstance(event, p.Changed)


@pytest.fixture
def at_gate(stream_url: str, tmp_path: Path) -> Callable[[Work], None]:
    """Does work at a gateway, on the embedded stream and on a real Redis."""

    def run(work: Work, **gateway: Any) -> None:
        async def worked() -> None:
            async with a_gate(tmp_path, stream_url, **gateway) as gate:
                await work(gate)

        asyncio.run(worked())

    return run


def test_everybody_hears_everything_once_in_the_same_order(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana, gate.member("bo") as bo, gate.member("cy") as cy:
            for member in (ana, bo, cy):
                await member.join("main")
            sends = [member.send_message("main", f"{n}") for n in range(30) for member in (ana, bo, cy)]
            confirmed = await asyncio.gather(*sends)
            orders = [await texts(member, 90) for member in (ana, bo, cy)]
            assert orders[0] == orders[1] == orders[2]
            numbers = [number for number, _ in orders[0]]
            assert numbers == list(range(numbers[0], numbers[0] + 90))
            assert sorted(confirmation.number for confirmation in confirmed) == numbers

    at_gate(talk)


def test_who_comes_back_hears_what_they_missed_and_then_all_without_a_seam(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana:
            first = (await ana.join("main"))["number"]
            for n in range(5):
                await ana.send_message("main", f"old {n}")
            assert len(await texts(ana, 5)) == 5
        async with ana:  # once more, in the same rooms
            hears = asyncio.create_task(texts(ana, 40))
            going = asyncio.create_task(_say(ana, 40))
            async with gate.member("bo") as bo:
                await bo.join("main", after=first)
                said = [text for _, text in await texts(bo, 45)]
            await going
            assert said == [f"old {n}" for n in range(5)] + [f"new {n}" for n in range(40)]
            assert [text for _, text in await hears] == said[5:]

    at_gate(talk)


async def _say(member: Any, count: int) -> None:
    for n in range(count):
        await member.send_message("main", f"new {n}")


def test_after_a_long_absence_the_history_tells_what_is_not_at_hand(at_gate: Callable[[Work], None]) -> None:
    count = KEPT + 200

    async def talk(gate: Gate) -> None:
        rooms = gate.office.desk.rooms  # type: ignore[union-attr]
        await rooms.create("big", "ana", "Big")
        for start in range(0, count, 100):
            await asyncio.gather(*(rooms.send("big", "ana", f"{n}") for n in range(start, start + 100)))
        async with gate.member("bo") as bo:
            await bo.join("big", after=0)
            found = await heard(bo, count + 2)
            assert [event.number for event in found] == list(range(1, count + 3))
            assert await bo.page("big", before=100, count=20) == found[79:99]
            assert await bo.page("big", count=3) == found[-3:]
            await gate.office.recorder.flush()  # type: ignore[union-attr]  # only what is recorded is found
            hits = await bo.search("7", room="big", count=200)
            said = [(event.number, event.event.text) for event in found if hasattr(event.event, "text")]
            assert [(hit.number, hit.text) for hit in hits] == [one for one in said if "7" in one[1]][::-1][:200]

    at_gate(talk)


def test_a_message_said_again_much_later_is_confirmed_as_it_was_first(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        rooms = gate.office.desk.rooms  # type: ignore[union-attr]
        async with gate.member("ana") as ana:
            await ana.join("main")
            first = await ana.send_message("main", "once", key="k")
            near = await ana.send_message("main", "once", key="k")
            assert (near.number, near.time, near.duplicate) == (first.number, first.time, True)
            for start in range(0, KEPT + 100, 100):
                await asyncio.gather(*(rooms.send("main", "ana", f"{n}") for n in range(start, start + 100)))
            far = await ana.send_message("main", "once", key="k")
            assert (far.message, far.number, far.time) == (first.message, first.number, first.time)
            assert (far.duplicate, first.duplicate) == (True, False)

    at_gate(talk)


def test_a_gateway_that_went_away_and_came_back_costs_nothing(stream_url: str, tmp_path: Path) -> None:
    async def talk() -> None:
        async with a_gate(tmp_path, stream_url) as gate:
            port, sent, stop = gate.door.gateway.port, [], asyncio.Event()

            async def say(member: Any) -> None:
                while not stop.is_set():
                    sent.append(await member.send_message("main", f"{len(sent)}"))

            async with gate.member("ana") as ana, gate.member("bo") as bo:
                first = (await bo.join("main"))["number"]
                await ana.join("main")
                saying = asyncio.create_task(say(ana))
                for _ in range(3):
                    before = len(sent)
                    await soon(lambda: len(sent) > before + 20)  # noqa: B023
                    await gate.door.gateway.stop()
                    gate.door.gateway.port = port
                    await gate.door.gateway.start()
                stop.set()
                await saying
                numbers = [number for number, _ in await texts(bo, len(sent))]
                assert numbers == [confirmation.number for confirmation in sent]
                assert len(set(numbers)) == len(sent) > 60
                assert min(numbers) > first

    asyncio.run(talk())


def test_two_gateways_on_one_redis_share_rooms_and_their_order(redis_url: str, tmp_path: Path) -> None:
    async def talk() -> None:
        async with a_gate(tmp_path, redis_url) as one, a_gate(tmp_path, redis_url, history="history") as two:
            assert {one.office.mode, two.office.mode} == {"live", "joined"}
            async with one.member("ana") as ana, two.member("bo") as bo:
                await ana.join("main")
                await bo.join("main")
                await asyncio.gather(
                    *(ana.send_message("main", f"a{n}") for n in range(40)),
                    *(bo.send_message("main", f"b{n}") for n in range(40)),
                )
                assert await texts(ana, 80) == await texts(bo, 80)

    asyncio.run(talk())


def test_tenants_on_one_redis_do_not_hear_of_each_other(redis_url: str, tmp_path: Path) -> None:
    async def talk() -> None:
        async with (
            a_gate(tmp_path, redis_url, tenant="acme") as one,
            a_gate(tmp_path, redis_url, tenant="other", history="theirs") as two,
        ):
            with pytest.raises(Denied, match="not served here"):
                async with connect(one.url, one.access.token("other", "eve")):
                    pass
            async with one.member("ana") as ana, two.member("ana") as eve:
                await ana.create_room("secret", "Secret")
                await ana.join("secret")
                assert [room["room"] for room in await eve.rooms()] == ["main", "urgent", "training", "wins"]
                with pytest.raises(ValueError, match="does not exist"):
                    await eve.join("secret")
                await eve.create_room("secret", "Theirs")
                await eve.send_message("secret", "theirs")
                await ana.send_message("secret", "ours")
                assert [text for _, text in await texts(ana, 1)] == ["ours"]

    asyncio.run(talk())


def test_a_non_member_neither_reads_nor_writes(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana, gate.member("eve") as eve, gate.member("tim", "team_lead") as tim:
            await ana.create_room("deal", "The deal", private=True)
            await ana.send_message("deal", "the price is 9")
            for refused in (
                p.Send(id=0, room="deal", text="hi"),
                p.Page(id=0, room="deal"),
                p.Join(id=0, room="deal", after=0),
                p.Typing(id=0, room="deal"),
                p.Read(id=0, room="deal", number=1),
                p.Invite(id=0, room="deal", agent="eve"),
            ):
                with pytest.raises(PermissionError):
                    await eve.ask(refused)
            assert await eve.ask(p.Search(id=0, words="price")) == []
            assert "deal" not in [room["room"] for room in await eve.rooms()]
            await tim.ask(p.Invite(id=0, room="deal", agent="eve"))
            await eve.join("deal", after=0)
            assert [text for _, text in await texts(eve, 1)] == ["the price is 9"]
            await ana.ask(p.Remove(id=0, room="deal", agent="eve"))
            await ana.send_message("deal", "she is gone")
            last = (await heard(eve, 2))[-1]
            assert last.event.agent == "eve"
            with pytest.raises(PermissionError):
                await eve.send_message("deal", "still here?")

    at_gate(talk)


def test_a_search_for_signs_only_finds_what_has_them(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana:
            await ana.join("main")
            await ana.send_message("main", "all is well")
            await ana.send_message("main", 'she said "now"')
            await gate.office.recorder.flush()  # type: ignore[union-attr]
            found = [[hit.text for hit in await ana.search(words)] for words in ('"', '""', "%", "now")]
            assert found == [['she said "now"'], [], [], ['she said "now"']]

    at_gate(talk)


def test_what_was_taken_back_is_not_told_again(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana, gate.member("bo") as bo:
            sent = await ana.send_message("main", "my password is 1234") if await ana.join("main") else None
            assert sent is not None
            await ana.ask(p.Edit(id=0, room="main", message=sent.message, text="my password is 5678"))
            await ana.ask(p.Delete(id=0, room="main", message=sent.message))
            await bo.join("main", after=sent.number - 1)
            said = [event.event for event in await heard(bo, 3)]
            assert "password" not in str(said)
            await gate.office.recorder.flush()  # type: ignore[union-attr]
            assert await bo.ask(p.Search(id=0, words="password")) == []

    at_gate(talk)


def test_a_lead_goes_through_the_socket_as_through_the_desk(at_gate: Callable[[Work], None]) -> None:
    async def work(gate: Gate) -> None:
        async with gate.member("crm", "service") as crm, gate.member("ana") as ana, gate.member("eve") as eve:
            await crm.add_agent("ana", "Ana Ruiz", skills={"property:condo": 0.9})
            await ana.set_presence("available")
            await ana.watch()
            await eve.watch()
            decision = await crm.route_lead(Lead(id="L-1", name="Zoe", property_type="condo"))
            assert decision.agent == "ana"
            assert (await crm.route_lead(Lead(id="L-1", name="Zoe"))).candidates == decision.candidates
            assert (await ana.route_lead(Lead(id="L-1", name="Mine"))).candidates == decision.candidates
            with pytest.raises(PermissionError, match="lead is 'L-1', which came in before and is not yours"):
                await eve.route_lead(Lead(id="L-1", name="Hers"))
            with pytest.raises(ValueError, match="but lead L-1 is with ana"):
                await eve.accept("L-1")
            await ana.accept("L-1")
            assert await ana.first_response("L-1") >= 0
            await ana.close_lead("L-1", converted=True, value=5.0)
            kinds = []
            while "LeadClosed" not in kinds:
                kinds += [type(event).__name__ for frame in await heard(ana, 1, a_change) for event in frame.events]
            # Their presence follows their device, at some moment.
            told = [kind for kind in kinds if kind != "PresenceChanged"]
            assert told == ["LeadAssigned", "OfferAccepted", "FirstResponded", "LeadClosed"]
            assert (await ana.metrics())["gateway"]["connections"] == 3
            [team] = await heard(eve, 1)
            assert (team.agents, team.leads, len(eve._heard)) == ([], [], 0)

    at_gate(work)


@pytest.mark.parametrize(
    "role, asked",
    [
        ("analyst", p.Send(id=0, room="main", text="hi")),
        ("analyst", p.RouteLead(id=0, lead=Lead(id="l", name="Zoe"))),
        ("agent", p.Override(id=0, lead="l", to="bo")),
        ("agent", p.AddAgent(id=0, agent="x", name="X")),
        ("agent", p.SetPresence(id=0, presence="away", agent="bo")),  # type: ignore[arg-type]
        ("agent", p.UpdateWorkload(id=0, agent="bo", capacity=1)),
    ],
)
def test_a_role_may_only_what_is_its_own(tmp_path: Path, role: str, asked: p.Command) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana", role) as ana:
            await ana.rooms()
            before = gate.office.team.seq
            with pytest.raises(PermissionError, match=" may"):
                await ana.ask(asked)
            assert gate.office.team.seq == before

    asyncio.run(ask())


def test_a_team_lead_gives_a_waiting_lead_to_an_agent_who_has_room(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana, gate.member("tim", "team_lead") as tim:
            await tim.ask(p.AddAgent(id=0, agent="ana", name="Ana", capacity=1))
            await ana.set_presence("available")
            for number in (1, 2):
                await tim.route_lead(Lead(id=f"L-{number}", name="Zoe", requires=("language:fr",)))
            with pytest.raises(PermissionError, match="role is agent, which may not assign"):
                await ana.ask(p.Assign(id=0, lead="L-1", to="ana"))
            await tim.ask(p.Assign(id=0, lead="L-1", to="ana", reason="speaks some"))
            await ana.ask(p.Accept(id=0, lead="L-1"))
            with pytest.raises(ValueError, match="to is 'ana', who is at capacity with 1 of 1 leads"):
                await tim.ask(p.Assign(id=0, lead="L-2", to="ana"))

    at_gate(talk)


def test_reading_on_one_device_is_known_on_the_other(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana, gate.member("bo") as desk, gate.member("bo", device="phone") as phone:
            for member in (ana, desk, phone):
                await member.join("main")
            sent = await ana.send_message("main", "Hello @bo")
            assert next(iter(await phone.rooms()))["mentions"] == 1
            await desk.read("main", sent.number)
            seen = (await heard(phone, 1, a_change))[0].events[0]
            assert seen.number == sent.number
            assert next(iter(await phone.rooms()))["unread"] == 0

    at_gate(talk)


def test_typing_ends_when_the_typist_goes(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with gate.member("ana") as ana:
            await ana.join("main")
            async with gate.member("bo") as bo:
                await bo.join("main")
                await bo.ask(p.Typing(id=0, room="main"))
                await bo.ask(p.Typing(id=0, room="main"))
            types = await heard(ana, 2, lambda event: isinstance(event, p.Types))
            assert [(event.agent, event.typing) for event in types] == [("bo", True), ("bo", False)]

    at_gate(talk)


def test_a_member_who_does_not_read_is_cut_off_and_the_others_are_not_held_up(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with raw(gate, "slow") as slow, gate.member("ana") as ana, gate.member("bo") as bo:
            await slow.send(p.encode(p.Join(id=1, room="main")), text=True)
            for member in (ana, bo):
                await member.join("main")
            await soon(lambda: "slow" in gate.office.team.rooms["main"].members)
            slow.transport.pause_reading()
            count = 0
            while any(line.entry.agent == "slow" for line in gate.door.gateway.lines):
                await ana.send_message("main", "x" * 8000)
                count += 1
                assert count * 8000 < 64 * MOST_UNREAD, "it was never cut off"
            assert len(await texts(bo, count)) == count

    at_gate(talk, rate=1e6)


def test_a_token_that_ends_or_is_taken_back_ends_the_connection(tmp_path: Path) -> None:
    async def wait() -> None:
        async with a_gate(tmp_path) as gate:
            short = connect(gate.url, gate.access.token("acme", "ana", lasts_s=1.0))
            async with short as ana:
                for ended in (anext(ana.events()), ana.rooms(), ana.join("main")):
                    with pytest.raises(Denied, match="the token ended"):
                        await ended
            token = gate.access.token("acme", "bo")
            async with connect(gate.url, token) as bo:
                gate.access.revoke(token)
                with pytest.raises(Denied, match="taken back"):
                    await anext(bo.events())
            with pytest.raises(Denied, match="taken back"):
                async with connect(gate.url, token):
                    pass

    asyncio.run(wait())


def test_a_socket_is_closed_with_a_code_that_says_whether_to_come_again(tmp_path: Path) -> None:
    async def wait() -> None:
        async with a_gate(tmp_path) as gate:
            async with raw(gate, "bo") as revoked:
                gate.access.revoke_all("acme", "bo")
                await revoked.wait_closed()
            async with raw(gate) as stopped:
                await gate.door.gateway.stop()
                await stopped.wait_closed()
            assert (revoked.close_code, revoked.close_reason) == (1008, "token_revoked")
            assert (stopped.close_code, stopped.close_reason) == (1012, "stopping")

    asyncio.run(wait())


def test_who_came_in_while_clocks_may_differ_is_not_sent_out_by_the_end_that_was_passed_over(tmp_path: Path) -> None:
    async def wait() -> None:
        async with a_gate(tmp_path) as gate:
            gate.access._clock = clock = Clock()
            taken_back = gate.access.token("acme", "bo", lasts_s=600)
            late = connect(gate.url, gate.access.token("acme", "ana", lasts_s=60))
            clock.wait(60 + LEEWAY_S)
            async with late as ana, connect(gate.url, taken_back) as bo:
                gate.access.revoke(taken_back)
                with pytest.raises(Denied, match="taken back"):
                    await anext(bo.events())  # all were looked at
                assert await ana.rooms()
                clock.wait(1)
                with pytest.raises(Denied, match="the token ended"):
                    await anext(ana.events())

    asyncio.run(wait())


def test_a_file_of_keys_that_is_broken_for_a_while_keeps_nobody_out_and_nobody_in(tmp_path: Path) -> None:
    async def wait() -> None:
        async with a_gate(tmp_path, lease_s=1.0) as gate:
            access, token, good = gate.access, gate.access.token("acme", "bo"), (tmp_path / "keys").read_text()
            short = connect(gate.url, access.token("acme", "ana", lasts_s=0.5))
            async with short as ana, connect(gate.url, token) as bo:
                (tmp_path / "keys").write_text(f"{good}oops\n")
                await soon(lambda: access.trouble != "")  # the sweep looked at it
                async with connect(gate.url, token) as again:
                    assert await again.rooms()
                with pytest.raises(Denied, match="the token ended"):
                    await anext(ana.events())
                (tmp_path / "keys").write_text(good)
                access.revoke(token)
                with pytest.raises(Denied, match="taken back"):
                    await anext(bo.events())

    asyncio.run(wait())


@pytest.mark.parametrize("why, code", [(ValueError("at /srv/rules"), "failed"), (OSError("at /srv"), "unreachable")])
def test_who_comes_while_the_team_cannot_be_opened_may_come_again_and_hears_no_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, why: Exception, code: str
) -> None:
    async def knock() -> None:
        async with a_gate(tmp_path) as gate, open_socket(gate.url) as socket:

            async def floor(tenant: str) -> Any:
                raise why

            monkeypatch.setattr(gate.door.gateway, "_floor", floor)
            await socket.send(p.encode(p.Hello(id=0, token=gate.access.token("acme", "ana"))), text=True)
            answer = json.loads(await socket.recv())
            assert (answer["re"], answer["code"]) == (0, code)
            assert answer["message"].endswith("; try again in a moment")
            assert "/srv" in caplog.text
            assert "/srv" not in answer["message"]

    asyncio.run(knock())


@pytest.mark.parametrize(
    "first, code, said",
    [
        (b"{}", "malformed", "do is missing; give one of hello, join, "),
        (b'{"do":"hello","id":1,"token":"x","colour":1}', "malformed", "colour is no field of hello"),
        (b'{"do":"hello","id":1.5,"token":"x"}', "malformed", "id is 1.5"),
        (b"hello", "malformed", "the frame is no JSON"),
        (b"\xff\xfe", "malformed", ""),
        (b'{"do":"ping","id":1}', "denied", "the first frame must be"),
        (b'{"do":"hello","id":1,"token":"x"}', "denied", "not one of ours"),
        (b'{"do":"hello","id":1,"token":"x","version":9}', "denied", "version is 9"),
    ],
)
def test_who_does_not_say_hello_is_told_and_sent_away(tmp_path: Path, first: bytes, code: str, said: str) -> None:
    async def knock() -> None:
        async with a_gate(tmp_path) as gate, open_socket(gate.url) as socket:
            await socket.send(first)
            answer = json.loads(await socket.recv())
            assert (answer["on"], answer["code"]) == ("refused", code)
            assert said in answer["message"]
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            await soon(lambda: not gate.door.gateway.lines)

    asyncio.run(knock())


@pytest.mark.parametrize(
    "frame, said",
    [
        ('{"do":"send","id":7,"room":"main","text":5}', "text is 5: expected `str`, got `int`"),
        (
            '{"do":"send","id":7,"room":"a b","text":"x"}',
            'room is "a b": expected 1 to 120 characters without white space',
        ),
        ('{"do":"sned","id":7}', 'do is "sned"; did you mean send?'),
        ('{"do":"send","id":7,"room":"main","text":"hi \\ud83d"}', "text holds half of a character"),
        ('{"do":"ping","id":7,"when":1}', "when is no field of ping; known are id"),
        (
            '{"do":"route_lead","id":7,"lead":{"id":"l","name":"Zoe","proprty_type":"condo"}}',
            "lead.proprty_type is no field of lead; did you mean property_type?",
        ),
        (
            '{"do":"route_lead","id":7,"lead":{"id":"l","name":"Zoe","score":101}}',
            "lead.score is 101: expected `int` <= 100",
        ),
        ('{"do":"search","id":7,"since":"2026-11-02T09:00:00"}', 'since is "2026-11-02T09:00:00": expected'),
    ],
)
def test_a_frame_that_cannot_be_read_is_answered_with_its_field(tmp_path: Path, frame: str, said: str) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, raw(gate) as socket:
            await socket.send(frame)
            answer = json.loads(await socket.recv())
            assert (answer["on"], answer["code"], answer["re"]) == ("refused", "malformed", 7)
            assert said in answer["message"]
            await socket.send('{"do":"ping","id":8}')
            assert json.loads(await socket.recv())["re"] == 8

    asyncio.run(ask())


def test_thousands_of_mutated_frames_are_each_answered_and_harm_nothing(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    good = [p.encode(command).decode() for command in _examples()]

    def mutated() -> str:
        text = list(chance.choice(good))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text) + 1)
            text[place : place + chance.randint(0, 3)] = chance.choice(['"', "{", "9", "\u00e9", "null", "[1]", ""])
        return "".join(text)

    async def fuzz() -> None:
        async with a_gate(tmp_path, rate=1e9) as gate, raw(gate) as socket:
            for _ in range(20):
                for _ in range(200):
                    await socket.send(mutated())
                await socket.send('{"do":"ping","id":"end"}')
                answers = 0
                while (answer := json.loads(await socket.recv())).get("re") != "end":
                    answers += answer["on"] in ("refused", "done")
                    assert answer.get("code") != "failed", answer
                assert answers == 200
            await _still_works(gate)

    asyncio.run(fuzz())


def _examples() -> list[p.Command]:
    return [
        p.Join(id=1, room="main", after=0),
        p.Send(id=2, room="main", text="hello"),
        p.Read(id=3, room="main", number=1),
        p.CreateRoom(id=4, room="x", name="X"),
        p.Page(id=5, room="main"),
        p.Search(id=6, words="hello"),
        p.RouteLead(id=7, lead=Lead(id="l", name="Zoe")),
        p.React(id=8, room="main", message="m", reaction="+1"),
        p.Metrics(id=9),
    ]


async def _still_works(gate: Gate) -> None:
    async with gate.member("bo") as bo:
        await bo.join("urgent")
        await bo.send_message("urgent", "all well")
        assert isinstance((await heard(bo, 1))[0], InRoom)


def test_who_asks_too_much_is_told_so(tmp_path: Path) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path, rate=5) as gate, raw(gate) as socket:
            for number in range(40):
                await socket.send(f'{{"do":"ping","id":{number}}}')
            codes = [json.loads(await socket.recv()).get("code") for _ in range(40)]
            assert codes[:15] == [None] * 15
            assert codes.count("too_many") > 15

    asyncio.run(ask())


async def answers(socket: ClientConnection, count: int) -> list[Any]:
    """The next so many answers, whatever happens besides."""
    found: list[Any] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            if "re" in (answer := json.loads(await socket.recv())):
                found.append(answer)
    return found


def test_a_message_costs_its_sender_one_command_on_either_stream(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with raw(gate) as socket:
            await socket.send('{"do":"join","id":0,"room":"main"}')
            await answers(socket, 1)
            for number in range(28):  # with the join as many as are in reserve, but one
                await socket.send(f'{{"do":"send","id":{number},"room":"main","text":"t","key":"{number}"}}')
                assert (await answers(socket, 1))[0]["on"] == "done"

    at_gate(talk, rate=10)


def test_more_messages_than_may_be_under_way_are_said_and_answered_in_order(at_gate: Callable[[Work], None]) -> None:
    async def talk(gate: Gate) -> None:
        async with raw(gate) as socket:
            await socket.send('{"do":"join","id":0,"room":"main"}')
            count = 4 * UNDER_WAY
            for number in range(1, count + 1):
                await socket.send(f'{{"do":"send","id":{number},"room":"main","text":"t","key":"{number}"}}')
            await socket.send(f'{{"do":"ping","id":{count + 1}}}')
            found = await answers(socket, count + 2)
            assert [answer["re"] for answer in found] == list(range(count + 2))
            numbers = [answer["result"]["number"] for answer in found[1:-1]]
            assert numbers == list(range(numbers[0], numbers[0] + count))

    at_gate(talk, rate=1e9)


def test_a_command_in_pieces_between_others_is_answered_in_its_turn(tmp_path: Path) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, raw(gate) as socket:
            for number in range(0, 30, 3):
                await socket.send(f'{{"do":"ping","id":{number}}}')
                await socket.send(['{"do":', '"ping",', f'"id":{number + 1}}}'])
                await socket.send(f'{{"do":"ping","id":{number + 2}}}')
            assert [answer["re"] for answer in await answers(socket, 30)] == list(range(30))

    asyncio.run(ask())


def test_a_command_that_is_not_safe_to_repeat_fails_when_the_connection_is_cut(tmp_path: Path) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            asked = asyncio.create_task(ana.ask(p.CreateRoom(id=0, room="x", name="X")))
            await asyncio.sleep(0)
            assert ana._socket is not None
            ana._socket.transport.abort()
            with pytest.raises(CutOff, match="was lost before the answer"):
                await asked
            assert await ana.rooms()

    asyncio.run(ask())


def test_only_named_pages_may_connect_when_they_are_named(tmp_path: Path) -> None:
    async def knock() -> None:
        async with a_gate(tmp_path, origins=["https://ours.example"]) as gate:
            async with open_socket(gate.url, origin="https://ours.example"):  # type: ignore[arg-type]
                pass
            with pytest.raises(Exception, match="HTTP 403"):
                async with open_socket(gate.url, origin="https://theirs.example"):  # type: ignore[arg-type]
                    pass

    asyncio.run(knock())


def test_a_time_to_say_hello_is_given_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.live.gateway.HELLO_S", timedelta(milliseconds=300).total_seconds())

    async def knock() -> None:
        async with a_gate(tmp_path) as gate, open_socket(gate.url) as socket:
            assert json.loads(await socket.recv())["code"] == "too_late"
            with pytest.raises(ConnectionClosed):
                await socket.recv()

    asyncio.run(knock())


def test_compressed_frames_say_the_same_as_plain_ones(tmp_path: Path) -> None:
    async def talk() -> None:
        async with a_gate(tmp_path, compress=True) as gate, gate.member("ana") as ana:
            await ana.create_room("long", "Long")
            token = gate.access.token(gate.office.tenant, "bo")
            async with open_socket(gate.url, compression="deflate", max_size=None) as small, raw(gate, "cy") as plain:
                await small.send(p.encode(p.Hello(id=0, token=token)), text=True)
                assert isinstance(p.frame(await small.recv()), p.Welcome)
                for socket in (small, plain):
                    await socket.send(p.encode(p.Join(id=1, room="long", after=0)), text=True)
                words = [f"{n} " + "what a long story " * n for n in range(0, 120, 7)]
                for text in words:
                    await ana.send_message("long", text)
                assert await _said(small, len(words)) == await _said(plain, len(words)) == words
                assert small.protocol.extensions
                assert not plain.protocol.extensions

    asyncio.run(talk())


async def _said(socket: Any, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        frame = p.frame(await socket.recv())
        if isinstance(frame, p.Happened):
            found += [event.text for event in frame.events if hasattr(event, "text")]
    return found
