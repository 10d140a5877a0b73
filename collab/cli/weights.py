"""The commands on weights in files: check them in a CI, adopt one, roll the last one back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from collab.cli.options import HISTORY, TENANT, or_exit

BY = click.option("--by", required=True, help="Who does it: their name stands in the journal.")
FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the journal [that which the office of the history and tenant watches].",
)


@click.group()
def weights() -> None:
    """Weights as reviewed files: each carries the report that its figures come from."""


@weights.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path) -> None:
    """Fail, and say why, if a file of weights in FOLDER does not carry its report unchanged, or there is none."""
    from collab.legible import several
    from collab.whatif.review import faults

    number, found = or_exit(faults, folder)
    for fault in found:
        click.echo(fault, err=True)
    if found:
        raise click.ClickException(
            f"{several(len(found), 'fault')} in {several(number, 'file')} of weights in {folder}"
        )
    if not number:
        raise click.ClickException(f"{folder} has no file of weights; name the folder that proposals are saved in")
    click.echo(f"{several(number, 'file')} of weights in {folder} checked: each carries its report")


@weights.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@BY
@FOLDER
@HISTORY
@TENANT
def adopt(path: Path, by: str, folder: Path | None, **given: Any) -> None:
    """Bring the weights of the file PATH into force; the office that watches the folder takes them up in a second."""
    from collab.records import dashed
    from collab.whatif import Proposal
    from collab.whatif.journal import Journal

    there = folder or _watched(given)
    proposal, before = or_exit(Proposal.load, path), or_exit(Journal(there).entries)
    entry = or_exit(proposal.adopt, by=by, folder=there)
    if entry in before:
        when = f"{entry.time:%Y-%m-%d %H:%M} UTC"
        click.echo(
            f"{entry.id} is in force already, adopted by {entry.by} at {when} (entry {entry.entry}); nothing is added"
        )
        return
    said = f"{entry.id} is adopted (entry {entry.entry})"
    if proposal.replaces is not None and entry.replaces not in (None, proposal.replaces):
        said += f"; it replaces {dashed(entry.replaces)}, and its report compares with {dashed(proposal.replaces)}"
    click.echo(said)


@weights.command()
@BY
@click.option("--reason", default="rolled back", show_default=True, help="Why.")
@FOLDER
@HISTORY
@TENANT
def rollback(by: str, reason: str, folder: Path | None, **given: Any) -> None:
    """Bring the weights into force again that the last adoption replaced."""
    from collab.records import dashed
    from collab.whatif import rollback

    entry = or_exit(rollback, folder or _watched(given), by=by, reason=reason)
    click.echo(f"{entry.id} is rolled back to {dashed(entry.weights)} (entry {entry.entry})")


def _watched(given: dict[str, Any]) -> Path:
    """The folder that the office of these settings watches."""
    from collab.settings import settings
    from collab.whatif.journal import watched

    found = or_exit(settings, **given)
    folder: Path | None = watched(found["history"], found["tenant"], found["weights"])
    if folder is None:
        raise click.ClickException(f"the history is {found['history']}, beside which no folder can be; give --folder")
    return folder
