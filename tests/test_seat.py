"""Each role at each command of the desk from a page: carried out in the name of who signed in, or refused."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from offices import Open, at, do, pushed
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from collab.desk import Desk
from collab.events import LeadOverridden
from collab.floor import NotAllowed, Seat, Seated
from collab.floor.seat import DESK, ROOMS
from collab.office import SeatedOffice
from collab.protocol import Role
from collab.records import Lead
from collab.rooms import Rooms
from collab.users import User, Users, seat_of, user_of
from collab.views.assignments import AssignmentsView
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.sign_in import GUESSES, Guesses, SignIn, _is_here

A, T, N = Role.agent, Role.team_lead, Role.analyst
ALL, WORKING, LEADING, TUNING, OWNING = {A, T, N}, {A, T}, {T}, {T, N}, {T}

ALLOWED: dict[str, set[Role]] = {
    "add_agent": LEADING,
    "remove_agent": LEADING,
    "set_presence": WORKING,
    "set_calendar": WORKING,
    "update_agent_workload": WORKING,
    "route_lead": WORKING,
    "accept": WORKING,
    "decline": WORKING,
    "first_response": WORKING,
    "close_lead": WORKING,
    "override": LEADING,
    "assign": LEADING,
    "actions": ALL,
    "act": LEADING,
    "move": LEADING,
    "undo": LEADING,
    "adopt_weights": TUNING,
    "start_experiment": OWNING,
    "stop_experiment": OWNING,
    "acknowledge_alert": OWNING,
    "return_alert": OWNING,
    "resolve_alert": OWNING,
    "silence_alerts": OWNING,
    "end_silence": OWNING,
    "adopt_rules": TUNING,
    "request_coaching": WORKING,
    "create_room": WORKING,
    "send_message": WORKING,
    "catch_up": ALL,
}
ROOM: dict[str, set[Role]] = {
    "create": WORKING,
    "rename": WORKING,
    "archive": WORKING,
    "join": ALL,
    "leave": ALL,
    "send": WORKING,
    "send_soon": WORKING,
    "upload": WORKING,
    "edit": WORKING,
    "delete": WORKING,
    "react": WORKING,
    "read": ALL,
}
OF_THE_PROCESS = set("start stop close look expire tend drain end_experiment note_alerts create_defaults".split())
ME = "kim"


class Noted:
    """Stands behind a seat with the signatures of a desk or its rooms, and notes what it was asked."""

    def __init__(self, of: type) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        for name, method in inspect.getmembers(of, inspect.isfunction):
            if not name.startswith("_"):
                setattr(self, name, self._noting(name, method))

    def _noting(self, name: str, method: Any) -> Any:
        signature = inspect.signature(method)
        without_self = signature.replace(parameters=list(signature.parameters.values())[1:])

        def note(*args: Any, **kwargs: Any) -> None:
            self.asked.append((name, dict(without_self.bind(*args, **kwargs).arguments)))

        note.__signature__ = without_self  # type: ignore[attr-defined]
        return note


def seated(role: Role, of: type, deeds: dict[str, Any]) -> tuple[Any, Noted]:
    """What stands behind a seat of this role, and the seat in front of it."""
    noted = Noted(of)
    return Seated(noted, Seat(ME, lambda: role), deeds), noted


def arguments(method: Any, agent: str = ME) -> dict[str, Any]:
    """Something for each parameter that needs something, with somebody else's name for whoever does it."""
    given = {}
    for name, parameter in inspect.signature(method).parameters.items():
        named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if named and (parameter.default is parameter.empty or name == "by"):
            given[name] = {"agent": agent, "by": "mallory"}.get(name, name)
    return given


@pytest.mark.parametrize("role", sorted(ALL))
@pytest.mark.parametrize("of, deeds, allowed", [(Desk, DESK, ALLOWED), (Rooms, ROOMS, ROOM)])
def test_each_role_may_give_the_commands_that_its_gateway_allows(
    role: Role, of: type, deeds: dict[str, Any], allowed: dict[str, set[Role]]
) -> None:
    assert set(deeds) == set(allowed)
    desk, noted = seated(role, of, deeds)
    for command, roles in allowed.items():
        noted.asked.clear()
        given = arguments(getattr(noted, command))
        if role in roles:
            getattr(desk, command)(**given)
            ((_, heard),) = noted.asked
            assert heard.get("by") in (ME, None), f"{command} is in another name"
            assert heard.get("agent", ME) == ME
        else:
            with pytest.raises(NotAllowed, match=f"signed in as an? {str(role).replace('_', ' ')}, who may not"):
                getattr(desk, command)(**given)
            assert noted.asked == []


def test_every_command_of_the_desk_is_either_a_pages_or_the_processs() -> None:
    for of, deeds in ((Desk, DESK), (Rooms, ROOMS)):
        commands = {
            name for name, method in inspect.getmembers(of, inspect.iscoroutinefunction) if not name.startswith("_")
        }
        assert commands - set(deeds) - OF_THE_PROCESS == set(), (
            f"say in collab/floor/seat.py who may give these of {of}"
        )


@pytest.mark.parametrize("command", ["accept", "decline", "first_response", "close_lead", "send_message"])
def test_nobody_does_in_anothers_name_what_is_ones_own(command: str) -> None:
    for role in (A, T):
        desk, noted = seated(role, Desk, DESK)
        with pytest.raises(NotAllowed, match="agent is 'ana', and you are signed in as kim"):
            getattr(desk, command)(**arguments(getattr(noted, command), "ana"))
        assert noted.asked == []


@pytest.mark.parametrize("command", ["set_presence", "set_calendar", "update_agent_workload"])
def test_a_team_lead_changes_others_and_is_named_and_an_agent_only_themselves(command: str) -> None:
    desk, noted = seated(T, Desk, DESK)
    getattr(desk, command)(**arguments(getattr(noted, command), "ana"))
    assert noted.asked[0][1]["by"] == ME
    desk, noted = seated(A, Desk, DESK)
    with pytest.raises(NotAllowed, match="agent is 'ana'"):
        getattr(desk, command)(**arguments(getattr(noted, command), "ana"))


def test_in_rooms_only_a_team_lead_leads_and_invites_are_in_ones_own_name() -> None:
    for role, leads in ((A, False), (T, True)):
        rooms, noted = seated(role, Rooms, ROOMS)
        rooms.join("general", "ana", by="mallory", leading=True)
        assert noted.asked == [("join", {"room": "general", "agent": "ana", "by": ME, "leading": leads})]
    rooms, noted = seated(N, Rooms, ROOMS)
    rooms.join("general", ME)
    with pytest.raises(NotAllowed, match=r"analyst, who may not invite somebody; an? agent"):
        rooms.join("general", "ana")


@pytest.mark.parametrize(
    "role, command, said",
    [
        (A, "acknowledge_alert", "acknowledge an alert"),
        (A, "silence_alerts", "silence alerts"),
        (N, "route_lead", "route a lead"),
        (N, "assign", "give a lead by hand"),
        (A, "adopt_rules", "adopt rules"),
        (N, "update_agent_workload", "change an agent's workload"),
    ],
)
def test_what_one_may_not_do_is_said_as_one_says_it(role: Role, command: str, said: str) -> None:
    assert f"as an {role}, who may not {said}; a" in Seat(ME, lambda: role).refusal(command)


def test_what_is_the_processs_is_refused_and_what_is_no_command_is_as_it_is(open_office: Open) -> None:
    office = open_office()
    desk = SeatedOffice(office, Seat(ME, lambda: T)).desk
    for command in ("stop", "drain", "expire"):
        with pytest.raises(NotAllowed, match=f"command is {command}, which no page may give"):
            getattr(desk, command)
    assert desk.team is at(office).team
    with pytest.raises(NotAllowed, match="no page may give"):
        desk.rooms.create_defaults  # noqa: B018


def test_the_desk_keeps_the_name_of_who_signed_in(open_office: Open) -> None:
    office = open_office()
    board = Board(office, Seat(ME, lambda: T))
    for agent in ("ana", "ben"):
        do(office, board.office.desk.add_agent(agent, agent.title()))
        do(office, board.office.desk.set_presence(agent, "available"))
    decision = do(office, board.office.desk.route_lead(Lead(id="L-1", name="Zoe Park")))
    to = {"ana": "ben", "ben": "ana"}[decision.agent]
    do(office, board.office.desk.override("L-1", to, by="mallory", reason="asked for"))
    said = [entry.event for entry in do(office, at(office).stream.read(0))]
    assert [(one.to, one.by) for one in said if isinstance(one, LeadOverridden)] == [(to, ME)]


def test_an_agents_page_shows_their_own_leads_only(open_office: Open) -> None:
    office = open_office()
    for agent in ("ana", "ben"):
        do(office, at(office).add_agent(agent, agent.title()))
        do(office, at(office).set_presence(agent, "available"))
    decisions = [do(office, at(office).route_lead(Lead(id=f"L-{n}", name="Zoe Park"))) for n in range(4)]
    mine = [decision.lead.id for decision in decisions if decision.agent == "ana"]
    whole, own = Board(office), Board(office, Seat("ana", lambda: A))
    assert 0 < len(mine) < 4
    assert {event.decision.lead.id for event in whole.frame.recent} == {f"L-{n}" for n in range(4)}
    assert {event.decision.lead.id for event in own.frame.recent} == set(mine)
    assert {state.lead.id for state in own.frame.held} == set(mine) < {state.lead.id for state in whole.frame.held}
    assert own.frame.agents == whole.frame.agents
    assert own.by == "ana"


def test_an_agents_page_has_the_leads_that_were_given_to_them_in_place_of_another(open_office: Open) -> None:
    office = open_office()
    for agent in ("ana", "ben"):
        do(office, at(office).add_agent(agent, agent.title()))
        do(office, at(office).set_presence(agent, "available"))
    first = do(office, at(office).route_lead(Lead(id="L-1", name="Zoe Park"))).agent
    other = {"ana": "ben", "ben": "ana"}[first]
    views = {agent: AssignmentsView(Board(office, Seat(agent, lambda: A))) for agent in (first, other)}
    assert [len(views[agent].listing.rows) for agent in (first, other)] == [1, 0]
    do(office, at(office).override("L-1", other, by="kim", reason="asked for"))
    do(office, at(office).close_lead("L-1", other, converted=True))
    do(office, feed_of(office)._first())
    for view in views.values():
        pushed(view.board)
        assert [row["title"] for row in view.listing.rows] == [f"Zoe Park → {first.title()} → {other.title()}"]
    views[other].listing.chosen = views[other].listing.rows[0]["key"]
    assert views[other].decision.decision.agent == first


def test_who_is_taken_out_of_the_file_sees_nothing_more_and_does_nothing_more(
    tmp_path: Path, open_office: Open
) -> None:
    file = tmp_path / "users.yaml"
    users = Users.made(file)
    users.add("ana", T, "main", "correct horse")
    office = open_office()
    seat = seat_of(lambda: users.named("ana"), "main")
    board = Board(office, seat)
    assert (seat.gone, board.refusal("override")) == ("", "")
    file.write_text("users: {}\n")
    assert board.refusal("override").startswith("You are not among the users of this page any more")
    with pytest.raises(NotAllowed, match="not among the users"):
        board.office.desk.override("L-1", "ben", by="ana")
    do(office, at(office).add_agent("ana", "Ana"))
    pushed(board)
    assert board.frame.agents == ()


@pytest.mark.parametrize("came, now", [(N, A), (A, T)])
def test_who_has_another_role_by_now_begins_anew(came: Role, now: Role) -> None:
    roles = [came]
    seat = seat_of(lambda: User("ana", roles[0], "main"), "main")
    assert (seat.gone, seat.role) == ("", came)
    roles[0] = now
    assert seat.gone.endswith(f"your role is {now} by now. Load the page anew.".replace("_", " "))
    assert seat.refusal("route_lead") == seat.gone
    assert seat_of(lambda: User("ana", roles[0], "main"), "main").role == now


def test_one_of_another_team_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match=r"acme, and this page is of main\. Load it anew; if .* ask whoever"):
        seat_of(lambda: User("ana", T, "acme"), "main")


def test_claims_are_never_taken_for_a_password(tmp_path: Path) -> None:
    users = Users.made(tmp_path / "users.yaml")
    users.add("ana", T, "main", "correct horse")
    assert user_of(users, "ana", None, users.mark("ana")) == User("ana", T, "main")
    with pytest.raises(NotAllowed, match="You signed in as ana, who is not among the users of this page; ask whoever"):
        user_of(users, "ana", {"email": "ana"})
    assert user_of(users, None, None) is None


def test_whom_the_file_does_not_have_is_told_what_the_provider_says(tmp_path: Path) -> None:
    users = Users.made(tmp_path / "users.yaml")
    with pytest.raises(
        NotAllowed, match=r"has not verified zoe@a\.example: have that done there, then sign out and in"
    ):
        user_of(users, None, {"email": "zoe@a.example", "email_verified": False})
    with pytest.raises(NotAllowed, match="tells no e-mail, and you are not among the users of this page; ask whoever"):
        user_of(users, None, {"sub": "4"})


def test_who_has_another_password_by_now_signs_in_anew(tmp_path: Path) -> None:
    users = Users.made(tmp_path / "users.yaml")
    users.add("ana", T, "main", "correct horse")
    mark = users.mark("ana")
    seat = seat_of(lambda: user_of(users, "ana", None, mark), "main")
    assert seat.gone == ""
    users.file.write_text("users:\n")
    users.add("ana", T, "main", "battery staple")
    assert seat.gone == "You did not sign in with the password that you have now. Sign out, then in again."
    with pytest.raises(NotAllowed, match="the password that you have now"):
        user_of(users, "ana", None, None)
    assert users.mark("nobody") == ""


def test_who_guesses_too_often_has_to_wait_and_others_do_not() -> None:
    guesses, here = Guesses(), "192.0.2.1"
    assert [guesses.take(("ana", here)) for _ in range(GUESSES + 1)] == [True] * GUESSES + [False]
    assert guesses.take(("ben", here))
    assert guesses.take(("ana", "192.0.2.2"))


def test_who_knows_the_password_never_has_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.views.sign_in.EVERY_S", 1e6)  # however slow the machine is
    users = Users.made(tmp_path / "users.yaml")
    users.add("ana", T, "main", "correct horse")

    async def sign_in() -> None:
        handler = type("Here", (SignIn,), {"users": users, "guesses": Guesses()})
        server = HTTPServer(Application([("/login", handler)], cookie_secret="s" * 32))
        [socket] = bind_sockets(0, "127.0.0.1")
        server.add_sockets([socket])
        url, client = f"http://127.0.0.1:{socket.getsockname()[1]}/login", AsyncHTTPClient(force_instance=True)

        async def status(password: str) -> int:
            body = urlencode({"username": "ana", "password": password})
            answer = client.fetch(url, method="POST", body=body, follow_redirects=False, raise_error=False)
            return (await answer).code

        try:
            assert [await status("correct horse") for _ in range(GUESSES + 1)] == [302] * (GUESSES + 1)
            assert [await status("wrong") for _ in range(GUESSES + 1)] == [401] * GUESSES + [429]
        finally:
            client.close()
            server.stop()

    asyncio.run(sign_in())


@pytest.mark.parametrize(
    "address",
    ["", "https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "/\t/", "//[", "/logout?a"],
)
def test_signing_in_leads_nobody_elsewhere_and_not_out_again(address: str) -> None:
    assert not _is_here(address)
    assert _is_here("/?tab=what-if&weights=20-60-11-9")
    assert _is_here("/files/logout")
