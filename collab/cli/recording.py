"""The command `collab recorder`: records all tenants of a Redis, or stands by for one that does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

import click

from collab.cli.options import HISTORY, STREAM, Real, or_exit

AGAIN_S = 1.0
"""The pause before a Redis that did not answer is asked again."""

STEPS_BACK = 5
"""How much nicer than others it is to them: on a machine that is busy a gateway answers, and what is kept waits."""


async def record(stream: str, history: str, lasts_s: float) -> None:
    """Record every partition whenever it is this process's turn, until SIGTERM or SIGINT comes."""
    from collab.live.partition import PARTITIONS
    from collab.live.silence import close_if_silent
    from collab.live.stream import open_partition  # loaded by this command only
    from collab.recording import Recording

    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    streams = [open_partition(stream, number) for number in range(PARTITIONS)]
    recordings = [Recording(history, one, lasts_s=lasts_s) for one in streams]
    try:
        if await _answers(streams[0], ended):
            for recording in recordings:
                await recording.start()
            ours = sum(one.recorder is not None for one in recordings)
            click.echo(f"collab: {ours} of {PARTITIONS} partitions are ours")
            await ended.wait()
    finally:
        hastening = [asyncio.create_task(close_if_silent(one)) for one in streams]
        await asyncio.gather(*(recording.stop() for recording in recordings))
        for one in hastening:
            one.cancel()
        await asyncio.gather(*(one.close() for one in streams))


async def _answers(stream: Any, ended: asyncio.Event) -> bool:
    """Wait until the Redis answers; False if it is to end before."""
    from collab.live.stream import StreamUnreachable

    said = False
    while not ended.is_set():
        try:
            await stream.ping()
            return True
        except StreamUnreachable as error:
            if not said:
                click.echo(f"collab: {error}; it is recorded as soon as it answers", err=True)
            said = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_S):
                await ended.wait()
    return False


@click.command("recorder")
@STREAM
@HISTORY
@click.option(
    "--takeover",
    type=Real(0.5, 60),
    default=4.0,
    show_default=True,
    help="Seconds without a sign of life after which another recorder goes on.",
)
def recorder(stream: str | None, history: str | None, takeover: float) -> None:
    """Record all tenants on a Redis; of several, one records each partition and another goes on when it ends."""
    from collab.settings import settings

    found = or_exit(settings, stream=stream, history=history)
    if found["stream"].startswith("embedded"):
        raise click.ClickException("an embedded stream is recorded by its own process; name a Redis with --stream")
    os.nice(STEPS_BACK)
    or_exit(asyncio.run, record(found["stream"], found["history"], takeover))
