"""What the commands of the console script share: options, progress, and how they end."""

from __future__ import annotations

import errno
import logging
import math
import os
import signal
import socket
import sys
from typing import Any, NoReturn

import click
from tqdm import tqdm


class _Within(click.ParamType):
    """What click's ranges take, but a number that is none is refused with what to give."""

    min: float | None
    max: float | None
    min_open: bool

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter:
            number = math.nan
        if math.isnan(number):
            whole = "a whole number" if isinstance(self, click.IntRange) else "a number"
            most = "" if self.max is None else f" to {self.max:,}" if self.max < 10**9 else " on"
            self.fail(
                f"it is {value!r}; give {whole} {'above' if self.min_open else 'from'} {self.min}{most}", param, ctx
            )
        return number


class Whole(_Within, click.IntRange):
    """A whole number within bounds."""


class Real(_Within, click.FloatRange):
    """A number within bounds."""


PORTS = {"PORT": 5006, "WS_PORT": 8765, "HTTP_PORT": 8766}
"""The ports of page, gateway and HTTP by the variables that name others."""

STREAM = click.option("--redis", "--stream", "stream", help="URL of the stream [COLLAB_REDIS, else embedded://].")
HISTORY = click.option("--history", help="Folder or URL of the history [COLLAB_HISTORY, else data/history].")
PORT = click.option("--port", type=Whole(0, 65_535), help=f"Port of the page [PORT, else {PORTS['PORT']}].")
WS_PORT = click.option(
    "--ws-port", type=Whole(0, 65_535), help=f"Port of the gateway [WS_PORT, else {PORTS['WS_PORT']}]."
)
HTTP_PORT = click.option(
    "--http-port",
    type=Whole(0, 65_535),
    help=f"Port of health, metrics, webhooks [HTTP_PORT, else {PORTS['HTTP_PORT']}].",
)
FILES = click.option("--files", help="Folder of the files in rooms [COLLAB_FILES, else in that of the history].")
FILE_MIB = click.option("--file-mib", type=Real(0.001), default=25.0, show_default=True, help="Largest file.")
TEAM_GIB = click.option("--team-gib", type=Real(0.001), default=10.0, show_default=True, help="Most files of a team.")
ROLES = ("agent", "team_lead", "analyst", "service")
"""Those of `collab.protocol.Role`, which would load much for each command."""
PEOPLE = ROLES[:-1]
"""Who signs in; services have tokens."""

AHEAD = click.option(
    "--ahead",
    type=Real(0),
    default=0.0,
    show_default=True,
    help="Who is more than so many leads ahead of their share leaves leads to others; 0 does without.",
)
EXPLORE = click.option(
    "--explore",
    type=Real(0, 1),
    default=0.0,
    show_default=True,
    help="Share of leads routed by weights drawn at random, so that other weights can be judged later.",
)
BALANCE = click.option(
    "--balance",
    type=click.Choice(("off", "propose", "auto")),
    help="Plan moves of leads that even out loads, and show them or carry them out [COLLAB_BALANCE, else propose].",
)
COACH = click.option(
    "--coach", help="Model of Anthropic that advises on conversations, too [COLLAB_COACH, else rules alone]."
)
MOVES = click.option(
    "--moves",
    type=Whole(0, 1000),
    help="Most leads an hour that go from one agent to another by --balance [COLLAB_MOVES, else 20].",
)
RULES = click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False),
    help="File of alert rules [COLLAB_RULES, else those there].",
)
NOTIFY = click.option(
    "--notify", type=click.Path(exists=True, dir_okay=False), help="Who is told of alerts [COLLAB_NOTIFY, else nobody]."
)
PAGE = click.option(
    "--page", help="Where people open the page, for links in notices [COLLAB_PAGE, else http://ADDRESS:PORT]."
)
TENANT = click.option("--tenant", help="Whose team [COLLAB_TENANT, else main; demo with --team-at-work].")


TURN_S = 5e-4
"""How long a thread goes on when another waits; Python's own 5 ms are as long as many an answer takes."""


class Progress:
    """A progress bar that appears with the first step.

    Attributes:
        done: how many are done.
    """

    def __init__(self, title: str, unit: str = "lead") -> None:
        self._title, self._unit, self._bar, self.done = title, unit, None, 0

    def __call__(self, done: int, of: int) -> None:
        """So many of so many are done."""
        self.done = done
        if self._bar is None:
            often = 0.1 if sys.stderr.isatty() else 5.0  # in a file every step stays
            self._bar = tqdm(total=of, desc=self._title, unit=self._unit, file=sys.stderr, mininterval=often)
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()


def or_exit(call: Any, *args: Any, **kwargs: Any) -> Any:
    """Call, and say what a person must know of an error in one sentence instead of a traceback."""
    try:
        return call(*args, **kwargs)
    except (ValueError, OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


def check_ports(address: str, **ports: int) -> None:
    """Fail before any work is done if the address is none of this machine's, or a port, by variable, is taken."""
    for name, port in ports.items():
        _check_port(address, port, name)
        if port and (others := [other for other in ports if other != name and ports[other] == port]):
            raise click.ClickException(f"{name} and {others[0]} are both {port}; give two")


def _check_port(address: str, port: int, name: str) -> None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            fix = "give one of this machine's, e.g. localhost, or 0.0.0.0 for all of them"
            raise click.ClickException(f"--address is {address!r} ({error.strerror}); {fix}") from None
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise click.ClickException(f"port {port} {why}; name another, e.g. {name}={port + 1}") from None


def number(name: str) -> int:
    """The port that the environment names by this variable of `PORTS`, else the one there."""
    text = os.environ.get(name) or str(PORTS[name])
    if not text.isdigit() or int(text) > 65_535:
        raise click.ClickException(f"{name} is {text!r}; give a port from 0 to 65535")
    return int(text)


def interrupt(number: int, frame: object) -> NoReturn:
    """Take an end that was asked for as Ctrl-C is taken, once: who ends a whole group may ask twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def shelf_of(history: str, given: dict[str, Any]) -> Any:
    """Where files lie, by the options of the command."""
    from collab.settings import shelf

    most = {"most_bytes": int(given["file_mib"] * 2**20), "quota": int(given["team_gib"] * 2**30)}
    return or_exit(shelf, history, given["files"], **most)


def take_turns() -> None:
    """Let a thread that works for the history or a page give way soon to the one that answers members."""
    sys.setswitchinterval(TURN_S)


def leave() -> NoReturn:
    """End now that all is recorded: an orderly end prints pages about objects that libraries still hold."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
