"""What a rule may watch: each kind once, with its unit, its range, its labels and its words."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Source = Literal["team", "window", "signal"]

ONE = {"leads": "lead", "times": "time", "clients": "client"}
"""What one of a unit is called, where that differs."""


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of condition: the value of `unit` is `meaning`, from `least` to `most`.

    It fires from the threshold upwards, or downwards if `falls`. `labels` say whose value it is; without labels it is
    the team's. `counts` is what `Rule.least` counts. A "window" needs `window_s`; a "signal" comes from the processes
    that serve and is in no history. `summary` is the alert's text, filled with `value` and the labels.
    """

    name: str
    meaning: str
    unit: str
    least: float
    most: float
    summary: str
    counts: str
    labels: tuple[str, ...] = ()
    source: Source = "team"
    falls: bool = False

    def passed(self, value: float, threshold: float) -> bool:
        """Is the value at the threshold or beyond it?"""
        return value <= threshold if self.falls else value >= threshold

    def text(self, value: float) -> str:
        """The value as people read it."""
        if self.unit == "share":
            return f"{value:.0%}"
        return f"{value:,.2f}" if self.unit in ("index", "deviations") else self.counted(f"{value:,.0f}")

    def counted(self, number: str) -> str:
        """A number with the unit: 1 lead, 2 leads."""
        return f"{number} {ONE.get(self.unit, self.unit) if number == '1' else self.unit}"


DAY_S = 86_400.0

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="overload",
            meaning="active leads over capacity of an agent",
            unit="share",
            least=0.0,
            most=10.0,
            labels=("agent",),
            counts="leads held",
            summary="{agent} is at {value} of capacity",
        ),
        Kind(
            name="team_overload",
            meaning="active leads over capacity, summed over the agents on shift who are not offline",
            unit="share",
            least=0.0,
            most=10.0,
            counts="agents at work",
            summary="The team is at {value} of its capacity",
        ),
        Kind(
            name="slow_response",
            meaning="median of the first responses in the window (of the newest 1,000 at most)",
            unit="s",
            least=0.0,
            most=7 * DAY_S,
            source="window",
            counts="first responses in the window",
            summary="Half of the customers waited more than {value} for a first answer",
        ),
        Kind(
            name="waiting",
            meaning="time since a lead that nobody holds came into the queue, new or given back",
            unit="s",
            least=1.0,
            most=30 * DAY_S,
            labels=("lead",),
            counts="1",
            summary="Lead {lead} has waited {value}",
        ),
        Kind(
            name="queue",
            meaning="leads that nobody holds",
            unit="leads",
            least=1.0,
            most=1e6,
            counts="leads that wait",
            summary="{value} in the queue",
        ),
        Kind(
            name="unreachable",
            meaning="time since an agent who holds leads is offline",
            unit="s",
            least=0.0,
            most=7 * DAY_S,
            labels=("agent",),
            counts="leads held",
            summary="{agent} holds leads and has been offline for {value}",
        ),
        Kind(
            name="unfair",
            meaning="Jain's index of utilization over the agents on shift who are not offline: 1 is even",
            unit="index",
            least=0.0,
            most=1.0,
            falls=True,
            counts="leads held by these agents",
            summary="The load is uneven: a balance of {value}, where 1 is even",
        ),
        Kind(
            name="conversion_drift",
            meaning="how far conversion in the window is below that of all time before, in standard errors",
            unit="deviations",
            least=0.0,
            most=20.0,
            source="window",
            counts="leads closed in the window",
            summary="Conversion is {value} standard errors below what it was before",
        ),
        Kind(
            name="news",
            meaning="1 for the time of the window after weights came into force",
            unit="times",
            least=1.0,
            most=1.0,
            labels=("weights",),
            source="window",
            counts="1",
            summary="Weights {weights} came into force",
        ),
        Kind(
            name="redis_lost",
            meaning="time since Redis was reached last",
            unit="s",
            least=0.0,
            most=DAY_S,
            source="signal",
            counts="1",
            summary="Redis has not been reached for {value}",
        ),
        Kind(
            name="recorder_lag",
            meaning="age of the oldest event that is on the stream and not in the history",
            unit="s",
            least=0.0,
            most=7 * DAY_S,
            source="signal",
            counts="events not recorded",
            summary="The recorder is {value} behind",
        ),
        Kind(
            name="latency",
            meaning="95th percentile of the time from a message's event to when the process that watches hears of it",
            unit="ms",
            least=0.0,
            most=600_000.0,
            source="signal",
            counts="messages of the last minute",
            summary="One message in twenty takes more than {value}",
        ),
        Kind(
            name="dropped",
            meaning="clients dropped in the last minute by the process that watches, because they read too slowly",
            unit="clients",
            least=1.0,
            most=1e6,
            source="signal",
            counts="1",
            summary="{value} were dropped in a minute",
        ),
    )
}
"""Every kind by name."""
