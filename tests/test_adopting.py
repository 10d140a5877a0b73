"""Weights that are adopted in files come into force at a running office, once; docs/weights.md shows how."""

from __future__ import annotations

import asyncio
import logging
import re
import shlex
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from desks import SOON_S, lead
from gateways import a_gate
from offices import Open, at, do
from proposals import IN_FORCE, WEIGHTS, proposal

from collab import events as ev
from collab.cli import main
from collab.history import History
from collab.office import Office
from collab.whatif import Proposal, WhatIf, rollback
from collab.whatif import journal as j
from collab.whatif.journal import Journal, watched
from collab.whatif.report import digest

DOCS = (Path(__file__).parent.parent / "docs" / "weights.md").read_text(encoding="utf-8")
OTHER = (25, 25, 25, 25)


def tend(office: Office) -> None:
    """What the office does once a second, now."""
    do(office, office._adopting.tend(at(office)))


def reached(office: Office, version: int) -> None:
    """Return when the team has these weights, which nobody but the office itself brings into force."""
    there = threading.Event()
    leave = office.subscribe(lambda entries: there.set() if office.team.weights.version >= version else None)
    if office.team.weights.version < version:
        assert there.wait(SOON_S), f"the weights are {office.team.weights}"
    leave()


def adoptions(office: Office) -> list[ev.WeightsAdopted]:
    """Every time that weights came into force, in order."""

    async def read() -> list[ev.WeightsAdopted]:
        stream, found, last = at(office).stream, [], 0
        while entries := await stream.read(last):
            last = entries[-1].seq
            found += [entry.event for entry in entries if isinstance(entry.event, ev.WeightsAdopted)]
        return found

    return do(office, read())


def folder_of(office: Office) -> Path:
    """The folder that the office watches."""
    folder = watched(office.history_url, office.tenant)
    assert folder is not None
    return folder


def hire(office: Office) -> None:
    """Bo is free, and ana knows the language but has a lead."""
    for agent, skills in (("ana", {"language:es": 1.0}), ("bo", {})):
        do(office, at(office).add_agent(agent, agent.title(), skills=skills, capacity=2))
        do(office, at(office).set_presence(agent, "available"))
    do(office, at(office).assign(routed(office, "l0"), "ana", by="Kim"))


def routed(office: Office, id: str) -> str:
    """Route a lead of this id; returns the id."""
    do(office, at(office).route_lead(lead(id, language="es")))
    return id


def holder(office: Office, id: str) -> str | None:
    """Who has the lead."""
    return office.team.leads[id].holder


def recorded(office: Office) -> History:
    """The history once all that happened is in it."""
    assert office.recorder is not None
    do(office, office.recorder.flush())
    return office.history


def test_a_proposal_adopted_beside_a_running_office_routes_the_next_lead(open_office: Open) -> None:
    office = open_office(tenant="demo")
    hire(office)
    do(office, at(office).adopt_weights((0, 100, 0, 0), by="Kim"))
    assert holder(office, routed(office, "l1")) == "ana"
    do(office, at(office).override("l1", "bo", by="Kim"))
    what_if = WhatIf(recorded(office))
    with pytest.raises(ValueError, match="weights are 0-100-0-0, which are in force already; propose others"):
        what_if.propose((0, 100, 0, 0), reason="as it is")
    made = what_if.propose((100, 0, 0, 0), reason="share the work")
    assert (made.replaces, made.tenant, made.version) == ((0, 100, 0, 0), "demo", office.history.last)
    assert made.created == office.history.time_of(office.history.own_last)
    entry = made.adopt(by="ana")
    reached(office, 2)
    assert (folder_of(office) / f"{made.id}.yaml").exists()
    assert office.team.weights.values == (100, 0, 0, 0)
    adopted = adoptions(office)[-1]
    assert (adopted.by, adopted.reason, adopted.entry) == ("ana", "share the work", entry.entry)
    do(office, at(office).decline("l1", "bo"))
    do(office, at(office).close_lead("l1", "ana", converted=True))
    assert holder(office, routed(office, "l2")) == "bo"
    made.rollback(by="kim", reason="bo has too many")
    reached(office, 3)
    assert office.team.weights.values == (0, 100, 0, 0)
    do(office, at(office).close_lead("l2", "bo", converted=True))
    assert holder(office, routed(office, "l3")) == "ana"
    assert recorded(office).weights()[["version", "person", "reason"]].values.tolist()[1:] == [
        [2, "ana", "share the work"],
        [3, "kim", "bo has too many"],
    ]
    made.adopt(by="ana")
    reached(office, 4)
    assert office.team.weights.values == (100, 0, 0, 0)


def test_adopting_a_proposal_twice_adds_one_version(open_office: Open) -> None:
    office = open_office()
    made = proposal(replaces=None)
    made.adopt(by="ana", folder=folder_of(office))
    reached(office, 1)
    made.adopt(by="ana", folder=folder_of(office))
    tend(office)
    assert [one.weights.values for one in adoptions(office)] == [WEIGHTS]


def test_after_a_restart_an_entry_is_not_adopted_again(open_office: Open) -> None:
    office = open_office()
    proposal().adopt(by="ana", folder=folder_of(office))
    reached(office, 1)
    do(office, at(office).adopt_weights(OTHER, by="Kim"))
    office.stop()
    again = open_office()
    tend(again)
    assert (again.team.weights.version, again.team.weights.values) == (2, OTHER)
    rollback(folder_of(again), by="ana", reason="why")
    reached(again, 3)
    assert again.team.weights.values == IN_FORCE


def test_what_was_adopted_while_no_office_ran_comes_into_force_at_the_next_start(
    open_office: Open, tmp_path: Path
) -> None:
    proposal().adopt(by="ana", folder=tmp_path / "elsewhere" / "main")
    office = open_office(weights=str(tmp_path / "elsewhere"))
    reached(office, 1)
    assert office.team.weights.values == WEIGHTS


def test_what_the_desk_adopted_later_stays(open_office: Open) -> None:
    early = proposal()
    office = open_office()
    folder = folder_of(office)
    do(office, at(office).adopt_weights(OTHER, by="Kim"))
    before = adoptions(office)[-1].time
    book = Journal(folder)
    with book.locked():
        book.add(
            j.entry_of(
                kind="adopted", id=early.id, weights=WEIGHTS, replaces=None, by="ana", time=before, reason="earlier"
            )
        )
    tend(office)
    assert [one.weights.values for one in adoptions(office)] == [OTHER]


def test_two_offices_on_one_stream_make_one_version_of_an_entry(open_office: Open, redis_url: str) -> None:
    offices = [open_office(redis_url), open_office(redis_url)]
    folder = folder_of(offices[0])
    for number in range(1, 6):
        proposal(weights=(number, 100 - number, 0, 0)).adopt(by="ana", folder=folder)
        with ThreadPoolExecutor() as pool:
            list(pool.map(tend, offices))
        assert [office.team.weights.version for office in offices] == [number, number]
    for office in offices:
        made = adoptions(office)
        assert [one.weights.values[0] for one in made] == [1, 2, 3, 4, 5]
        assert [one.entry for one in made] == [entry.entry for entry in Journal(folder).entries()]


def test_a_broken_journal_is_told_once_and_the_weights_in_force_stay(
    open_office: Open, caplog: pytest.LogCaptureFixture
) -> None:
    office = open_office()
    hire(office)
    folder = folder_of(office)
    proposal().adopt(by="ana", folder=folder)
    reached(office, 1)
    whole = (folder / j.FILE).read_bytes()
    with caplog.at_level(logging.ERROR, "collab.office.adopting"):
        (folder / j.FILE).write_bytes(whole[: len(whole) // 2])
        for _ in range(3):
            tend(office)
        assert len(caplog.records) == 1
        assert "weights of main stay as they are: " in caplog.text
        assert str(folder / j.FILE) in caplog.text
    assert office.team.weights.values == WEIGHTS
    assert holder(office, routed(office, "l1")) is not None
    (folder / j.FILE).write_bytes(whole)
    rollback(folder, by="ana", reason="why")
    reached(office, 2)
    assert office.team.weights.values == IN_FORCE


def test_a_team_lead_and_an_analyst_adopt_weights_at_a_gateway(tmp_path: Path) -> None:
    async def adopt() -> None:
        async with a_gate(tmp_path) as gate, gate.member("nia", "analyst") as nia, gate.member("ana") as ana:
            assert await nia.adopt_weights(WEIGHTS, "why") == 1
            assert (gate.office.team.weights.values, gate.office.team.adopted.by) == (WEIGHTS, "nia")  # type: ignore[union-attr]
            with pytest.raises(PermissionError, match="role is agent, which may not adopt_weights"):
                await ana.adopt_weights(OTHER, "why")
            with pytest.raises(ValueError, match=r"weights\.2 is -10: expected `int` >= 0"):
                await nia.adopt_weights((50, 60, -10, 0), "why")
            for wrong, said in (
                ((1, 0, 0, 0), "sum to 1; make them sum to 100"),
                ((50, 50), "give four, in the order"),
            ):
                with pytest.raises(ValueError, match=said):
                    await nia.adopt_weights(wrong, "why")
            assert gate.office.team.weights.version == 1

    asyncio.run(adopt())


def blocks(kind: str) -> list[str]:
    """The blocks of this kind in the page."""
    return re.findall(rf"^```{kind}\n(.*?)^```", DOCS, re.M | re.S)


def ran(line: str) -> Any:
    """What comes of a line with `collab`."""
    program, *args = shlex.split(line)
    assert program == "collab"
    return CliRunner().invoke(main, args)


def test_the_page_does_what_it_says(open_office: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("COLLAB_HISTORY", "COLLAB_TENANT", "COLLAB_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
    office = Office(f"embedded://{uuid.uuid4().hex}", "data/history", tenant="demo").start()
    try:
        hire(office)
        recorded(office)
        (python,) = blocks("python")
        shown: dict[str, Any] = {}
        exec(python, shown)
        assert "What this does not say" in Path("report.html").read_text()
        assert len(Journal("data/weights/demo").entries()) == 2
        check, moves = blocks("sh")
        (step,) = re.findall(r"run: (collab .*)", blocks("yaml")[0])
        path = shown["proposal"].save("weights")
        assert [ran(line).exit_code for line in (check.strip(), step)] == [0, 0]
        for line in moves.strip().splitlines():
            found = ran(line.replace("weights/2026-11-24-40-30-15-15-at-5123.yaml", str(path)))
            assert found.exit_code == 0, found.output
        assert [entry.kind for entry in Journal("data/weights/demo").entries()] == ["adopted", "rollback"] * 2
        Path(path).with_suffix(".html").write_text("better")
        failed = ran(step)
        assert failed.exit_code == 1
        assert "one was changed" in failed.output
    finally:
        office.stop()


def saved(folder: Path) -> Path:
    """A proposal that was adopted there."""
    proposal().adopt(by="ana", folder=folder)
    return folder / f"{proposal().id}.yaml"


def put(path: Path, old: str, new: str) -> None:
    """Change a file by hand."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def renewed(path: Path) -> None:
    """Let the file vouch for the report as it is now."""
    mine = re.search("sha256: (.*)}", path.read_text())
    assert mine is not None
    put(path, mine[1], digest(path.with_suffix(".html").read_bytes()))


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda path: path.with_suffix(".html").unlink(), "cannot be read (No such file or directory)"),
        (lambda path: put(path.with_suffix(".html"), "731 of", "73 of"), "one was changed"),
        (
            lambda path: put(path.with_suffix(".html"), "731 of", "73 of") or renewed(path),
            "does not show these figures",
        ),
        (lambda path: put(path, "report: {", "report: null\n#"), "it has no report"),
        (lambda path: put(path, "file: 20", "file: ../20"), "give its name only"),
        (lambda path: put(path, "difference_low: 0.0021", "difference_low: 0.0121"), "figures are not those of"),
        (lambda path: put(path, "moved: 731", "moved: 31"), "figures are not those of"),
        (lambda path: put(path, "tenant: demo", "tenant: acme"), "tenant are not those of"),
        (lambda path: put(path, "[40, 30, 15, 15]", "[30, 40, 15, 15]"), "but day, weights and version make"),
        (lambda path: path.rename(path.with_name("mine.yaml")), "the name is mine.yaml"),
        (lambda path: path.unlink(), "is missing; bring it back"),
        (lambda path: put(path.with_name(j.FILE), "by: ana", "by: bo"), "it was changed by hand"),
    ],
)
def test_a_check_fails_where_a_file_and_its_report_are_not_one(
    tmp_path: Path, change: Callable[[Path], Any], said: str
) -> None:
    path = saved(tmp_path / "main")
    assert ran(f"collab weights check {tmp_path}").exit_code == 0
    change(path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    found = ran(f"collab weights check {tmp_path}")
    assert found.exit_code == 1
    assert said in found.output
    adopted = ran(f"collab weights adopt {path} --by kim --folder {path.parent}")
    assert adopted.exit_code != 0
    assert said in adopted.output or not path.exists()
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_folder_without_weights_fails_a_check(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Weights")
    found = ran(f"collab weights check {tmp_path}")
    assert found.exit_code == 1
    assert f"{tmp_path} has no file of weights; name the folder" in found.output
    saved(tmp_path / "main")
    assert "1 file of weights" in ran(f"collab weights check {tmp_path}").output


def test_line_ends_that_a_checkout_wrote_are_no_change_by_hand(tmp_path: Path) -> None:
    made = proposal(reason="Two\r\nlines.\n", version=1)
    for file in (made.save(tmp_path), made.save(tmp_path).with_suffix(".html")):
        file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert Proposal.load(tmp_path / f"{made.id}.yaml").reason == made.reason
    assert ran(f"collab weights check {tmp_path}").exit_code == 0


def test_files_of_one_id_say_the_same_of_one_history(tmp_path: Path) -> None:
    proposal().save(tmp_path / "a")
    proposal().report(tmp_path / "a" / "report.html")  # to be read anywhere
    proposal(by="ana").save(tmp_path / "b")  # as it is saved by whoever adopts it
    proposal(tenant="acme", reason="Another team's.").save(tmp_path / "c")
    assert ran(f"collab weights check {tmp_path}").exit_code == 0
    path = proposal(reason="Another reason.").save(tmp_path / "d")
    found = ran(f"collab weights check {tmp_path}")
    assert found.exit_code == 1
    assert f"{path}: id is {path.stem}, as of {tmp_path / 'a' / path.name}, which says something else" in found.output


def test_a_report_of_other_weights_is_not_taken_for_that_of_these(tmp_path: Path) -> None:
    path, other = proposal().save(tmp_path), proposal(weights=OTHER).save(tmp_path)
    mine, theirs = (re.search("sha256: (.*)}", file.read_text()) for file in (path, other))
    assert mine is not None
    assert theirs is not None
    put(path, path.with_suffix(".html").name, other.with_suffix(".html").name)
    put(path, mine[1], theirs[1])
    found = ran(f"collab weights check {tmp_path}")
    assert found.exit_code == 1
    assert f"weights are not those of {other.stem}.html" in found.output
