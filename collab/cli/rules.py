"""The command on a file of alert rules: check it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from collab.cli.options import or_exit
from collab.rules import Rule
from collab.rules.reading import read
from collab.rules.words import words


@click.group()
def rules() -> None:
    """When somebody should be told, as `rules.yaml` says."""


@rules.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", default="", help="Print the rules as they are for this tenant [for all, and what differs].")
def check(path: Path, tenant: str) -> None:
    """Print the rules that PATH brings into force; fail, and say where and why, if one is wrong."""
    book = or_exit(read, or_exit(path.read_bytes), str(path))
    of_all = book.of(tenant)
    off = len(book.rules) - len(of_all)
    whose = f" for {tenant}" if tenant else ""
    click.echo(f"{path}: rules in force{whose}: {len(of_all)}{f'; off: {off}' if off else ''}")
    _print(of_all)
    for name in () if tenant else book.tenants:
        own = book.of(name)
        gone = {rule.name for rule in of_all}.difference(rule.name for rule in own)
        without = f", without {', '.join(sorted(gone))}" if gone else ""
        click.echo(f"for {name}{without}:")
        _print(rule for rule in own if rule not in of_all)


def _print(rules: Iterable[Rule]) -> None:
    for rule in rules:
        click.echo(f"  {rule.name} ({rule.severity}): {words(rule)}")
