"""What a member asked and has no answer to yet, and what of it is asked again after a cut."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from collab import protocol as p
from collab.live.heard import CutOff

AGAIN = (
    p.Send, p.Delete, p.Join, p.Read, p.Typing, p.ArchiveRoom, p.Page, p.Search, p.ListRooms, p.SetPresence, p.Idle,
    p.Call, p.SetCalendar, p.AddAgent, p.UpdateWorkload, p.RouteLead, p.Accept, p.Watch, p.Metrics, p.Ping,
    p.ListAlerts,
    p.ListRules,
    p.LookAtTeam,
)  # fmt: skip
"""Commands that may be carried out twice without harm: they are sent again after a cut."""


def framed(command: p.Command) -> bytes:
    """The command as it is sent.

    Raises:
        ValueError: it is longer than a gateway takes.
    """
    data = p.encode(command)
    if len(data) > p.MOST_BYTES:
        raise ValueError(
            f"{_name(command)} has {len(data):,} bytes; a gateway takes {p.MOST_BYTES:,}: send less at once"
        )
    return data


class Unanswered:
    """Commands by their ids, each with the future of its answer."""

    def __init__(self) -> None:
        self._asked: dict[Any, tuple[p.Command, asyncio.Future[Any]]] = {}

    @property
    def commands(self) -> list[p.Command]:
        """All of them, in the order in which they were asked."""
        return [command for command, _ in self._asked.values()]

    def each(self) -> Iterator[p.Command]:
        """All of them in that order, and after them those that are asked meanwhile."""
        told = set[p.Id]()
        while left := [command for command in self.commands if command.id not in told]:
            for command in left:
                told.add(command.id)
                yield command

    @property
    def rooms(self) -> set[str]:
        """The rooms that are being joined."""
        return {command.room for command in self.commands if isinstance(command, p.Join)}

    def add(self, command: p.Command) -> asyncio.Future[Any]:
        """Wait for the answer to this command."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[command.id] = command, answer
        return answer

    def remove(self, command: p.Command) -> None:
        """Wait for it no more."""
        del self._asked[command.id]

    def is_for(self, re: Any, kind: type[p.Command]) -> bool:
        """Is this the id of a command of that kind?"""
        return re in self._asked and isinstance(self._asked[re][0], kind)

    def refuse(self, re: Any, code: str, message: str) -> None:
        """The answer is a refusal."""
        self.answer(re, _KINDS.get(code, RuntimeError)(message))

    def answer(self, re: Any, result: Any) -> None:
        """The answer came, or what is raised in place of one."""
        answer = self._asked[re][1] if re in self._asked else None
        if answer is not None and not answer.done():
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

    def lose(self, url: str, *, too_long: bool = False) -> None:
        """The connection is lost: what is not safe to repeat fails, and with `too_long` the longest, which ended it."""
        if too_long and self._asked:
            longest = max(self.commands, key=lambda command: len(p.encode(command)))
            size = len(p.encode(longest))
            why = f"{_name(longest)} has {size:,} bytes, which {url} does not take: send less at once"
            self.answer(longest.id, ValueError(why))
        for command in self.commands:
            if not isinstance(command, AGAIN):
                self.answer(command.id, CutOff(f"the connection to {url} was lost before the answer"))

    def end(self, error: Exception) -> None:
        """No answer comes any more."""
        for command in self.commands:
            self.answer(command.id, error)


_KINDS: dict[str, type[Exception]] = {"forbidden": PermissionError, "refused": ValueError, "malformed": ValueError}
"""What is raised for a refusal, by its code; RuntimeError for others."""


def _name(command: p.Command) -> str:
    return str(type(command).__struct_config__.tag)
