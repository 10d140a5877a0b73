"""The dashboard for `panel serve collab/app.py`: this process's office, shown to each session.

Settings come from the environment: `COLLAB_REDIS` (URL of the stream), `COLLAB_HISTORY` (folder or URL of the history),
`COLLAB_TENANT`, `COLLAB_FILES` (folder of the files in rooms), `COLLAB_WEIGHTS` (folder of the teams' adopted weights),
`COLLAB_RULES` (the file of alert rules), `COLLAB_NOTIFY` (the file that says who is told of alerts), `COLLAB_KEYS` (the
file of the keys that sign tokens), `COLLAB_SIGN_IN` (the file of those who may sign in, which `panel serve` must let
do so), `COLLAB_BALANCE` (off, propose or auto) and `COLLAB_MOVES` (most leads an hour that are moved so that loads are
even), `COLLAB_PAGE` (where people open this page, for links in notices), `COLLAB_SHADOW` (weights such as 25-35-25-15
that look on), `COLLAB_COACH` (a model that coaches, with `COLLAB_COACH_TOKENS` a day), and `COLLAB_TEAM_AT_WORK=1` for
the seeded team.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn

from collab.door import Door
from collab.floor import Seat
from collab.live.access import Access
from collab.office import Office, shared
from collab.protocol import Role
from collab.settings import settings, shelf, sign_in
from collab.users import Users
from collab.views.checkup import checkup_of
from collab.views.contents import contents
from collab.views.feed import feed_of
from collab.views.notebook import Notebook
from collab.views.page import beside, closed, page, title
from collab.views.presses import presses_of
from collab.views.running import Running
from collab.views.sign_in import Passwords, Vouching, finder, seat_here
from collab.views.socket import prepare
from collab.web import Site, end_when_told, routes

DASHBOARD = "tab-team.png"
"""The picture of the dashboard, among those of the notebooks."""


def office() -> Office:
    """This process's office, started with the first session."""
    found = shared(**settings())
    found.shelf = found.shelf or shelf(found.history_url)
    return found


def site(office: Office, door: Door | None, access: Access | None) -> Site:
    """The pages beside the dashboard."""
    checkup_of(office).door = door
    return Site(access, door, office, more=lambda: {"boards": feed_of(office).boards}, pressed=presses_of(office).took)


def shown(office: Office, users: Users | None, *, index: bool = False) -> Any:
    """The dashboard for one session: of the team of who signed in, if anybody has to."""
    try:
        team, seat = seated(office, users)
    except (OSError, ValueError, RuntimeError) as error:
        return closed(str(error))
    return page(team, seat, index=index)


def seated(office: Office, users: Users | None) -> tuple[Office, Seat | None]:
    """Whose team this session shows, and the seat of who signed in; without users anybody comes, and has none.

    Raises:
        NotAllowed: nobody of the file of users signed in, or one of a team that is not here.
        OSError, ValueError: that file cannot be read, or is wrong.
    """
    if users is None:
        return office, None
    user = finder(users)()
    team = office if user is None or user.tenant == office.tenant else office_of(office, user.tenant)
    return team, seat_here(users, team.tenant)


def beside_it(office: Office, users: Users | None, name: str, make: Callable[[str], Any]) -> Any:
    """A page beside the dashboard for one session, given whose team it is; none for agents, who see their own only."""
    try:
        team, seat = seated(office, users)
        if seat is not None and seat.role == Role.agent:
            return closed("You are signed in as an agent; notebooks read the whole history. Ask an analyst for them.")
    except (OSError, ValueError, RuntimeError) as error:
        return closed(str(error))
    return beside(name, make(title(team)), seat)


def office_of(office: Office, tenant: str) -> Office:
    """The office of another tenant on the same stream; an embedded stream has one team a process, so it is `office`."""
    if office.stream_url.startswith("embedded"):
        return office
    other = shared(office.stream_url, office.history_url, tenant=tenant)
    other.shelf = other.shelf or office.shelf
    return other


def serve_pages(
    office: Office,
    site: Site,
    port: int,
    address: str,
    origins: Sequence[str] = (),
    *,
    users: Users | None = None,
    secret: str | None = None,
    notebooks: Sequence[Notebook] = (),
    pictures: str | None = None,
    **more: Any,
) -> None:
    """Serve the dashboard at `/` and the site's pages beside it until SIGTERM or SIGINT comes.

    With `users` they sign in first; `secret` signs their cookies. Each of the notebooks is a page by its name, and
    `/index` lists them; `pictures` is the folder of their pictures.
    """
    prepare()
    if users is not None:
        more |= {"auth_provider": entrance(users, title(office)), "cookie_secret": secret}
    if pictures is not None:
        more["static_dirs"] = {"pictures": pictures}
    pages = {"/": lambda: shown(office, users, index=bool(notebooks)), **others(office, users, notebooks, pictures)}
    end_when_told()
    pn.serve(
        pages,
        port=port,
        address=address,
        show=False,
        websocket_origin=[f"localhost:{port}", f"127.0.0.1:{port}", *origins],
        extra_patterns=routes(site),
        title=dict.fromkeys(pages, title(office)) | {f"/{one.name}": one.question for one in notebooks},
        **more,
    )


def others(
    office: Office, users: Users | None, notebooks: Sequence[Notebook], pictures: str | None = None
) -> dict[str, Callable[[], Any]]:
    """The pages beside the dashboard, by their addresses: the index and the notebooks, if there are any."""
    if not notebooks:
        return {}

    dashboard = DASHBOARD if pictures is not None and Path(pictures, DASHBOARD).is_file() else ""

    def index() -> Any:
        return beside_it(office, users, "Index", lambda team: contents(team, notebooks, dashboard))

    def read(notebook: Notebook) -> Any:
        return beside_it(office, users, notebook.name.replace("_", " "), lambda team: Running(notebook))

    return {"/index": index} | {f"/{one.name}": lambda one=one: read(one) for one in notebooks}


def entrance(users: Users, title: str) -> Passwords | Vouching:
    """How the users sign in: at the provider of identities that `PANEL_OAUTH_PROVIDER` names, else with a password."""
    return Vouching() if pn.config.oauth_provider else Passwords(users, title)


if pn.state.served:
    prepare()
    file = sign_in()
    shown(office(), None if file is None else Users(file)).servable()
