"""Proposals of weights: saved with the report that they vouch for, adopted once, rolled back in one call."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from html import unescape
from pathlib import Path

import closed_loop
import msgspec
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from proposals import IN_FORCE, WEIGHTS, four, proposal, proposals
from strategies import NOON, after
from truth import World

from collab import events as ev
from collab.cli import main
from collab.events import Entry as Happened
from collab.records import FACTORS, WeightsVersion
from collab.team import Team
from collab.whatif import Proposal, WhatIf, rollback
from collab.whatif import journal as j
from collab.whatif.forest import WIDTH, Line, forest
from collab.whatif.journal import AdoptionRefused, Entry, Journal, due, standing
from collab.whatif.measures import digits
from collab.whatif.report import facts, html
from collab.whatif.review import faults

OTHER = (25, 25, 25, 25)


@pytest.fixture(scope="module")
def what_if() -> WhatIf:
    world = World(1800, 1)
    return WhatIf.from_frames(world.candidates(), world.outcomes())


@settings(max_examples=60, deadline=None)
@given(given=proposals)
@example(given=proposal(reason="a\x85b\u2028c\rd", tenant="\x85"))
def test_what_is_saved_is_loaded_and_saved_again_to_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, given: Proposal
) -> None:
    folder = tmp_path_factory.mktemp("weights")
    path = given.save(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(before) == {f"{given.id}.yaml", f"{given.id}.html"}
    loaded = Proposal.load(path)
    assert loaded == given
    loaded.save(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert faults(folder) == (1, [])


@given(given=proposals)
def test_a_proposal_is_told_in_a_line_a_figure(given: Proposal) -> None:
    head, _, tail = repr(given).partition(f"\n  why: {given.reason}")
    assert head.startswith(f"Proposal {given.id}")
    for one in (*given.figures.per_lead, *given.figures.whole_team):
        said = f"\n  {one.metric} ({one.question}) "
        assert tail.startswith(said)
        tail = tail.removeprefix(said)
        known = one.value is not None and not one.refused
        assert tail.startswith(digits(one.value) if known else "refused: ")
        tail = tail.removeprefix(str(one))
    assert tail == ""


@settings(max_examples=60)
@given(given=proposals)
def test_an_id_is_the_name_of_a_file_everywhere_and_the_page_holds_all_of_the_proposal(given: Proposal) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d(-\d{1,3}){4}(-at-\d+)?", given.id)
    assert msgspec.json.decode(facts(html(given)) or b"", type=Proposal) == given


def test_the_same_question_of_the_same_log_makes_the_same_proposal(what_if: WhatIf) -> None:
    made = what_if.propose(WEIGHTS, reason="why", by="bo")
    assert made == what_if.propose(dict(zip(FACTORS, WEIGHTS, strict=True)), reason="why", by="bo")
    rescored, estimates = what_if.rescore(WEIGHTS), what_if.estimate(WEIGHTS)
    moves = made.figures.rescore
    assert (moves.n, moves.moved) == (rescored.n, rescored.moved)
    assert moves.share_moved == pytest.approx(rescored.share_moved, rel=1e-5)
    assert {one.agent: one.after for one in moves.agents} == dict(
        zip(rescored.agents, rescored.counts.sum(axis=0).tolist(), strict=True)
    )
    for one in made.figures.per_lead:
        assert one.value == pytest.approx(estimates[one.metric].value, rel=1e-5)  # type: ignore[union-attr]
        assert one.difference_low == pytest.approx(estimates[one.metric].difference_low, rel=1e-4)  # type: ignore[union-attr]
    assert (made.replaces, made.tenant, made.version, made.by) == (None, None, 0, "bo")
    assert made.created == max(what_if.outcomes["time"])  # type: ignore[index]


def test_what_the_log_cannot_say_is_refused_in_the_proposal_and_on_its_page(what_if: WhatIf) -> None:
    far = what_if.propose((0, 0, 0, 100), reason="why")
    refused = [one for one in far.figures.per_lead if one.refused]
    assert refused
    page = unescape(html(far))
    for one in refused:
        assert one.value is None
        assert one.refused in page
    frames = World(50, 3).candidates().drop(columns="propensity")
    unknown = WhatIf.from_frames(frames).propose(WEIGHTS, reason="why", created=NOON)
    assert all("no propensity" in one.refused or "no outcomes" in one.refused for one in unknown.figures.per_lead)


def test_frames_without_a_time_ask_for_one(what_if: WhatIf) -> None:
    world = World(300, 2)
    silent = WhatIf.from_frames(world.candidates(), world.outcomes().drop(columns="time"))
    with pytest.raises(ValueError, match="created is None, and the log has no time; give one"):
        silent.propose(WEIGHTS, reason="why")
    assert silent.propose(WEIGHTS, reason="why", created=NOON).id == f"{NOON:%Y-%m-%d}-40-30-15-15"
    for fields, said in (({"reason": ""}, 'reason is ""'), ({"reason": "why", "by": ""}, 'by is ""')):
        with pytest.raises(ValueError, match=said):
            what_if.propose(WEIGHTS, **fields)


@pytest.mark.parametrize(
    "ends, arrows", [((-199.0, 199.0), 0), ((-201.0, 50.0), 2), ((-9e4, 9e4), 4), ((300.0, 400.0), 2)]
)
def test_an_interval_of_next_to_nothing_leaves_the_other_lines_their_scale(
    ends: tuple[float, float], arrows: int
) -> None:
    low, high = (one / 100 for one in ends)
    drawn = forest(
        [Line("converted", 0.4, 0.5, 0.1, 0.05, 0.15), Line("wait_s", 1.0, 1.0, (low + high) / 2, low, high)]
    )
    assert "+200%" in drawn
    assert drawn.count("<line") == 2 * 3 + arrows
    assert all(0 <= float(x) <= WIDTH for x in re.findall(r'x\d="([^"]+)"', drawn))


def test_a_page_asks_no_other_host_and_runs_nothing_that_a_reason_brings() -> None:
    page = html(proposal(reason='<script>alert(1)</script><img src="https://example.org/x">', tenant="</script><b>"))
    assert not re.search(r"<(img|link|iframe)|@import|url\(|<[^>]*\b(src|href)=", page)
    assert page.count("<script") == page.count("</script>") == 1
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert 'content="width=device-width' in page
    assert "per lead, at the loads of the log" in page
    assert "Rescoring keeps the loads of the log" in page
    assert "whole team, simulated" not in page


def test_simulated_figures_stand_beside_the_others_once_the_team_can_be_simulated(tmp_path: Path) -> None:
    ways = closed_loop.Ways(load=0.55)
    what_if = WhatIf.from_frames(*closed_loop.frames(ways, closed_loop.run(ways, (35, 30, 20, 15), 600, 1, 0.2)))
    made = what_if.propose((10, 80, 5, 5), reason="more expertise")
    simulated = what_if.simulate((10, 80, 5, 5))
    assert [one.metric for one in made.figures.whole_team] == list(simulated)
    assert made.figures.whole_team[0].value == pytest.approx(simulated.response_s.value, rel=1e-5)
    assert "whole team, simulated" in html(made)
    assert Proposal.load(made.save(tmp_path)) == made


def changed(**fields: object) -> Callable[[dict[str, object]], object]:
    return lambda whole: {name: value for name, value in {**whole, **fields}.items() if value is not KeyError}


@pytest.mark.parametrize(
    "change, said",
    [
        (changed(weights=[40, 30, 15, 14]), "weights are .40, 30, 15, 14.; give four whole numbers"),
        (changed(weights="even"), "weights is .even.: expected `array`, got `str`"),
        (changed(reason=""), 'reason is "": expected text of 1 or more characters'),
        (changed(reason=KeyError), "reason is missing; give it"),
        (changed(resaon="typo"), r"resaon is no field of it; did you mean reason\?"),
        (changed(created="2026-11-24T10:00:00"), "has no time zone; add one"),
        (changed(version=-1), "version is -1: expected `int` >= 0"),
        (changed(id="mine"), "id is 'mine', but day, weights and version make '.*-40-30-15-15-at-5123'"),
        (changed(figures={"rescore": {"n": "many"}}), "figures.rescore.n is .many.: expected `int`"),
        (changed(report={"file": "x.html"}), "report: sha256 is missing; give it"),
        (lambda whole: "- a list", "is .*it holds fields"),
        (lambda whole: None, "it holds fields"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_the_field_the_value_and_the_fix(
    tmp_path: Path, change: Callable[[dict[str, object]], object], said: str
) -> None:
    path = proposal().save(tmp_path)
    path.write_text(yaml.safe_dump(change(yaml.safe_load(path.read_text()))))
    with pytest.raises(ValueError, match=said) as caught:
        Proposal.load(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_yaml_is_refused_with_the_line(tmp_path: Path) -> None:
    for text in (b"weights: [1, 2", b"\xff\xfe", b"a: b: c"):
        (tmp_path / "x.yaml").write_bytes(text)
        with pytest.raises(ValueError, match=r"x\.yaml(, line 1: .*; mend the YAML there| is no text in UTF-8)"):
            Proposal.load(tmp_path / "x.yaml")


def test_adopting_a_proposal_twice_adds_one_entry(tmp_path: Path) -> None:
    first = proposal().adopt(by="ana", folder=tmp_path)
    assert proposal().adopt(by="kim", folder=tmp_path) == first
    assert Journal(tmp_path).entries() == (first,)
    assert (first.by, first.kind, first.weights, first.replaces) == ("ana", "adopted", WEIGHTS, IN_FORCE)
    assert Proposal.load(tmp_path / f"{first.id}.yaml").by == "ana"
    assert faults(tmp_path) == (1, [])
    with pytest.raises(ValueError, match=r'^by is "": expected'):
        proposal().adopt(by="", folder=tmp_path)


def test_weights_that_are_in_force_are_not_adopted_again_by_another_proposal(tmp_path: Path) -> None:
    first = proposal().adopt(by="ana", folder=tmp_path)
    again = proposal(version=9000)
    with pytest.raises(AdoptionRefused, match="weights are 40-30-15-15, which are in force already"):
        again.adopt(by="kim", folder=tmp_path)
    assert Journal(tmp_path).entries() == (first,)
    assert rollback(tmp_path, by="kim", reason="worse").weights == IN_FORCE
    assert again.adopt(by="kim", folder=tmp_path).weights == WEIGHTS


def test_who_adopts_second_at_a_shell_is_told_who_was_first(tmp_path: Path) -> None:
    path = proposal().save(tmp_path)
    said = [
        CliRunner().invoke(main, ["weights", "adopt", str(path), "--by", by, "--folder", str(tmp_path)]).output
        for by in ("ana", "kim")
    ]
    assert "is adopted (entry" in said[0]
    assert "is in force already, adopted by ana at" in said[1]
    assert len(Journal(tmp_path).entries()) == 1


def test_who_adopts_at_a_shell_what_was_compared_with_other_weights_is_told(tmp_path: Path) -> None:
    first, second = proposal(), proposal(weights=(20, 40, 20, 20))
    paths = [str(one.save(tmp_path)) for one in (first, second)]
    said = [
        CliRunner().invoke(main, ["weights", "adopt", path, "--by", by, "--folder", str(tmp_path)]).output
        for path, by in zip(paths, ("ana", "kim"), strict=True)
    ]
    assert ["it replaces" in one for one in said] == [False, True]
    assert "it replaces 40-30-15-15, and its report compares with 35-30-20-15" in said[1]


def test_what_was_adopted_is_not_written_over(tmp_path: Path) -> None:
    proposal().save(tmp_path)
    proposal(reason="a draft may change").save(tmp_path)
    proposal(reason="a draft may change").adopt(by="ana", folder=tmp_path)
    rollback(tmp_path, by="ana", reason="no")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(AdoptionRefused, match="is adopted and says something else"):
        proposal(reason="another story").adopt(by="ana", folder=tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    proposal(reason="a draft may change").adopt(by="kim", folder=tmp_path)
    assert [entry.by for entry in Journal(tmp_path).entries()] == ["ana", "ana", "kim"]


def test_a_rollback_brings_back_what_was_replaced_and_once_more_what_was_before_that(tmp_path: Path) -> None:
    one, two = proposal(), proposal(weights=OTHER, replaces=WEIGHTS)
    one.adopt(by="ana", folder=tmp_path)
    two.adopt(by="ana", folder=tmp_path)
    with pytest.raises(AdoptionRefused, match=f"id is {one.id}, which is not in force by .*: {two.id} is"):
        one.rollback(by="kim", folder=tmp_path)
    back = two.rollback(by="kim", reason="worse", folder=tmp_path)
    assert (back.weights, back.by, back.reason, back.kind) == (WEIGHTS, "kim", "worse", "rollback")
    assert rollback(tmp_path, by="kim", reason="still worse").weights == IN_FORCE
    with pytest.raises(AdoptionRefused, match="no adoption that is in force; there is nothing to roll back"):
        rollback(tmp_path, by="kim", reason="more")
    with pytest.raises(AdoptionRefused, match=r"there is no .*nope/adopted.yaml, so there is nothing to roll back"):
        rollback(tmp_path / "nope", by="kim", reason="more")
    assert not (tmp_path / "nope").exists()
    assert faults(tmp_path) == (2, [])


def test_what_came_of_frames_has_no_way_back_and_no_folder_of_its_own(tmp_path: Path, what_if: WhatIf) -> None:
    made = what_if.propose(WEIGHTS, reason="why")
    with pytest.raises(ValueError, match="folder is None, and the proposal is of frames; name the folder"):
        made.adopt(by="ana")
    with pytest.raises(ValueError, match="of nowhere/history, where no history is found"):
        proposal(history="nowhere/history").adopt(by="ana")
    made.adopt(by="ana", folder=tmp_path)
    with pytest.raises(AdoptionRefused, match=r"nobody knows what .* replaced"):
        made.rollback(by="ana", folder=tmp_path)
    with pytest.raises(ValueError, match=r'^by is "": expected'):
        proposal().adopt(by="", folder=tmp_path)
    assert len(Journal(tmp_path).entries()) == 1


@settings(max_examples=100)
@given(acts=st.lists(st.booleans(), max_size=12), weights=st.lists(four(), min_size=12, max_size=12))
def test_the_way_back_is_the_way_that_was_come(acts: list[bool], weights: list[tuple[int, int, int, int]]) -> None:
    entries: list[Entry] = []
    expected = [IN_FORCE]
    for number, (adopts, values) in enumerate(zip(acts, weights, strict=False)):
        top = standing(entries)[-1] if standing(entries) else None
        if adopts:
            fields = {"kind": "adopted", "id": f"p{number}", "weights": values, "replaces": expected[-1]}
            expected.append(values)
        elif top is not None:
            fields = {"kind": "rollback", "id": top.id, "weights": top.replaces, "replaces": top.weights}
            expected.pop()
        else:
            continue
        entries.append(j.entry_of(**fields, by="ana", time=after(number), reason="why"))
        assert entries[-1].weights == expected[-1]
    assert len({entry.entry for entry in entries}) == len(entries)


ACTS = st.lists(st.sampled_from(["journal", "elsewhere", "tend", "tend"]), max_size=14)


@settings(max_examples=200)
@given(acts=ACTS)
def test_the_newest_act_wins_and_each_entry_comes_into_force_at_most_once(acts: list[str]) -> None:
    team, entries, taken = Team(), [], []
    newest = team.weights.values
    for number, act in enumerate([*acts, "tend"]):
        values = (number, 100 - number, 0, 0)
        if act == "journal":
            fields = {"kind": "adopted", "id": f"p{number}", "weights": values, "replaces": None}
            entries.append(j.entry_of(**fields, by="ana", time=after(number), reason="why"))
            newest = values
        elif act == "elsewhere":
            apply(team, number, values)
            newest = values
        elif (entry := due(entries, team)) is not None:
            taken.append(entry.entry)
            apply(team, number, entry.weights, entry.entry)
            assert due(entries, team) is None
    assert team.weights.values == newest
    assert len(set(taken)) == len(taken)
    assert Team.restore(team.snapshot()) == team


def apply(team: Team, number: int, values: tuple[int, int, int, int], entry: str = "") -> None:
    version = WeightsVersion(version=team.weights.version + 1, values=values)
    event = ev.WeightsAdopted(id=str(number), time=after(number), weights=version, by="Kim", entry=entry)
    team.apply(Happened(team.seq + 1, "main", event))


def test_what_was_written_before_there_were_journals_is_still_read() -> None:
    weights = WeightsVersion(version=1, values=OTHER)
    event = msgspec.to_builtins(ev.WeightsAdopted(id="w", time=NOON, weights=weights, by="Kim"))
    del event["entry"]
    assert ev.decode(msgspec.json.encode(event)).entry == ""  # type: ignore[union-attr]
    fields = msgspec.msgpack.decode(Team(seq=7).snapshot())
    del fields["adopted"], fields["entry"]
    assert Team.restore(msgspec.msgpack.encode(fields)) == Team(seq=7)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("by: ana", "by: bo", "entry 1: .*entry is '.*', but its fields make '.*': it was changed by hand"),
        ("[40, 30, 15, 15]", "[40, 30, 15, 16]", "entry 1: .*weights are .40, 30, 15, 16."),
        ("kind: adopted", "kind: adapted", "kind is .adapted.; give one of adopted, rollback"),
        ("- entry", "entry", "is dict; it is a list of entries"),
        ("by: ana", "by: [", r"adopted\.yaml, line \d+: .*; mend the YAML there"),
        ("by: ana", "by: 2026-13-45", r"adopted\.yaml, line \d+: this is read as timestamp, and there is no such"),
    ],
)
def test_a_broken_journal_is_refused_with_the_entry_and_the_field(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    proposal().adopt(by="ana", folder=tmp_path)
    path = tmp_path / j.FILE
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new) if old != "- entry" else yaml.safe_dump(yaml.safe_load(text)[0]))
    for ask in (Journal(tmp_path).entries, lambda: rollback(tmp_path, by="ana", reason="why")):
        with pytest.raises(ValueError, match=said):
            ask()
    assert any(re.search(said, fault) for fault in faults(tmp_path)[1])


def test_many_who_adopt_at_once_lose_no_entry(tmp_path: Path) -> None:
    ways = [threading.Thread(target=adopt_one, args=(tmp_path, number)) for number in range(8)]
    for way in ways:
        way.start()
    for way in ways:
        way.join()
    entries = Journal(tmp_path).entries()
    assert sorted(entry.weights[0] for entry in entries) == list(range(8))
    assert [entry.replaces for entry in entries[1:]] == [entry.weights for entry in entries[:-1]]


def adopt_one(folder: Path, number: int) -> None:
    proposal(weights=(number, 100 - number, 0, 0)).adopt(by="ana", folder=folder)


CUT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from proposals import proposal
left, whole = [{steps}], os.replace
def replace(*args, **kwargs):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*args, **kwargs)
os.replace = Path.replace = replace
proposal().adopt(by="ana", folder={folder!r})
"""


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_who_is_killed_while_adopting_leaves_nothing_in_force_and_can_adopt_again(tmp_path: Path, steps: int) -> None:
    code = CUT.format(tests=str(Path(__file__).parent), steps=steps, folder=str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert Journal(tmp_path).entries() == ()
    assert len([path for path in tmp_path.iterdir() if not path.name.startswith(".")]) == steps
    said = [fault.partition(": ")[2] for fault in faults(tmp_path)[1]]
    without = f"it is a report, but {proposal().id}.yaml is not beside it; bring that back, or remove this"
    assert said == ([without] if steps == 1 else [])
    entry = proposal().adopt(by="ana", folder=tmp_path)
    assert Journal(tmp_path).entries() == (entry,)
    assert faults(tmp_path) == (1, [])
