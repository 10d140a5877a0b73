"""The serving process is killed with -9 at random moments under load; nothing acknowledged may be lost or doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from redis_groups import until

from collab import History
from collab.events import LeadAssigned
from collab.office import Office
from collab.team import Team, fold

SCRIPT = Path(__file__).with_name("office_under_load.py")
KILLS = 4


class Acknowledged(NamedTuple):
    """A decision that the office printed: who got the lead, when, and the places of the stream when it was printed."""

    lead: str
    agent: str
    time: float
    seq: int
    recorded: int


def acknowledged(line: str) -> Acknowledged:
    """A line of the office."""
    lead, agent, time, seq, recorded = line.split()
    return Acknowledged(lead, agent, float(time), int(seq), int(recorded) if recorded != "None" else 0)


def killed_run(stream: str, history: Path, run: int, acks: int) -> list[Acknowledged]:
    """Start the office, read so many acknowledgements, kill it; what it acknowledged until then."""
    command = [sys.executable, str(SCRIPT), stream, str(history), f"r{run}"]
    found: list[Acknowledged] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                found.append(acknowledged(line))
                if len(found) >= acks:
                    break
        finally:
            process.send_signal(signal.SIGKILL)
        found += [acknowledged(line) for line in process.stdout.read().splitlines() if len(line.split()) == 5]
        assert process.wait() == -signal.SIGKILL, "the office ended by itself"
    return found


def checked_history(stream: str, history: Path) -> tuple[Counter[str], dict[str, str]]:
    """Restart, record everything, stop, check the invariants; how often each lead was assigned, and to whom."""
    office = Office(stream, str(history), tenant="chaos").start()
    assert office.desk is not None
    until(lambda: office.mode == "live")  # on a Redis, the killed one's lease must end first
    office.stop()
    opened = History(str(history), "chaos")
    entries = list(opened.events())
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    team, assigned, agents = Team(), Counter[str](), {}
    for entry in entries:
        team.apply(entry)
        if isinstance(entry.event, LeadAssigned):
            decision = entry.event.decision
            holder = team.agents[decision.agent or ""]
            assert holder.active <= holder.capacity, f"{holder.id} has {holder.active} at {entry.seq}"
            assigned[decision.lead.id] += 1
            agents[decision.lead.id] = decision.agent
    assert office.desk.team == fold(entries)
    recorded = opened.assignments()
    assert Counter(recorded["lead"]) == assigned
    return assigned, agents


@pytest.mark.timeout(300)
def test_acknowledged_decisions_survive_kills_on_redis(redis_url: str, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    must: dict[str, str] = {}
    for run in range(KILLS):
        must |= {
            one.lead: one.agent for one in killed_run(redis_url, tmp_path / "history", run, chance.randint(50, 800))
        }
    assigned, recorded = checked_history(redis_url, tmp_path / "history")
    assert {lead: assigned[lead] for lead in must} == dict.fromkeys(must, 1)
    assert {lead: recorded[lead] for lead in must} == must


@pytest.mark.timeout(300)
def test_the_embedded_stream_loses_nothing_that_was_recorded_and_no_more_than_the_last_moments(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    must: dict[str, str] = {}
    for run in range(KILLS):
        found = killed_run("embedded://", tmp_path / "history", run, chance.randint(300, 1500))
        recorded_to, last = max(one.recorded for one in found), max(one.time for one in found)
        kept = [one for one in found if one.seq <= recorded_to or one.time < last - MAY_MISS_S]
        must |= {one.lead: one.agent for one in kept}
    assert must, "every run was too short to say anything"
    assigned, recorded = checked_history("embedded://", tmp_path / "history")
    assert {lead: assigned[lead] for lead in must} == dict.fromkeys(must, 1)
    assert {lead: recorded[lead] for lead in must} == must


MAY_MISS_S = 3.0
"""The recorder's half second and the time that a commit takes, with other tests on all cores."""
