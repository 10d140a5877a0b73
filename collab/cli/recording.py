"""The command `collab recorder`: records all tenants of a Redis, or stands by for one that does."""

from __future__ import annotations

import asyncio
import signal

import click

from collab.cli.options import HISTORY, STREAM, or_exit


async def record(stream: str, history: str, lasts_s: float) -> None:
    """Record every partition whenever it is this process's turn, until SIGTERM or SIGINT comes."""
    from collab.live.partition import PARTITIONS
    from collab.live.stream import open_partition  # loaded by this command only
    from collab.recording import Recording

    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    streams = [open_partition(stream, number) for number in range(PARTITIONS)]
    recordings = [Recording(history, one, lasts_s=lasts_s) for one in streams]
    try:
        await streams[0].ping()
        for recording in recordings:
            await recording.start()
        click.echo(f"collab: {sum(one.recorder is not None for one in recordings)} of {PARTITIONS} partitions are ours")
        await ended.wait()
    finally:
        await asyncio.gather(*(recording.stop() for recording in recordings))
        await asyncio.gather(*(one.close() for one in streams))


@click.command("recorder")
@STREAM
@HISTORY
@click.option(
    "--takeover",
    type=click.FloatRange(0.5, 60),
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
    or_exit(asyncio.run, record(found["stream"], found["history"], takeover))
