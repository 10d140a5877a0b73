"""The commands on experiments: start one, stop it, show what its blocks say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import click

from collab.cli.options import HISTORY, PORTS, TENANT, Real, Whole, number, or_exit

BY = click.option("--by", required=True, help="Which team lead does it: their id stands in the history.")
REASON = click.option("--reason", default="", help="Why.")
GATEWAY = click.option(
    "--gateway", "url", help=f"Address of the team's gateway [ws://localhost: and WS_PORT, else {PORTS['WS_PORT']}]."
)
LASTS_S = 60.0
"""How long the token of one command holds."""

TIMES = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
"""How a time is given."""

FIRST_S = 10.0
"""So long a gateway is waited for that does not answer."""


@click.group()
def experiment() -> None:
    """Two sets of weights that take turns by blocks of time; off unless an owner starts it (docs/experiments.md).

    To start and to stop, a gateway must run that has the same file of keys (COLLAB_KEYS).
    """


@experiment.command()
@click.argument("a")
@click.argument("b")
@click.option("--block", default="4h", show_default=True, help="How long a block lasts, as 4h or 90min.")
@click.option("--burn-in", default="30min", show_default=True, help="How much of its start does not count.")
@click.option("--days", type=Real(0, min_open=True), help="It ends by itself then [runs until `stop`].")
@click.option("--seed", type=Whole(0, 2**53 - 1), default=0, show_default=True, help="Says the arms' order.")
@click.option("--starts", type=click.DateTime(TIMES), help="UTC time to come at which the first block begins [now].")
@BY
@REASON
@GATEWAY
@TENANT
def start(
    a: str,
    b: str,
    block: str,
    burn_in: str,
    days: float | None,
    seed: int,
    starts: datetime | None,
    by: str,
    reason: str,
    url: str | None,
    tenant: str | None,
) -> None:
    """Let the weights A and B (such as 35-30-20-15) take turns for some days, or until `stop`.

    Some methods of comparing a live system switched on and off are patented; whether you may is the owner's decision.
    """
    from collab.experiment import Design, arms, blocks, blocks_in, compared
    from collab.weights import hundredths

    def design() -> Design:
        times = blocks(block, burn_in)
        many = None if days is None else blocks_in(days, times["block_s"])
        one, other = arms(a, b, hundredths)
        return compared(Design(a=one, b=other, seed=seed, blocks=many, **times))

    made = or_exit(design)
    first = starts and starts.replace(tzinfo=UTC)
    id = _asked(url, tenant, by, lambda member: member.start_experiment(made, reason, first))
    end = "until it is stopped" if made.blocks is None else f"for {made.blocks} of them"
    runs = "runs" if first is None else f"is to run from {first:%Y-%m-%d %H:%M} UTC"
    click.echo(f"experiment {id} {runs}: a {a}, b {b}, in blocks of {block}, {end}")


@experiment.command()
@BY
@REASON
@GATEWAY
@TENANT
def stop(by: str, reason: str, url: str | None, tenant: str | None) -> None:
    """End the experiment that runs; the weights in force count for all leads again."""
    id = _asked(url, tenant, by, lambda member: member.stop_experiment(reason))
    click.echo(f"experiment {id} is stopped")


@experiment.command()
@click.argument("id", required=False)
@HISTORY
@TENANT
def show(id: str | None, **given: Any) -> None:
    """Show what the blocks of the experiment ID say, or of the last one."""
    from collab.history import History
    from collab.records import dashed
    from collab.settings import settings
    from collab.whatif import WhatIf

    found = or_exit(settings, **given)
    verdict = or_exit(or_exit(WhatIf, History(found["history"], found["tenant"])).verdict, id)
    a, b, form = dashed(verdict.design.a), dashed(verdict.design.b), "%Y-%m-%d %H:%M"
    click.echo(f"a {a}, b {b}, from {verdict.starts:{form}} UTC; it {verdict.state(form)}")
    click.echo(str(verdict))


def _asked(url: str | None, tenant: str | None, by: str, ask: Callable[[Any], Awaitable[str]]) -> str:
    """What the gateway answers to a team lead of this name."""
    from collab.live.access import Access
    from collab.live.client import Denied, connect
    from collab.settings import keys, settings

    address = url or f"ws://localhost:{number('WS_PORT')}"
    whose = or_exit(settings, tenant=tenant)["tenant"]
    token = or_exit(or_exit(Access, keys()).token, whose, by, "team_lead", lasts_s=LASTS_S)

    async def asked() -> str:
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(FIRST_S):
                    member = await stack.enter_async_context(connect(address, token))
            except Denied as error:
                whom = f"asked for tenant {whose!r} (--tenant, COLLAB_TENANT) with the keys of {keys()} (COLLAB_KEYS)"
                raise click.ClickException(f"{error}; {address} was {whom}") from error
            except TimeoutError:
                fix = "start one, e.g. `collab serve`, or name it with --gateway"
                raise click.ClickException(f"no gateway answers at {address}; {fix}") from None
            return await ask(member)

    return str(or_exit(asyncio.run, asked()))
