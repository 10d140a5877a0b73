"""Alerts that fire become notices for people, kept until their targets took them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from collab.alerts.groups import Group, groups
from collab.delivery import Cause, Courier, Message, Notice, Outbox, OutboxInUse, channels, read_plan
from collab.events import AlertFired, AlertReturned, Event
from collab.team import Alert, Team

logger = logging.getLogger(__name__)

SHOWN = 50
"""So many of the newest messages to the dashboard are kept."""


class Telling:
    """Gives a courier the notices of what fired, and takes back what somebody took on or what is over.

    Any process may give; of those with one outbox the first sends, and another goes on when that one ends.

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
        OSError: it cannot be read.
    """

    def __init__(self, path: str, outbox: str, tenant: str, secrets: Mapping[str, str]) -> None:
        self.tenant, self.shown = tenant, deque[Message](maxlen=SHOWN)
        plan = read_plan(Path(path))
        ways = channels(plan, Path(path).parent, secrets, self.shown.append)
        self.courier = Courier(Outbox(outbox), plan, ways)
        self._sends, self._waits = False, False

    def start(self) -> None:
        """Send what is due from now on, unless another process does; then ask again later. Twice is as once."""
        if self._sends:
            return
        try:
            self.courier.start()
            self._sends = True
        except OutboxInUse as error:
            if not self._waits:
                logger.info("this process only notes what is to be sent: %s", error)
            self._waits = True

    def stop(self) -> None:
        """Send nothing new; what is left is sent by the next one."""
        if self._sends:
            self.courier.stop()
            self._sends = False
        self.courier.outbox.close()

    def notices(self, found: Iterable[Event], team: Team, open: Mapping[str, Alert] | None = None) -> list[Notice]:
        """What is to be told of the alerts that these events let fire: one notice a group.

        Args:
            found: events of alerts.
            team: as it is now; it has applied them, unless `open` is given.
            open: the open alerts by id, if the stream cannot take them now.
        """
        fired = {event.alert: event for event in found if isinstance(event, AlertFired | AlertReturned)}
        told = []
        for group in groups(team, open) if fired else ():
            if new := [rank.alert.id for rank in group.ranks if rank.alert.id in fired]:
                event = fired[new[0]]
                told.append(notice(group, self.tenant, event.id, event.time))
        return told

    def make_up(self, loud: Sequence[Group], settled: Iterable[str], now: datetime) -> None:
        """Begin where nobody watched or who did was killed: tell of what fired, or came back, and was not told.

        Args:
            loud: the groups of which somebody should have a notice now.
            settled: alerts that somebody has, or that are over.
            now: when this is.
        """
        told = self.courier.outbox.told({rank.alert.id: rank.alert.acknowledged for one in loud for rank in one.ranks})
        found = []
        for group in loud:
            if new := [rank.alert for rank in group.ranks if rank.alert.id not in told]:
                # the id of the event that was not told, as the watch makes it
                step = f"returned.{new[0].acknowledged}" if new[0].acknowledged else "fired"
                found.append(notice(group, self.tenant, f"{new[0].id}.{step}", now))
        self.tell(found, settled)

    def tell(self, notices: Iterable[Notice], settled: Iterable[str]) -> None:
        """Let everybody be told whom it concerns, but no more of alerts that somebody has or that are over.

        What was given before adds nothing; when it returns, nothing of it can be lost.
        """
        self.courier.settle(*settled)  # first: what was taken on and given back since is told of anew
        self.courier.notify(*notices)


def notice(group: Group, tenant: str, id: str, time: datetime) -> Notice:
    """What is told of a group of alerts in which the event `id` let one fire; told twice, it is one."""
    causes = tuple(
        Cause(id=alert.id, rule=alert.rule, labels=alert.labels, value=alert.value, acknowledged=alert.acknowledged)
        for alert in (rank.alert for rank in group.ranks)
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
    """Who tells of a team's alerts as an owner's file says; None without one."""
    if path is None:
        return None
    folder = "data" if "://" in history else history
    return Telling(path, f"{folder}/_outbox/{tenant}.db", tenant, secrets)
