"""What happened, in figures: each with its definition, its unit, how many rows are behind it and an interval."""

from __future__ import annotations

from collab.analytics.book import Book
from collab.analytics.compare import Comparison, compare
from collab.analytics.drill import export, rows
from collab.analytics.figure import Figure, difference
from collab.analytics.funnel import funnel
from collab.analytics.handling import handling
from collab.analytics.heat import Heat, heat
from collab.analytics.hours import Hours
from collab.analytics.latency import latencies
from collab.analytics.measure import MEASURES, Measure
from collab.analytics.occupancy import balance, occupancy
from collab.analytics.service import replies, service_level, stages
from collab.analytics.stays import Stay, stays
from collab.analytics.trend import Trend, trend
from collab.analytics.zone import Zone

__all__ = [
    "MEASURES",
    "Book",
    "Comparison",
    "Figure",
    "Heat",
    "Hours",
    "Measure",
    "Stay",
    "Trend",
    "Zone",
    "balance",
    "compare",
    "difference",
    "export",
    "funnel",
    "handling",
    "heat",
    "latencies",
    "occupancy",
    "replies",
    "rows",
    "service_level",
    "stages",
    "stays",
    "trend",
]
