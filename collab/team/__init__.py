"""What is true now: a fold of the events. `Team.apply` is the only way in."""

from collab.team.agent import ABSENCE_S, Agent, Choice
from collab.team.lead import PICK_UP_S, OpenLead
from collab.team.team import KNOWN, RECENT, RESPONSE_HALF_LIFE_S, Team, fold
from collab.team.turn import Turn

__all__ = [
    "ABSENCE_S",
    "KNOWN",
    "PICK_UP_S",
    "RECENT",
    "RESPONSE_HALF_LIFE_S",
    "Agent",
    "Choice",
    "OpenLead",
    "Team",
    "Turn",
    "fold",
]
