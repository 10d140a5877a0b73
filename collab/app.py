"""The dashboard for `panel serve collab/app.py`: this process's office, shown to each session.

Settings come from the environment: `COLLAB_REDIS` (URL of the stream), `COLLAB_HISTORY` (folder or URL of the history),
`COLLAB_TENANT`, `COLLAB_FILES` (folder of the files in rooms), `COLLAB_WEIGHTS` (folder of the teams' adopted weights),
`COLLAB_RULES` (the file of alert rules), `COLLAB_NOTIFY` (the file that says who is told of alerts), `COLLAB_KEYS` (the
file of the keys that sign tokens), `COLLAB_BALANCE` (off, propose or auto) and `COLLAB_MOVES` (most leads an hour that
are moved so that loads are even), `COLLAB_PAGE` (where people open this page, for links in notices), `COLLAB_SHADOW`
(weights such as 25-35-25-15 that look on), and `COLLAB_TEAM_AT_WORK=1` for the seeded team.
"""

from __future__ import annotations

from collections.abc import Sequence

import panel as pn

from collab.door import Door
from collab.live.access import Access
from collab.office import Office, shared
from collab.settings import settings
from collab.views.board import feed_of
from collab.views.checkup import checkup_of
from collab.views.page import page, title
from collab.views.socket import prepare
from collab.web import Site, routes


def office() -> Office:
    """This process's office, started with the first session."""
    return shared(**settings())


def site(office: Office, door: Door | None, access: Access | None) -> Site:
    """The pages beside the dashboard."""
    checkup_of(office).door = door
    return Site(access, door, office, more=lambda: {"boards": feed_of(office).boards})


def serve_pages(office: Office, site: Site, port: int, address: str, origins: Sequence[str] = ()) -> None:
    """Serve the dashboard at `/` and the site's pages beside it until the process is interrupted."""
    prepare()
    pn.serve(
        {"/": lambda: page(office)},
        port=port,
        address=address,
        show=False,
        websocket_origin=[f"localhost:{port}", f"127.0.0.1:{port}", *origins],
        extra_patterns=routes(site),
        title=title(office),
    )


if pn.state.served:
    prepare()
    page(office()).servable()
