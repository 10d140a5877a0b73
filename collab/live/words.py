"""What the devices at one gateway say of themselves, in the words of `devices.lua`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from collab.presence import Device

Said = tuple[bool | None, bool | None]
"""What a device says of itself, idle and in a call; None leaves it as it was when the device was heard of last."""

Name = tuple[str, str]
"""An agent and the name of their device."""


class Words:
    """Tells what is newly over from what was over before, so that an older word at another gateway gives way to it."""

    def __init__(self) -> None:
        self._gateway = secrets.token_hex(4)
        self._before: dict[Name, Said] = {}

    def args(self, renewed: Mapping[Name, Said], lasts_s: float) -> list[Any]:
        """The arguments by which these devices are renewed for so many seconds."""
        words: list[Any] = [round(lasts_s * 1000), self._gateway]
        for (agent, device), said in renewed.items():
            before = self._before.get((agent, device), (None, None))
            words += (f"{agent} {device}", *map(_word, said, before))
        return words

    def told(self, renewed: Mapping[Name, Said]) -> None:
        """The server has these words now."""
        if renewed:
            self._before = dict(renewed)


def _word(one: bool | None, before: bool | None) -> str:
    if one is None:
        return "-"
    return "1" if one else "!" if before is not False else "0"


def left(reply: Sequence[bytes]) -> tuple[datetime, dict[str, list[Device]]]:
    """The server's time, and the devices that are left, by agent: one at two gateways is there twice."""
    found: dict[str, list[Device]] = {}
    for name, idle, call in zip(reply[1::3], reply[2::3], reply[3::3], strict=True):
        found.setdefault(name.decode().partition(" ")[0], []).append(Device(idle == b"1", call == b"1"))
    return datetime.fromtimestamp(int(reply[0]) / 1000, UTC), found
