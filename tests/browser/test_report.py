"""The report of a proposal in Chromium: it stands alone, in light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page
from proposals import proposal

from collab.whatif.reported import Judged

SIZES = [(1440, 900), (390, 844)]
TEAM = "whole team, simulated"
SIMULATED = (
    Judged(
        metric="response_s",
        question=TEAM,
        before=61.0,
        value=52.5,
        difference=-8.5,
        difference_low=-12.0,
        difference_high=-5.0,
    ),
    Judged(metric="overload", question=TEAM, refused="cannot tell: the team would be loaded to .93 (at most .90)"),
)

CONTRAST = """(where) => {
  const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0)
  const ground = light(getComputedStyle(document.body).backgroundColor)
  return [...document.querySelectorAll(where)].map((one) => light(getComputedStyle(one).color))
    .map((words) => (Math.max(words, ground) + 0.05) / (Math.min(words, ground) + 0.05))
}"""
"""The contrast of words to the ground, by the formula of WCAG 2.2."""


@pytest.mark.parametrize("width, height", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_can_be_read_wherever_it_is_opened(
    open_page: Callable[[str], Page], tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    made = proposal(by="Bo")
    file = replace(made, figures=replace(made.figures, whole_team=SIMULATED)).report(tmp_path / "x.html")
    page = open_page("about:blank")
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert min(page.evaluate(CONTRAST, "h1, p, td, th, small, .why, .note, .ends span, li")) >= 4.5
    assert page.get_by_role("img").count() == 3
    for drawn in page.get_by_role("img").all():
        box = drawn.bounding_box()
        assert box is not None
        assert box["width"] > 150
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    refused = page.locator(".refused")
    assert refused.count() == 2
    assert "Whatever was never tried, it is between 0.21 and 0.44" in refused.first.inner_text()
    page.get_by_text("The largest moves").click()
    assert page.get_by_text("Ana Ruiz → Bo Lindqvist-Abernathy: 301").is_visible()
