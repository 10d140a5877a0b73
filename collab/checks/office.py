"""All checks of an office in this process, as the Diagnostics tab shows them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec

from collab.checks.alerts import of_delivery, of_rules
from collab.checks.check import Check, State, told
from collab.checks.history import of_history
from collab.checks.recorder import Recorded, of_recorder
from collab.checks.serving import of_gateway
from collab.checks.stream import of_stream
from collab.checks.versions import of_python, of_versions
from collab.checks.weights import of_weights
from collab.door import Door
from collab.live.about import About
from collab.live.lease import RIGHT_TO_RECORD, right_to_watch
from collab.office import Office

ALONE = "Start that process again, and this one follows it; or end this one and start it anew, and it records."
"""What to do when the process is gone whose history this one follows."""


async def of_office(office: Office, door: Door | None = None) -> list[Check]:
    """The checks of an office and the gateway beside it; call it in the office's loop."""
    stream, found = await _stream(office)
    weights = await asyncio.to_thread(of_weights, office.weights, office.team)
    history = await asyncio.to_thread(of_history, office.history_url, office.tenant, datetime.now(UTC))
    versions = await asyncio.to_thread(lambda: [of_versions(), of_python()])
    telling = office.duties.telling
    outbox = None if telling is None else telling.courier.outbox.path
    delivery = await asyncio.to_thread(of_delivery, outbox, telling is not None)
    return [
        *stream,
        _team(office),
        of_gateway(door),
        await _recorder(office, found),
        *history,
        of_rules(office.team.alerts, None if found is None else right_to_watch(office.tenant) in found.held),
        delivery,
        weights,
        *versions,
    ]


def _team(office: Office) -> Check:
    name, seq = "Team", f"as it was at event {office.team.seq:,}"
    if not office.trouble:
        return Check(name=name, state=State.ok, value=seq)
    what, fix = told(office.trouble, "See its log; it goes on by itself once it can.")
    return Check(name=name, state=State.bad, value=f"it stands still: {what}", fix=fix, facts=(seq,))


async def _stream(office: Office) -> tuple[list[Check], About | None]:
    if office.mode == "reading":
        value = "another process has the stream; this one follows the history it records"
        if office.lost is not None:
            value = "the process that had the stream has ended; this one follows the history it recorded"
            return [Check(name="Redis", state=State.bad, value=value, since=office.lost, fix=ALONE)], None
        return [Check(name="Redis", state=State.ok, value=value)], None
    checks, found = await of_stream(office.stream_url, office.tenant)
    if found is not None and office.duties.refused:
        value, fix = told(office.duties.refused)
        checks[0] = Check(name="Redis", state=State.bad, value=value, fix=fix, since=office.lost)
    if found is None and office.lost is not None:
        checks = [msgspec.structs.replace(check, since=office.lost) for check in checks]
    return checks, found


async def _recorder(office: Office, found: About | None) -> Check:
    recorder = office.recorder
    held = None if found is None else RIGHT_TO_RECORD in found.held
    if office.mode == "reading":
        held = office.lost is None
    if recorder is None:
        recorded, fault, behind_s = await asyncio.to_thread(lambda: office.history.last), None, None
    else:
        recorded, fault, behind_s = recorder.recorded, recorder.fault, recorder.behind_s
    # What was asked of the stream first may be behind what was asked last.
    last = max(office.team.seq, recorded, 0 if found is None else found.last)
    check = of_recorder(
        Recorded(
            last=last,
            recorded=recorded,
            here=recorder is not None,
            held=held,
            behind_s=behind_s,
            fault="" if fault is None else str(fault),
        )
    )
    left = office.mode == "reading" and office.lost is not None
    return msgspec.structs.replace(check, since=office.lost, fix=ALONE) if left else check
