"""What is true now: a fold of the events. `Team.apply` is the only way in."""

from collab.team.agent import ABSENCE_S, Agent, Choice
from collab.team.alert import ENDED, NEXT, SAMPLES, Alert, Alerts, State, Tally
from collab.team.lead import PICK_UP_S, OpenLead
from collab.team.steps import MOVED_FOR, RECENT, RESPONSE_HALF_LIFE_S
from collab.team.team import KNOWN, Team, fold
from collab.team.turn import Turn

__all__ = [
    "ABSENCE_S",
    "ENDED",
    "KNOWN",
    "MOVED_FOR",
    "NEXT",
    "PICK_UP_S",
    "RECENT",
    "RESPONSE_HALF_LIFE_S",
    "SAMPLES",
    "Agent",
    "Alert",
    "Alerts",
    "Choice",
    "OpenLead",
    "State",
    "Tally",
    "Team",
    "Turn",
    "fold",
]
