"""What a member may ask for, one record a command."""

from __future__ import annotations

from typing import Annotated, get_args

from msgspec import Meta, Struct

from collab.incoming import GivenLead
from collab.protocol.alerts import AlertCommand
from collab.protocol.base import VERSION, Command, Number, Words
from collab.protocol.coaching import RequestCoaching
from collab.protocol.experiments import AdoptWeights, StartExperiment, StopExperiment
from collab.protocol.roster import AddAgent, UpdateWorkload
from collab.protocol.watching import LookAtTeam, Watch
from collab.records import Calendar, Count, Hash, Key, Moment, Name, Presence, Seat, Text


class Hello(Command, frozen=True, tag="hello"):
    """The first frame: who is there. Answered by a Welcome."""

    token: Annotated[str, Meta(max_length=4096)]
    version: int = VERSION
    device: Key = "default"


class Join(Command, frozen=True, tag="join"):
    """Enter a room, becoming a member if it is not private, and get what happened after a number, then all that does.

    Without `after` only what happens from now on comes. With `member` false it is refused to who is none: so one comes
    back after a cut.
    """

    room: Key
    after: Number | None = None
    member: bool = True


class Leave(Command, frozen=True, tag="leave"):
    """Get nothing more from a room; with `member` false one stays its member.

    Who is the only one in a private room lets somebody in first, or archives it.
    """

    room: Key
    member: bool = True


class Attached(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a message: the hash that the upload was answered with, and its name in this message."""

    hash: Hash
    name: Name


class Send(Command, frozen=True, tag="send"):
    """Say something in a room; answered when it is on the stream. The same key again within a day adds nothing.

    `files` were uploaded to the room before (http.md).
    """

    room: Key
    text: Text
    key: Key | None = None
    thread: Key | None = None
    files: Annotated[tuple[Attached, ...], Meta(max_length=10)] = ()


class Edit(Command, frozen=True, tag="edit"):
    """Put other words into one's own message."""

    room: Key
    message: Key
    text: Text


class Delete(Command, frozen=True, tag="delete"):
    """Take a message back."""

    room: Key
    message: Key


class React(Command, frozen=True, tag="react"):
    """Put a reaction on a message, or take one's own away."""

    room: Key
    message: Key
    reaction: Annotated[str, Meta(min_length=1, max_length=32)]
    on: bool = True


class Read(Command, frozen=True, tag="read"):
    """Say up to which number one has read a room outside its threads, or one thread."""

    room: Key
    number: Number
    thread: Key | None = None


class Typing(Command, frozen=True, tag="typing"):
    """Say that one is typing in a room; it ends by itself after a few seconds."""

    room: Key
    on: bool = True


class CreateRoom(Command, frozen=True, tag="create_room"):
    """Make a room; one is its first moderator. A private one is entered by invitation only."""

    room: Key
    name: Name
    private: bool = False


class RenameRoom(Command, frozen=True, tag="rename_room"):
    """Give a room another name; for its moderators and team leads."""

    room: Key
    name: Name


class ArchiveRoom(Command, frozen=True, tag="archive_room"):
    """Close a room: its members can read it, and nothing is added to it any more. For its moderators and team leads."""

    room: Key


class Invite(Command, frozen=True, tag="invite"):
    """Let somebody into a room, or give them another seat; for its moderators and team leads."""

    room: Key
    agent: Key
    seat: Seat = Seat.member


class Remove(Command, frozen=True, tag="remove"):
    """End somebody's membership of a room; for its moderators and team leads, and for oneself.

    The seat of its last moderator passes on to whoever is in it longest; to one who was taken off the roster only if
    nobody else is in it.
    """

    room: Key
    agent: Key


class ListRooms(Command, frozen=True, tag="rooms"):
    """Which rooms one may enter, with what one has not read there."""


class Page(Command, frozen=True, tag="page"):
    """What happened in a room before a number, the newest last."""

    room: Key
    before: Number | None = None
    count: Annotated[int, Meta(ge=1, le=500)] = 100


class Search(Command, frozen=True, tag="search"):
    """Recorded messages of the rooms one is in: by words, names of files too, room, author and time, the newest first.

    Each comes with its files. A `room` that one is no member of is refused.
    """

    words: Words = ""
    room: Key | None = None
    agent: Key | None = None
    since: Moment | None = None
    until: Moment | None = None
    count: Annotated[int, Meta(ge=1, le=200)] = 50


class SetPresence(Command, frozen=True, tag="set_presence"):
    """Choose one's own presence; team leads and services anybody's. Offline holds until one who may chooses again.

    A call, the calendar and idle devices may outweigh it, and never make one readier than what was chosen.
    """

    presence: Presence
    reason: Words = ""
    agent: Key | None = None


class Idle(Command, frozen=True, tag="idle"):
    """Say that nobody touches this device, or somebody does again; with all devices idle one is away.

    A device that comes back within its lease is as it was until it says otherwise.
    """

    on: bool = True


class Call(Command, frozen=True, tag="call"):
    """Say that this device is in a call, or not any more; meanwhile one is in_call, unless one chose away or offline.

    A device that comes back within its lease is as it was; the call of one that does not ends with it. Give each
    program a `device` of its own: connections of one name are one device.
    """

    on: bool = True


class SetCalendar(Command, frozen=True, tag="set_calendar"):
    """Say when one is busy or off, in place of what was said before; team leads and services of anybody.

    A presence that was chosen after a time began, and was said here, holds against it: the meeting ended early. A time
    with the start, end and `off` of one that was there before is said since then.
    """

    busy: Calendar
    agent: Key | None = None


class RouteLead(Command, frozen=True, tag="route_lead"):
    """Give a lead to an agent; the same lead id again gives the decision in force. A field no lead has is refused.

    An agent is refused the decision on another lead of the same id that is not theirs. The answer shows so many
    `candidates`, who has the lead and then the best, or all: among 1,000 agents 65 kB. All are kept whatever it shows.
    """

    lead: GivenLead
    candidates: Count | None = None


class Accept(Command, frozen=True, tag="accept"):
    """Take up a lead that one holds; a team lead or service for its holder, the `agent`, which is kept as theirs."""

    lead: Key
    agent: Key | None = None


class Decline(Command, frozen=True, tag="decline"):
    """Give a lead back."""

    lead: Key
    reason: Words = ""


class FirstResponse(Command, frozen=True, tag="first_response"):
    """The customer has the first answer; for who holds the lead, or another as in `accept`. Only the first counts."""

    lead: Key
    agent: Key | None = None


class CloseLead(Command, frozen=True, tag="close_lead"):
    """The work on a lead ended; for who holds it, or another as in `accept`. One that waits is assigned first."""

    lead: Key
    converted: bool
    value: Annotated[float, Meta(ge=0, le=1e12)] = 0.0
    satisfaction: Annotated[float, Meta(ge=1, le=5)] | None = None
    agent: Key | None = None


class Override(Command, frozen=True, tag="override"):
    """Give a held lead to another agent; for team leads and services."""

    lead: Key
    to: Key
    reason: Words = ""


class Assign(Command, frozen=True, tag="assign"):
    """Give a lead, waiting or held, to an agent who has room; it stays with them. For team leads and services."""

    lead: Key
    to: Key
    reason: Words = ""


class Metrics(Command, frozen=True, tag="metrics"):
    """How the `team` stands now, how much goes through this `gateway` for it, and its `process`."""


class Ping(Command, frozen=True, tag="ping"):
    """Answered at once, with the gateway's time."""


AnyCommand = (
    Hello | Join | Leave | Send | Edit | Delete | React | Read | Typing | CreateRoom | RenameRoom | ArchiveRoom | Invite
    | Remove | ListRooms | Page | Search | SetPresence | Idle | Call | SetCalendar | RouteLead | Accept | Decline
    | FirstResponse | CloseLead | Override | Assign | AddAgent | UpdateWorkload | AdoptWeights | Watch | LookAtTeam
    | Metrics | Ping | RequestCoaching | StartExperiment | StopExperiment | AlertCommand
)  # fmt: skip
COMMANDS: tuple[type[Command], ...] = get_args(AnyCommand)
"""Every kind of command; the tag of each is its `do`."""
