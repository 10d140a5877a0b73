"""What members may ask of alerts, silences and rules, by role, and how it is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, islice
from typing import TypeVar

import msgspec

from collab import protocol as p
from collab.alerts import Rank, ranked
from collab.desk import Desk
from collab.floor.act import Act, AtDesk, by_desk
from collab.floor.hall import AT_ONCE
from collab.floor.hearing import is_of, without_words
from collab.live.line import Line
from collab.protocol.role import ALERTED, OWNING, TUNING, Role

Shown = TypeVar("Shown", bound=msgspec.Struct)


async def _list(floor: AtDesk, line: Line, asked: p.ListAlerts) -> p.AlertList:
    team, me = floor.desk.team, line.entry.agent
    alerts, privy = team.alerts, line.entry.role in TUNING
    ranks = ranked((one for one in alerts.open.values() if privy or is_of(one, me)), team)
    shown = (_told(floor.desk, rank, None if privy else me) for rank in islice(ranks, asked.count))
    silences = list(alerts.silences.values()) if privy else []
    return p.AlertList(alerts=_within([*shown]), open=len(ranks), silences=_within(silences), version=alerts.version)


async def _rules(floor: AtDesk, line: Line, asked: p.ListRules) -> p.RulesInForce:
    alerts = floor.desk.team.alerts
    return p.RulesInForce(version=alerts.version, rules=alerts.rules)


def _told(desk: Desk, rank: Rank, agent: str | None) -> p.RankedAlert:
    """An alert at its place; to the agent whom it names, if one asks, without what others say of it."""
    told = p.RankedAlert(alert=rank.alert, score=rank.score, why=rank.why)
    if agent is not None:
        return msgspec.structs.replace(told, alert=without_words(rank.alert, agent))
    silence = desk.team.alerts.silenced(rank.alert)
    return told if silence is None else msgspec.structs.replace(told, silence=silence.id)


def _within(records: Sequence[Shown]) -> list[Shown]:
    """The first records that are together no longer than may be written at once."""
    sizes = accumulate(len(msgspec.json.encode(record)) for record in records)
    return [record for record, size in zip(records, sizes, strict=True) if size <= AT_ONCE]


ALERTING: dict[type[p.Command], tuple[frozenset[Role], Act]] = {
    p.ListAlerts: (ALERTED, _list),
    p.AcknowledgeAlert: (
        OWNING,
        by_desk(lambda desk, me, c: desk.acknowledge_alert(c.alert, by=me, until=c.until, note=c.note)),
    ),
    p.ReturnAlert: (OWNING, by_desk(lambda desk, me, c: desk.return_alert(c.alert, by=me, note=c.note))),
    p.ResolveAlert: (OWNING, by_desk(lambda desk, me, c: desk.resolve_alert(c.alert, by=me, why=c.why))),
    p.SilenceAlerts: (
        OWNING,
        by_desk(lambda desk, me, c: desk.silence_alerts(c.labels, until=c.until, by=me, why=c.why)),
    ),
    p.EndSilence: (OWNING, by_desk(lambda desk, me, c: desk.end_silence(c.silence, by=me))),
    p.ListRules: (TUNING, _rules),
    p.AdoptRules: (TUNING, by_desk(lambda desk, me, c: desk.adopt_rules(c.rules, by=me, reason=c.reason))),
}
