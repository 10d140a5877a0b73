"""Who is in the seeded team: `team.yaml`, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from collab.lines import Lines

KINDS = ("property", "location", "budget", "language")
"""The kinds of skill that a lead can ask for."""

NUMBERS = {
    "answer_median_s": (1.0, 3600.0),
    "answer_spread": (0.0, 2.0),
    "handling": (0.1, 10.0),
    "decline": (0.0, 0.5),
    "conversion": (-3.0, 3.0),
    "service": (-2.0, 2.0),
}
"""The least and the most of every number of `behaviour`."""


class Behaviour(Struct, frozen=True, kw_only=True):
    """How an agent truly acts in the simulation; the router never sees it.

    `shift` is start and end in seconds after midnight; `answer_median_s` and `answer_spread` are the median and the
    sigma of the lognormal answering time when idle; `handling` multiplies the time a lead takes; `decline` is the
    share of leads given back; `conversion` is added to the log-odds of converting, `service` to satisfaction.
    """

    shift: tuple[int, int]
    answer_median_s: float
    answer_spread: float
    handling: float
    decline: float
    conversion: float
    service: float


class Member(Struct, frozen=True, kw_only=True):
    """An agent of the seeded team."""

    id: str
    name: str
    capacity: int
    skills: dict[str, float]
    behaviour: Behaviour


class Roster(Struct, frozen=True, kw_only=True):
    """The seeded team, by agent id, with the zone of its working hours and its leads a working day."""

    zone: tzinfo
    leads_per_day: float
    members: dict[str, Member]

    @property
    def staffed_s(self) -> float:
        """Seconds of capacity on shift in one working day: the sum of capacity times shift."""
        shifts = ((member.capacity, *member.behaviour.shift) for member in self.members.values())
        return float(sum(capacity * (end - start) for capacity, start, end in shifts))

    @property
    def fullest_s(self) -> float:
        """The first second after midnight at which most members are on shift."""
        shifts = [member.behaviour.shift for member in self.members.values()]
        return min((start for start, _ in shifts), key=lambda s: (-sum(a <= s < b for a, b in shifts), s))


def data_file(name: str) -> Path:
    """A file of the clone's `data` folder.

    Raises:
        FileNotFoundError: the package was not installed from a clone.
    """
    file = Path(__file__).resolve().parents[2] / "data" / name
    if not file.is_file():
        raise FileNotFoundError(
            f"{file} does not exist; the team at work needs the data folder of a clone: "
            "clone the repository and install it with `pip install -e .`, or name a file of your own"
        )
    return file


def read_roster(file: Path) -> Roster:
    """The team of a `team.yaml`.

    Raises:
        ValueError: names the file, the agent, the field, its value and the fix.
    """
    data = Lines(file.read_bytes(), str(file)).data
    try:
        return _roster(data)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def _roster(data: Any) -> Roster:
    fields = _fields(data, "the file", {"zone", "leads_per_day", "agents"})
    agents = fields["agents"]
    if not isinstance(agents, list) or not agents:
        raise ValueError(f"agents is {agents!r}; list at least one agent")
    members: dict[str, Member] = {}
    for place, agent in enumerate(agents, 1):
        name = agent.get("id") if isinstance(agent, dict) else None
        where = f"agent {name}" if name else f"agent number {place}"
        member = _member(agent, where)
        if member.id in members:
            raise ValueError(f"{where}: id is {member.id!r}, which another agent has; give each its own")
        members[member.id] = member
    leads_per_day = _number(fields["leads_per_day"], "leads_per_day", 1, 100_000)
    return Roster(zone=zone(fields["zone"]), leads_per_day=leads_per_day, members=members)


def zone(name: Any) -> tzinfo:
    """The time zone of this name.

    Raises:
        ValueError: there is no such zone on this computer.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError(
            f"zone is {name!r}, which this computer does not know; give one like America/New_York or UTC, "
            "or `pip install tzdata` if it has no zones at all"
        ) from None


def _member(data: Any, where: str) -> Member:
    fields = _fields(data, where, {"id", "name", "capacity", "skills", "behaviour"})
    for field in ("id", "name"):
        if not isinstance(fields[field], str) or not fields[field].strip():
            raise ValueError(f"{where}: {field} is {fields[field]!r}; give a text")
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", fields["id"]):
        raise ValueError(f"{where}: id is {fields['id']!r}; use 1 to 40 of a-z, 0-9, _ and -")
    capacity = _number(fields["capacity"], f"{where}: capacity", 1, 1000)
    if capacity != int(capacity):
        raise ValueError(f"{where}: capacity is {capacity}; give a whole number of leads")
    skills = {_skill(skill, where): _number(level, f"{where}: skills.{skill}", 0, 1)
              for skill, level in _mapping(fields["skills"], f"{where}: skills").items()}  # fmt: skip
    behaviour = _behaviour(fields["behaviour"], where)
    return Member(id=fields["id"], name=fields["name"], capacity=int(capacity), skills=skills, behaviour=behaviour)


def _behaviour(data: Any, where: str) -> Behaviour:
    fields = _fields(data, f"{where}: behaviour", {"shift", *NUMBERS})
    found = {name: _number(fields[name], f"{where}: behaviour.{name}", *bounds) for name, bounds in NUMBERS.items()}
    return Behaviour(shift=_shift(fields["shift"], where), **found)


def _shift(value: Any, where: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", value) if isinstance(value, str) else None
    if match:
        a, b, c, d = map(int, match.groups())
        start, end = a * 3600 + b * 60, c * 3600 + d * 60
        if start < end <= 86_400 and max(b, d) < 60:
            return start, end
    raise ValueError(f'{where}: behaviour.shift is {value!r}; give start and end within one day, like "07:00-15:30"')


def _skill(skill: Any, where: str) -> str:
    kind, _, value = str(skill).partition(":")
    if kind not in KINDS or not re.fullmatch(r"[a-z0-9-]+", value):
        raise ValueError(
            f"{where}: skills has {skill!r}; write kind:value in lower case with hyphens, the kind being one of "
            f"{', '.join(KINDS)}, like location:old-town"
        )
    return str(skill)


def _mapping(data: Any, where: str) -> Mapping[Any, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r}; give fields with values")
    return data


def _fields(data: Any, where: str, names: set[str]) -> Mapping[Any, Any]:
    fields = _mapping(data, where)
    missing, unknown = sorted(names - set(fields)), sorted(map(str, set(fields) - names))
    if missing:
        raise ValueError(f"{where}: {missing[0]} is missing; add it")
    if unknown:
        raise ValueError(f"{where}: {unknown[0]} is no field; the fields are {', '.join(sorted(names))}")
    return fields


def _number(value: Any, where: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{where} is {value!r}; give a number from {least:g} to {most:g}")
    return float(value)
