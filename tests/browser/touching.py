"""What a finger does on a page."""

from __future__ import annotations

from playwright.sync_api import CDPSession


def swipe(devices: CDPSession, start: tuple[float, float], step: tuple[float, float], steps: int = 20) -> None:
    """Put a finger down here, go so many such steps, and lift it."""
    points = [{"x": start[0] + step[0] * n, "y": start[1] + step[1] * n} for n in range(steps + 1)]
    for number, point in enumerate(points):
        devices.send(
            "Input.dispatchTouchEvent", {"type": "touchMove" if number else "touchStart", "touchPoints": [point]}
        )
    devices.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
