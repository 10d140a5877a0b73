"""Health, metrics and webhooks over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gateways import a_gate, raw, soon, talked
from real_redis import RealRedis
from sites import Asked, a_site, said

from collab import protocol as p
from collab.checks.check import State
from collab.checks.ports import of_health
from collab.checks.serving import of_gateway
from collab.contact import customer_of
from collab.desk import utc_now
from collab.incoming import GivenLead
from collab.live.access import Access
from collab.live.redis import server_at
from collab.live.tally import UNREACHABLE
from collab.office import Office
from collab.records import Lead
from collab.web import Listener, Site

LEAD = {"id": "L-1", "name": "Zoe Park", "property_type": "condo"}
JSON = {"Content_Type": "application/json"}
Work = Callable[[Asked], Awaitable[None]]


@pytest.fixture
def at_site(stream_url: str, tmp_path: Path) -> Callable[[Work], None]:
    """Does work at a gateway with pages, on the embedded stream and on a real Redis."""

    def run(work: Work, **settings: Any) -> None:
        async def worked() -> None:
            async with a_site(tmp_path, stream_url, **settings) as asked:
                await work(asked)

        asyncio.run(worked())

    return run


async def send(asked: Asked, lead: Any = LEAD, role: str = "service", **more: Any) -> Any:
    """Send a lead by the webhook."""
    return await asked.ask("/webhooks/lead", "crm", role, body=lead, **more)


async def hire(asked: Asked, *agents: str) -> None:
    """Put agents on the roster who are there."""
    desk = asked.gate.office.desk
    assert desk is not None
    for agent in agents:
        await desk.add_agent(agent, agent.title(), capacity=3)
        await desk.set_presence(agent, "available")


def test_a_lead_of_a_webhook_goes_to_an_agent_once(at_site: Callable[[Work], None]) -> None:
    async def work(asked: Asked) -> None:
        await hire(asked, "ana")
        first = await send(asked)
        assert (first.code, said(first)["agent"], said(first)["lead"]) == (201, "ana", "L-1")
        again = await send(asked)
        assert (again.code, said(again)) == (201, said(first))
        together = await asyncio.gather(*(send(asked, LEAD | {"id": "L-2"}) for _ in range(8)))
        assert len({one.body for one in together}) == 1
        desk = asked.gate.office.desk
        assert desk is not None
        assert {lead: state.holder for lead, state in desk.team.leads.items()} == {"L-1": "ana", "L-2": "ana"}

    at_site(work)


def test_a_request_under_way_is_answered_when_the_pages_stop(at_site: Callable[[Work], None]) -> None:
    async def work(asked: Asked) -> None:
        await hire(asked, "ana")
        begun = asyncio.Semaphore(0)
        asked.gate.office.anew._task = asyncio.create_task(begun.__aenter__())  # who asks waits for the floor meanwhile
        last = asyncio.create_task(send(asked))
        await soon(lambda: asked.listener.site.under_way == 1)
        stopping = asyncio.create_task(asked.listener.stop())
        await soon(lambda: asked.listener._server is None)
        begun.release()
        assert ((await last).code, said(await last)["agent"]) == (201, "ana")
        await stopping

    at_site(work)


def test_the_same_key_gives_the_same_answer_whatever_comes_with_it(at_site: Callable[[Work], None]) -> None:
    async def work(asked: Asked) -> None:
        await hire(asked, "ana")
        first = await send(asked, Idempotency_Key="k-1")
        other = await send(asked, LEAD | {"id": "L-9"}, Idempotency_Key="k-1")
        assert (other.code, said(other)) == (201, said(first))
        unnamed = {"name": "Zoe Park"}
        third = await send(asked, unnamed, Idempotency_Key="k-2")
        assert said(third)["lead"] == "k-2"
        assert said(await send(asked, unnamed, Idempotency_Key="k-2")) == said(third)
        desk = asked.gate.office.desk
        assert desk is not None
        assert sorted(desk.team.leads) == ["L-1", "k-2"]
        for_known = await send(asked, LEAD | {"id": "k-2"}, Idempotency_Key="k-1")
        assert (for_known.code, said(for_known)) == (201, said(first))
        await desk.close_lead("L-1", "ana", converted=True)
        assert said(await send(asked, Idempotency_Key="k-1")) == said(first)
        await desk.close_lead("k-2", "ana", converted=True)
        assert said(await send(asked, LEAD | {"id": "k-2"}, Idempotency_Key="k-1")) == said(first)

    at_site(work)


def test_null_is_not_given_in_every_field_of_a_lead_at_the_webhook_and_at_the_gateway(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            nothing = dict.fromkeys(GivenLead.__struct_fields__)
            assert (await send(asked, nothing | LEAD)).code == 202
            for nameless in ({"id": "L-2", "name": None}, {"id": None, "name": "Zoe"}):
                assert (await send(asked, nothing | nameless)).code == 400
            assert (await send(asked, {"id": None, "name": "Zoe"}, Idempotency_Key="k-2")).code == 202
            async with asked.gate.member("crm", "service") as crm:
                await crm.route_lead(GivenLead(**nothing | {"id": "L-3", "name": "Zoe"}))
            leads = asked.gate.office.team.leads
            assert [leads[id].lead for id in ("L-1", "k-2", "L-3")] == [
                Lead(**LEAD),
                Lead(id="k-2", name="Zoe"),
                Lead(id="L-3", name="Zoe"),
            ]

    asyncio.run(work())


def test_a_customer_is_known_by_what_the_webhook_and_the_socket_are_told(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            given = {"email": "Zoe@example.com", "phone": "+1 555 0102030"}
            assert (await send(asked, LEAD | given)).code == 202
            async with asked.gate.member("crm", "service") as crm:
                await crm.route_lead(GivenLead(id="L-2", name="Zoe", **given))
            leads = asked.gate.office.team.leads
            wanted = customer_of("zoe@example.com", "+15550102030", "acme")
            assert [leads[lead].lead.customer for lead in ("L-1", "L-2")] == [wanted] * 2
            assert not hasattr(leads["L-1"].lead, "email")

    asyncio.run(work())


def test_a_lead_that_nobody_can_take_is_there_and_waits(at_site: Callable[[Work], None]) -> None:
    async def work(asked: Asked) -> None:
        waits = await send(asked)
        assert (waits.code, said(waits)["agent"]) == (202, None)
        desk = asked.gate.office.desk
        assert desk is not None
        entries = await desk.stream.read(0)
        assert "LeadArrived" in [type(entry.event).__name__ for entry in entries]
        await hire(asked, "ana")
        await soon(lambda: desk.team.leads["L-1"].holder == "ana")
        assert said(await send(asked))["agent"] == "ana"

    at_site(work)


@pytest.mark.parametrize(
    "lead, message",
    [
        (LEAD | {"score": 101}, "score is 101: expected `int` <= 100"),
        (LEAD | {"urgency": "soon"}, 'urgency is "soon"; give one of low, medium, high, critical'),
        (
            {"id": "L-4", "name": "N", "proprty_type": "x"},
            "proprty_type is no field of a lead; did you mean property_type?",
        ),
        (LEAD | {"email": "zoe@"}, "e-mail is 'zoe@'; give an address like zoe@example.com, or leave it empty"),
        ({"id": "L-1"}, "name is missing; give it"),
        ({"name": "Zoe"}, "id is missing; give the lead an id, or the request an Idempotency-Key"),
        ([1], "a lead is [1]: expected `object`, got `array`"),
        (b"{", "the body is no JSON: it ends before its object does; send one whole object"),
        (
            '{"id": "L-1", "name": "Zoë"}'.encode("latin-1"),
            "the body is no UTF-8, in which JSON is sent: 'utf-8' codec",
        ),
        (b'{"id": "L-1", "name": "Zoe", "score": 1e400}', "the body holds a number that is out of range"),
        (b'{"id": "L-1", "score": %s}' % (b"9" * 5000), "the body holds a number that is out of range; send one that"),
        (b"[" * 60_000, "the body holds too many lists in lists; send a lead as one object"),
        (b'{"id": "L-1", "name": "Zoe \\ud83d"}', "name holds half of a character (a lone surrogate, \\ud83d)"),
    ],
)
def test_a_bad_lead_is_answered_with_field_value_and_fix(tmp_path: Path, lead: Any, message: str) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            answer = await send(asked, lead, Content_Type="application/json")
            assert (answer.code, said(answer)["code"]) == (400, "malformed")
            assert message in said(answer)["message"]

    asyncio.run(work())


def test_who_may_not_is_told_why_and_nothing_comes_in(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            forged = await send(asked, Authorization="Bearer x.y.z")
            none = await asked.ask("/webhooks/lead", body=LEAD)
            basic = await send(asked, Authorization="Basic eDp5")
            assert [one.code for one in (forged, none, basic)] == [401, 401, 401]
            assert none.headers["WWW-Authenticate"] == "Bearer"
            for role in ("agent", "analyst"):
                refused = await send(asked, role=role)
                assert (refused.code, said(refused)["code"]) == (403, "forbidden")
                assert f"role is {role}, which may not POST /webhooks/lead; a service or" in said(refused)["message"]
            assert (await send(asked, role="team_lead")).code == 202
            other = await send(asked, LEAD | {"id": "L-5"}, tenant="other")
            assert other.code == 403
            assert "not served here" in said(other)["message"]
            assert (await asked.ask("/webhooks/fax", "crm", "service", body=LEAD)).code == 404
            assert (await asked.ask("/nothing")).code == 404
            wrong = await asked.ask("/webhooks/lead", "crm", "service")
            assert (wrong.code, wrong.headers["Allow"]) == (405, "POST")
            assert said(wrong)["message"] == "the method is GET, which /webhooks/lead does not take; send POST"
            assert (await send(asked, b"id=1", Content_Type="text/plain")).code == 415
            assert (await send(asked, LEAD | {"name": "x" * 70_000})).code == 413
            zipped = await send(asked, gzip.compress(json.dumps(LEAD).encode()), Content_Encoding="gzip", **JSON)
            assert (zipped.code, said(zipped)["message"]) == (
                415,
                "Content-Encoding is 'gzip'; send the body as it is",
            )
            assert (await send(asked, LEAD, Idempotency_Key="a b")).code == 400
            assert [*asked.gate.office.team.leads] == ["L-1"]

    asyncio.run(work())


@pytest.mark.parametrize(
    "body, charset, code, message",
    [
        (b"\xef\xbb\xbf" + json.dumps(LEAD).encode(), "UTF-8", 202, ""),
        (
            json.dumps(LEAD).encode("utf-16"),
            '"utf-16"',
            415,
            "Content-Type says charset 'utf-16'; send the body in UTF",
        ),
        (b'{"id": "L-1", "name": "Zo\xc3\xab"}', "iso-8859-1", 415, "Content-Type says charset 'iso-8859-1'; send the"),
    ],
)
def test_a_lead_is_taken_in_utf_8_alone(tmp_path: Path, body: bytes, charset: str, code: int, message: str) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            answer = await send(asked, body, Content_Type=f"application/json; charset={charset}")
            assert (answer.code, said(answer).get("message", "")[: len(message)]) == (code, message)
            assert len(asked.gate.office.team.leads) == (code == 202)

    asyncio.run(work())


@pytest.mark.parametrize("chunked", [False, True])
def test_who_sends_far_too_much_sees_the_answer_and_no_reset(tmp_path: Path, chunked: bool) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            token = asked.gate.access.token("acme", "crm", "service")
            reader, writer = await asyncio.open_connection("127.0.0.1", asked.listener.port)
            data = b"x" * 6_000_000
            length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(data)}"
            named = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{length}"
            writer.write(f"POST /webhooks/lead HTTP/1.1\r\n{named}\r\n\r\n".encode())
            writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if chunked else data)
            await writer.drain()
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
            writer.close()

    asyncio.run(work())


def test_who_waits_before_sending_too_much_is_answered_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            token = asked.gate.access.token("acme", "crm", "service")
            reader, writer = await asyncio.open_connection("127.0.0.1", asked.listener.port)
            named = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 70000\r\nExpect: 100-continue"
            writer.write(f"POST /webhooks/lead HTTP/1.1\r\n{named}\r\n\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
            writer.close()

    asyncio.run(work())


def test_who_asks_too_much_is_told_to_wait_and_others_are_not(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path, rate=1) as asked:
            codes = [(await send(asked)).code for _ in range(8)]
            assert codes[:3] == [202] * 3
            assert codes[-1] == 429
            other = await asked.ask("/webhooks/lead", "form", "service", body=LEAD)
            assert other.code == 202

    asyncio.run(work())


def test_two_tenants_behind_one_gateway_do_not_meet(redis_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path, redis_url) as asked:
            door = type(asked.gate.door)(
                asked.gate.access,
                port=0,
                gateway={"host": "127.0.0.1"},
                stream=redis_url,
                history=str(tmp_path / "theirs"),
            )
            await door.open()
            listener = await Listener(Site(asked.gate.access, door), host="127.0.0.1", port=0).start()
            try:
                both = Asked(asked.gate, listener)
                assert said(await both.ask("/healthz")) == {
                    "ok": True, "trouble": [], "mode": "gateway", "teams": 0, "connections": 0,
                }  # fmt: skip
                one = await send(both, tenant="one", Idempotency_Key="k")
                two = await send(both, LEAD | {"name": "Other"}, tenant="two", Idempotency_Key="k")
                assert (one.code, two.code) == (202, 202)
                names = {office.tenant: office.team.leads["L-1"].lead.name for office in door.offices}
                assert names == {"one": "Zoe Park", "two": "Other"}
                metrics = (await both.ask("/metrics")).body.decode()
                assert "collab_teams 2.0" in metrics
                assert '"one"' not in metrics
            finally:
                await listener.stop()
                await door.close()

    asyncio.run(work())


def test_the_metrics_are_what_the_members_counted(at_site: Callable[[Work], None]) -> None:
    async def work(asked: Asked) -> None:
        await hire(asked, "ana", "bo")
        async with asked.gate.member("ana") as ana, asked.gate.member("bo") as bo, raw(asked.gate, "cy") as cy:
            told = await talked(ana, bo)
            with pytest.raises(ValueError, match="does not exist"):
                await bo.join("nowhere")
            await cy.send("{")
            await cy.recv()
            assert (await send(asked)).code == 201
            before = asked.gate.office.team.seq  # presence follows devices on its own
            found = await asked.metrics()
            assert found['collab_connections{role="agent"}'] == 3
            assert found["collab_connections_accepted_total"] == 3
            assert found["collab_messages_sent_total"] == 8
            assert found["collab_events_delivered_total"] == told
            assert found['collab_commands_total{kind="send"}'] == 9
            assert found['collab_command_seconds_count{kind="send"}'] == 9
            assert found['collab_command_seconds_bucket{kind="send",le="+Inf"}'] == 9
            assert found['collab_commands_total{kind="join"}'] == 3
            assert found['collab_refused_total{code="refused"}'] == 1
            assert found['collab_refused_total{code="malformed"}'] == 1
            assert found["collab_rooms"] == 4
            assert found["collab_rooms_attended"] == 1
            assert found["collab_deciding_seconds_count"] == 1
            assert found["collab_held_leads"] == 1
            assert before <= found["collab_stream_seq"] <= asked.gate.office.team.seq
            assert found['collab_http_requests_total{page="webhooks",status="201"}'] == 1
            async with asyncio.timeout(20):  # for the same reason one flush is not the last
                while (await asked.metrics())["collab_recorder_behind_events"]:
                    await asked.gate.office.recorder.flush()  # type: ignore[union-attr]
            found = await asked.metrics()
            assert found['collab_agents{presence="available"}'] == 2

    at_site(work)


def test_who_is_sent_out_and_who_waits_is_counted(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            async with asked.gate.member("ana"):
                (line,) = asked.gate.door.gateway.lines
                line.cut_off("token_revoked", "gone")
                await soon(lambda: not asked.gate.door.gateway.lines)
            await send(asked)
            found = await asked.metrics()
            assert found['collab_cut_off_total{code="token_revoked"}'] == 1
            assert found["collab_queue_leads"] == 1
            assert found["collab_queue_oldest_seconds"] > 0

    asyncio.run(work())


def test_health_says_what_is_wrong_and_webhooks_are_not_taken_meanwhile(redis_program: str, tmp_path: Path) -> None:
    server = RealRedis(redis_program)

    async def work() -> None:
        async with a_site(tmp_path, server.url) as asked:
            well = await asked.ask("/healthz")
            assert (well.code, said(well)["ok"]) == (200, True)
            head = await asked.ask("/healthz", method="HEAD")
            assert (head.code, head.body, head.headers["Content-Length"]) == (200, b"", str(len(well.body)))
            async with asked.gate.member("ana") as ana:
                await ana.join("main")
                server.kill()
                with pytest.raises(RuntimeError, match=f"^{UNREACHABLE}$"):
                    await ana.send_message("main", "hello")
            ill = await asked.ask("/healthz")
            assert ill.code == 503
            assert said(ill)["trouble"][0].startswith("stream: ")
            refused = await send(asked)
            assert (refused.code, said(refused)["code"]) == (503, "unreachable")
            assert said(refused)["message"] == UNREACHABLE  # where it is, is the operator's
            assert refused.headers["Retry-After"] == "2"
            server.start()
            await soon_well(asked)
            assert (await send(asked)).code == 202

    try:
        asyncio.run(work())
    finally:
        server.stop()


def test_health_names_broken_keys_and_a_clock_that_is_off_and_stays_well(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            keys = tmp_path / "keys"
            keys.write_text(f"{keys.read_text()}oops\n")
            assert said(await asked.ask("/files/x/y", Authorization="Bearer x"))["code"] == "denied"
            found = await asked.ask("/healthz")
            assert (found.code, said(found)["ok"]) == (200, True)
            assert said(found)["trouble"] == [f"keys: {asked.gate.access.trouble}"]
            assert of_health("HTTP", 1, said(found)).state == State.warn
            asked.gate.office._clock.own = lambda: utc_now() - timedelta(minutes=1)
            await soon(lambda: bool(asked.gate.office.timing.trouble))
            found = await asked.ask("/healthz")
            assert (found.code, "s behind Redis" in said(found)["trouble"][1]) == (200, True)
            check = of_gateway(asked.gate.door)
            assert (check.state, str(keys) in check.value, check.fix[:4]) == (State.bad, True, "Mend")

    asyncio.run(work())


def test_health_says_of_a_redis_that_hangs_that_it_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.web.health.ANSWERS_WITHIN_S", 0.01)

    async def work() -> None:
        async with a_site(tmp_path) as asked:
            stream = asked.gate.office.stream
            assert stream is not None
            monkeypatch.setattr(stream, "ping", asyncio.Event().wait)
            ill = await asked.ask("/healthz")
            assert (ill.code, said(ill)["trouble"]) == (503, ["stream: no answer within 0.01 s"])

    asyncio.run(work())


def test_of_a_failure_without_words_it_says_that_the_server_is_silent() -> None:
    told = str(server_at("redis://localhost:1/0").told(TimeoutError()))
    assert told.startswith("no Redis answers at redis://localhost:1/0: it is silent; start redis-server there")


async def soon_well(asked: Asked) -> None:
    """Return when health says that all is well."""
    async with asyncio.timeout(20):
        while (await asked.ask("/healthz")).code != 200:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)


def test_a_recorder_that_cannot_write_is_trouble(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate:
            site = Site(gate.access, gate.door, gate.office, more=lambda: {"boards": 0})
            listener = await Listener(site, host="127.0.0.1", port=0).start()
            asked = Asked(gate, listener)
            recorder = gate.office.recorder
            assert recorder is not None
            well = said(await asked.ask("/healthz"))
            assert (well["ok"], well["boards"], well["tenant"]) == (True, 0, "acme")
            folder = tmp_path / "history"
            folder.rename(tmp_path / "away")
            folder.write_text("no folder")
            await send(asked)
            await soon(lambda: recorder.fault is not None)
            ill = await asked.ask("/healthz")
            assert (ill.code, said(ill)["trouble"]) == (503, [f"recorder: {recorder.fault}"])
            assert (await asked.metrics())["collab_recorder_faults"] == 1
            folder.unlink()
            (tmp_path / "away").rename(folder)
            await soon_well(asked)
            await recorder.flush()
            await listener.stop()

    asyncio.run(work())


def test_a_process_that_only_reads_takes_no_leads(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate:
            reading = Office("embedded://another", str(tmp_path / "history"), tenant="acme")
            await reading.open()
            site = Site(Access(tmp_path / "keys"), None, reading)
            listener = await Listener(site, host="127.0.0.1", port=0).start()
            asked = Asked(gate, listener)
            assert said(await asked.ask("/healthz"))["mode"] == "reading"
            assert (await send(asked)).code == 503
            assert "collab_teams 1.0" in (await asked.ask("/metrics")).body.decode()
            await listener.stop()
            await reading.close()

    asyncio.run(work())


def test_a_command_over_the_socket_is_the_same_lead_as_one_over_http(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_site(tmp_path) as asked:
            await hire(asked, "ana")
            by_http = said(await send(asked))
            async with raw(asked.gate, "crm", "service") as socket:
                await socket.send(
                    p.encode(p.command(json.dumps({"do": "route_lead", "id": 1, "lead": LEAD}))), text=True
                )
                answer = json.loads(await socket.recv())
                assert answer["result"]["agent"] == by_http["agent"]
                assert answer["result"]["time"] == by_http["time"]

    asyncio.run(work())
