"""Knobs that narrow a list, which a phone folds away."""

from __future__ import annotations

import panel_material_ui as pmui

from collab.views.filters import Filters


def knob(value: str = "") -> pmui.Select:
    """A knob that lets all through, or one."""
    return pmui.Select(options={"Any": "", "One": "one"}, value=value)


def test_filters_are_folded_away_until_one_asks_for_them() -> None:
    filters = Filters(knob(), knob())
    row = filters.__panel__()[1]
    assert "shown" not in row.css_classes
    filters.shown = True
    assert "shown" in row.css_classes
    filters.shown = False
    assert "shown" not in row.css_classes


def test_what_narrows_a_list_is_not_hidden() -> None:
    assert Filters(knob(), knob("one")).shown
    first = knob()
    filters = Filters(first)
    first.value = "one"
    assert filters.shown
    first.value = ""
    assert filters.shown, "nothing moves under the finger that took it back"
