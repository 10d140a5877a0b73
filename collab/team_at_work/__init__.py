"""A seeded team that works through the same desk as real traffic: for demos, notebooks, tests and load."""

from __future__ import annotations

from collab.team_at_work.clock import Clock, seeded_ids
from collab.team_at_work.rhythm import Profile, read_profile
from collab.team_at_work.roster import Roster, data_file, read_roster
from collab.team_at_work.work import TeamAtWork

__all__ = ["Clock", "Profile", "Roster", "TeamAtWork", "data_file", "read_profile", "read_roster", "seeded_ids"]
