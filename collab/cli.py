"""The console script: `collab serve`, `gateway`, `recorder`, `token`, `import` and `export`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from tqdm import tqdm

from collab.recorder import recorder

STREAM = click.option("--stream", help="URL of the stream [COLLAB_REDIS, else embedded://].")
HISTORY = click.option("--history", help="Folder or URL of the history [COLLAB_HISTORY, else data/history].")
WS_PORT = click.option("--ws-port", type=click.IntRange(0, 65_535), help="Port of the gateway [WS_PORT, else 8765].")
HTTP_PORT = click.option(
    "--http-port", type=click.IntRange(0, 65_535), help="Port of health, metrics, webhooks [HTTP_PORT, else 8766]."
)
FILES = click.option("--files", help="Folder of the files in rooms [COLLAB_FILES, else in that of the history].")
FILE_MIB = click.option(
    "--file-mib", type=click.FloatRange(0.001), default=25.0, show_default=True, help="Largest file."
)
TEAM_GIB = click.option(
    "--team-gib", type=click.FloatRange(0.001), default=10.0, show_default=True, help="Most files of a team."
)
ROLES = ("agent", "team_lead", "analyst", "service")
TENANT = click.option("--tenant", help="Whose team [COLLAB_TENANT, else main; demo with --team-at-work].")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The open cockpit of a live sales or support team."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for quiet in ("tornado.access", "bokeh", "deltalake", "websockets"):
        logging.getLogger(quiet).setLevel(logging.WARNING)


@main.command()
@click.option(
    "--team-at-work", is_flag=True, default=None, help="Let the seeded team of eight work, in a tenant of its own."
)
@click.option(
    "--days", default=5, show_default=True, help="Days of the seeded team's past to make when there are none."
)
@click.option(
    "--explore",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of leads routed by weights drawn at random, so that other weights can be judged later.",
)
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of the page [PORT, else 5006].")
@click.option("--address", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--origin", multiple=True, help="A further host:port that pages may be opened under.")
@WS_PORT
@FILES
@FILE_MIB
@TEAM_GIB
@STREAM
@HISTORY
@TENANT
def serve(
    port: int | None,
    ws_port: int | None,
    address: str,
    origin: tuple[str, ...],
    days: int,
    explore: float,
    **given: Any,
) -> None:
    """Serve the dashboard and the gateway, on the embedded stream unless a Redis is named."""
    port = port if port is not None else _number("PORT", 5006)
    ws_port = ws_port if ws_port is not None else _number("WS_PORT", 8765)
    _check_port(address, port, "PORT")
    _check_port(address, ws_port, "WS_PORT")

    from collab.app import serve_pages, site
    from collab.live.access import Access
    from collab.office import shared
    from collab.settings import keys, settings

    signal.signal(signal.SIGTERM, _interrupt)
    with _Progress("the seeded team's past") as progress:
        office = _or_exit(shared, **settings(**given), days=days, explore=explore, progress=progress)
    click.echo(f"collab: the {office.tenant} team is on http://{address}:{port} (mode {office.mode}; stop with Ctrl-C)")
    access = _or_exit(Access, keys())
    door = (
        _door(access, office, ws_port, address, _shelf(office.history_url, given)) if office.mode != "reading" else None
    )
    try:
        serve_pages(office, site(office, door, access), port, address, origin)
    except KeyboardInterrupt:
        click.echo("collab: recording what is left, then stopping")
    finally:
        if door is not None:
            office.call(door.close()).result()
        office.stop()
    _leave()


def _door(access: Any, office: Any, ws_port: int, address: str, shelf: Any) -> Any:
    """An open gateway beside the dashboard."""
    from collab.door import Door

    door = Door(access, office, port=ws_port, gateway={"host": address}, shelf=shelf)
    _or_exit(office.call(door.open()).result)
    click.echo(f"collab: members connect to ws://{address}:{door.gateway.port} with a token of `collab token`")
    return door


@main.command()
@WS_PORT
@HTTP_PORT
@click.option("--no-http", is_flag=True, help="Answer no health, metrics, webhooks and files.")
@click.option("--address", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--origin", multiple=True, help="A page (https://…) that may connect; without any, all may.")
@click.option(
    "--rate", type=click.FloatRange(1), default=100.0, show_default=True, help="Commands a second that one may send."
)
@click.option("--compress", is_flag=True, help="Offer compressed frames: less to send, a little more to do.")
@click.option("--agent-rate", type=click.FloatRange(1), help="The same of all connections of an agent [twice --rate].")
@click.option("--certificate", type=click.Path(exists=True), help="File with the certificate chain, for wss://.")
@click.option("--private-key", type=click.Path(exists=True), help="File with the certificate's key.")
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
    origin: tuple[str, ...],
    rate: float,
    compress: bool,
    agent_rate: float | None,
    certificate: str | None,
    private_key: str | None,
    **given: Any,
) -> None:
    """Serve members of all tenants on a Redis; any number of gateways may share it."""
    ws_port = ws_port if ws_port is not None else _number("WS_PORT", 8765)
    _check_port(address, ws_port, "WS_PORT")

    from collab.door import Door
    from collab.live.access import Access
    from collab.settings import keys, settings
    from collab.web import Listener, Site

    found, access, tls = settings(**given), _or_exit(Access, keys()), _tls(certificate, private_key)
    door = Door(
        access,
        port=ws_port,
        shelf=_shelf(found["history"], given),
        gateway={
            "host": address,
            "origins": origin or None,
            "tls": tls,
            "rate": rate,
            "agent_rate": agent_rate,
            "compress": compress,
        },
        stream=found["stream"],
        history=found["history"],
    )
    signal.signal(signal.SIGTERM, _interrupt)
    listener = None
    if not no_http:
        http_port = http_port if http_port is not None else _number("HTTP_PORT", 8766)
        _check_port(address, http_port, "HTTP_PORT")
        listener = Listener(Site(access, door, rate=rate), host=address, port=http_port, tls=tls)
    with contextlib.suppress(KeyboardInterrupt):
        _or_exit(asyncio.run, _open(door, listener, address, "s" if tls else ""))
    _leave()


def _tls(certificate: str | None, private_key: str | None) -> ssl.SSLContext | None:
    """What makes a port a secure one, if a certificate is given."""
    if certificate is None:
        return None
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _or_exit(tls.load_cert_chain, certificate, private_key)
    return tls


def _shelf(history: str, given: dict[str, Any]) -> Any:
    """Where files lie, by the options of the command."""
    from collab.settings import shelf

    most = {"most_bytes": int(given["file_mib"] * 2**20), "quota": int(given["team_gib"] * 2**30)}
    return shelf(history, given["files"], **most)


def _leave() -> NoReturn:
    """End now that all is recorded: an orderly end prints pages about objects that libraries still hold."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _open(door: Any, listener: Any, address: str, secure: str) -> None:
    await door.open()
    try:
        if listener is not None:
            await listener.start()
            click.echo(f"collab: health, metrics and webhooks are on http{secure}://{address}:{listener.port}")
        click.echo(f"collab: members connect to ws{secure}://{address}:{door.gateway.port} (stop with Ctrl-C)")
        await asyncio.Event().wait()
    finally:
        if listener is not None:
            await listener.stop()
        await door.close()


@main.command()
@click.argument("agent", required=False)
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True, help="What its holder may do.")
@click.option("--hours", type=click.FloatRange(0.01, 9000), default=8.0, show_default=True, help="How long it holds.")
@click.option("--revoke", is_flag=True, help="Take AGENT, which is a token then, back.")
@click.option("--revoke-all", is_flag=True, help="Take back all tokens that AGENT has so far.")
@click.option("--new-key", is_flag=True, help="Sign with a new key from now on; tokens of older keys hold.")
@TENANT
def token(
    agent: str | None, role: str, hours: float, revoke: bool, revoke_all: bool, new_key: bool, tenant: str | None
) -> None:
    """Print a token with which AGENT connects to a gateway that has the same file of keys (COLLAB_KEYS)."""
    from collab.live.access import Access
    from collab.settings import keys, settings

    access = _or_exit(Access, keys())
    if new_key:
        _or_exit(access.rotate)
        click.echo(f"a new key signs from now on; to end the tokens of an older one, remove its line from {keys()}")
    if agent is None:
        if not new_key:
            raise click.UsageError("AGENT is missing; name one, e.g. `collab token ana`")
        return
    whose = settings(tenant=tenant)["tenant"]
    if revoke or revoke_all:
        _or_exit(*((access.revoke, agent) if revoke else (access.revoke_all, whose, agent)))
        click.echo("taken back; who is connected with it is sent out within seconds")
        return
    click.echo(_or_exit(access.token, whose, agent, role, lasts_s=hours * 3600))


@main.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@STREAM
@HISTORY
@TENANT
def import_(path: Path, **given: Any) -> None:
    """Route the leads of a CSV file, one a row.

    The first row names the columns: id and name, and any of property_type, location, budget, language, urgency (low,
    medium, high or critical), score (0 to 100), requires (skills with spaces between them), source and customer (an id
    that all leads of one person share). A lead whose id is known is left alone, so a file may be imported again. Rows
    that are no lead go to PATH's .rejects.csv with the reason, to be corrected and imported.

    It works beside `collab serve` if both use one Redis, and on the embedded stream if nothing else has the history.
    """
    from collab.intake import read, take_in
    from collab.office import Office
    from collab.settings import settings

    file = _or_exit(read, path)
    found = settings(**given)
    office = Office(found["stream"], found["history"], tenant=found["tenant"])
    _or_exit(office.start)
    try:
        with _Progress(path.name) as progress:
            taken = _or_exit(take_in, office, file, progress)
    finally:
        office.stop()
    click.echo(taken.sentence(file))


@main.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@HISTORY
@TENANT
def export_(path: Path, history: str | None, tenant: str | None) -> None:
    """Write the history as a plain DuckDB file for other tools."""
    from collab.history import History, export
    from collab.settings import settings

    url = settings(history=history)["history"]
    opened = _or_exit(History, url, tenant)
    _or_exit(export, opened, path)
    click.echo(f"wrote {path} ({opened.last:,} events)")


main.add_command(recorder)


class _Progress:
    """A progress bar that appears with the first step."""

    def __init__(self, title: str) -> None:
        self._title, self._bar = title, None

    def __call__(self, done: int, of: int) -> None:
        if self._bar is None:
            self._bar = tqdm(total=of, desc=self._title, unit="lead", file=sys.stderr)
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _or_exit(call: Any, *args: Any, **kwargs: Any) -> Any:
    """Call, and say what a person must know of an error in one sentence instead of a traceback."""
    try:
        return call(*args, **kwargs)
    except (ValueError, OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


def _check_port(address: str, port: int, name: str) -> None:
    """Fail before any work is done if the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise click.ClickException(f"port {port} {why}; name another, e.g. {name}={port + 1} make serve") from None


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > 65_535:
        raise click.ClickException(f"{name} is {text!r}; give a port from 0 to 65535")
    return int(text)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
