"""Checks of what is installed: a Python that is supported, and the versions of the lock."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from collab.checks.check import Check, State

LOCK = Path(__file__).parents[2] / "requirements.lock"
"""The lock of a checkout; an installed package has none beside it."""

FIRST, LAST = (3, 11), (3, 13)
"""The versions of Python that are tested."""

SHOWN = ("collab", "panel", "bokeh", "duckdb", "deltalake", "redis", "websockets", "msgspec", "pandas")
"""Packages that a question about a fault begins with."""

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def of_python() -> Check:
    """Is this a Python that is supported?"""
    now = ".".join(map(str, sys.version_info[:3]))
    if FIRST <= sys.version_info[:2] <= LAST:
        return Check(name="Python", state=State.ok, value=now)
    allowed = f"{'.'.join(map(str, FIRST))} to {'.'.join(map(str, LAST))}"
    state = State.bad if sys.version_info[:2] < FIRST else State.warn
    fix = f"Install Python {allowed} and make the environment anew: `make env PYTHON=python3.12`."
    return Check(name="Python", state=state, value=f"{now}; {allowed} are tested", fix=fix)


def of_versions(lock: Path = LOCK) -> Check:
    """Are the packages here those of the lock?"""
    facts = (", ".join(f"{name} {installed(name) or 'not installed'}" for name in SHOWN),)
    if not lock.is_file():
        value = "no requirements.lock beside this package to compare with"
        return Check(name="Versions", state=State.unknown, value=value, facts=facts)
    pins = defaultdict[str, set[str]](set)
    for name, wanted in PIN.findall(lock.read_text(encoding="utf-8")):
        pins[name].add(wanted)  # one for each system and Python, if these need different ones
    differ = [
        f"{name} {here} (the lock has {' or '.join(sorted(wanted))})"
        for name, wanted in pins.items()
        if (here := installed(name)) is not None and here not in wanted
    ]
    missing = [name for name in SHOWN if name in pins and installed(name) is None]
    if missing:
        fix = "Run `make env`, or install from requirements.lock."
        return Check(
            name="Versions", state=State.bad, value=f"not installed: {', '.join(missing)}", fix=fix, facts=facts
        )
    if differ:
        fix = "Run `make env` to have the tested versions, unless you mean to have others."
        return Check(name="Versions", state=State.warn, value="; ".join(differ), fix=fix, facts=facts)
    return Check(name="Versions", state=State.ok, value="as requirements.lock says", facts=facts)


@cache
def installed(name: str) -> str | None:
    """The version of an installed package; what is installed later, a process does not have either."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
