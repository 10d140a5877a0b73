"""The roles of tokens."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """Whose token it is: what its holder may do."""

    agent = "agent"
    team_lead = "team_lead"
    analyst = "analyst"
    service = "service"


EVERYBODY = frozenset(Role)
WORKING = frozenset((Role.agent, Role.team_lead, Role.service))
LEADING = frozenset((Role.team_lead, Role.service))
TUNING = frozenset((Role.team_lead, Role.analyst))
OWNING = frozenset((Role.team_lead,))
ALERTED = frozenset((Role.agent, Role.team_lead, Role.analyst))


def one_of(roles: Collection[Role]) -> str:
    """Whose token it takes, in words: `an agent or team_lead`."""
    who = " or ".join(sorted(roles))
    return f"{'an' if who[0] == 'a' else 'a'} {who}"
