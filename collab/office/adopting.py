"""Brings weights that were adopted in files into force at the desk, without a restart."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from collab.desk import Desk
from collab.whatif.journal import Entry, Journal, due

logger = logging.getLogger(__name__)


class Adopting:
    """Watches the journal of a folder of weights.

    Args:
        folder: where the journal is, or will be; None watches nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._journal = None if folder is None else Journal(folder)
        self._seen: tuple[int, ...] | None = None
        self._entries: tuple[Entry, ...] = ()
        self._said = ""

    async def tend(self, desk: Desk) -> None:
        """Bring the journal's last entry into force, if it is due; what keeps it from that is told once.

        Raises:
            StreamUnreachable: no Redis answers.
            TooLate: others change the weights all the time.
        """
        if self._journal is None:
            return
        try:
            await asyncio.to_thread(self._look, self._journal)
        except (OSError, ValueError) as error:
            self._seen, self._entries = None, ()
            self._tell(desk, str(error))
            return
        entry = due(self._entries, desk.team)
        if entry is not None and desk.team.experiment is not None:
            self._tell(desk, "an experiment runs; they come into force once it is stopped (collab experiment stop)")
        elif entry is not None:
            version = await desk.adopt_weights(entry.weights, by=entry.by, reason=entry.reason, entry=entry.entry)
            logger.info("weights of %s are %s by %s (version %d)", desk.tenant, entry.weights, entry.by, version)

    def _tell(self, desk: Desk, why: str) -> None:
        """Say once why nothing is adopted."""
        if why != self._said:
            self._said = why
            logger.error("weights of %s stay as they are: %s", desk.tenant, why)

    def _look(self, journal: Journal) -> None:
        """Read the journal if it is another than before."""
        if (seen := journal.stamp()) != self._seen:
            self._entries, self._seen, self._said = journal.entries(), seen, ""
