"""The page docs/protocol.md, made from the records and from examples that the tests carry out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from msgspec import NODEFAULT, Struct

from collab.events import EVENTS, Event
from collab.protocol.base import VERSION
from collab.protocol.commands import COMMANDS
from collab.protocol.frames import FRAMES

SAFE_AGAIN = (
    "accept add_agent archive_room call delete idle join read route_lead set_calendar set_presence typing "
    "update_agent_workload watch"
).split()
"""Commands beside those that only ask which may be carried out twice without harm."""

REPEATED = "\n   ".join(wrap(", ".join(f"`{name}`" for name in SAFE_AGAIN), 110))

HEAD = f"""# The protocol of the gateway

Members (agents, CRMs, bots, dashboards) talk to a gateway over a WebSocket, in JSON text frames of one object each;
`make serve` has one at `ws://localhost:8765`, where any path is as good.
This is version {VERSION}. The JSON Schema of everything below is [protocol.json](protocol.json); both files are made
from `collab/protocol` and tested.

1. The first frame is a **hello** with a token of `collab token`; the answer is a **welcome**. Without it the
   connection is closed after five seconds.
2. A **command** is an object with `do` and an `id` of yours. Its answer carries the `id` as `re`: **done** with a
   `result`, or **refused** with a `code` and a `message` that names the field, the value and the fix; then nothing has
   changed. A field that is not known is refused, so that nothing is lost to a slip of the pen.
3. What happens comes as **frames** with `on`, without being asked for. In a room everything has a number, 1, 2, 3, …
   without a gap and the same for everybody: **happened** brings events from its `number` on.
4. After a cut, say hello again and **join** with `after`, the last number you have, and `member` false. What you missed
   comes first, then what happens, without a seam. **reset** says that what happened up to a number is not kept.
5. A **send** with a `key` may be sent again until it is answered, and for a day: it is there once. A command that a
   cut left without its answer may have been carried out: again, these do no harm, beside those that only ask:
   {REPEATED}.
6. A member that does not read is cut off once a mebibyte waits for it, or something for ten seconds, and resumes by
   number. What waits is dropped then: the goodbye `too_slow` comes in its place, with the last number before it in
   `after`. A socket that takes not even that is closed after ten seconds; the next welcome says why in `cut`
   (`too_slow`, or `silent` if nothing was heard of it).
   A frame may have 64 KiB: a longer one is not answered, it closes the connection with code 1009. A connection may
   send 100 commands a second and all connections of an agent 200, with three seconds' worth in reserve (`too_many` says
   which). Whole numbers go up to 2^53 - 1. Answers to page and search end at 256 KiB: ask on from there.
7. The gateway pings every five seconds (WebSocket pings, which libraries answer by themselves); a device that is not
   heard of is gone after 20 seconds at most. Until then it is as it was: idle, or in a call.
8. The text of a message is Markdown, of which members show a subset: **bold**, *italic*, ~~struck~~, `code`, fenced
   code, lists, quotes, tables, links to http, https and mailto, and @mentions. Headings, images and HTML stay text.
   `collab.markup.to_html` makes it; who shows messages otherwise must let nothing else through either.
9. Who **watches** gets **changed** with what happens outside rooms: team leads and analysts all of it, services all but
   alerts, silences and rules, agents what concerns themselves. Of alerts that is those whose label `agent` names them,
   without the notes and reasons that others gave. How agents and leads are, **team** says: ask for it once you watch,
   and after a cut for both again. What was told before the answer is in it, and what comes after is not. A lead that
   is not in it any more was closed, perhaps by a `close_lead` that a cut left without its answer; how, and all else
   that became of it, is in the history (history.md).
10. Of the `gateway`, **metrics** says for this team: the `connections` and the `rooms` that they are in; since it
    serves the team, messages `said` here, events of rooms `told`, each counted for everybody who got it, and members
    `dropped` because they read too slowly; and of the last minute `messages_a_minute`, said at whichever gateway, and
    in `heard_ms` how long it took until this one heard of them (p50, p95, p99).

**A lead** has an `id` of yours and a `name`. What else is known of it goes with it: `property_type`, `location`,
`language` (as `es`) and `budget`, which are matched with skills; `requires`, skills without which nobody is asked;
`urgency` (low, medium, high or critical) and `score` (0 to 100, 50 if it is not given), which say how soon it is due;
`source`; and `email` and `phone` with its country code, of which only hashes are kept, as its `customer`: who had the
last lead of a customer gets the next.

**Times** of leads: who is given one has 300 seconds to accept it and 1,800 for the first response; then it goes back to
the queue, as it does once its agent was offline for 60, unless a person gave it. Who gave it back is not asked again
for 60 seconds, twice as long each further time, up to 1,800, and not at all while somebody else may take it. A waiting
lead is due after 60 seconds if it is critical, 300 high, 900 medium, 3,600 low, with a score of 100 after half of that,
and what is due first goes first. Agents who are away are given leads too: they count a fifth as ready as who is
available. Who comes back after 900 seconds offline takes one lead at first, and one more every 30.

**An offer** comes to who watches as a `lead_assigned` whose `decision` has them as `agent`, or a `lead_overridden` that
has them as `to`; what came while one was away is in **team**, in the state `offered`. They `accept` or `decline` it.
Leads go to agents on the roster only, where a team lead or a service puts them (`add_agent`): who is not may talk, but
has no presence.

**An answer** has as `thread` the `id` of the `message_sent` that it answers, which is the `message` that a send is
answered with. A thread has one level: who answers an answer is heard with the first message as `thread`. `mentions` are
the ids of all who are meant, by @all too. One's own messages come as **happened** as well.

What a **role** may: an `agent` works leads, talks and changes what is their own. A `team_lead` may do all of it, change
others, and has a moderator's say in every room, private ones too, without being its member. A `service` (a CRM, a bot)
may do for leads, agents and presence what a team lead may; in rooms it is one like any agent: it enters a private one
if it is invited, and invites, removes, renames and archives where it is a moderator. An `analyst` reads rooms that it
may enter, and adopts weights and rules.

Codes of **refused**: `malformed` (it cannot be read), `denied` (the token), `forbidden` (role or seat), `refused` (it
cannot be done; the message says why), `too_late` (somebody was faster, or no hello came in time), `too_many`,
`unreachable` (the stream is away; try again), `failed` (a fault of ours). Codes of **goodbye**: `token_ended`,
`token_revoked`, `stopping`, `too_slow`. Only after `denied`, a hello that is `malformed`, and the two of
the token it is of no use to connect again: the WebSocket is closed with code 1008 then, else with 1012 or 1013.
"""

EXAMPLES: Sequence[tuple[str, dict[str, Any]]] = (
    ("Who may be talked to, and what is unread", {"do": "rooms", "id": 1}),
    ("Make a room", {"do": "create_room", "id": 2, "room": "launch", "name": "The launch"}),
    ("Enter it and hear all of it", {"do": "join", "id": 3, "room": "launch", "after": 0}),
    ("Say something", {"do": "send", "id": 4, "room": "launch", "text": "We start @all", "key": "my-1"}),
    (
        "The same again, as after a cut",
        {"do": "send", "id": 5, "room": "launch", "text": "We start @all", "key": "my-1"},
    ),
    ("Say what one has read", {"do": "read", "id": 6, "room": "launch", "number": 2}),
    ("Look back", {"do": "page", "id": 7, "room": "launch", "before": 3, "count": 2}),
    ("Be available", {"do": "set_presence", "id": 8, "presence": "available"}),
    (
        "Give a lead to whom it suits best",
        {"do": "route_lead", "id": 9, "lead": {"id": "L-1", "name": "Zoe Park", "property_type": "condo"}},
    ),
    ("A field that is wrong", {"do": "route_lead", "id": 10, "lead": {"id": "L-2", "name": "Zoe", "score": 101}}),
    ("Which alerts are one's own", {"do": "alerts", "id": 11}),
    ("What a role may not do", {"do": "acknowledge_alert", "id": 12, "alert": "a1", "note": "I call her"}),
    ("A room that is not there", {"do": "join", "id": 13, "room": "lunch"}),
    ("How agents and leads are now", {"do": "team", "id": 14}),
)
"""Commands that the tests send, in this order, as an agent `ana` on the roster whom one lead overloads."""


SAID_OF_EVENTS = """What **happened** and **changed** bring. Each has an `id`, the same wherever and however often it is
told, and the `time` when it happened. Pass over what you do not know: kinds and fields may come with versions.

"""

TABLES = (
    ("Commands", COMMANDS, "do", ""),
    ("Frames", FRAMES, "on", ""),
    ("Events", EVENTS, "event", SAID_OF_EVENTS),
)
"""The tables of the page: title, records, what tells them apart, and what is said before them."""


def page(answers: Sequence[dict[str, Any]]) -> str:
    """The whole page, with the answer that each example got."""
    parts = [HEAD, "\n## Examples\n"]
    for (title, asked), answer in zip(EXAMPLES, answers, strict=True):
        parts.append(f"\n{title}:\n\n```json\n{json.dumps(asked)}\n{json.dumps(answer, ensure_ascii=False)}\n```\n")
    for title, records, tag, said in TABLES:
        parts.append(f"\n## {title}\n\n{said}| `{tag}` | fields | what it is |\n|---|---|---|\n")
        parts += [_row(record) for record in records]
    return "".join(parts)


def _row(record: type[Struct]) -> str:
    names = record.__struct_fields__
    defaults = ((NODEFAULT,) * len(names) + record.__struct_defaults__)[-len(names) :]
    fields = [
        f"`{name}`" + ("" if default is NODEFAULT else "?")
        for name, default in zip(names, defaults, strict=True)
        if name not in ("id", "re", *(("time",) if issubclass(record, Event) else ()))
    ]
    said = " ".join((record.__doc__ or "").split())
    return f"| `{record.__struct_config__.tag}` | {', '.join(fields)} | {said} |\n"
