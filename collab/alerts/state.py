"""What a person may do with an alert now; what has no effect any more is answered, not refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from collab.events import AlertAcknowledged, AlertEvent, AlertResolved, AlertReturned
from collab.records import aware
from collab.team import Alert, Alerts, State

LONGEST = timedelta(days=7)
"""An acknowledgement lasts no longer, so that no alert is forgotten."""


class Answer(NamedTuple):
    """The event to append, or None if nothing is to be done; `said` tells the person what happens."""

    event: AlertEvent | None
    said: str


def acknowledge(
    alerts: Alerts, alert: str, *, id: str, time: datetime, by: str, until: datetime, note: str = ""
) -> Answer:
    """Take an alert on until a moment: it pages nobody before that, and comes back then if it still lasts.

    Raises:
        ValueError: nobody knows the alert, it has not fired, or `until` is in the past or too far off.
    """
    found = _found(alerts, alert)
    until = aware(until, "until")
    if not time < until <= time + LONGEST:
        raise ValueError(f"until is {until.isoformat()}; give a moment after now and within {LONGEST.days} days")
    if found.state.ended:
        return Answer(None, f"nothing to acknowledge: {_over(found)}")
    if found.state == State.acknowledged:
        return Answer(None, f"{found.owner} has it until {_moment(found.until)}; it can be given back before that")
    if found.state == State.pending:
        raise ValueError(f"alert {alert} is pending; it can be acknowledged once it has fired")
    event = AlertAcknowledged(id=id, time=time, **_head(found), by=by, until=until, note=note)
    return Answer(event, f"{by} has it until {_moment(until)}")


def give_back(alerts: Alerts, alert: str, *, id: str, time: datetime, by: str, note: str = "") -> Answer:
    """End an acknowledgement before its time: the alert fires again.

    Raises:
        ValueError: nobody knows the alert.
    """
    found = _found(alerts, alert)
    if found.state.ended:
        return Answer(None, f"nothing to give back: {_over(found)}")
    if found.state != State.acknowledged:
        return Answer(None, "nobody has acknowledged it")
    event = AlertReturned(id=id, time=time, **_head(found), by=by, note=note)
    return Answer(event, f"{found.owner} does not have it any more")


def resolve(alerts: Alerts, alert: str, *, id: str, time: datetime, by: str, why: str = "") -> Answer:
    """End an alert whose condition is over (`Alert.eased`) before the rule's `keep_s` does.

    Raises:
        ValueError: nobody knows the alert, it has not fired, or its condition holds.
    """
    found = _found(alerts, alert)
    if found.state.ended:
        return Answer(None, f"nothing to resolve: {_over(found)}")
    if found.state == State.pending:
        raise ValueError(f"alert {alert} is pending; it ends by itself if its condition does")
    if found.eased is None:
        raise ValueError(
            f"alert {alert} cannot be resolved while its condition holds ({found.summary}); acknowledge it, "
            "or silence it until a moment"
        )
    return Answer(AlertResolved(id=id, time=time, **_head(found), by=by, why=why), f"resolved by {by}")


def _found(alerts: Alerts, alert: str) -> Alert:
    found = alerts.find(alert)
    if found is None:
        raise ValueError(f"alert is {alert!r}, which nobody knows; it may have ended long ago, see History.alerts()")
    return found


def _head(alert: Alert) -> dict[str, Any]:
    return {"alert": alert.id, "rule": alert.rule, "labels": alert.labels}


def _over(alert: Alert) -> str:
    how = f"{alert.by} resolved it" if alert.by else alert.why or "it ended"
    return f"it was over at {_moment(alert.ended)} ({how})"


def _moment(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"
