"""What needs a person: rules watched as events come in, the steps of an alert, who is told what first (pure)."""

from collab.alerts.backtest import Backtest, backtest
from collab.alerts.called import called
from collab.alerts.contrast import Contrast, contrast
from collab.alerts.groups import Group, groups
from collab.alerts.present import present
from collab.alerts.rank import Rank, rank, ranked
from collab.alerts.state import Answer, acknowledge, give_back, resolve
from collab.alerts.watch import Watch

__all__ = [
    "Answer",
    "Backtest",
    "Contrast",
    "Group",
    "Rank",
    "Watch",
    "acknowledge",
    "backtest",
    "called",
    "contrast",
    "give_back",
    "groups",
    "present",
    "rank",
    "ranked",
    "resolve",
]
