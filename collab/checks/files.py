"""Checks of an owner's files: the keys that sign tokens, the alert rules, who is told, and who may sign in."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from collab.checks.check import Check, State, told
from collab.delivery import channels, read_plan
from collab.files import Shelf
from collab.live.access import Access
from collab.office.watching import rules_of
from collab.users import Users


def of_keys(path: Path) -> Check:
    """Can the keys be read by their owner, and by nobody else?"""
    name = "Keys"
    if not path.exists():
        value = f"{path} is not there yet; the first `collab serve`, `gateway` or `token` makes it"
        return Check(name=name, state=State.ok, value=value)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        Access(path)
    except (OSError, ValueError) as error:
        fix = "Mend the file, or move it away to have a new one made; tokens of its keys do not hold then."
        return Check(name=name, state=State.bad, value=_what(error), fix=fix)
    if mode & 0o077:
        fix = f"chmod 600 {path}; whoever reads it can sign tokens. If others could, let `collab token` make new keys."
        return Check(name=name, state=State.bad, value=f"{path} may be read by others (mode {mode:03o})", fix=fix)
    return Check(name=name, state=State.ok, value=f"{path}, for its owner only (mode {mode:03o})")


def of_shelf(folder: str | None) -> Check:
    """Can the files of rooms be put into the folder that is named, if one is?"""
    name = "Files"
    if folder is None:
        return Check(name=name, state=State.ok, value="none named: files of rooms lie in the folder of the history")
    try:
        Shelf(folder).test()
    except ValueError as error:
        value, fix = told(error)
        return Check(name=name, state=State.bad, value=value, fix=fix)
    return Check(name=name, state=State.ok, value=f"files of rooms lie in {folder}")


def of_rules_file(path: str | None, tenant: str) -> Check:
    """Is the file of alert rules right, if one is named?"""
    name = "Rules file"
    if path is None:
        return Check(name=name, state=State.ok, value="none named: the rules in force stay, at first those of collab")
    try:
        rules = rules_of(path, tenant)
    except (OSError, ValueError) as error:
        fix = "Mend the file that COLLAB_RULES or --rules names (docs/alerts.md); an office does not start with it."
        return Check(name=name, state=State.bad, value=_what(error), fix=fix)
    return Check(name=name, state=State.ok, value=f"{path}: {len(rules)} rules for {tenant}")


def of_notify_file(path: str | None, environment: Mapping[str, str]) -> Check:
    """Is the file of who is told right, and are its secrets there?"""
    name = "Notify file"
    if path is None:
        return Check(name=name, state=State.ok, value="none named: alerts stand on the page alone")
    try:
        plan = read_plan(Path(path))
        channels(plan, Path(path).parent, environment, lambda message: None)
    except (OSError, ValueError) as error:
        fix = f"Mend it until `collab notify check {path}` is content; an office does not start with it."
        return Check(name=name, state=State.bad, value=_what(error), fix=fix)
    value = f"{path}: {len(plan.targets)} targets and {len(plan.routes)} routes, all secrets are there"
    return Check(name=name, state=State.ok, value=value)


def of_sign_in_file(path: str | None) -> Check:
    """Is the file of who may sign in right, if one is named?"""
    name = "Sign-in file"
    if path is None:
        return Check(name=name, state=State.ok, value="none named: nobody has to sign in to the page")
    try:
        passwords, matches = Users(path).counts
    except (OSError, ValueError) as error:
        fix = f"Mend it until `collab user check --file {path}` is content; the page does not start with it."
        return Check(name=name, state=State.bad, value=_what(error), fix=fix)
    value = f"{path}: {passwords} with a password, {matches} whom a provider of identities vouches for"
    return Check(name=name, state=State.ok, value=value)


def _what(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be read: {error.strerror}"
    return str(error)
