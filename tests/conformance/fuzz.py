"""A fuzz of the gateway: random, mutated and hostile frames, each of which must be answered and harm nothing.

    python tests/conformance/fuzz.py --frames 1000000

Prints the rate, the answers by code, and the memory of the process before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any, get_args

import msgspec
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))  # for a run as a script

from desks import SOON_S
from gateways import Gate, a_gate, raw
from websockets.asyncio.client import ClientConnection

from collab import protocol as p
from collab.protocol import MOST_BYTES
from collab.records import Presence, Seat, Urgency

BATCH = 200
"""So many frames are sent before their answers are read."""

ROOM, MESSAGE, LEAD = "main", "0" * 32, "L-1"

KEYS = (
    *(
        "main",
        "urgent",
        "wins",
        "nowhere",
        ROOM + " ",
        "../up",
        "a:b",
        "{p00}",
        "@seq",
        "@devices",
        "id",
        "seq",
        "*",
        "?",
    ),
    *(
        "main:ana",
        "ana",
        "bo",
        "eve",
        "desk",
        MESSAGE,
        LEAD,
        "L-2",
        "\u00e9\u4e2d\U0001f600",
        "\u202e",
        "x" * 120,
        "x" * 121,
    ),
    *(
        '"',
        "\\",
        "'",
        "%s",
        "${x}",
        "<b>",
        "' OR 1=1 --",
        "\u0000",
        "\n",
        "",
        " ",
        "__class__",
        "0",
        "-1",
        "null",
        "\u00a0",
    ),
)
TEXTS = (
    *KEYS,
    "hello @all",
    "@ana @bo @@ana",
    "y" * 8000,
    "\u4e2d" * 8000,
    "z" * 8001,
    "\U0001f600" * 2000,
    '"' * 4000,
)
NUMBERS = (
    *(0, 1, 2, 5, 100, 500, 501, 1000, -1, 2**31, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30),
    *(0.0, -0.0, 0.5, 1.5, 1e308, -1e308, 5e-324, 101, True),
)
TIMES = (
    *("2026-11-02T09:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"),
    *("9999-12-31T23:59:59-23:59", "2026-11-02T09:00:00", "2026-02-30T00:00:00Z", "yesterday"),
)
ANYTHING = (None, True, [], {}, [[]], {"a": {}}, "x", 7, 1.5, [1, "a", None])
WORDS = (*map(str, Presence), *map(str, Seat), *map(str, Urgency), *map(str, p.Role))

PIECES = (
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "9",
    "-",
    "e",
    ".",
    "\\",
    "\\u0000",
    "\\ud800",
    "\u00e9",
    "null",
    "[1]",
    "",
)
DEEP = (
    "[" * 30_000,
    '{"do":"ping","id":' + "[" * 20_000 + "]" * 20_000 + "}",
    '{"do":"ping","id":1,"x":' + '{"a":' * 10_000,
)
"""What a parser falls over that calls itself."""


class Frames:
    """Makes frames from a seed: good ones with hostile values, mutated ones, and noise."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._number = 0

    def frame(self) -> str:
        """Any of them."""
        kind = self.chance.random()
        if kind < 0.45:
            return json.dumps(self.hostile(), ensure_ascii=self.chance.random() < 0.5)
        if kind < 0.9:
            return self.mutated(json.dumps(self.hostile()))
        if kind < 0.999:
            return "".join(self.chance.choices(PIECES, k=self.chance.randint(0, 30)))
        return self.chance.choice(DEEP)

    def hostile(self) -> dict[str, Any]:
        """A command with all or most of its fields, whose values are wrong now and then, and strange most times."""
        kind = self.chance.choice(p.COMMANDS)
        self._number += 1
        made: dict[str, Any] = {"do": kind.__struct_config__.tag, "id": self._number}
        for field in msgspec.structs.fields(kind):
            if field.name != "id" and (field.required or self.chance.random() < 0.5) and self.chance.random() < 0.98:
                made[field.name] = self._value(field.name, field.type)
        if self.chance.random() < 0.02:
            made[self.chance.choice(KEYS)] = self.chance.choice(ANYTHING)
        if self.chance.random() < 0.02:
            made["id"] = self.chance.choice((*NUMBERS, *KEYS, *ANYTHING))
        return made

    def mutated(self, frame: str) -> str:
        """A frame with some of it taken out, put in or doubled."""
        text = frame
        for _ in range(self.chance.randint(1, 4)):
            place = self.chance.randrange(len(text) + 1)
            end = place + self.chance.randint(0, 3)
            put = self.chance.choice(PIECES) if self.chance.random() < 0.9 else text[place : place + 20]
            text = text[:place] + put + text[end:]
        return text

    def _value(self, name: str, kind: Any) -> Any:
        pick = self.chance.choice
        if self.chance.random() < 0.03:
            return pick((*ANYTHING, *NUMBERS))
        if name == "lead" and kind is not None and "Lead" in str(kind):
            return self._lead()
        if name in ("since", "until"):
            return pick(TIMES)
        if name in ("on", "member", "private", "on_shift", "converted"):
            return self.chance.random() < 0.5
        if name in ("after", "before", "number", "count", "capacity", "version", "value", "satisfaction"):
            return pick(NUMBERS)
        if name in ("presence", "seat"):
            return pick(WORDS)
        if name == "skills":
            return {pick(KEYS): pick(NUMBERS) for _ in range(self.chance.randint(0, 3))}
        if name == "room" and self.chance.random() < 0.6:
            return ROOM
        return pick(TEXTS if name in ("text", "words", "reason", "name") else KEYS)

    def _lead(self) -> dict[str, Any]:
        pick = self.chance.choice
        made: dict[str, Any] = {"id": f"L-{pick(range(200))}", "name": pick(TEXTS)}
        more = {"property_type": TEXTS, "location": TEXTS, "budget": NUMBERS, "language": TEXTS, "urgency": WORDS}
        for field, values in (more | {"score": NUMBERS, "source": TEXTS}).items():
            if self.chance.random() < 0.3:
                made[field] = pick(values)
        if self.chance.random() < 0.2:
            made["requires"] = [pick(KEYS)]
        return made


NAMES = re.compile(
    r"`\w+`|\w+(\.\w+)* is |is no field of|holds half of|JSON|objects or lists|Object|[Uu][Tt][Ff]-8|[Ee]xpected"
    r"|Invalid|out of range"
)
"""What a message says of the field, or of the frame as a whole."""


def read(data: str | bytes) -> str:
    """What becomes of a frame at the codec: "" or the message of its error; anything else is raised."""
    message = ""
    try:
        p.command(data)
    except ValueError as error:
        message = str(error)
        if not NAMES.search(message):
            raise AssertionError(f"{data[:200]!r} is answered with {message}") from error
    return message


class Fuzz:
    """Members that send frames to a gateway and count what is answered."""

    def __init__(self, seed: int) -> None:
        self.seed, self.codes, self.sent = seed, Counter[str](), 0

    async def run(self, gate: Gate, frames: int) -> None:
        """Send so many frames by four members of different roles.

        Raises:
            AssertionError: one was not answered, or by a fault of ours, or with no words that help.
        """
        for number, role in enumerate(get_args(p.Role) or tuple(p.Role)):
            made = Frames(self.seed * 10 + number)
            async with raw(gate, "ana" if number % 2 else "bo", str(role)) as socket:
                for start in range(0, frames // 4, BATCH):
                    await self._send(socket, [made.frame() for _ in range(min(BATCH, frames // 4 - start))])

    async def _send(self, socket: ClientConnection, frames: list[str]) -> None:
        frames = [frame for frame in frames if len(frame.encode("utf-8", "replace")) <= MOST_BYTES]
        reading = asyncio.create_task(self._read(socket, len(frames)))
        for frame in frames:
            await socket.send(frame.encode("utf-8", "replace"), text=True)
        await socket.send('{"do":"ping","id":"the end"}')
        async with asyncio.timeout(SOON_S):
            answers = await reading
        assert answers == len(frames), f"{answers} answers to {len(frames)} frames"
        self.sent += len(frames)

    async def _read(self, socket: ClientConnection, sent: int) -> int:
        answers = 0
        ended = False
        async for data in socket:
            answer = json.loads(data)
            if answer.get("re") == "the end":
                ended = True
            elif answer["on"] == "done":
                answers += 1
                self.codes["done"] += 1
            elif answer["on"] == "refused":
                answers += 1
                self.codes[answer["code"]] += 1
                assert answer["code"] != "failed", answer
                assert len(answer["message"]) > 10, answer
            if ended and answers >= sent:  # what is answered aside may come after the end
                return answers
        raise AssertionError(f"the gateway closed: {socket.close_code} {socket.close_reason}")


async def harmed(gate: Gate) -> str:
    """What the frames did to a gateway, beyond their answers; "" if nothing."""
    recorder = gate.office.recorder
    assert recorder is not None
    last = 0
    while last < (last := await gate.office.stream.last()):  # type: ignore[union-attr]
        await recorder.flush()  # who has left is noticed a little later, and that is an event too
    if recorder.trouble is not None:
        return f"the recorder is in trouble: {recorder.trouble}"
    if gate.office.history.own_last != last or gate.office.team.seq != last:
        return f"stream {last}, history {gate.office.history.own_last}, team {gate.office.team.seq}"
    if gate.office.history.team() != gate.office.team:
        return "the team is not the fold of the history"
    return ""


async def fuzz(folder: Path, frames: int, seed: int, *, at_once: int = 20_000) -> None:
    """Fuzz as a command: prints what it sees every so many frames."""
    process = psutil.Process()
    async with a_gate(folder, rate=1e9) as gate:
        found = Fuzz(seed)
        await found.run(gate, 4 * BATCH)  # what is made once is there
        start, before = perf_counter(), process.memory_info().rss
        for part in range(frames // at_once):
            found.seed = seed + part + 1
            await found.run(gate, at_once)
            took, now = perf_counter() - start, process.memory_info().rss
            print(
                f"{found.sent} frames, {found.sent / took:.0f}/s, {before / 2**20:.0f} MiB before, "
                f"{now / 2**20:.0f} MiB now, {gate.office.team.seq} events",
                flush=True,
            )
        harm = await harmed(gate)
        print(f"answers: {dict(found.codes)}; harm: {harm or 'none'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="collab-fuzz-") as temporary:
        asyncio.run(fuzz(Path(temporary), asked.frames, asked.seed))
