"""The page of all weights that stands alone: its figures are those of the log, and nothing in it runs or is loaded."""

from __future__ import annotations

import base64
import hashlib
import re
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pages import HOSTILE, MADE, STEP, log, written
from truth import World

from collab.cli import main
from collab.office import Office
from collab.records import FACTORS, Lead
from collab.views.study import Study
from collab.views.tuner import TuningView
from collab.views.tuning import Tuning
from collab.whatif import Estimates, Refused, WhatIf
from collab.whatif.measures import change
from collab.whatif.page import facts
from collab.whatif.places import signed
from collab.whatif.report import judgements
from collab.whatif.reported import judged_of

SOME = [(30, 40, 20, 10), (40, 30, 20, 10), (20, 20, 30, 30), (0, 0, 0, 100)]
"""Weights of the grid; of the last ones the log says too little."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page."""
    return written(tmp_path_factory.mktemp("page")).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def grid(page: str) -> dict[str, Any]:
    """What its sliders look up."""
    return facts(page)


@pytest.mark.parametrize("weights", SOME)
def test_a_point_shows_what_the_log_says_when_it_is_asked_directly(
    grid: dict[str, Any], weights: tuple[int, int, int, int]
) -> None:
    row, asked = grid["weights"].index(list(weights)), log().estimate(weights)
    # bounds are slow, and left out
    plain = {name: replace(one, bounds=None) if isinstance(one, Refused) else one for name, one in asked.items()}
    assert grid["forests"][row] == judgements(judged_of(Estimates(plain)))
    for one in asked.values():
        assert (one.reason[:40] if isinstance(one, Refused) else change(one.metric, one.difference)) in grid["forests"][
            row
        ]
    rescored = log().rescore(weights)
    assert sorted(grid["after"][row]) == sorted(rescored.shares()["leads_after"])
    assert sorted(grid["before"]) == sorted(rescored.shares()["leads_before"])
    assert grid["moved"][row].startswith(f"{rescored.moved:,} of {rescored.n:,} leads")


def test_what_is_refused_stays_refused(grid: dict[str, Any]) -> None:
    row = grid["weights"].index(list(SOME[-1]))
    assert grid["forests"][row].count('class="row refused"') == 2
    assert grid["refused"][row]
    assert not grid["refused"][grid["weights"].index(list(SOME[0]))]


def test_the_map_and_its_fronts_are_those_of_the_sweep(grid: dict[str, Any]) -> None:
    sweep = log().sweep(STEP / 100)
    frame = sweep.frame()
    for name, column in grid["columns"].items():
        assert column["values"] == pytest.approx(frame[name].tolist(), rel=1e-5)
    for up in grid["columns"]:
        best = sweep.front(signed(up), "-share_moved")[list(FACTORS)].to_numpy().tolist()
        assert [grid["weights"][row] for row in grid["fronts"][f"{up} share_moved"]] == best


def test_a_name_is_text_wherever_it_stands(page: str) -> None:
    assert HOSTILE not in page
    assert "onerror" in page
    assert "<img" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/gzip" id="grid">', "<script>"]


def test_only_the_script_of_the_page_may_run_and_nothing_is_loaded(page: str) -> None:
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src"
    assert f"{policy} 'sha256-{digest}'" in page
    assert re.findall(r"https?://[^\"']+", page) == ["http://www.w3.org/2000/svg"]
    assert re.search(r"<[^>]+\s(?:src|href)=|url\(|@import", page.replace("&lt;img src=x", "")) is None


def test_the_page_says_of_what_it_is_and_is_the_same_to_the_byte(page: str, tmp_path: Path) -> None:
    for said in (
        "1,500 decisions",
        "of 2026-01-05 to 2026-02-0",
        "made 2026-11-28 12:30 UTC",
        "All 286 weights in steps of .10",
    ):
        assert said in page
    assert "how the whole team would have fared is not known" in page
    twice = [log().page(tmp_path / name, 0.5, made=MADE).read_bytes() for name in ("x.html", "y.html")]
    assert twice[0] == twice[1]


def test_a_log_without_outcomes_says_who_would_get_what_and_why_no_more(tmp_path: Path) -> None:
    what_if = WhatIf.from_frames(World(50, seed=1).candidates())
    found = facts(what_if.page(tmp_path / "x.html", 0.5).read_text(encoding="utf-8"))
    assert list(found["columns"]) == ["share_moved"]
    assert all("there are no outcomes" in one for one in found["forests"])
    assert sorted(found["after"][0]) == sorted(what_if.rescore(found["weights"][0]).shares()["leads_after"])


def test_progress_is_heard_and_who_stops_is_obeyed(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    what_if = log()
    what_if.page(tmp_path / "x.html", 0.5, progress=lambda done, of: heard.append((done, of)))
    assert heard == [(done, 10) for done in range(1, 11)]
    with pytest.raises(CancelledError):
        what_if.page(tmp_path / "y.html", 0.5, cancelled=lambda: True)
    assert not (tmp_path / "y.html").exists()


def test_what_cannot_be_made_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"step is 0\.3; give a share of 1"):
        log().page(tmp_path / "x.html", 0.3)
    with pytest.raises(ValueError, match=r"step is '0\.1'; give a share of 1"):
        log().page(tmp_path / "x.html", "0.1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"step is 0\.01; a page takes 0\.04 or more"):
        log().page(tmp_path / "x.html", 0.01)
    assert log().page(tmp_path / "new" / "one" / "x.html", 0.5, made=MADE).exists()  # as a proposal's report is
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        log().page(tmp_path / "file" / "x.html", 0.3)  # the folder first, not the step
    assert not (tmp_path / "nope").exists()
    with pytest.raises(ValueError, match="made"):
        log().page(tmp_path / "x.html", 0.5, made=datetime(2026, 1, 1))  # noqa: DTZ001
    nobody = WhatIf.from_frames(World(50, seed=1).candidates().head(0))
    with pytest.raises(ValueError, match="there are no logged decisions"):
        nobody.page(tmp_path / "x.html")
    with pytest.raises(ValueError, match="no grid of weights"):
        facts("<p>")


def test_the_command_writes_the_page_of_a_history_and_says_what_it_is_of(tmp_path: Path) -> None:
    where = str(tmp_path / "history")
    office = Office(f"embedded://{tmp_path.name}", where, tenant="acme").start()
    office.call(office.desk.add_agent("ana", "Ana <Ruiz>", capacity=5)).result()
    office.call(office.desk.set_presence("ana", "available")).result()
    for number in range(2):
        office.call(office.desk.route_lead(Lead(id=f"L-{number}", name="Zoe Park"))).result()
    office.stop()
    file = tmp_path / "weights.html"
    ran = CliRunner().invoke(main, ["page", str(file), "--history", where, "--tenant", "acme", "--step", "0.5"])
    assert "kB, 2 decisions)" in ran.output
    page = file.read_text(encoding="utf-8")
    assert "<title>What other weights would have changed: acme</title>" in page
    for said in (
        "2 decisions of 20",
        "from the history as of event ",
        "availability 35, expertise 30",
        "Ana &lt;Ruiz&gt;",
    ):
        assert said in page
    assert where not in page
    assert facts(page)["today"] == [35, 30, 20, 15]
    ran = CliRunner().invoke(main, ["page", str(file), "--history", where, "--tenant", "acme", "--step", "0.3"])
    assert ran.exit_code == 1
    assert "Error: step is 0.3; give a share of 1" in ran.output


def test_the_button_of_the_tuning_tab_gives_the_page_until_another_log_is_asked() -> None:
    world = World(100, seed=2)
    tuning = Tuning(WhatIf.from_frames(world.candidates(), world.outcomes()), active=False)
    saving = TuningView(tuning, active=False).saving
    assert not saving.download.visible
    saving.step = 0.5
    saving.make.button.param.trigger("clicks")
    saving.task.wait()
    assert saving.task.error == ""
    assert saving.download.visible
    assert len(facts(saving.download.callback().read().decode())["weights"]) == 10
    tuning.study = Study(WhatIf.from_frames(world.candidates(), world.outcomes()))
    assert not saving.download.visible
