"""The check of what the environment chooses: can an office start with it?"""

from __future__ import annotations

from collections.abc import Callable

from collab.checks.check import Check, State, told
from collab.live.partition import check_tenant
from collab.office.balancing import policy_of
from collab.weights import hundredths

NAME = "Settings"


def of_settings(tenant: str, balance: str, shadow: str | None, *read: Callable[[], object]) -> list[Check]:
    """What cannot be chosen of tenant, policy of evening out loads, weights that look on, and what `read` reads."""
    looks: list[tuple[str, Callable[[], object]]] = [
        ("COLLAB_TENANT names it.", lambda: check_tenant(tenant)),
        ("COLLAB_BALANCE names it.", lambda: policy_of(balance)),
        ("COLLAB_SHADOW names it.", lambda: shadow and hundredths(shadow)),
        *(("", look) for look in read),
    ]
    found = [_wrong(error, where) for where, look in looks if (error := _error(look)) is not None]
    looking = shadow or "none"
    well = Check(
        name=NAME, state=State.ok, value=f"tenant {tenant}, balance {balance}, weights in the shadow {looking}"
    )
    return found or [well]


def _error(look: Callable[[], object]) -> ValueError | None:
    try:
        look()
    except ValueError as error:
        return error
    return None


def _wrong(error: ValueError, where: str) -> Check:
    value, fix = told(error, "Correct it, or leave it out.")
    return Check(
        name=NAME, state=State.bad, value=value, fix=" ".join(f"{fix} {where} An office does not start so.".split())
    )
