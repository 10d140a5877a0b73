"""The command `collab serve`: the dashboard with a gateway."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import Any

import click

from collab.cli.options import (
    AHEAD,
    BALANCE,
    COACH,
    EXPLORE,
    FILE_MIB,
    FILES,
    HISTORY,
    MOVES,
    NOTIFY,
    PAGE,
    PORT,
    RULES,
    STREAM,
    TEAM_GIB,
    TENANT,
    WS_PORT,
    Progress,
    Whole,
    check_ports,
    interrupt,
    leave,
    number,
    or_exit,
    shelf_of,
    take_turns,
)
from collab.cli.origin import hosts

SIGN_IN = "File of those who may sign in, as `collab user add` writes it [COLLAB_SIGN_IN, else anybody may come]."


@click.command()
@click.option(
    "--team-at-work", is_flag=True, default=None, help="Let the seeded team of eight work, in a tenant of its own."
)
@click.option(
    "--days",
    type=Whole(0, 90),
    default=5,
    show_default=True,
    help="Days of the seeded team's past to make when there are none.",
)
@EXPLORE
@click.option(
    "--shadow", help="Weights under which each decision is scored, too, e.g. 25-35-25-15 [COLLAB_SHADOW, else none]."
)
@AHEAD
@BALANCE
@MOVES
@COACH
@RULES
@NOTIFY
@PORT
@click.option("--address", default="localhost", show_default=True, help="Address to listen on.")
@click.option(
    "--origin",
    multiple=True,
    callback=lambda _, option, said: or_exit(hosts, said),
    help="A further host:port, or address, that pages may be opened under.",
)
@PAGE
@click.option("--sign-in", type=click.Path(exists=True, dir_okay=False), help=SIGN_IN)
@click.option(
    "--notebooks",
    type=click.Path(exists=True, file_okay=False),
    is_flag=False,
    flag_value="notebooks",
    help="Folder of notebooks that are pages, too, listed at /index.  [without a folder: notebooks]",
)
@click.option("--proxied", is_flag=True, help="A proxy in front says who asks, and if by TLS (X-Forwarded-…).")
@WS_PORT
@FILES
@FILE_MIB
@TEAM_GIB
@STREAM
@HISTORY
@TENANT
def serve(
    port: int | None, ws_port: int | None, address: str, days: int, explore: float, ahead: float, **given: Any
) -> None:
    """Serve the dashboard and the gateway, on the embedded stream unless a Redis is named."""
    port = port if port is not None else number("PORT")
    ws_port = ws_port if ws_port is not None else number("WS_PORT")
    check_ports(address, PORT=port, WS_PORT=ws_port)

    from collab.app import serve_pages, site
    from collab.gates import Pacing
    from collab.live.access import Access
    from collab.office import shared
    from collab.settings import keys, settings

    users, read = _users(given["sign_in"], address), _notebooks(given["notebooks"])
    page = f"http://{_host(address)}:{port}" if port else ""
    found = or_exit(settings, **given, served=page)
    shelf = shelf_of(found["history"], given)
    signal.signal(signal.SIGTERM, interrupt)
    take_turns()
    with Progress("the seeded team's past") as bar:
        office = or_exit(shared, **found, days=days, progress=bar, explore=explore, pacing=Pacing(ahead_most=ahead))
    where = page or "the port that is named below"
    click.echo(f"collab: the {office.tenant} team is on {where} (mode {office.mode}; stop with Ctrl-C)")
    door, access = None, or_exit(Access, keys())
    try:
        door = None if office.mode == "reading" else _door(access, office, ws_port, address, shelf)
        more = {"users": users, "secret": access.secret("page"), "use_xheaders": given["proxied"], **read}
        serve_pages(office, site(office, door, access), port, address, given["origin"], **more)
    except KeyboardInterrupt:
        pass  # before the pages were served
    finally:
        click.echo("collab: recording what is left, then stopping")
        if door is not None:
            office.call(_close(office, door)).result()
        office.stop()
    leave()


async def _close(office: Any, door: Any) -> None:
    office.hasten()
    await door.close()


def _host(address: str) -> str:
    """How others write the address of this machine; 0.0.0.0 and :: are all of its addresses, and of none."""
    named = socket.gethostname() if address in ("", "0.0.0.0", "::") else address
    return f"[{named}]" if ":" in named else named


def _notebooks(folder: str | None) -> dict[str, Any]:
    """The notebooks of a folder, and that of their pictures if it is there: docs/pictures beside it."""
    if folder is None:
        return {}
    from collab.views.notebook import read_all

    pictures = Path(folder).resolve().parent / "docs" / "pictures"
    kept = pictures if pictures.is_dir() else None
    return {"notebooks": or_exit(read_all, Path(folder), kept), "pictures": None if kept is None else str(kept)}


def _users(file: str | None, address: str) -> Any:
    """Those who may sign in; None, which is said where others reach the page, if anybody may come."""
    from collab.settings import sign_in

    if (named := sign_in(file)) is not None:
        from collab.users import Users

        return or_exit(Users, named)
    if address not in ("localhost", "127.0.0.1", "::1"):
        click.echo(f"collab: whoever reaches {address} may change this team; let them sign in (--sign-in)", err=True)
    return None


def _door(access: Any, office: Any, ws_port: int, address: str, shelf: Any) -> Any:
    """An open gateway beside the dashboard."""
    from collab.door import Door

    door = Door(access, office, port=ws_port, gateway={"host": address}, shelf=shelf)
    or_exit(office.call(door.open()).result)
    click.echo(f"collab: members connect to ws://{_host(address)}:{door.gateway.port} with a token of `collab token`")
    return door
