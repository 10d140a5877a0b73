"""The rooms that work together in one process: stream, desk, recorder and history."""

from collab.office.office import DEMO, Mode, Office
from collab.office.seated import SeatedOffice
from collab.office.shared import HISTORY, seeded_history, seeded_office, shared

__all__ = ["DEMO", "HISTORY", "Mode", "Office", "SeatedOffice", "seeded_history", "seeded_office", "shared"]
