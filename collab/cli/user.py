"""The commands on the file of those who may sign in to the page."""

from __future__ import annotations

import click

from collab.cli.options import PEOPLE, TENANT, or_exit
from collab.settings import settings

FILE = click.option("--file", default="users.yaml", show_default=True, help="The file of `collab serve --sign-in`.")


@click.group()
def user() -> None:
    """Who may sign in to the page, as `users.yaml` says."""


@user.command()
@click.argument("id")
@click.option("--role", type=click.Choice(PEOPLE), required=True, help="What they may do.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if left out.")
@FILE
@TENANT
def add(id: str, role: str, password: str, file: str, tenant: str | None) -> None:
    """Write a line for ID, who acts under it; of the password only a hash (scrypt) is kept."""
    from collab.users import Users

    whose = or_exit(settings, tenant=tenant)["tenant"]
    or_exit(lambda: Users.made(file).add(id, role, whose, password))
    click.echo(f"{id} may sign in as {role} of {whose}; serve with --sign-in {file}")


@user.command()
@FILE
def check(file: str) -> None:
    """Fail, and say why, if the file is wrong."""
    from collab.users import Users

    passwords, matches = or_exit(Users, file).counts
    click.echo(f"{file}: {passwords} with a password, {matches} whom a provider of identities vouches for")
