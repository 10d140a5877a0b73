"""The console script: `collab serve`, `collab export`."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from tqdm import tqdm

STREAM = click.option("--stream", help="URL of the stream [COLLAB_REDIS, else embedded://].")
HISTORY = click.option("--history", help="Folder or URL of the history [COLLAB_HISTORY, else data/history].")
TENANT = click.option("--tenant", help="Whose team [COLLAB_TENANT, else main; demo with --team-at-work].")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The open cockpit of a live sales or support team."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for quiet in ("tornado.access", "bokeh", "deltalake"):
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
@STREAM
@HISTORY
@TENANT
def serve(port: int | None, address: str, origin: tuple[str, ...], days: int, explore: float, **given: Any) -> None:
    """Serve the dashboard, on the embedded stream unless a Redis is named."""
    port = port if port is not None else _number("PORT", 5006)
    _check_port(address, port)

    from collab.app import serve_pages, settings
    from collab.office import shared

    signal.signal(signal.SIGTERM, _interrupt)
    with _Progress("the seeded team's past") as progress:
        office = _or_exit(shared, **settings(**given), days=days, explore=explore, progress=progress)
    click.echo(f"collab: the {office.tenant} team is on http://{address}:{port} (mode {office.mode}; stop with Ctrl-C)")
    try:
        serve_pages(office, port, address, origin)
    except KeyboardInterrupt:
        click.echo("collab: recording what is left, then stopping")
    finally:
        office.stop()


@main.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@HISTORY
@TENANT
def export_(path: Path, history: str | None, tenant: str | None) -> None:
    """Write the history as a plain DuckDB file for other tools."""
    from collab.app import settings
    from collab.history import History, export

    url = settings(history=history)["history"]
    opened = _or_exit(History, url, tenant)
    _or_exit(export, opened, path)
    click.echo(f"wrote {path} ({opened.last:,} events)")


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


def _check_port(address: str, port: int) -> None:
    """Fail before any work is done if the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise click.ClickException(f"port {port} {why}; name another, e.g. PORT={port + 1} make serve") from None


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > 65_535:
        raise click.ClickException(f"{name} is {text!r}; give a port from 0 to 65535")
    return int(text)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
