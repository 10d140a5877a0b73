"""A recorder is killed with -9 at random moments; every event is in every table exactly once all the same."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from recorder_at_work import TENANTS
from work import Work

from collab.events import Event, LeadAssigned, encode
from collab.history import History
from collab.history.rows import derived_rows
from collab.history.schema import DERIVED
from collab.team import fold

SCRIPT = Path(__file__).with_name("recorder_at_work.py")
KILLS = 6


def killed_run(events: Path, history: Path, commits: int, wait_s: float) -> bool:
    """Start a recorder and kill it so many seconds after so many commits; False if it was done before."""
    command = [sys.executable, str(SCRIPT), str(events), str(history)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(commits):
            if not process.stdout.readline():
                break
        timer = threading.Timer(wait_s, process.send_signal, [signal.SIGKILL])
        timer.start()
        process.stdout.read()
        code = process.wait()
        timer.cancel()
    assert code in (0, -signal.SIGKILL), "the recorder failed by itself"
    return code != 0


def check(history: History) -> None:
    """Each derived table has exactly the rows that follow from the recorded events."""
    entries = history.events()
    made = derived_rows(entries)
    for table in DERIVED:
        found = history.sql(f"SELECT * FROM {table.name}")
        columns = made.get(table.name, {"seq": []})
        assert sorted(found["seq"]) == list(columns["seq"]), table.name
        if table.name == "candidates":
            assert sorted(zip(found["seq"], found["agent"], strict=True)) == list(
                zip(columns["seq"], columns["agent"], strict=True)
            )
    assert history.team() == fold(entries)


def test_a_recorder_killed_at_any_moment_records_every_event_exactly_once(tmp_path: Path) -> None:
    chance = random.Random()
    made: list[Event] = Work(seed=7).events(250)
    events, history = tmp_path / "events.jsonl", tmp_path / "history"
    events.write_bytes(b"\n".join(map(encode, made)))
    kills = sum(killed_run(events, history, chance.randint(0, 6), chance.uniform(0.0, 0.25)) for _ in range(KILLS))
    assert kills >= KILLS // 2
    between = {tenant: History(history, tenant) for tenant in TENANTS}
    for tenant, seen in between.items():
        if seen.exists:
            assert [entry.seq for entry in seen.events()] == places(seen.own_last, tenant)
            check(seen)
    subprocess.run([sys.executable, str(SCRIPT), str(events), str(history)], check=True, stdout=subprocess.DEVNULL)
    for tenant, seen in between.items():
        assert [e.seq for e in seen.events()] == places(len(made), tenant)
        assert [e.event for e in seen.events()] == [made[seq - 1] for seq in places(len(made), tenant)]
        check(seen)
    assert sum(isinstance(event, LeadAssigned) for event in made) == sum(
        len(seen.assignments()) for seen in between.values()
    )


def places(events: int, tenant: str) -> list[int]:
    """The places of the tenant's events: 100 for the one, 100 for the other, and so on."""
    return [seq for seq in range(1, events + 1) if (seq - 1) // 100 % 2 == TENANTS.index(tenant)]
