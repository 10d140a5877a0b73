"""How many leads will come and how many agents they need: with intervals, back-tested, or not at all."""

from __future__ import annotations

from collab.forecast.answers import Abstained, Predicted
from collab.forecast.arrivals import Arrivals
from collab.forecast.backtest import Backtest
from collab.forecast.erlang import answered, erlang_b, erlang_c, needed
from collab.forecast.forecast import Forecast
from collab.forecast.hours import OpenHours
from collab.forecast.load import Holding
from collab.forecast.staffing import Staffing, Target

__all__ = [
    "Abstained",
    "Arrivals",
    "Backtest",
    "Forecast",
    "Holding",
    "OpenHours",
    "Predicted",
    "Staffing",
    "Target",
    "answered",
    "erlang_b",
    "erlang_c",
    "needed",
]
