"""How a member's command is carried out by the desk or its rooms alone, as the agent of the connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from collab.desk import Desk
from collab.live.line import Line
from collab.protocol.role import LEADING, OWNING, one_of
from collab.rooms import Rooms


class AtDesk(Protocol):
    """What an act needs of a floor."""

    desk: Desk


Act = Callable[[Any, Line, Any], Awaitable[Any]]
"""Carries a command out on a floor, for who is at the other end of a line; what it returns is the answer."""


def by_desk(act: Callable[[Desk, str, Any], Awaitable[Any]]) -> Act:
    """An act that is the desk's alone, by the agent of the connection."""

    async def done(floor: AtDesk, line: Line, asked: Any) -> Any:
        return await act(floor.desk, line.entry.agent, asked)

    return done


starting: Act = by_desk(lambda desk, me, c: desk.start_experiment(c.design, by=me, reason=c.reason, starts=c.starts))
"""Starts an experiment."""


async def coaching(floor: AtDesk, line: Line, asked: Any) -> Any:
    """Advises on a conversation, and a team lead or service on anybody's lead."""
    about = {"stage": asked.stage, "lead": asked.lead, "leading": line.entry.role in LEADING}
    return await floor.desk.request_coaching(line.entry.agent, asked.message, asked.context, **about)


def by_holder(act: Callable[[Desk, str, Any, str | None], Awaitable[Any]]) -> Act:
    """An act on a lead of the agent who is named, or of who asks; it is told who asks for another."""

    async def done(floor: AtDesk, line: Line, asked: Any) -> Any:
        agent = asked.agent or line.entry.agent
        return await act(floor.desk, agent, asked, on_behalf(line, agent))

    return done


def on_behalf(line: Line, agent: str) -> str | None:
    """Who asks, if it is not the agent whom it is about.

    Raises:
        PermissionError: they may not for others.
    """
    entry = line.entry
    if agent == entry.agent:
        return None
    if entry.role not in LEADING:
        raise PermissionError(
            f"agent is {agent!r}, and you are {entry.agent}; only {one_of(LEADING)} may act for others"
        )
    return entry.agent


def by_rooms(act: Callable[[Rooms, str, Any, dict[str, bool]], Awaitable[Any]]) -> Act:
    """An act of a room's moderators; team leads may do it everywhere."""

    async def done(floor: AtDesk, line: Line, asked: Any) -> Any:
        return await act(floor.desk.rooms, line.entry.agent, asked, {"leading": line.entry.role in OWNING})

    return done
