"""Which teams may rest: nobody is at them, and nothing would happen there by time alone."""

from __future__ import annotations

from collab.office.office import Office
from collab.team import Team


def rests(office: Office) -> bool:
    """May an office that nobody uses be closed until somebody does?

    Not if people are told of alerts elsewhere than on a page, nor with a model's budget that is to last for the day.
    """
    told = office.telling is not None or (office.desk is not None and office.desk.coach.spends)
    return not (told or office.trouble or office.lost) and still(office.team)


def still(team: Team) -> bool:
    """Does nothing lapse, end or come true in a team as time passes?"""
    alerts = team.alerts
    agents = any(agent.connected or agent.calendar for agent in team.agents.values())
    return not (team.leads or team.experiment or alerts.open or alerts.silences or agents)
