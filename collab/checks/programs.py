"""The check of the programs that tests need beside Python."""

from __future__ import annotations

import shutil

from collab.checks.check import Check, State

PROGRAMS = {
    "redis-server": ("redis-server", "valkey-server"),
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
}
"""What is needed, by the names under which systems have it."""


def of_programs() -> Check:
    """Are they there? Nothing that serves needs them, so a missing one is no fault."""
    found = {name: next(filter(None, map(shutil.which, names)), None) for name, names in PROGRAMS.items()}
    facts = tuple(f"{name}: {path or 'not found'}" for name, path in found.items())
    missing = [name for name, path in found.items() if path is None]
    if missing:
        value = f"no {' and no '.join(missing)} on PATH; `make test` installs it, or says how (serving needs neither)"
        return Check(name="For tests", state=State.unknown, value=value, facts=facts)
    return Check(name="For tests", state=State.ok, value="redis-server and chromium are there", facts=facts)
