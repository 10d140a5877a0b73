"""The commands that come and go: tokens, leads from a file, the history and the what-if as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from collab.cli.options import HISTORY, ROLES, STREAM, TENANT, Progress, Real, or_exit


@click.command()
@click.argument("agent", required=False)
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True, help="What its holder may do.")
@click.option("--hours", type=Real(0.01, 9000), default=8.0, show_default=True, help="How long it holds.")
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

    access = or_exit(Access, keys())
    if new_key:
        or_exit(access.rotate)
        click.echo(f"a new key signs from now on; to end the tokens of an older one, remove its line from {keys()}")
    if agent is None:
        if not new_key:
            raise click.UsageError("AGENT is missing; name one, e.g. `collab token ana`")
        return
    whose = or_exit(settings, tenant=tenant)["tenant"]
    if revoke and agent.count(".") != 2:  # it is not shown, as it may be most of a token
        raise click.UsageError("AGENT is no token; --revoke takes a token, --revoke-all the id of who has some")
    if revoke or revoke_all:
        or_exit(*((access.revoke, agent) if revoke else (access.revoke_all, whose, agent)))
        click.echo("taken back; who is connected with it is sent out within seconds")
        return
    click.echo(or_exit(access.token, whose, agent, role, lasts_s=hours * 3600))


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@STREAM
@HISTORY
@TENANT
def import_(path: Path, **given: Any) -> None:
    """Route the leads of a CSV file, one a row.

    The first row names the columns: id and name, and any of property_type, location, budget, language, urgency (low,
    medium, high or critical), score (0 to 100), requires (skills with spaces between them), source and customer (an id
    that all leads of one person share; else email and phone make it, of which only hashes are kept). A lead whose id is
    known is left alone, so a file may be imported again. Rows that are no lead, or another lead of an id in a row
    before, go to a file of their own with the reason (leads.rejects.csv beside leads.csv), to be corrected and
    imported; the command ends with 1 then, else with 0.

    It works beside `collab serve` if both use one Redis, and on the embedded stream if nothing else has the history.
    """
    from collab.intake import read, take_in
    from collab.office import Office
    from collab.settings import settings

    found = or_exit(settings, **given)
    file = or_exit(read, path, found["tenant"])
    office = Office(found["stream"], found["history"], tenant=found["tenant"], weights=found["weights"])
    or_exit(office.start)
    again = "import the file again, which leaves alone what is there"
    try:
        with Progress(path.name) as progress:
            taken = or_exit(take_in, office, file, progress)
    except KeyboardInterrupt:
        ended = f"{path.name}: interrupted after {progress.done:,} of {len(file.rows):,} rows, which stay"
        raise click.ClickException(f"{ended}; to go on, {again}") from None
    finally:
        recorder = office.recorder
        office.stop()
    if recorder is not None and recorder.trouble is not None and found["stream"].startswith("embedded"):
        raise click.ClickException(f"{path.name}: not all was recorded: {recorder.trouble}; mend that, and {again}")
    click.echo(taken.sentence(file))
    if taken.rejected:
        raise SystemExit(1)


@click.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@HISTORY
@click.option("--tenant", help="Whose team; needed if the history has several.")
def export_(path: Path, history: str | None, tenant: str | None) -> None:
    """Write the history as a plain DuckDB file for other tools."""
    from collab.history import History, export
    from collab.legible import several
    from collab.settings import settings

    url = or_exit(settings, history=history)["history"]
    opened = or_exit(History, url, tenant)
    or_exit(export, opened, path)
    click.echo(f"wrote {path} ({several(opened.last, 'event')})")


@click.command("page")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@HISTORY
@click.option("--tenant", help="Whose team; needed if the history has several.")
@click.option("--step", type=float, default=0.05, show_default=True, help="Step of the weights, a share of 1.")
def page_(path: Path, history: str | None, tenant: str | None, step: float) -> None:
    """Write what other weights would have changed as one HTML page that works without a server."""
    from collab.history import History
    from collab.legible import several
    from collab.settings import settings
    from collab.whatif import WhatIf

    what_if = or_exit(lambda: WhatIf(History(settings(history=history)["history"], tenant)))
    with Progress("weights", "weights") as progress:
        or_exit(partial(what_if.page, progress=progress), path, step)
    click.echo(f"wrote {path} ({path.stat().st_size / 1000:,.0f} kB, {several(what_if.n, 'decision')})")
