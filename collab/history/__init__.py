"""What happened, kept: tables that one recorder writes, every event exactly once, and any number of processes read."""

from __future__ import annotations

from collab.history.belonging import HistoryMismatch, StreamBehind
from collab.history.export import export
from collab.history.fence import HistoryInUse, Superseded
from collab.history.folder import HistoryUnwritable, NewerHistory, NotAHistory
from collab.history.held import is_recorded
from collab.history.reading import History
from collab.history.recorder import Recorder

__all__ = [
    "History",
    "HistoryInUse",
    "HistoryMismatch",
    "HistoryUnwritable",
    "NewerHistory",
    "NotAHistory",
    "Recorder",
    "StreamBehind",
    "Superseded",
    "export",
    "is_recorded",
]
