"""Alerts that fire become notices for people, kept until their targets took them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from collab.alerts.groups import Group, groups
from collab.delivery import Cause, Courier, Message, Notice, Outbox, OutboxInUse, channels, read_plan
from collab.events import AlertFired, AlertReturned, Event
from collab.team import Team

logger = logging.getLogger(__name__)

SHOWN = 50
"""So many of the newest messages to the dashboard are kept."""


class Telling:
    """Gives a courier the notices of what fired, and takes back what somebody took on or what is over.

    Attributes:
        shown: the newest messages to targets of kind `app`.
        courier: who sends.

    Args:
        path: the owner's plan, `notify.yaml`.
        outbox: the file that holds what is to be sent.
        tenant: whose alerts they are.
        secrets: those that the plan reads from the environment.

    Raises:
        ValueError: the plan is wrong; names line, field, value and fix.
        OutboxInUse: another process sends from this outbox.
    """

    def __init__(self, path: str, outbox: str, tenant: str, secrets: Mapping[str, str]) -> None:
        self.tenant, self.shown = tenant, deque[Message](maxlen=SHOWN)
        plan = read_plan(Path(path))
        ways = channels(plan, Path(path).parent, secrets, self.shown.append)
        Path(outbox).parent.mkdir(parents=True, exist_ok=True)
        self.courier = Courier(Outbox(outbox), plan, ways)

    def start(self) -> Telling:
        """Send what is due from now on."""
        self.courier.start()
        return self

    def stop(self) -> None:
        """Send nothing new; what is left is sent by the next one."""
        self.courier.stop()

    def notices(self, found: Iterable[Event], team: Team) -> list[Notice]:
        """What is to be told of the alerts that these events let fire: one notice a group.

        Args:
            found: events of alerts, which the team has applied.
            team: as it is now.
        """
        fired = {event.alert: event for event in found if isinstance(event, AlertFired | AlertReturned)}
        told = []
        for group in groups(team) if fired else ():
            if new := [rank.alert.id for rank in group.ranks if rank.alert.id in fired]:
                event = fired[new[0]]
                told.append(notice(group, self.tenant, event.id, event.time))
        return told

    def left(self, team: Team) -> list[Notice]:
        """What is to be told of open alerts of which nobody ever was: who watched before may have been killed."""
        loud = groups(team)
        told = self.courier.outbox.told(rank.alert.id for group in loud for rank in group.ranks)
        found = ((group, [rank.alert for rank in group.ranks if rank.alert.id not in told]) for group in loud)
        return [notice(group, self.tenant, f"{new[0].id}.fired", new[0].fired) for group, new in found if new]

    def notify(self, notices: Iterable[Notice]) -> None:
        """Let everybody be told whom it concerns; what was given before adds nothing."""
        self.courier.notify(*notices)

    def settle(self, alerts: Iterable[str]) -> None:
        """Somebody took these alerts on, or they are over: whoever was yet to hear of them need not."""
        self.courier.settle(*alerts)


def notice(group: Group, tenant: str, id: str, time: datetime) -> Notice:
    """What is told of a group of alerts in which the event `id` let one fire; told twice, it is one."""
    causes = tuple(
        Cause(id=one.alert.id, rule=one.alert.rule, labels=one.alert.labels, value=one.alert.value)
        for one in group.ranks
    )
    body = "\n".join(f"{one.alert.severity}: {one.alert.summary} ({one.why})" for one in group.ranks)
    return Notice(
        id=id,
        tenant=tenant,
        severity=group.severity,
        title=group.summary[:200],
        body=body[:8000],
        alerts=causes,
        time=time,
    )


def telling(path: str | None, history: str, tenant: str, secrets: Mapping[str, str]) -> Telling | None:
    """Who tells of a team's alerts as an owner's file says; None without one, or while another process does."""
    if path is None:
        return None
    folder = "data" if "://" in history else history
    try:
        return Telling(path, f"{folder}/_outbox/{tenant}.db", tenant, secrets).start()
    except OutboxInUse as error:
        logger.warning("this process sends no notices: %s", error)
        return None
