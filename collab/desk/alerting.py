"""The commands on alerts: take one on, give it back, say that it is over, silence, and adopt rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from collab.alerts import Answer, acknowledge, give_back, resolve
from collab.claims import TooLate, claim
from collab.desk.appending import Appending
from collab.events import Event, RulesAdopted, SilenceEnded, SilenceStarted
from collab.records import aware, checked
from collab.rules import Book, Rule
from collab.team import Alert

HALF_AN_HOUR = timedelta(minutes=30)
"""How long an acknowledged alert is out of the way if nobody says otherwise."""


class Alerting(Appending):
    """Says what people do about alerts."""

    async def acknowledge_alert(self, alert: str, *, by: str, until: datetime | None = None, note: str = "") -> Alert:
        """Take an alert on, for half an hour unless told; returns it as it is now.

        Of an alert that is over nothing changes: its `state` says so. If its condition holds at `until`, it comes back.

        Raises:
            ValueError: there is no such alert, it has not fired yet, or `until` is past or too far off.
            TooLate: somebody else has it.
        """
        until = self._clock() + HALF_AN_HOUR if until is None else until
        return await self._said(acknowledge, alert, by=by, until=until, note=note)

    async def return_alert(self, alert: str, *, by: str, note: str = "") -> Alert:
        """Give an acknowledged alert back, so that it asks for somebody again; returns it as it is now.

        Raises:
            ValueError: there is no such alert.
            TooLate: nobody has it.
        """
        return await self._said(give_back, alert, by=by, note=note)

    async def resolve_alert(self, alert: str, *, by: str, why: str = "") -> Alert:
        """Say that an alert is over, once its condition is; returns it as it is now.

        Raises:
            ValueError: there is no such alert, or its condition holds.
        """
        return await self._said(resolve, alert, by=by, why=why)

    async def note_alerts(self, found: Sequence[Event]) -> bool:
        """Append what a `Watch` of this team returned; False if others were first, so that it begins anew."""
        return (await self._follower.commit([claim(event) for event in found])).refused is None

    async def silence_alerts(self, labels: Mapping[str, str], *, until: datetime, by: str, why: str = "") -> str:
        """Let alerts with all these labels page nobody until then; returns the silence's id.

        `rule` and `severity` count as labels.

        Raises:
            ValueError: no label is given, a rule is neither in force nor has an alert, or `until` is not to come.
        """
        if "rule" in labels and labels["rule"] not in self._rules():
            await self._follower.catch_up()
            known = self._rules()
            if known and labels["rule"] not in known:  # before any came into force, one may be silenced in advance
                said = f"labels.rule is {labels['rule']!r}, which is no rule; those in force: {', '.join(known)}"
                raise ValueError(said)
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

    async def _said(self, say: Callable[..., Answer], alert: str, **fields: Any) -> Alert:
        """What a person says of an alert, appended if it changes anything."""
        if self.team.alerts.find(alert) is None:
            await self._follower.catch_up()
        answer = self._answer(say, alert, fields)
        try:
            if answer.event is not None:
                await self._append_all([checked(answer.event)])
        except TooLate:  # somebody else was first: say who has it, as to whoever comes later
            await self._follower.catch_up()
            answer = self._answer(say, alert, fields)
            if answer.event is not None:
                raise
        found = self.team.alerts.find(alert)
        assert found is not None
        if answer.event is None and not found.state.ended:
            raise TooLate(f"alert {alert}: {answer.said}")
        return found

    def _answer(self, say: Callable[..., Answer], alert: str, fields: dict[str, Any]) -> Answer:
        return say(self.team.alerts, alert, id=self._new_id(), time=self._clock(), **fields)

    def _rules(self) -> list[str]:
        """The rules in force, and those of open alerts."""
        alerts = self.team.alerts
        return list(dict.fromkeys([rule.name for rule in alerts.rules] + [one.rule for one in alerts.open.values()]))
