"""A message as a browser is given it: its words as HTML that is safe, the rest as data; or why there is none."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from typing import Any

from collab.legible import unforced
from collab.markup import to_html
from collab.views.theme import AGENT_COLOURS
from collab.views.transcript import Message, Transcript


def bubble(
    message: Message, transcript: Transcript, me: str, names: Mapping[str, str], members: Collection[str]
) -> dict[str, Any]:
    """What the page shows of a message to this member."""
    name = names.get(message.agent, message.agent)
    return {
        "id": message.id,
        "n": message.number,
        "who": message.agent,
        "name": name,
        "face": face(name),
        "colour": AGENT_COLOURS[zlib.crc32(message.agent.encode()) % len(AGENT_COLOURS)],
        "mine": message.agent == me,
        "named": me in message.mentions and message.agent != me,
        "time": message.time.isoformat(),
        "html": "" if message.deleted else to_html(message.text, members),
        "text": message.text if message.agent == me else "",
        "edited": message.edited > 0 and not message.deleted,
        "deleted": message.deleted,
        "thread": message.thread,
        "replies": transcript.replies(message.id) if message.thread is None else 0,
        "reactions": [
            {"what": what, "n": len(who), "mine": me in who, "who": ", ".join(names.get(one, one) for one in who)}
            for what, who in message.reacted().items()
            if not message.deleted
        ],
        "files": [{"hash": f.hash, "name": f.name, "size": f.size, "type": f.type} for f in message.files],
    }


def hit(row: Mapping[str, Any], names: Mapping[str, str], rooms: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a message that was found: by whom, where and when it was said."""
    who = {"name": names.get(row["agent"], row["agent"]), "in": rooms[row["room"]]["name"]}
    return {**row, **who, "text": unforced(row["text"]), "time": row["time"].isoformat()}


def missing(number: int, room: Mapping[str, Any], transcript: Transcript) -> list[dict[str, Any]]:
    """What says that a link leads to a message that the room does not have, if so."""
    if not number or room["seat"] is None or any(one.number == number for one in transcript.messages.values()):
        return []
    why = f"message is {number}, which {room['name']} does not have; copy the link again where the message is shown"
    return [{"put": "failed", "do": "choose", "why": why}]


def face(name: str) -> str:
    """The initials of a name."""
    return "".join(part[0] for part in name.split()[:2]).upper()
