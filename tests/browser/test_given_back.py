"""A page that was closed is given back: nothing that outlives it knows it."""

from __future__ import annotations

import gc
import uuid
import weakref
from pathlib import Path
from typing import Any

import panel as pn
import pytest
from bokeh.client import pull_session
from ports import free_port, listens
from serving import until

from collab.office import Office
from collab.views.board import Board
from collab.views.page import closed, page
from collab.views.socket import prepare

PAGES = 3


def all_boards() -> list[Board]:
    """Those of this process, other tests' too."""
    return [one for one in gc.get_objects() if isinstance(one, Board)]


@pytest.mark.filterwarnings("ignore:reference already known")
def test_of_closed_pages_nothing_is_kept(tmp_path: Path) -> None:
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history")).start()
    assert office.desk is not None
    for agent in ("ana", "bo"):
        office.call(office.desk.add_agent(agent, agent)).result()
    made: list[weakref.ref[Any]] = []

    def shown() -> Any:
        made.append(weakref.ref(whole := page(office) if len(made) < PAGES else closed("You may not.")))
        return whole

    prepare()
    port, views, boards = free_port(), {*pn.state._views}, weakref.WeakSet(all_boards())
    soon = {"unused_session_lifetime_milliseconds": 100, "check_unused_sessions_milliseconds": 100}
    server = pn.serve(shown, port=port, show=False, threaded=True, verbose=False, **soon)
    until(lambda: listens(port), "the page answers")
    for _ in range(PAGES + 1):
        pull_session(url=f"http://localhost:{port}/").close()
    until(
        lambda: len(made) == PAGES + 1 and gc.collect() >= 0 and not any(one() for one in made),
        "the pages are given back",
    )
    assert [one for one in all_boards() if one not in boards] == []
    assert {*pn.state._views} <= views
    server.stop()
    office.stop()
