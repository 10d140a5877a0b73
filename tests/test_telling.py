"""What a notice says: what is new, by whose name, how grave that is, and where to look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alerted import Post, overload
from msgspec.structs import replace

from collab.alerts import groups
from collab.office.telling import Telling, called_by
from collab.rules import Rule, Severity

PLAN = "targets: {page: {kind: app}}\nroutes: [{to: [page], within_s: 0}]\n"


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    """Who tells nobody but this process, of a page at an address."""
    path = tmp_path / "notify.yaml"
    path.write_text(PLAN)
    made = Telling(str(path), str(tmp_path / "outbox.db"), "demo", {}, "https://collab.example/north/")
    yield made
    made.stop()


def crowd() -> Post:
    """Ana's overload is known and grave; all of both rules is one group."""
    grave = overload(for_s=0, severity=Severity.critical, group=())
    post = Post(grave, Rule(name="busy", kind="overload", fire=0.5, clear=0.4, severity=Severity.low, group=()))
    post.team.agents["bo"] = replace(post.team.agents["bo"], name="Bo Lee")
    post.hold("ana", 90, 0)
    post.at(0)
    return post


def test_a_later_notice_of_a_group_names_what_is_new_and_is_as_grave_as_that(telling: Telling) -> None:
    post = crowd()
    (first,) = telling.notices(post.told, post.team)
    assert (first.title, first.severity) == ("ana is at 90% of capacity (and 1 more)", "critical")
    post.told.clear()
    post.hold("bo", 60, 1)
    post.at(1)
    (later,) = telling.notices(post.told, post.team)
    assert (later.title, later.severity) == ("Bo Lee (bo) is at 60% of capacity", "low")
    new, before, *known = later.body.splitlines()
    assert new.startswith("low: Bo Lee (bo) is at 60% of capacity (low; touches 60 leads; new; ")
    assert before == "Open since before:"
    assert [line.partition(" is at")[0] for line in known] == ["critical: ana", "low: ana"]
    assert [cause.labels for cause in later.alerts] == [{"agent": "bo"}]


def test_what_only_a_lesser_notice_stood_beside_is_made_up_for(telling: Telling) -> None:
    post = crowd()
    post.told.clear()  # who watched was killed here
    post.hold("bo", 60, 1)
    post.at(1)
    telling.tell(telling.notices(post.told, post.team), [])
    telling.make_up(groups(post.team), [], post.open[0].began, called_by(post.team))
    titles = [row.title for row in telling.courier.outbox.deliveries().itertuples()]
    assert sorted(titles) == ["Bo Lee (bo) is at 60% of capacity", "ana is at 90% of capacity (and 1 more)"]


def test_a_notice_links_to_its_alert_on_the_page(telling: Telling) -> None:
    post = crowd()
    (told,) = telling.notices(post.told, post.team)
    assert told.link == f"https://collab.example/north/?alert={told.alerts[0].id}"
    telling.page = ""
    assert telling.notices(post.told, post.team)[0].link == ""
