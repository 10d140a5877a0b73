"""The rules in force together: names are given once, what inhibits exists, and nothing inhibits itself in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, structs

from collab.rules.rule import Rule

OfTenant = Mapping[str, Mapping[str, Any]]
"""Fields of rules that differ for one tenant, by the rule's name."""


class Wrong(ValueError):
    """A rule cannot be taken; `rule` and `field` say where."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"rule {rule}: {message}")
        self.rule, self.field = rule, message.split(" ")[0].split(".")[0]


class Book(Struct, frozen=True):
    """Rules that agree with each other, and what differs for tenants.

    Raises:
        Wrong: names the rule, the field, the value and the fix.
    """

    rules: tuple[Rule, ...] = ()
    tenants: Mapping[str, OfTenant] = {}

    def __post_init__(self) -> None:
        _agree(self.rules)
        for tenant in self.tenants:
            self.of(tenant)

    def of(self, tenant: str) -> tuple[Rule, ...]:
        """The rules of one tenant, without those that are off."""
        changed = self.tenants.get(tenant, {})
        names = {rule.name for rule in self.rules}
        for name in changed:
            if name not in names:
                raise Wrong(name, f"tenants has {tenant}: {name}, which is no rule; the rules are {', '.join(names)}")
        rules = tuple(_changed(rule, tenant, changed.get(rule.name, {})) for rule in self.rules)
        _agree(rules)
        return tuple(rule for rule in rules if rule.on)


def _changed(rule: Rule, tenant: str, fields: Mapping[str, Any]) -> Rule:
    if not fields:
        return rule
    try:
        return structs.replace(rule, **fields)
    except (TypeError, ValueError) as error:
        raise Wrong(rule.name, f"{error} (for tenant {tenant})") from None


def _agree(rules: Iterable[Rule]) -> None:
    inhibits: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        if rule.name in inhibits:
            raise Wrong(rule.name, f"name is {rule.name!r}, which another rule has; give each its own")
        inhibits[rule.name] = rule.inhibits
    for name, others in inhibits.items():
        for other in others:
            if other not in inhibits:
                raise Wrong(name, f"inhibits is {list(others)}; {other} is no rule, so leave it out or add the rule")
    for name in inhibits:
        if circle := _circle(inhibits, name):
            raise Wrong(name, f"inhibits is {list(inhibits[name])}, a circle: {' > '.join(circle)}; break it")


def _circle(inhibits: Mapping[str, tuple[str, ...]], start: str) -> list[str]:
    """The way from a rule back to itself, or nothing."""
    ways, seen = [[start]], set[str]()
    while ways:
        way = ways.pop()
        for other in inhibits[way[-1]]:
            if other == start:
                return [*way, other]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []
