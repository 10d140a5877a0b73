"""`/healthz`: does what this process is for work?"""

from __future__ import annotations

import asyncio
from typing import Any

from collab.live.stream import Stream, StreamUnreachable, open_stream
from collab.office import Office
from collab.web.page import Page
from collab.web.site import Site

ANSWERS_WITHIN_S = 3.0
"""How long a stream may take to answer."""


class Health(Page):
    """200 if the stream answers and the recorder records, else 503; with the reasons, and what else is wrong."""

    name = "healthz"

    async def get(self) -> None:
        """How this process is, as JSON."""
        reasons = await troubles(self.site)
        trouble = [*reasons, *keys(self.site), *clocks(self.site)]
        self.answer(503 if reasons else 200, {"ok": not reasons, "trouble": trouble} | status(self.site))

    async def head(self) -> None:
        """The same without the words."""
        await self.get()


def status(site: Site) -> dict[str, Any]:
    """What works in the process."""
    if site.office is not None:
        return site.office.status() | site.more()
    connections = len(site.door.gateway.lines) if site.door is not None else 0
    return {"mode": "gateway", "teams": len(site.offices), "connections": connections} | site.more()


def keys(site: Site) -> list[str]:
    """Why the file of keys cannot be read; members are let in by those that it had."""
    return [f"keys: {site.access.trouble}"] if site.access is not None and site.access.trouble else []


def clocks(site: Site) -> list[str]:
    """How far the clock is off; teams go by the stream's, but tokens end by this machine's."""
    return list(dict.fromkeys(f"clock: {office.timing.trouble}" for office in site.offices if office.timing.trouble))


async def troubles(site: Site) -> list[str]:
    """Why the process does not do what it is for; nothing if it does."""
    if site.office is not None:
        work = _of_offices([site.office])
        return await asyncio.wrap_future(site.office.call(work))
    if site.door is None:
        return []
    return await site.door.ask(_of_offices(site.offices) if site.offices else _of_stream(site.door.settings["stream"]))


async def _of_offices(offices: list[Office]) -> list[str]:
    found = await asyncio.gather(*map(_of_office, offices))
    return list(dict.fromkeys(reason for reasons in found for reason in reasons))


async def _of_office(office: Office) -> list[str]:
    reasons: list[str] = []
    if office.stream is not None:
        reasons += await _of(office.stream)
    if office.lost is not None and office.mode == "reading":
        reasons.append(f"history: nobody records it since {office.lost:%H:%M:%S} UTC; start who did, or this one, anew")
    if office.duties.refused and not reasons:
        reasons.append(f"stream: {office.duties.refused}")
    if office.trouble:
        reasons.append(f"team: {office.trouble}")
    fault = office.recorder.fault if office.recorder is not None else None
    return [*reasons, f"recorder: {fault}"] if fault is not None else reasons


async def _of_stream(url: str) -> list[str]:
    """Before the first team is opened the stream is looked at by itself."""
    stream = open_stream(url, "health")
    try:
        return await _of(stream)
    finally:
        await stream.close()


async def _of(stream: Stream) -> list[str]:
    """Why a stream does not answer; nothing if it does."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            await stream.ping()
    except (StreamUnreachable, TimeoutError, ValueError) as error:  # of a timeout there is no more to say
        return [f"stream: {str(error) or f'no answer within {ANSWERS_WITHIN_S:g} s'}"]
    return []
