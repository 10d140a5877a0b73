"""Diagnostics in Chromium on a phone, standing alone: Redis is killed, and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from real_redis import RealRedis
from serving import shown

from collab.office import Office
from collab.views.board import Board
from collab.views.diagnostics import DiagnosticsView

# Bokeh warns in this process when a page names a model that it had before; a server of its own goes on.
pytestmark = pytest.mark.filterwarnings("ignore:reference already known")


@pytest.fixture
def address(own_redis: RealRedis, tmp_path: Path) -> Iterator[str]:
    """The address of the view of an office on this Redis."""
    office = Office(own_redis.url, str(tmp_path / "history")).start()
    with shown(lambda: DiagnosticsView(Board(office))) as url:
        yield url
    office.stop()


def test_a_killed_redis_stands_first_in_red_and_is_well_once_it_is_back(
    own_redis: RealRedis, address: str, open_page: Callable[[str], Page]
) -> None:
    page = open_page(address)
    page.set_viewport_size({"width": 390, "height": 844})
    first = page.locator(".checks li").first
    expect(page.get_by_text("appendonly yes, appendfsync always")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    own_redis.kill()
    expect(first).to_contain_text("✗ Bad")
    expect(first).to_contain_text("What to do: Start redis-server there")
    own_redis.start()
    expect(page.get_by_text("appendonly yes, appendfsync always")).to_be_visible()
    expect(first).not_to_contain_text("✗ Bad")
