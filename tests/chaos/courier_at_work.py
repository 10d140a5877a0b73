"""A courier in a process of its own, to be killed: keeps notices it is told of and sends them by webhook.

    python courier_at_work.py <outbox> <url of the receiver> <secret's file> <first notice> <last notice>

Prints a line for every notice that is kept, and `done` when all that is in the outbox was sent.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from collab.delivery import Cause, Courier, Notice, Outbox, channels, plan_of
from collab.rules import Severity

PLAN = """
targets: {{crm: {{kind: webhook, url: "{url}", secrets: [{{file: "{secret}"}}]}}}}
routes: [{{to: [crm], within_s: 0.01}}]
retries: {{tries: 50, first_s: 0.02, most_s: 0.1}}
"""


def work(outbox: Outbox, url: str, secret: str, first: int, last: int) -> None:
    """Keep the notices, one after the other, while they are sent; return when all were."""
    plan = plan_of(PLAN.format(url=url, secret=secret))
    courier = Courier(outbox, plan, channels(plan, Path(), {}, print)).start()
    for number in range(first, last + 1):
        cause = Cause(id=f"alert-{number}", rule="overload")
        now = datetime.now(UTC)
        courier.notify(
            Notice(id=f"n-{number}", tenant="demo", severity=Severity.high, title="!", alerts=(cause,), time=now)
        )
        print(number, flush=True)
    while outbox.next_due() is not None:
        time.sleep(0.005)
    courier.stop()
    print("done", flush=True)


if __name__ == "__main__":
    work(Outbox(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
