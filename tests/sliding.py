"""Moves of a slider as a page tells them."""

from __future__ import annotations

from collections.abc import Sequence

from collab.views.sliders import Sliders


def by_hand(sliders: Sliders, factor: str, weight: float, move: Sequence[object] = ("page", 1)) -> None:
    """Move the slider of this factor there."""
    sliders._handle_msg({"factor": factor, "weight": weight, "move": list(move)})
