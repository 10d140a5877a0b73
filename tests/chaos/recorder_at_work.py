"""A recorder in a process of its own, to be killed: records events it reads from a file until it has all.

    python recorder_at_work.py <events as JSON lines> <history>

Prints a line for every commit. The stream is embedded and made from the file, so each start has the same events.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from collab.claims import Claim
from collab.events import decode
from collab.history import Recorder
from collab.live.stream import open_stream

sys.path.insert(0, str(Path(__file__).parent.parent))  # where work.py is, for the test that imports this file

TENANTS = ("t2", "t35")
"""Two tenants that share a partition of the stream."""


async def record(lines: list[bytes], history: str) -> None:
    """Put all events on a stream, turn by turn for each tenant, and record them in small commits."""
    streams = [open_stream("embedded://", tenant) for tenant in TENANTS]
    for start in range(0, len(lines), 100):
        claims = [Claim(decode(line), (), ()) for line in lines[start : start + 100]]
        await streams[start // 100 % 2].append(claims)
    recorder = Recorder(history, streams[0], every_s=0.001, at_most=70, snapshot_every=200, compact_every=4)
    await recorder.start()
    while recorder.recorded < len(lines):
        await recorder.flush(min(recorder.recorded + 1, len(lines)))
        print(recorder.recorded, flush=True)
    await recorder.stop()


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]).read_bytes().splitlines(), sys.argv[2]))
