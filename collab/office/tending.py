"""What an office does once a second though nothing happened: adopted weights, waiting leads, the clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from collab.desk import Desk, TooLate
from collab.lapses import Terms
from collab.live.stream import StreamUnreachable
from collab.office.adopting import Adopting
from collab.office.timing import Timing

logger = logging.getLogger(__name__)

TEND_EVERY_S = 1.0
"""How often waiting leads are looked after even if nothing happened."""


async def tend(desk: Desk, adopting: Adopting, terms: Terms, timing: Timing, lose: Callable[[str], None]) -> None:
    """Look for adopted weights, and after leads whose gates opened or whose routing failed; for ever.

    Once the stream has lost what the team holds, `lose` is called with what there is to say of it.
    """
    said, lost = "", False
    while True:
        await asyncio.sleep(TEND_EVERY_S)
        try:
            await desk.look()
            if desk.lost and not lost:
                lost = True
                lose(desk.lost)
            await adopting.tend(desk)
            await desk.tend(terms)
            timing.look()
            said = ""
        except Exception as error:
            if str(error) != said:  # once, however long it lasts
                unknown = None if isinstance(error, StreamUnreachable | TooLate) else error
                logger.warning("waiting leads of %s stay in the queue: %s", desk.tenant, error, exc_info=unknown)
            said = str(error)
