"""What events carry: leads, weights and decisions, as frozen records whose times are aware and UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeVar, get_type_hints

import msgspec
from msgspec import Meta, Struct

from collab.candidates import Candidates, read, shown

FACTORS = ("availability", "expertise", "performance", "responsiveness")
"""The four factors, in the order in which every array, column and weight vector holds them."""

SCALE = 10_000
"""A factor of 1.0 as the integer that is scored and logged."""

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]  # JSON has no infinity
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=8000)]
"""A message: 1 to 8,000 characters."""

Key = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\s\x00-\x1f]+$(?!\n)")]
"""An id: 1 to 120 characters without white space."""

Label = Annotated[str, Meta(max_length=60)]
"""What a lead is called by in one respect: its type, its place, where it came from."""

Language = Annotated[str, Meta(max_length=20)]
Budget = Annotated[float, Meta(ge=0, le=1e12)]
Score = Annotated[int, Meta(ge=0, le=100)]

Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its zone."""

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""The SHA-256 of a file's bytes, in hexadecimal digits."""

Customer = Annotated[str, Meta(max_length=120, pattern=r"^[^\s\x00-\x1f]*$(?!\n)")]
"""A customer's id as a Key, or "" for an unknown one."""


class Presence(StrEnum):
    """Where an agent is: the five states of the team."""

    available = "available"
    busy = "busy"
    in_call = "in_call"
    away = "away"
    offline = "offline"


class Urgency(StrEnum):
    """How soon a lead must be picked up."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


class Seat(StrEnum):
    """What a member of a room may do: a moderator also renames, archives, invites and removes."""

    member = "member"
    moderator = "moderator"


def aware(time: datetime, name: str = "time") -> datetime:
    """Return `time` in UTC.

    Raises:
        ValueError: it is no time (text, a day or NaT), has no zone, or is outside the years 1 to 9999 in UTC.
    """
    given: object = time
    if isinstance(given, datetime) and given.tzinfo is UTC:
        return given
    if not isinstance(given, datetime) or given != given:  # NaT is unlike itself
        raise ValueError(f"{name} is {given!r}; give an aware time, e.g. datetime(2026, 11, 24, tzinfo=UTC)")
    if time.utcoffset() is None:
        raise ValueError(f"{name} is {time.isoformat()}, which has no time zone; add one, e.g. tzinfo=datetime.UTC")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is {time.isoformat()}, which is outside the years 1 to 9999 in UTC") from None


class Fact(Struct, frozen=True, kw_only=True):
    """The base of records whose times are checked."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, datetime):
                utc = aware(value, name)
                if utc is not value:
                    msgspec.structs.force_setattr(self, name, utc)


class Busy(Fact, frozen=True, kw_only=True):
    """A time in which an agent is busy by their calendar, from `starts` to before `ends`; `off` if not at work."""

    starts: Moment
    ends: Moment
    off: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ends <= self.starts:
            raise ValueError(f"ends is {self.ends.isoformat()}, which is not after starts, {self.starts.isoformat()}")


Calendar = Annotated[tuple[Busy, ...], Meta(max_length=400)]
"""When an agent is busy: up to 400 times, which may overlap."""


class Lead(Fact, frozen=True, kw_only=True):
    """A piece of incoming work.

    `property_type`, `location`, `budget` and `language` are matched with skills; `urgency` and `score` order the
    queue; `requires` names skills (`language:es`) without which no agent is asked. `customer` is the same for all
    leads of one person, e.g. a hash of their address; who had the last of them gets the next.
    """

    id: Key
    name: Name
    property_type: Label = ""
    location: Label = ""
    budget: Budget | None = None
    language: Language = ""
    urgency: Urgency = Urgency.medium
    score: Score = 50
    requires: tuple[Key, ...] = ()
    source: Label = ""
    customer: Customer = ""


class File(Struct, frozen=True, kw_only=True):
    """A file of a message: what its bytes are, its name there, and its size and media type as they were found."""

    hash: Hash
    name: Name
    size: Count
    type: Annotated[str, Meta(min_length=1, max_length=100)]


def dashed(weights: Iterable[int]) -> str:
    """Four weights as they are named, `35-30-20-15`, which `collab.weights.hundredths` reads again."""
    return "-".join(map(str, weights))


class WeightsVersion(Struct, frozen=True, kw_only=True):
    """One adopted set of weights: four integers that sum to 100, in the order of `FACTORS`. Never changed."""

    version: Count
    values: tuple[Count, Count, Count, Count]

    def __post_init__(self) -> None:
        if sum(self.values) != 100:
            raise ValueError(f"weights are {list(self.values)}, which sum to {sum(self.values)}; make them sum to 100")

    @property
    def id(self) -> str:
        """The version and the four numbers, e.g. `v1-35-30-20-15`."""
        return f"v{self.version}-{dashed(self.values)}"


class Decision(Fact, frozen=True, kw_only=True):
    """Who should take one lead, with everything that the choice was made of.

    `agent` is None when no candidate was eligible: the lead waits. `mode` is "greedy", or "jitter" when the weights
    that chose (`drawn`) were drawn at random to explore, "sticky" when the lead went to the agent who knows the
    customer, "block" when the weights of an experiment's block chose, or "manual" when a person (`by`) chose, for a
    `reason`. `explore` is the share of leads routed by drawn weights; `propensity` is the chance that the chosen agent
    had, 0 for a person's choice, which has none. `waited_s` is the time in the queue and `decided_ms` the time of the
    decision itself; they are never added. `router` is the version of the rules; `block` and `arm` belong to an
    experiment, if one ran, whatever the mode.
    """

    lead: Lead
    time: datetime
    agent: str | None
    candidates: Candidates
    weights: WeightsVersion
    seed: int
    mode: Literal["greedy", "jitter", "sticky", "manual", "block"] = "greedy"
    drawn: tuple[Count, Count, Count, Count] | None = None
    explore: Share = 0.0
    score: Count = 0
    confidence: Share = 0.0
    propensity: Share = 0.0
    position: Count = 0
    waited_s: Seconds = 0.0
    decided_ms: Seconds = 0.0
    router: str = "1"
    block: int | None = None
    arm: str | None = None
    by: Annotated[str, Meta(max_length=200)] = ""
    reason: str = ""


class Confirmation(Struct, frozen=True):
    """A message is on the stream: its id, its number in its room (0 if nobody knows it any more), when it was said.

    `duplicate` says that it was there before; then nothing was added.
    """

    room: str
    message: str
    number: int
    time: datetime
    duplicate: bool = False


Record = TypeVar("Record", bound=Struct)


def checked(record: Record) -> Record:
    """Return `record` if it holds what its fields declare.

    Construction in Python does not check types and bounds; a record that comes from a person is passed through here.

    Raises:
        ValueError: names the field, the value and what is allowed.
    """
    try:
        plain = msgspec.to_builtins(record, builtin_types=(datetime,), enc_hook=shown)
        return msgspec.convert(plain, type(record), dec_hook=read)
    except msgspec.ValidationError as error:
        raise ValueError(_explain(record, str(error))) from None


def _explain(record: Struct, message: str) -> str:
    reason, _, path = message.replace("`key` in ", "").partition(" - at `$.")
    if not path:
        return message
    # A place inside a list or mapping (`skills[...]`) is not told: the whole of it is shown.
    path = path.rstrip("`").partition("[")[0]
    owner: object = record
    value: object = record
    for name in path.split("."):
        owner, value = value, getattr(value, name, None)
    if isinstance(value, StrEnum | str) and reason.startswith("Invalid enum value"):
        kind = get_type_hints(type(owner)).get(path.split(".")[-1])
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return f"{path} is {str(value)!r}; give one of {', '.join(kind)}"
    if "matching regex" in reason and isinstance(value, str):
        return f"{path} is {value!r}: expected 1 to 120 characters without white space"
    return f"{path} is {value!r}: {reason[0].lower()}{reason[1:]}"


def seconds_between(start: datetime, end: datetime) -> float:
    """Seconds from `start` to `end`, never below 0."""
    return max(0.0, (end - start) / timedelta(seconds=1))
