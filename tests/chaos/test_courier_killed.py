"""A courier is killed with -9, also between sending and noting: nothing is lost, and what comes again is known."""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import msgspec
from notices import Sink, sink

from collab.delivery import Outbox

SCRIPT = Path(__file__).with_name("courier_at_work.py")
KILLS, NOTICES = 4, 120


def run(command: list[str], kill_at: int | None) -> int:
    """Start a courier, kill it after so many lines; returns the last notice that it said was kept."""
    last = -1
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            last = last if line.strip() == "done" else int(line)
            if count == kill_at:
                process.send_signal(signal.SIGKILL)
        assert process.wait() == (0 if kill_at is None else -signal.SIGKILL), "the courier failed by itself"
    return last


def test_no_notice_is_lost_and_what_is_sent_again_has_its_id_and_its_words(tmp_path: Path) -> None:
    chance = random.Random()
    outbox, secret = tmp_path / "outbox.db", tmp_path / "secret"
    secret.write_text(f"whsec_{base64.b64encode(os.urandom(32)).decode()}", encoding="utf-8")
    first = 0
    # Some answers come late or are failures, so that many kills hit a message that is on its way.
    with sink(lambda number: chance.choice([200, 200, 200, 503])) as receiver:
        for _ in range(KILLS):
            command = [sys.executable, str(SCRIPT), str(outbox), receiver.url, str(secret), str(first), str(NOTICES)]
            kept = run(command, chance.randint(1, NOTICES // KILLS - 10))
            first = max(first, kept)  # the last one may be given again: it adds nothing
        run([*command[:5], str(first), str(NOTICES)], None)
        check(receiver, Outbox(outbox))


def check(receiver: Sink, outbox: Outbox) -> None:
    """All notices came, each in one message, whatever the number of times that it was sent."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for got in receiver.got:
        bodies[got.headers["webhook-id"]].add(got.body)
    assert {len(same) for same in bodies.values()} == {1}
    told = [notice["id"] for (body,) in bodies.values() for notice in msgspec.json.decode(body)["data"]["notices"]]
    assert sorted(told) == sorted(f"n-{number}" for number in range(NOTICES + 1))
    assert set(outbox.deliveries()["state"]) == {"sent"}
    outbox.close()


def test_a_courier_killed_between_sending_and_noting_sends_the_same_message_again(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"whsec_{base64.b64encode(os.urandom(32)).decode()}", encoding="utf-8")
    running: list[subprocess.Popen[str]] = []

    def answer(number: int) -> int:
        if number == 1:  # it has the message; who sent it dies before it can hear so
            running[0].kill()
            running[0].wait()
        return 200

    with sink(answer) as receiver:
        command = [sys.executable, str(SCRIPT), str(tmp_path / "outbox.db"), receiver.url, str(secret), "1", "1"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        with process:
            process.communicate()
        assert process.returncode == -signal.SIGKILL
        run(command, None)
        one, two = receiver.got
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert one.body == two.body
