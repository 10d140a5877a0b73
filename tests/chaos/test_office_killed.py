"""The serving process is killed with -9 at random moments under load; nothing acknowledged may be lost or doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from redis_groups import until

from collab import History
from collab.events import LeadAssigned
from collab.office import Office
from collab.team import Team, fold

SCRIPT = Path(__file__).with_name("office_under_load.py")
KILLS = 5


def killed_run(stream: str, history: Path, run: int, acks: int) -> tuple[dict[str, str], dict[str, float], float]:
    """Start the office, read so many acknowledgements, kill it; the agents and times by lead, and the last time."""
    command = [sys.executable, str(SCRIPT), stream, str(history), f"r{run}"]
    agents: dict[str, str] = {}
    times: dict[str, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lead, agent, time = line.split()
                agents[lead], times[lead] = agent, float(time)
                if len(agents) >= acks:
                    break
        finally:
            process.send_signal(signal.SIGKILL)
        for line in process.stdout.read().splitlines():
            if len(parts := line.split()) == 3:
                agents[parts[0]], times[parts[0]] = parts[1], float(parts[2])
        assert process.wait() == -signal.SIGKILL, "the office ended by itself"
    return agents, times, max(times.values())


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
    acknowledged: dict[str, str] = {}
    for run in range(KILLS):
        agents, _, _ = killed_run(redis_url, tmp_path / "history", run, chance.randint(50, 800))
        acknowledged |= agents
    assigned, recorded = checked_history(redis_url, tmp_path / "history")
    assert {lead: assigned[lead] for lead in acknowledged} == dict.fromkeys(acknowledged, 1)
    assert {lead: recorded[lead] for lead in acknowledged} == acknowledged


@pytest.mark.timeout(300)
def test_the_embedded_stream_loses_no_more_than_the_last_moments(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    must: dict[str, str] = {}
    for run in range(KILLS):
        agents, times, last = killed_run("embedded://", tmp_path / "history", run, chance.randint(300, 1500))
        must |= {lead: agent for lead, agent in agents.items() if times[lead] < last - MAY_MISS_S}
    assert must, "every run was too short to say anything"
    assigned, recorded = checked_history("embedded://", tmp_path / "history")
    assert {lead: assigned[lead] for lead in must} == dict.fromkeys(must, 1)
    assert {lead: recorded[lead] for lead in must} == must


MAY_MISS_S = 3.0
"""The recorder's half second and the time that a commit takes, with other tests on all cores."""
