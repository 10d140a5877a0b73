"""The command that says what is wrong here, and what to do about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from collab.cli.options import HISTORY, PORTS, STREAM, TENANT, number

if TYPE_CHECKING:
    from collab.checks import Check

NAMED = ("stream", "history", "tenant", "rules", "notify", "weights", "balance", "shadow")
"""The settings that are looked at."""

INDENT = 26
"""Where what is said of a part begins."""

STYLES = {"bad": {"fg": "red", "bold": True}, "warn": {"fg": "yellow"}, "ok": {"fg": "green"}, "unknown": {}}
"""How the sign and word of each state look on a terminal that has colours."""


@click.command()
@STREAM
@HISTORY
@TENANT
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.pass_context
def doctor(context: click.Context, stream: str | None, history: str | None, tenant: str | None, as_json: bool) -> None:
    """Check what is installed, Redis, history, files and ports, and say what to do; needs no server.

    Ends with 1 if anything is bad, and prints no secrets.
    """
    try:
        import msgspec

        from collab.checks import Place, State, examined, worst
        from collab.settings import coach, files_folder, keys, page, sign_in, texts, thresholds
    except ImportError as error:
        raise click.ClickException(f"{error.name} cannot be imported ({error}); run `make env`") from error
    found = texts(stream=stream, history=history, tenant=tenant)
    named = {name: found[name] for name in NAMED} | {"keys": keys(), "sign_in": sign_in(), "files": files_folder()}
    ports = {name: _port(name) for name in PORTS}
    checks = examined(Place(**named, ports=ports, read=(thresholds, page, coach)), os.environ)
    state = worst(checks)
    if as_json:
        told = {"ok": state != State.bad, "state": state, "checks": checks}
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
    else:
        for check in checks:
            _say(check)
        click.echo(_summary(checks))
    context.exit(int(state == State.bad))


def _port(name: str) -> int | str:
    """The port that a variable names; what is wrong with it if it is none."""
    try:
        return number(name)
    except click.ClickException as error:
        return error.message


def _say(check: Check) -> None:
    from collab.checks import SIGNS

    sign, word = SIGNS[check.state]
    state = click.style(f"{sign} {word:<9}", **STYLES[check.state])
    lines = [*check.facts, *([f"→ {check.fix}"] if check.fix else [])]
    click.echo(f"{state} {check.name:<13} {_within(check.value)}")
    for line in lines:
        click.echo(f"{' ' * INDENT}{_within(line)}")


def _within(text: str) -> str:
    """The text, its further lines below its first."""
    return text.replace("\n", f"\n{' ' * INDENT}")


def _summary(checks: list[Check]) -> str:
    from collab.checks import State

    bad, warn = (sum(check.state == state for check in checks) for state in (State.bad, State.warn))
    if not bad and not warn:
        return "All is well, as far as can be told from here."
    return f"{bad} bad, {warn} to look at; lines with → say what to do."
