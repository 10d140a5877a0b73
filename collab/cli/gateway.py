"""The command `collab gateway`: a gateway alone, for all tenants of a Redis."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from typing import Any

import click

from collab.cli.certificate import tls
from collab.cli.options import (
    AHEAD,
    BALANCE,
    COACH,
    EXPLORE,
    FILE_MIB,
    FILES,
    HISTORY,
    HTTP_PORT,
    MOVES,
    NOTIFY,
    RULES,
    STREAM,
    TEAM_GIB,
    WS_PORT,
    Real,
    check_ports,
    leave,
    number,
    or_exit,
    shelf_of,
    take_turns,
)
from collab.cli.origin import origins

OF_ALL = ("stream", "history", "weights", "rules", "notify", "secrets", "balance", "thresholds", "coach")
"""The settings that the offices of all tenants share."""


@click.command()
@WS_PORT
@HTTP_PORT
@click.option("--no-http", is_flag=True, help="Answer no health, metrics, webhooks and files.")
@click.option("--address", default="localhost", show_default=True, help="Address to listen on.")
@click.option(
    "--origin",
    multiple=True,
    callback=lambda _, option, said: or_exit(origins, said),
    help="A page (https://… or its host) that may connect; without any, all may.",
)
@click.option("--rate", type=Real(1), default=100.0, show_default=True, help="Commands a second that one may send.")
@click.option("--agent-rate", type=Real(1), help="The same of all connections of an agent [twice --rate].")
@click.option(
    "--idle",
    type=Real(60),
    default=600.0,
    show_default=True,
    help="Seconds after which a team that nobody uses, and where nothing is open, is let go until somebody comes.",
)
@click.option("--compress", is_flag=True, help="Offer compressed frames: less to send, a little more to do.")
@click.option(
    "--certificate", type=click.Path(exists=True, dir_okay=False), help="File with the certificate chain, for wss://."
)
@click.option("--private-key", type=click.Path(exists=True, dir_okay=False), help="File with the certificate's key.")
@EXPLORE
@AHEAD
@BALANCE
@MOVES
@COACH
@RULES
@NOTIFY
@FILES
@FILE_MIB
@TEAM_GIB
@STREAM
@HISTORY
def gateway(
    ws_port: int | None,
    http_port: int | None,
    no_http: bool,
    address: str,
    explore: float,
    ahead: float,
    **given: Any,
) -> None:
    """Serve members of all tenants on a Redis; any number of gateways may share it."""
    ws_port = ws_port if ws_port is not None else number("WS_PORT")
    check_ports(address, WS_PORT=ws_port)

    from collab.door import Door
    from collab.gates import Pacing
    from collab.live.access import Access
    from collab.settings import keys
    from collab.web import Listener, Site

    found, access = _checked(given), or_exit(Access, keys())
    secured = or_exit(tls, given["certificate"], given["private_key"])
    door = Door(
        access,
        port=ws_port,
        shelf=shelf_of(found["history"], given),
        gateway={"host": address, "tls": secured, "origins": given["origin"] or None}
        | {name: given[name] for name in ("rate", "agent_rate", "compress")},
        **{name: found[name] for name in OF_ALL} | {"explore": explore, "idle_s": given["idle"]},
        pacing=Pacing(ahead_most=ahead),
    )
    listener = None
    if not no_http:
        http_port = http_port if http_port is not None else number("HTTP_PORT")
        check_ports(address, WS_PORT=ws_port, HTTP_PORT=http_port)
        listener = Listener(Site(access, door, rate=given["rate"]), host=address, port=http_port, tls=secured)
    take_turns()
    with contextlib.suppress(KeyboardInterrupt):
        or_exit(asyncio.run, _open(door, listener, address, "s" if secured else "", found["stream"]))
    leave()


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The settings, of which the files can be read: offices open later, as members come."""
    from collab.office.duties import check
    from collab.settings import settings

    found: dict[str, Any] = or_exit(settings, **given)
    or_exit(check, found["rules"], found["notify"], found["secrets"])
    return found


async def _open(door: Any, listener: Any, address: str, secure: str, stream: str) -> None:
    ended = asyncio.Event()  # what a signal raises in the loop would cancel all at once, the recorder before the rest
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await _look(stream)
    await door.open()
    try:
        if listener is not None:
            await listener.start()
            click.echo(f"collab: health, metrics and webhooks are on http{secure}://{address}:{listener.port}")
        click.echo(f"collab: members connect to ws{secure}://{address}:{door.gateway.port} (stop with Ctrl-C)")
        gc.freeze()  # what is there now stays, and need not be looked through while members wait
        await ended.wait()
    finally:
        if listener is not None:
            await listener.stop()
        await door.close()


async def _look(stream: str) -> None:
    """Say it if members will find nothing behind the gateway, or something of their own."""
    from collab.live.stream import StreamUnreachable, open_partition

    if stream.startswith("embedded://"):
        click.echo(
            "collab: no Redis is named: the teams of this gateway are its own; name one with --stream or COLLAB_REDIS",
            err=True,
        )
    opened = open_partition(stream, 0)
    try:
        await opened.ping()
    except StreamUnreachable as error:
        click.echo(f"collab: {error}; members are let in as soon as it answers", err=True)
    finally:
        await opened.close()
