"""The protocol: what travels comes back as it was, and the page in docs/ says what a gateway really answers.

`python tests/test_protocol.py` writes docs/protocol.md and docs/protocol.json again.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alerted import overload
from gateways import a_gate, raw, soon

from collab import protocol as p
from collab.events import EVENTS, MessageSent
from collab.live.unanswered import AGAIN
from collab.protocol.page import EXAMPLES, SAFE_AGAIN, page
from collab.team import State

DOCS = Path(__file__).resolve().parent.parent / "docs"
TIMES = dict.fromkeys(("time", "began", "fired", "since", "arrived", "assigned"), "2026-11-02T09:00:00Z")
CHANGING = {**TIMES, "due": "2026-11-02T09:11:15Z", "seq": 57, "decided_ms": 0.4, "waited_s": 0.0}
"""What differs from run to run, as the page shows it."""


ONLY_ASK = {"page", "search", "rooms", "metrics", "ping", "alerts", "rules", "team"}
"""Commands that change nothing."""


def test_what_the_page_says_may_be_sent_again_is_what_a_member_in_python_sends_again() -> None:
    sent = {str(kind.__struct_config__.tag) for kind in AGAIN}
    assert set(SAFE_AGAIN) == sent - ONLY_ASK - {"send"}, "a send is safe with a key, which the page says"


async def answers(folder: Path) -> list[dict[str, Any]]:
    """What a gateway answers to the examples."""
    found = []
    async with a_gate(folder, rules=None) as gate:
        desk = gate.office.desk
        assert desk is not None
        await desk.add_agent("ana", "Ana Ruiz", skills={"property:condo": 0.9})
        await soon(lambda: gate.office.team.alerts.version == 1)
        await desk.adopt_rules([overload(fire=0.2, clear=0.1, for_s=0.0)], by="Kim")
        async with raw(gate) as socket:
            for _, asked in EXAMPLES:
                if asked["do"] == "alerts":  # the watch follows what happened in a moment
                    await soon(lambda: [one.state for one in desk.team.alerts.open.values()] == [State.firing])
                await socket.send(json.dumps(asked))
                while (answer := json.loads(await socket.recv())).get("re") != asked["id"]:
                    assert answer["on"] in ("happened", "changed")
                found.append(settled(answer))
    return found


def settled(value: Any, name: str = "") -> Any:
    """The answer without what differs from run to run: ids of events and, because the day is part of them, messages."""
    if isinstance(value, dict):
        return {key: settled(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    if name in ("id", "message") and isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value):
        return "4b1c…"
    return CHANGING.get(name, value)


def schema_text() -> str:
    """docs/protocol.json."""
    return json.dumps(p.schema(), indent=1, ensure_ascii=False) + "\n"


def test_the_page_shows_what_a_gateway_answers(tmp_path: Path) -> None:
    made = page(asyncio.run(answers(tmp_path)))
    assert (DOCS / "protocol.md").read_text(encoding="utf-8") == made, "write it again: python tests/test_protocol.py"


def test_the_schema_is_that_of_the_records() -> None:
    assert (DOCS / "protocol.json").read_text(encoding="utf-8") == schema_text(), (
        "write it again: python tests/test_protocol.py"
    )


def test_every_command_frame_and_event_is_in_the_schema_and_on_the_page() -> None:
    text, shown = schema_text(), (DOCS / "protocol.md").read_text(encoding="utf-8")
    for record in (*p.COMMANDS, *p.FRAMES, *EVENTS):
        assert f'"{record.__name__}"' in text
        assert f"| `{record.__struct_config__.tag}` |" in shown
        assert record.__doc__


@pytest.mark.parametrize("title, asked", EXAMPLES)
def test_a_command_comes_back_as_it_was(title: str, asked: dict[str, Any]) -> None:
    if title == "A field that is wrong":
        with pytest.raises(ValueError, match=r"lead\.score is 101: expected `int` <= 100"):
            p.command(json.dumps(asked))
    else:
        command = p.command(json.dumps(asked))
        assert p.command(p.encode(command)) == command


def test_a_frame_of_ready_events_is_that_of_the_record() -> None:
    event = MessageSent(id="m", time=datetime(2026, 11, 2, tzinfo=UTC), room="quiet-room", agent="ana", text="x")
    frame = p.Happened(room=event.room, number=7, events=[event, event])
    assert p.frame(p.happened(event.room, 7, [msgspec.json.encode(event)] * 2)) == frame


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        (DOCS / "protocol.md").write_text(page(asyncio.run(answers(Path(folder)))), encoding="utf-8")
    (DOCS / "protocol.json").write_text(schema_text(), encoding="utf-8")
    sys.stdout.write("wrote docs/protocol.md and docs/protocol.json\n")
