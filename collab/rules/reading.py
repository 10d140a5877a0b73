"""Rules from YAML; what is wrong is told with its line, its rule, its value and the fix."""

from __future__ import annotations

import pkgutil
import re
from typing import Any

import msgspec

from collab.lines import Lines
from collab.rules.book import Book, Wrong
from collab.rules.hours import DAYS
from collab.rules.rule import Rule, Severity

WRITTEN = {
    "float": "a number without quotes or unit, e.g. 0.9",
    "int": "a whole number without quotes, e.g. 5",
    "bool": "true or false, without quotes",
    "str": "text, in quotes if it looks like a number",
    "array": "a list, e.g. [rule, agent]",
}
"""What to write for a value of each type."""


def default() -> Book:
    """The rules that come with collab: `collab/rules/default.yaml`."""
    data = pkgutil.get_data("collab.rules", "default.yaml")
    return read((data or b"").decode(), "default.yaml")


def read(text: str | bytes, file: str = "rules.yaml") -> Book:
    """The rules of a text such as `collab/rules/default.yaml`.

    Raises:
        ValueError: names the file, the line, the rule, the value and the fix.
    """
    lines = Lines(text, file)
    data = lines.fields("rules")
    for field in data:
        if field not in ("rules", "tenants"):
            raise ValueError(f"{lines.at(f'$.{field}')}: {field} is no field; write rules and tenants")
    if not isinstance(data.get("rules"), list):
        raise ValueError(f"{lines.at('$.rules')}: there is no list of rules; write `rules:` and a line `- name: …`")
    rules = [_rule(lines, f"$.rules[{place}]", fields) for place, fields in enumerate(data["rules"])]
    paths = {rule.name: f"$.rules[{place}]" for place, rule in enumerate(rules)}
    try:
        return Book(tuple(rules), _tenants(lines, data.get("tenants"), {rule.name: rule for rule in rules}))
    except Wrong as wrong:
        raise ValueError(f"{lines.at(f'{paths[wrong.rule]}.{wrong.field}')}: {wrong}") from None


def _rule(lines: Lines, path: str, fields: Any) -> Rule:
    if not isinstance(fields, dict):
        raise ValueError(f"{lines.at(path)}: a rule is {fields!r}; give fields, the first of them name")
    return _converted(lines, path, fields, str(fields.get("name", "without a name")))


def _converted(lines: Lines, path: str, fields: dict[str, Any], name: str) -> Rule:
    try:
        return msgspec.convert(fields, Rule)
    except msgspec.ValidationError as error:
        reason, _, below = str(error).partition(" - at `$")
        names = [part for part in re.findall(r"\w+", below) if not part.isdigit()]
        unknown = re.search(r"unknown field `(\w+)`", reason)
        field = unknown[1] if unknown else "" if names else reason.split(" ")[0].split(".")[0]
        where = lines.at(".".join([path, *names, field]))
        raise ValueError(f"{where}: rule {name}: {_explained(fields, reason, names, unknown)}") from None


def _explained(fields: dict[str, Any], reason: str, names: list[str], unknown: re.Match[str] | None) -> str:
    if unknown:
        place = f"{names[0]}.{unknown[1]}" if names else unknown[1]
        known = ", ".join(field.encode_name for field in msgspec.structs.fields(Rule))
        return f"{place} is no field; " + ("leave it out" if names else f"the fields are {known}")
    if missing := re.search(r"required field `(\w+)`", reason):
        return f"{'.'.join([*names, missing[1]])} is missing; add it"
    if not names:
        return reason
    value: Any = fields
    for part in names:
        value = value.get(part) if isinstance(value, dict) else value
    if names == ["severity"]:
        return f"severity is {value!r}; give one of {', '.join(Severity)}"
    if names == ["hours", "days"]:
        return f"hours.days is {value!r}; list at least one of {', '.join(DAYS)}"
    if names == ["hours"] and not isinstance(value, dict):
        return f'hours is {value!r}; give fields, e.g. {{from: "09:00", to: "18:00", zone: Europe/Berlin}}'
    wanted = re.match("Expected `([a-z]+)", reason)
    if names == ["name"]:
        fix = "give text of up to 120 characters without white space"
    elif ", got" in reason and wanted and wanted[1] in WRITTEN:
        fix = f"give {WRITTEN[wanted[1]]}"
    else:
        fix = reason[0].lower() + reason[1:]
    return f"{'.'.join(names)} is {value!r}; {fix}"


def _tenants(lines: Lines, data: Any, rules: dict[str, Rule]) -> dict[str, dict[str, dict[str, Any]]]:
    """What differs for tenants, each field converted as in a whole rule."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for tenant, changes in data.items() if isinstance(data, dict) else [] if data is None else [("tenants", data)]:
        if not isinstance(changes, dict):
            where = lines.at(f"$.tenants.{tenant}")
            raise ValueError(f"{where}: {tenant} is {changes!r}; give rules with the fields that differ")
        for name, fields in changes.items():
            path = f"$.tenants.{tenant}.{name}"
            if name not in rules:
                raise ValueError(f"{lines.at(path)}: {name} is no rule; the rules are {', '.join(rules)}")
            if not isinstance(fields, dict):
                raise ValueError(f"{lines.at(path)}: {name} is {fields!r}; give the fields that differ, e.g. fire: 1")
            whole = msgspec.to_builtins(rules[name]) | fields | {"name": name}
            changed = _converted(lines, path, whole, f"{name} of tenant {tenant}")
            found.setdefault(tenant, {})[name] = {field: getattr(changed, field) for field in fields if field != "name"}
    return found
