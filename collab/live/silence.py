"""The end of a process whose Redis is silent: it waits a moment for it, and no more."""

from __future__ import annotations

import asyncio
import logging

from collab.live.stream import Stream, StreamUnreachable

logger = logging.getLogger(__name__)

SILENT_S = 5.0
"""So long a process that ends waits for an answer."""

LOOK_S = 1.0
"""How often it is asked for one."""


async def close_if_silent(stream: Stream) -> None:
    """Close a stream as soon as it does not answer, so that all who wait for it are told so; until then go on for ever.

    Nothing that was acknowledged is lost: it is on the stream, and recorded by whoever records it next.
    """
    why = f"no answer within {SILENT_S:g} s"
    while True:
        try:
            async with asyncio.timeout(SILENT_S):
                await stream.last()
        except (StreamUnreachable, TimeoutError) as error:
            logger.warning(
                "partition %s ends without its Redis: %s; what was acknowledged is on the stream, and is recorded when "
                "Redis and who records it are back",
                stream.partition,
                str(error) or why,
            )
            await stream.close()
            return
        await asyncio.sleep(LOOK_S)
