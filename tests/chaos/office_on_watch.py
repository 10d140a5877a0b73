"""A process to be killed: an office that watches rules, tells of alerts and records whenever it is its turn.

Usage: python office_on_watch.py STREAM HISTORY TENANT RULES NOTIFY SECRET. Each line says what it does from now on:
`watches`, `records`, both or nothing. It ends when its standard input does: with the tests, however they end.
"""

from __future__ import annotations

import os
import sys
import threading

from collab.live.stream import StreamUnreachable
from collab.office import Office


def started(stream: str, history: str, tenant: str, rules: str, notify: str, secret: str) -> Office:
    """The office, once Redis answers."""
    while True:
        try:
            given = {"rules": rules, "notify": notify, "secrets": {"SECRET": secret}}
            return Office(stream, history, tenant=tenant, **given).start()
        except StreamUnreachable:
            continue  # it was killed, too


def work(office: Office) -> None:
    """Say what the office does, for ever."""
    assert office.duties.watching is not None
    said = None
    while True:
        watches, records = office.duties.watching._lease.held, office.mode == "live"
        does = "watches " * watches + "records" * records
        if does != said:
            print(said := does, flush=True)
        office.wait_for(events=1, timeout_s=0.2)


def end_with_input() -> None:
    """End when nobody holds the other side of the standard input any more."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    work(started(*sys.argv[1:]))
