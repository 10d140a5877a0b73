"""How long a page takes to answer: from a key or a press to its browser's next paint, as the browsers tell it."""

from __future__ import annotations

from collections import deque
from typing import Any

from collab.checks.serving import LEAST_MS
from collab.live.tally import Durations
from collab.office import Office
from collab.views.one import One

KEPT = 1000
"""Of so many of the newest keys and presses the percentiles are."""

MOST = 500
"""So many a page tells at once; what a hand does in the time between is far less."""

LONGEST_MS = 60_000.0
"""What is told to have taken longer is no answer of a page: its machine slept."""

SETTLED_MS = 1_000
"""So long after its frame a key or press is known to have taken less than a browser tells of."""

MEASURED = f"""
function presses() {{
  if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes("event")) return {{ take: () => [], end() {{}} }}
  const LEAST = {LEAST_MS:g}, kinds = ["keydown", "click"]
  let waiting = [], took = []
  const begin = (event) => {{
    const ofKey = event.type === "click" && !event.detail  // a key pressed the button, and counts already
    if (!event.isTrusted || ofKey || document.hidden || waiting.length + took.length >= {MOST}) return
    const one = {{ kind: event.type, at: event.timeStamp, settled: false }}
    waiting.push(one)
    requestAnimationFrame(() => setTimeout(() => {{ one.settled = true }}, {SETTLED_MS}))
  }}
  const hear = (entries) => entries.forEach((entry) => {{
    const place = waiting.findIndex((one) => one.kind === entry.name && Math.abs(one.at - entry.startTime) < 1)
    if (place < 0) return
    waiting.splice(place, 1)
    took.push(entry.duration)
  }})
  const observer = new PerformanceObserver((list) => hear(list.getEntries()))
  const leave = () => {{ if (document.hidden) waiting = [] }}  // its next paint is when somebody comes back
  observer.observe({{ type: "event", durationThreshold: LEAST }})
  kinds.forEach((kind) => addEventListener(kind, begin, true))
  document.addEventListener("visibilitychange", leave)
  return {{
    take() {{
      hear(observer.takeRecords())
      const quick = waiting.filter((one) => one.settled).map(() => LEAST)
      waiting = waiting.filter((one) => !one.settled)
      const told = [...took, ...quick]
      took = []
      return told
    }},
    end() {{
      observer.disconnect()
      kinds.forEach((kind) => removeEventListener(kind, begin, true))
      document.removeEventListener("visibilitychange", leave)
    }},
  }}
}}
"""
"""Measures them in a browser: `take()` gives those since the last time, in ms; none where it cannot tell.

A browser tells of those that took long only; the others are counted as `LEAST_MS`, so that they are not left out.
"""


class Presses:
    """What the browsers of a team's pages told: the newest in `newest`, in ms, and `took`, all since the start."""

    def __init__(self) -> None:
        self.newest: deque[float] = deque(maxlen=KEPT)
        self.took = Durations()

    def hear(self, told: Any) -> None:
        """Take in what a browser told, whatever it is: what is no list of times in ms is left out."""
        for one in told[:MOST] if isinstance(told, list) else ():
            if isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= LONGEST_MS:
                self.newest.append(max(LEAST_MS, float(one)))
                self.took.add(max(LEAST_MS, float(one)) / 1000)


_presses = One(lambda office: Presses())


def presses_of(office: Office) -> Presses:
    """Those of one office's pages in this process."""
    return _presses.of(office)
