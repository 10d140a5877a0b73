"""The roles of tokens."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Whose token it is: what its holder may do."""

    agent = "agent"
    team_lead = "team_lead"
    analyst = "analyst"
    service = "service"
