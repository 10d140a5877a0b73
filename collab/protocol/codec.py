"""Commands and frames as JSON, and the schema of both."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from collab.candidates import Candidates, Columns, read, shown
from collab.protocol.base import VERSION, Command, Id
from collab.protocol.commands import AnyCommand
from collab.protocol.frames import AnyFrame, Frame
from collab.wrong import explained, lenient, unreadable, whole

TOO_DEEP = "the frame holds objects or lists within each other without end; send one object as docs/protocol.md shows"

_encoder = msgspec.json.Encoder(enc_hook=shown)
_commands = msgspec.json.Decoder(AnyCommand)
_frames = msgspec.json.Decoder(AnyFrame, dec_hook=read)


def encode(message: Command | Frame) -> bytes:
    """The command or frame as JSON."""
    return _encoder.encode(message)


def command(data: bytes | str) -> AnyCommand:
    """The command of this JSON.

    Raises:
        ValueError: it is no JSON object, of no known kind, or a field is missing or wrong; names the field.
    """
    try:
        found: AnyCommand = _commands.decode(data)
    except msgspec.ValidationError as error:
        raise ValueError(_refused(data, str(error))) from None
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except msgspec.DecodeError as error:
        raise ValueError(unreadable(data, str(error))) from None
    return found


def _refused(data: bytes | str, message: str) -> str:
    """Why what is no command is none; of what is no JSON either, where it breaks off, for its values cannot be told."""
    try:
        msgspec.json.decode(data)
    except RecursionError:
        return TOO_DEEP
    except msgspec.DecodeError as error:
        return unreadable(data, str(error))
    return explained(lenient(data), message, AnyCommand)


def id_of(data: bytes | str) -> Id | None:
    """The id in a command that cannot be read, if it has one."""
    try:
        return msgspec.json.decode(data, type=_Head).id
    except (ValueError, RecursionError):
        pass
    value = lenient(data)  # or who cut an emoji in two would wait for the answer
    try:
        found = msgspec.convert({"id": value.get("id")}, _Head).id if isinstance(value, dict) else None
    except ValueError:
        return None
    return found if not isinstance(found, str) or whole(found) else None


class _Head(Struct):
    id: Id | None = None


def frame(data: bytes | str) -> AnyFrame:
    """The frame of this JSON."""
    found: AnyFrame = _frames.decode(data)
    return found


def happened(room: str, number: int, events: list[bytes]) -> bytes:
    """A Happened frame of events that are JSON already."""
    head = _encoder.encode({"on": "happened", "room": room, "number": number})
    return b'%s,"events":[%s]}' % (head[:-1], b",".join(events))


def _listed(kind: Any) -> dict[str, Any]:
    """Candidates in a frame: their columns."""
    if kind is not Candidates:
        raise NotImplementedError(f"there is no way to show {kind}")
    return {"$ref": f"#/$defs/{Columns.__name__}"}


def schema() -> dict[str, Any]:
    """The JSON Schema of commands and frames, from the records."""
    kinds = [AnyCommand, AnyFrame, Columns]
    (commands, frames, _), parts = msgspec.json.schema_components(kinds, schema_hook=_listed)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"collab protocol, version {VERSION}",
        "oneOf": [{"title": "commands", **commands}, {"title": "frames", **frames}],
        "$defs": parts,
    }
