"""The dashboard for `panel serve collab/app.py`: this process's office, shown to each session.

Settings come from the environment: `COLLAB_REDIS` (URL of the stream), `COLLAB_HISTORY` (folder or URL of the history),
`COLLAB_TENANT`, `COLLAB_FILES` (folder of the files in rooms), `COLLAB_WEIGHTS` (folder of the teams' adopted weights),
`COLLAB_RULES` (the file of alert rules), `COLLAB_NOTIFY` (the file that says who is told of alerts), `COLLAB_KEYS` (the
file of the keys that sign tokens), `COLLAB_SIGN_IN` (the file of those who may sign in, which `panel serve` must let
do so), `COLLAB_BALANCE` (off, propose or auto) and `COLLAB_MOVES` (most leads an hour that are moved so that loads are
even), `COLLAB_PAGE` (where people open this page, for links in notices), `COLLAB_SHADOW` (weights such as 25-35-25-15
that look on), and `COLLAB_TEAM_AT_WORK=1` for the seeded team.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import panel as pn

from collab.door import Door
from collab.live.access import Access
from collab.office import Office, shared
from collab.settings import settings, shelf, sign_in
from collab.users import Users
from collab.views.checkup import checkup_of
from collab.views.feed import feed_of
from collab.views.page import closed, page, title
from collab.views.sign_in import Passwords, Vouching, finder, seat_here
from collab.views.socket import prepare
from collab.web import Site, routes


def office() -> Office:
    """This process's office, started with the first session."""
    found = shared(**settings())
    found.shelf = found.shelf or shelf(found.history_url)
    return found


def site(office: Office, door: Door | None, access: Access | None) -> Site:
    """The pages beside the dashboard."""
    checkup_of(office).door = door
    return Site(access, door, office, more=lambda: {"boards": feed_of(office).boards})


def shown(office: Office, users: Users | None) -> Any:
    """The dashboard for one session: of the team of who signed in, if anybody has to."""
    if users is None:
        return page(office)
    try:
        user = finder(users)()
        team = office if user is None or user.tenant == office.tenant else office_of(office, user.tenant)
        return page(team, seat_here(users, team.tenant))
    except (OSError, ValueError, RuntimeError) as error:
        return closed(str(error))


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
    **more: Any,
) -> None:
    """Serve the dashboard at `/` and the site's pages beside it until the process is interrupted.

    With `users` they sign in first; `secret` signs their cookies.
    """
    prepare()
    if users is not None:
        more |= {"auth_provider": entrance(users, title(office)), "cookie_secret": secret}
    pn.serve(
        {"/": lambda: shown(office, users)},
        port=port,
        address=address,
        show=False,
        websocket_origin=[f"localhost:{port}", f"127.0.0.1:{port}", *origins],
        extra_patterns=routes(site),
        title=title(office),
        **more,
    )


def entrance(users: Users, title: str) -> Passwords | Vouching:
    """How the users sign in: at the provider of identities that `PANEL_OAUTH_PROVIDER` names, else with a password."""
    return Vouching() if pn.config.oauth_provider else Passwords(users, title)


if pn.state.served:
    prepare()
    file = sign_in()
    shown(office(), None if file is None else Users(file)).servable()
