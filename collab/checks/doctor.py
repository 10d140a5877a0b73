"""All checks that need no running process: of what is installed, what settings name, and what they lead to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec import Struct

from collab.checks.alerts import of_delivery
from collab.checks.check import Check, State
from collab.checks.files import of_keys, of_notify_file, of_rules_file, of_shelf, of_sign_in_file
from collab.checks.history import of_history
from collab.checks.ports import of_port
from collab.checks.programs import of_programs
from collab.checks.recorder import Recorded, of_recorder
from collab.checks.settings import of_settings
from collab.checks.stream import of_stream
from collab.checks.versions import of_python, of_versions
from collab.checks.weights import of_weights
from collab.history import History
from collab.live.lease import RIGHT_TO_RECORD
from collab.live.partition import is_tenant
from collab.office.telling import outbox_of
from collab.whatif.journal import watched

PORTS = {"PORT": "Page", "WS_PORT": "Gateway", "HTTP_PORT": "HTTP"}
"""What is served on the port of each variable."""

OF_A_TENANT = frozenset(("Redis", "History", "Rules file", "Delivery", "Weights"))
"""What is looked at of one tenant, and so not at all if its name is none."""


class Place(Struct, frozen=True, kw_only=True):
    """What is looked at: as `collab.settings.settings` names it, with the file of the keys, and ports by variable.

    A port that is no number is what is wrong with it; each of `read` reads further settings, and refuses wrong ones.
    """

    stream: str
    history: str
    tenant: str
    keys: str
    rules: str | None = None
    notify: str | None = None
    sign_in: str | None = None
    weights: str | None = None
    balance: str = "propose"
    shadow: str | None = None
    files: str | None = None
    ports: dict[str, int | str] = {}
    read: tuple[Callable[[], object], ...] = ()


def examined(place: Place, environment: Mapping[str, str]) -> list[Check]:
    """All checks of a place; one that fails itself is bad, and the others are made nevertheless.

    Args:
        place: what is looked at.
        environment: has the secrets that a notify file names.
    """
    looks: dict[str, Callable[[], Check | Iterable[Check]]] = {
        "Python": of_python,
        "Versions": of_versions,
        "Redis": lambda: _live(place),
        "History": lambda: of_history(place.history, place.tenant, datetime.now(UTC)),
        "Settings": lambda: of_settings(place.tenant, place.balance, place.shadow, *place.read),
        "Keys": lambda: of_keys(Path(place.keys)),
        "Rules file": lambda: of_rules_file(place.rules, place.tenant),
        "Notify file": lambda: of_notify_file(place.notify, environment),
        "Sign-in file": lambda: of_sign_in_file(place.sign_in),
        "Files": lambda: of_shelf(place.files),
        "Delivery": lambda: of_delivery(Path(outbox_of(place.history, place.tenant)), place.notify is not None),
        "Weights": lambda: of_weights(watched(place.history, place.tenant, place.weights)),
        **{
            name: partial(of_port, name, variable, place.ports[variable])
            for variable, name in PORTS.items()
            if variable in place.ports
        },
        "For tests": of_programs,
    }
    if not is_tenant(place.tenant):  # a red line of the settings; nothing can be of it
        looks = {name: look for name, look in looks.items() if name not in OF_A_TENANT}
    return [check for name, look in looks.items() for check in _guarded(name, look)]


def _guarded(name: str, look: Callable[[], Check | Iterable[Check]]) -> list[Check]:
    try:
        found = look()
        return [found] if isinstance(found, Check) else list(found)
    except Exception as error:
        # Only its kind: what a library says may hold an address with its password.
        value = f"could not be looked at ({type(error).__name__})"
        fix = "This is a fault of the check itself: see whether the part works, and report it."
        return [Check(name=name, state=State.bad, value=value, fix=fix)]


def _live(place: Place) -> list[Check]:
    """The stream, and how far behind it the history is; this is asked first, so that it cannot seem to be ahead."""
    recorded = _recorded(place)
    checks, found = asyncio.run(of_stream(place.stream, place.tenant, recorded))
    if place.stream.startswith("embedded"):
        value = "in the process that serves, with the stream; see its port below"
        return [*checks, Check(name="Recorder", state=State.unknown, value=value)]
    if found is None or recorded is None:
        value = "how far it is cannot be told until both Redis and the history can be read"
        return [*checks, Check(name="Recorder", state=State.unknown, value=value)]
    held = RIGHT_TO_RECORD in found.held
    known = Recorded(last=found.last, recorded=recorded, held=held, fault=found.unreadable)
    return [*checks, of_recorder(known)]


def _recorded(place: Place) -> int | None:
    """The last place that the history has; None if it cannot be read, which its own check tells."""
    try:
        return History(place.history, place.tenant).last
    except (OSError, ValueError, RuntimeError):
        return None
