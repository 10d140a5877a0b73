"""A room as its members are shown it."""

from __future__ import annotations

from typing import Any

from collab.chat import Room


def shown(room: Room, agent: str) -> dict[str, Any]:
    """What the answers to `join` and `rooms` say of it, to this agent."""
    unread = room.unread(agent)
    threads = {thread: room.unread(agent, thread) for thread in room.threads()}
    return {
        "room": room.id,
        "name": room.name,
        "private": room.private,
        "archived": room.archived,
        "number": room.number,
        "seat": room.members.get(agent),
        "members": sorted(room.members),
        "read": room.read.get(agent, 0),
        "unread": unread.messages,
        "mentions": unread.mentions,
        "threads": {thread: new.messages for thread, new in threads.items()},
        "mentions_in_threads": sum(new.mentions for new in threads.values()),
    }
