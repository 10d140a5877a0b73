"""Rules from YAML; what is wrong is told with its line, its rule, its value and the fix."""

from __future__ import annotations

import pkgutil
import re
from typing import Any

import msgspec
import yaml

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


class Lines(dict[str, int]):
    """On which line a field of a rule stands, by `rule.field`; the rule itself by its name."""

    def of(self, rule: str, field: str) -> int:
        """The line of a field, or of its rule if the field is not there."""
        return self.get(f"{rule}.{field}", self.get(rule, 1))


def default() -> Book:
    """The rules that come with collab: `collab/rules/default.yaml`."""
    data = pkgutil.get_data("collab.rules", "default.yaml")
    return read((data or b"").decode(), "default.yaml")


def read(text: str, file: str = "rules.yaml") -> Book:
    """The rules of a text such as `collab/rules/default.yaml`.

    Raises:
        ValueError: names the file, the line, the rule, the value and the fix.
    """
    lines = Lines()
    try:
        data = _plain(yaml.compose(text, yaml.SafeLoader), file)
        rules = tuple(_rule(node, lines, file) for node in _listed(data, file))
        return Book(rules, _tenants(data.get("tenants"), rules, lines, file))
    except Wrong as wrong:
        raise ValueError(f"{file}: line {lines.of(wrong.rule, wrong.field)}: {wrong}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{file}: line {line}: this is no YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{file}: line 1: this is no YAML: {' '.join(str(error).split())}") from None


class _Fields(dict[str, Any]):
    """A mapping that knows its line and those of its fields."""

    line: int
    lines: dict[str, int]


def _plain(node: yaml.Node | None, file: str) -> Any:
    """The node as lists, mappings and values; a field that stands twice is refused."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, file) for one in node.value]
    if not isinstance(node, yaml.MappingNode):
        return None if node is None else yaml.SafeLoader("").construct_object(node)
    fields = _Fields()
    fields.line, fields.lines = node.start_mark.line + 1, {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in fields:
            raise ValueError(f"{file}: line {line}: {name} stands twice; take one of the two out")
        fields[name], fields.lines[name] = _plain(value, file), line
    return fields


def _listed(data: Any, file: str) -> list[Any]:
    rules = data.get("rules") if isinstance(data, _Fields) else None
    if not isinstance(rules, list):
        raise ValueError(f"{file}: line 1: there is no list of rules; begin with `rules:` and a line `- name: …`")
    for field in data:
        if field not in ("rules", "tenants"):
            raise ValueError(f"{file}: line {data.lines[field]}: {field} is no field; write rules and tenants")
    return rules


def _rule(fields: Any, lines: Lines, file: str) -> Rule:
    if not isinstance(fields, _Fields):
        raise ValueError(f"{file}: line 1: a rule is {fields!r}; give fields, the first of them name")
    name = str(fields.get("name", "without a name"))
    if name in lines:
        lines[f"{name}.name"] = fields.line
    lines[name] = fields.line
    for field, line in fields.lines.items():
        lines[f"{name}.{field}"] = line
    return _converted(fields, name, file)


def _converted(fields: _Fields, name: str, file: str) -> Rule:
    try:
        return msgspec.convert(fields, Rule)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        names = [part for part in re.findall(r"\w+", path) if not part.isdigit()]
        unknown = re.search(r"unknown field `(\w+)`", reason)
        field = names[0] if names else unknown[1] if unknown else reason.split(" ")[0].split(".")[0]
        line = fields.lines.get(field, fields.line)
        raise ValueError(f"{file}: line {line}: rule {name}: {_explained(fields, reason, names, unknown)}") from None


def _explained(fields: _Fields, reason: str, names: list[str], unknown: re.Match[str] | None) -> str:
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


def _tenants(data: Any, rules: tuple[Rule, ...], lines: Lines, file: str) -> dict[str, dict[str, dict[str, Any]]]:
    """What differs for tenants, each field converted as in a whole rule."""
    if data is None:
        return {}
    known = {rule.name: rule for rule in rules}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for tenant, changes in data.items() if isinstance(data, _Fields) else [("tenants", data)]:
        if not isinstance(changes, _Fields):
            raise ValueError(f"{file}: tenants: {tenant} is {changes!r}; give rules with the fields that differ")
        for name, fields in changes.items():
            line = changes.lines[name]
            if name not in known:
                raise ValueError(f"{file}: line {line}: {name} is no rule; the rules are {', '.join(known)}")
            if not isinstance(fields, _Fields):
                raise ValueError(
                    f"{file}: line {line}: {name} is {fields!r}; give the fields that differ, e.g. fire: 1"
                )
            whole = _Fields(msgspec.to_builtins(known[name]) | fields | {"name": name})
            whole.line, whole.lines = fields.line, fields.lines
            changed = _converted(whole, f"{name} of tenant {tenant}", file)
            found.setdefault(tenant, {})[name] = {field: getattr(changed, field) for field in fields if field != "name"}
    return found
