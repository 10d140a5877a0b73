"""The commands on `notify.yaml`: check it, and try one of its targets."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from collab.cli.options import TENANT, or_exit
from collab.settings import settings

FILE = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def notify() -> None:
    """Where notices of alerts go, as `notify.yaml` says."""


@notify.command()
@FILE
def check(path: Path) -> None:
    """Fail, and say why, if PATH is no plan or one of its secrets is missing."""
    plan, _ = _opened(path)
    click.echo(f"{path}: {len(plan.targets)} targets and {len(plan.routes)} routes, all secrets are there")


@notify.command(name="try")
@FILE
@click.option("--to", "target", required=True, help="Which target.")
@TENANT
def try_(path: Path, target: str, tenant: str | None) -> None:
    """Send one message to a target of PATH, now; say what came of it."""
    from collab.delivery import Notice, Undelivered
    from collab.delivery.message import message
    from collab.rules import Severity

    plan, ways = _opened(path)
    if target not in ways:
        raise click.ClickException(f"--to is {target}, which {path} does not have; it has {', '.join(plan.targets)}")
    now = datetime.now(UTC)
    told = Notice(
        id=f"try-{now:%Y%m%dT%H%M%S%f}",
        tenant=or_exit(settings, tenant=tenant)["tenant"],
        severity=Severity.low,
        title="This is a try",
        body="Somebody tries whether notices arrive here. Nothing needs to be done.",
        time=now,
    )
    try:
        ways[target].send(message(target, [(told, 0)], now))
    except Undelivered as error:
        raise click.ClickException(f"{target} did not take it: {error}") from error
    click.echo(f"{target} took it")


def _opened(path: Path) -> tuple[Any, Any]:
    from collab.delivery import channels, read_plan

    plan = or_exit(read_plan, path)
    return plan, or_exit(channels, plan, path.parent, os.environ, lambda message: click.echo(message.text))
