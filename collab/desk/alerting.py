"""The commands on alerts: take one on, give it back, say that it is over, silence, and adopt rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from collab.desk.appending import Appending
from collab.events import (
    AlertAcknowledged,
    AlertResolved,
    AlertReturned,
    RulesAdopted,
    SilenceEnded,
    SilenceStarted,
)
from collab.records import aware
from collab.router import TooLate
from collab.rules import Book, Rule
from collab.team import Alert, State

HALF_AN_HOUR = timedelta(minutes=30)
"""How long an acknowledged alert is out of the way if nobody says otherwise."""


class Alerting(Appending):
    """Says what people do about alerts."""

    async def acknowledge_alert(self, alert: str, *, by: str, until: datetime | None = None, note: str = "") -> Alert:
        """Take an alert on, for half an hour unless told; returns it as it is now.

        Of an alert that is over nothing changes: its `state` says so. If its condition holds at `until`, it comes back.

        Raises:
            ValueError: there is no such alert, it has not fired yet, or `until` is past.
            TooLate: somebody else has it.
        """
        found = await self._alert(alert)
        if found.state.ended:
            return found
        if found.state == State.pending:
            raise ValueError(f"alert is {alert!r}, which has not fired yet; wait whether it does")
        if found.state == State.acknowledged:
            raise TooLate(f"{found.owner} has alert {alert} until {found.until:%H:%M} UTC; ask them to give it back")
        now = self._clock()
        until = now + HALF_AN_HOUR if until is None else aware(until, "until")
        if until <= now:
            raise ValueError(f"until is {until.isoformat()}, which is past; give a time to come, or none")
        await self._append(AlertAcknowledged, **_of(found), by=by, until=until, note=note)
        return await self._alert(alert)

    async def return_alert(self, alert: str, *, by: str, note: str = "") -> Alert:
        """Give an acknowledged alert back, so that it asks for somebody again; returns it as it is now.

        Raises:
            ValueError: there is no such alert, or nobody has it.
        """
        found = await self._alert(alert)
        if found.state != State.acknowledged:
            raise ValueError(f"alert is {alert!r}, which is {found.state}; only an acknowledged one is given back")
        await self._append(AlertReturned, **_of(found), by=by, note=note)
        return await self._alert(alert)

    async def resolve_alert(self, alert: str, *, by: str, why: str = "") -> Alert:
        """Say that an alert is over, once its condition is; returns it as it is now.

        Raises:
            ValueError: there is no such alert, or its condition holds.
        """
        found = await self._alert(alert)
        if found.state.ended:
            return found
        if found.eased is None or found.state == State.pending:
            raise ValueError(
                f"alert is {alert!r}, whose condition holds ({found.summary or found.rule}); it ends with its "
                "condition, so acknowledge it, or silence it, until then"
            )
        await self._append(AlertResolved, **_of(found), by=by, why=why)
        return await self._alert(alert)

    async def silence_alerts(self, labels: Mapping[str, str], *, until: datetime, by: str, why: str = "") -> str:
        """Let alerts with all these labels page nobody until then; returns the silence's id.

        `rule` and `severity` count as labels.

        Raises:
            ValueError: no label is given, or `until` is not to come.
        """
        event = self._event(SilenceStarted, labels=dict(labels), until=aware(until, "until"), by=by, why=why)
        await self._append_all([event])
        return str(event.id)

    async def end_silence(self, silence: str, *, by: str) -> None:
        """Let a silence be over.

        Raises:
            ValueError: no such silence counts now.
        """
        if silence not in self.team.alerts.silences:
            await self._follower.catch_up()
        if silence not in self.team.alerts.silences:
            there = ", ".join(self.team.alerts.silences) or "none"
            raise ValueError(f"silence is {silence!r}, which does not count now; those that do: {there}")
        await self._append(SilenceEnded, silence=silence, by=by)

    async def adopt_rules(self, rules: Iterable[Rule], *, by: str, reason: str = "") -> int:
        """Bring alert rules into force instead of those before; returns their version.

        Raises:
            ValueError: rules do not agree with each other; names the rule, the field and the fix.
            TooLate: somebody else changed them at this moment.
        """
        given = Book(rules=tuple(rules)).rules
        version = self.team.alerts.version + 1
        await self._append(RulesAdopted, version=version, rules=given, by=by, reason=reason)
        return version

    async def _alert(self, alert: str) -> Alert:
        found = self.team.alerts.find(alert)
        if found is None:
            await self._follower.catch_up()
            found = self.team.alerts.find(alert)
        if found is None:
            raise ValueError(f"alert is {alert!r}, which is neither open nor one of the newest that ended")
        return found


def _of(alert: Alert) -> dict[str, object]:
    return {"alert": alert.id, "rule": alert.rule, "labels": alert.labels}
