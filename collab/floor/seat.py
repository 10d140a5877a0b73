"""One who signed in to a page: what they may ask of the desk, as at its gateway, and always in their own name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from collab import protocol as p
from collab.desk import Desk
from collab.floor.floor import roles_of
from collab.protocol.role import LEADING, OWNING, Role


class NotAllowed(PermissionError, ValueError):
    """The role of who signed in does not allow it; the message says whose does."""


class Whose(StrEnum):
    """Of whom the `agent` of a command may be."""

    anybody = "anybody"
    own = "own"
    own_or_leading = "own or leading"


class Deed(NamedTuple):
    """A command of the desk: that of the gateway whose roles may give it, and of whom its agent may be."""

    command: type[p.Command]
    agent: Whose = Whose.anybody


DESK: dict[str, Deed] = {
    "add_agent": Deed(p.AddAgent),
    "remove_agent": Deed(p.AddAgent),
    "set_presence": Deed(p.SetPresence, Whose.own_or_leading),
    "set_calendar": Deed(p.SetCalendar, Whose.own_or_leading),
    "update_agent_workload": Deed(p.UpdateWorkload, Whose.own_or_leading),
    "route_lead": Deed(p.RouteLead),
    "accept": Deed(p.Accept, Whose.own),
    "decline": Deed(p.Decline, Whose.own),
    "first_response": Deed(p.FirstResponse, Whose.own),
    "close_lead": Deed(p.CloseLead, Whose.own),
    "override": Deed(p.Override),
    "assign": Deed(p.Assign),
    "actions": Deed(p.ListAlerts),
    "act": Deed(p.Override),
    "move": Deed(p.Override),
    "undo": Deed(p.Override),
    "adopt_weights": Deed(p.AdoptWeights),
    "start_experiment": Deed(p.StartExperiment),
    "stop_experiment": Deed(p.StopExperiment),
    "acknowledge_alert": Deed(p.AcknowledgeAlert),
    "return_alert": Deed(p.ReturnAlert),
    "resolve_alert": Deed(p.ResolveAlert),
    "silence_alerts": Deed(p.SilenceAlerts),
    "end_silence": Deed(p.EndSilence),
    "adopt_rules": Deed(p.AdoptRules),
    "create_room": Deed(p.CreateRoom),
    "send_message": Deed(p.Send, Whose.own),
    "request_coaching": Deed(p.RequestCoaching, Whose.own),
    "catch_up": Deed(p.Ping),
}
"""The commands of the desk that a page may give; any other is refused."""

ROOMS: dict[str, Deed] = {
    "create": Deed(p.CreateRoom, Whose.own),
    "rename": Deed(p.RenameRoom, Whose.own),
    "archive": Deed(p.ArchiveRoom, Whose.own),
    "join": Deed(p.Join),
    "leave": Deed(p.Leave),
    "send": Deed(p.Send, Whose.own),
    "send_soon": Deed(p.Send, Whose.own),
    "upload": Deed(p.Send, Whose.own),
    "edit": Deed(p.Edit, Whose.own),
    "delete": Deed(p.Delete, Whose.own),
    "react": Deed(p.React, Whose.own),
    "read": Deed(p.Read, Whose.own),
}
"""The commands of the desk's rooms that a page may give."""

OF_OTHERS = {"join": Deed(p.Invite), "leave": Deed(p.Remove)}
"""What they are if they are about somebody else."""


THINGS = ("agent", "alert", "calendar", "experiment", "lead", "room", "silence")
"""What a command is about, one of many."""

SAID = {
    "accept": "accept a lead", "alerts": "see alerts", "assign": "give a lead by hand", "decline": "decline a lead",
    "first_response": "answer a lead", "invite": "invite somebody", "override": "move a lead",
    "remove": "remove somebody", "request_coaching": "ask for coaching",
    "update_agent_workload": "change an agent's workload",
}  # fmt: skip
"""How a command is said of which the name does not say it."""


class Seat:
    """Who signed in.

    Args:
        id: the id under which they act, which stands wherever an event says by whom.
        role: tells their role as it is now.

    Raises:
        NotAllowed: by `role`, if they may not be here any more.
    """

    def __init__(self, id: str, role: Callable[[], Role]) -> None:
        self.id, self._role = id, role

    @property
    def role(self) -> Role:
        """Their role as it is now."""
        return self._role()

    @property
    def gone(self) -> str:
        """Why they may not be here any more; "" while they may."""
        try:
            self.role  # noqa: B018
        except NotAllowed as error:
            return str(error)
        return ""

    def refusal(self, command: str) -> str:
        """Why they may not give this command of the desk, "override" say; "" if they may."""
        try:
            self.must(command)
        except NotAllowed as error:
            return str(error)
        return ""

    def must(self, command: str | Deed) -> None:
        """Let a command of the desk pass.

        Raises:
            NotAllowed: their role may not give it.
        """
        deed = DESK[command] if isinstance(command, str) else command
        role, allowed = self.role, roles_of(deed.command)
        if role not in allowed:
            who = " or ".join(f"{_article(one)} {_words(one)}" for one in sorted(allowed - {Role.service}))
            what = _done(str(deed.command.__struct_config__.tag))
            raise NotAllowed(f"You are signed in as {_article(role)} {_words(role)}, who may not {what}; {who} may.")


class Seated:
    """A desk, or its rooms, for one who signed in: what is no command is as it is there.

    Args:
        behind: the desk or its rooms.
        seat: who uses it.
        deeds: the commands that are let through.
    """

    def __init__(self, behind: Any, seat: Seat, deeds: dict[str, Deed]) -> None:
        self._behind, self._seat, self._deeds = behind, seat, deeds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if name == "rooms" and isinstance(self._behind, Desk):
            return Seated(found, self._seat, ROOMS)
        if name in self._deeds:
            return self._guarded(name, found)
        if inspect.iscoroutinefunction(found):
            raise NotAllowed(f"command is {name}, which no page may give; let the desk's process do it")
        return found

    def _guarded(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(method)

        def given(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            self._named(name, signature.parameters, bound.arguments)
            return method(*bound.args, **bound.kwargs)

        return given

    def _named(self, name: str, parameters: Any, given: dict[str, Any]) -> None:
        """Check whom it is about, and put down who does it, whatever was said."""
        me, deed, agent = self._seat.id, self._deeds[name], given.get("agent")
        if name in OF_OTHERS and agent != me and self._deeds is ROOMS:
            deed = OF_OTHERS[name]
        self._seat.must(deed)
        leading = self._seat.role in LEADING
        if agent != me and (deed.agent is Whose.own or (deed.agent is Whose.own_or_leading and not leading)):
            raise NotAllowed(f"agent is {agent!r}, and you are signed in as {me}; do it for yourself")
        if "by" in parameters:
            always = parameters["by"].default is inspect.Parameter.empty
            given["by"] = me if always or agent != me else None
        if "leading" in parameters:
            given["leading"] = self._seat.role in OWNING


def _done(tag: str) -> str:
    """What a command does, as one says it."""
    *verb, of = _words(tag).split()
    return SAID.get(tag) or " ".join((*verb, "an" if of[0] in "aeiou" else "a", of) if of in THINGS else (*verb, of))


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def _article(role: Role) -> str:
    return "an" if role in (Role.agent, Role.analyst) else "a"
