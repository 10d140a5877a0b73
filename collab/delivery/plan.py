"""Where notices go, as an owner writes it down in `notify.yaml`: targets, routes and retries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from collab.delivery.retries import Retries
from collab.delivery.route import Route
from collab.delivery.target import Target
from collab.delivery.window import over
from collab.lines import Lines
from collab.records import Key
from collab.rules import DAYS, Severity

AT = re.compile(r"^(?P<text>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.S)
CHOICES = {"least": tuple(Severity), "days": DAYS, "kind": ("app", "apprise", "webhook")}
"""What may stand in a field that takes one of a few words."""

A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
"""From here on quiet hours are tried."""


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told of what, and how."""

    targets: Annotated[dict[Key, Target], Meta(min_length=1)]
    routes: Annotated[tuple[Route, ...], Meta(min_length=1)]
    retries: Retries = Retries()


def read_plan(path: Path) -> Plan:
    """The plan of a `notify.yaml`.

    Raises:
        ValueError: names the file, the line, the field, its value and the fix.
        OSError: it cannot be read.
    """
    return plan_of(path.read_bytes(), path.name)


def plan_of(text: str | bytes, name: str = "notify.yaml") -> Plan:
    """The plan of a text of YAML.

    Raises:
        ValueError: names the line, the field, its value and the fix.
    """
    lines = Lines(text, name)
    data = lines.fields("targets")
    for target, value in _written_out(data):
        raise lines.fault(f"{value}; it holds secrets, so give {{file: path}} or {{env: NAME}}", f"$.targets.{target}")
    try:
        plan = msgspec.convert(data, Plan)
    except msgspec.ValidationError as error:
        found = AT.match(str(error))
        assert found is not None
        path = _named(found["path"] or "$", data)
        raise lines.fault(found["text"] + _fix(found["text"], path), path) from None
    for place, fault in _faults(plan):
        raise lines.fault(fault, place)
    return plan


def _written_out(data: Any) -> Iterator[tuple[str, str]]:
    """Secrets that stand in the file itself; they are refused before an error can show them."""
    targets = data.get("targets") if isinstance(data, dict) else None
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if not isinstance(target, dict):
            continue
        if target.get("kind") == "apprise" and not isinstance(target.get("url", {}), dict):
            yield name, "its url is written out"
        secrets = target.get("secrets")
        if isinstance(secrets, str) or any(isinstance(one, str) for one in secrets or () if isinstance(secrets, list)):
            yield name, "a secret is written out"


def _fix(text: str, path: str) -> str:
    """What msgspec leaves out: what may stand there."""
    if "unknown field" in text:
        return "; take it out, or mend its name (docs/alerts.md has them all)"
    field = path.rpartition(".")[2].partition("[")[0]
    return f"; give one of {', '.join(CHOICES[field])}" if field in CHOICES and "nvalid" in text else ""


def _named(path: str, data: Any) -> str:
    """The path with the name of the target: msgspec writes `[...]` for any key of a mapping."""
    if not path.startswith("$.targets[...]"):
        return path
    rest = path.removeprefix("$.targets[...]")
    for name, target in data["targets"].items():
        try:
            msgspec.convert({name: target}, dict[Key, Target])
        except msgspec.ValidationError:
            return f"$.targets.{name}{rest}"
    return path


def _faults(plan: Plan) -> Iterator[tuple[str, str]]:
    known = ", ".join(plan.targets)
    for number, route in enumerate(plan.routes):
        steps = [("to", route.to), *((f"then[{place}].to", step.to) for place, step in enumerate(route.then))]
        for place, names in steps:
            for at, name in enumerate(names):
                if name not in plan.targets:
                    yield f"$.routes[{number}].{place}[{at}]", f"there is no target {name!r}; the targets are {known}"
        after = [step.after_s for step in route.then]
        if after != sorted(set(after)):
            yield f"$.routes[{number}].then", f"the steps come after {after} s; write them in order, no two at once"
        try:
            over(route.quiet, A_MONDAY)
        except ValueError as error:
            yield f"$.routes[{number}].quiet", str(error)
