"""Alerts and silences as people read them: lines of HTML, with names instead of ids and times of one zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from collab.alerts import Rank, called
from collab.desk import utc_now
from collab.events import SilenceStarted
from collab.rules import Severity
from collab.team import Alert, State
from collab.views.frame import Frame
from collab.views.theme import ERROR, PRIMARY, WARNING

LISTED = 50
"""So many open alerts are listed; a critical one always is."""

SIGN = {
    Severity.info: ("#8a94a3", "○", "Info"),
    Severity.low: (PRIMARY, "●", "Low"),
    Severity.medium: (WARNING, "▲", "Medium"),
    Severity.high: ("#e8590c", "◆", "High"),
    Severity.critical: (ERROR, "■", "Critical"),
}
"""Each severity's fill, sign and word: colour is never alone."""

ROWS = """
ul.list li { border-left: 4px solid transparent; padding-left: 10px; }
ul.list li.chosen { background: var(--track); border-radius: 6px; }
.row b { flex: 1 1 12em; }
"""
"""The style of the lines beside `SHEET`."""


CHOOSE = "Choose an alert in the list above to acknowledge, resolve or silence it."
TAKEN_ON = "It is acknowledged; give it back, so that somebody else can take it on."
NOT_TAKEN_ON = "Nobody has it, so nobody can give it back."
HOLDS = "Its condition holds, so it cannot be resolved: it ends with its condition. Acknowledge it or silence it."
"""Why buttons do nothing."""

HOW = '<p class="soft swipes">Swipe a line to the right to acknowledge it.</p>'
"""What is said to fingers."""


def clock(time: datetime, zone: str) -> str:
    """A time by the clocks of a zone, with its year unless that is now's."""
    local, now = time.astimezone(ZoneInfo(zone)), utc_now().astimezone(ZoneInfo(zone))
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%d %b %Y %H:%M}"


def listed(frame: Frame) -> list[Rank]:
    """The open alerts that are listed: the first ones, and every critical one."""
    return [
        rank for place, rank in enumerate(frame.alerts) if place < LISTED or rank.alert.severity == Severity.critical
    ]


def choices(frame: Frame) -> dict[str, str]:
    """The ids of the listed alerts, by what they say; equal words are told apart by the end of the id."""
    found: dict[str, str] = {}
    for rank in listed(frame):
        alert = rank.alert
        said = f"{SIGN[alert.severity][1]} {SIGN[alert.severity][2]}: {called(alert, frame.names)}"
        found[f"{said} (…{alert.id[-6:]})" if said in found else said] = alert.id
    return found


def criticals(frame: Frame) -> dict[str, str]:
    """What the open critical alerts say, by id."""
    return {
        rank.alert.id: called(rank.alert, frame.names)
        for rank in frame.alerts
        if rank.alert.severity == Severity.critical
    }


def open_alerts(frame: Frame, zone: str, chosen: str, swipes: bool) -> str:
    """The open alerts, the one to look at first on top; with `swipes` those that nobody has may be taken on so."""
    shown = listed(frame)
    silenced = {rank.alert.id: frame.silence(rank.alert) for rank in shown}
    lines = "".join(
        _open(rank, frame, zone, silenced[rank.alert.id], rank.alert.id == chosen, swipes) for rank in shown
    )
    more = len(frame.alerts) - len(shown)
    rest = f'<p class="soft">and {more:,} more, none of them critical</p>' if more else ""
    return f'<ul class="list">{lines}</ul>{rest}{HOW if swipes else ""}'


def _open(rank: Rank, frame: Frame, zone: str, silence: SilenceStarted | None, chosen: bool, swipes: bool) -> str:
    alert = rank.alert
    swipe = ' data-swipe="Acknowledge"' if swipes and alert.state != State.acknowledged else ""
    since = f"since {clock(alert.fired or alert.began, zone)}"
    over = "" if alert.eased is None else f" · its condition is over since {clock(alert.eased, zone)}"
    value = frame.values.get(alert.id, "")
    value = f"<div>{escape(value[0].upper() + value[1:])}</div>" if value else ""
    quiet = "" if silence is None else f"<div>Silenced until {clock(silence.until, zone)} by {escape(silence.by)}</div>"
    kind, pressed = ("chosen", "true") if chosen else ("", "false")
    return (
        f'<li class="{kind}" data-key="{escape(alert.id)}"{swipe} style="border-left-color:{SIGN[alert.severity][0]}">'
        f'<div class="row"><button type="button" aria-pressed="{pressed}"><b>{escape(called(alert, frame.names))}</b>'
        f"</button>{chip(alert.severity)}</div>"
        f"{value}<div>{_owner(alert, zone)} · {since}{over}</div>{quiet}"
        f'<div class="soft">Here because: {escape(rank.why)}; rule {escape(alert.rule)}</div></li>'
    )


def _owner(alert: Alert, zone: str) -> str:
    if alert.state != State.acknowledged or alert.until is None:
        returned = f" (given back: {escape(alert.note)})" if alert.note else ""
        return f"Nobody has it{returned}"
    note = f": {escape(alert.note)}" if alert.note else ""
    return f"{escape(alert.owner)} has it until {clock(alert.until, zone)}{note}"


def why_not(alert: Alert | None) -> str:
    """Why buttons for this alert do nothing now."""
    if alert is None:
        return CHOOSE
    told = TAKEN_ON if alert.state == State.acknowledged else NOT_TAKEN_ON
    return f"{told} {HOLDS}" if alert.eased is None else told


def chip(severity: Severity) -> str:
    """A severity as a chip."""
    fill, sign, word = SIGN[severity]
    return f'<span class="chip"><i style="background:{fill}"></i>{sign} {word}</span>'


def quiets(frame: Frame) -> dict[str, str]:
    """The ids of the silences that count now, by what they silence."""
    found: dict[str, str] = {}
    for one in frame.silences:
        said = _silences(one, frame.names)
        found[f"{said} (…{one.id[-6:]})" if said in found else said] = one.id
    return found


def silences(frame: Frame, zone: str) -> str:
    """The silences that count now."""
    lines = (
        f"<li><b>{escape(_silences(one, frame.names))}</b>"
        f'<div class="soft">until {clock(one.until, zone)}, by {escape(one.by)}'
        f"{f': {escape(one.why)}' if one.why else ''}</div></li>"
        for one in frame.silences
    )
    return f'<ul class="list">{"".join(lines)}</ul>'


def _silences(one: SilenceStarted, names: Mapping[str, str]) -> str:
    return ", ".join(f"{label} {names.get(value, value)}" for label, value in sorted(one.labels.items()))


def ended(frame: Frame, zone: str) -> str:
    """The newest alerts that are over, the last one on top."""
    return f'<ul class="list">{"".join(_ended(alert, frame, zone) for alert in frame.ended)}</ul>'


def _ended(alert: Alert, frame: Frame, zone: str) -> str:
    times = " – ".join(clock(time, zone) for time in (alert.fired or alert.began, alert.ended) if time is not None)
    how = "; ".join(filter(None, (f"{alert.by} resolved it" if alert.by else "", alert.why)))
    return (
        f'<li><div class="row"><b>{escape(called(alert, frame.names))}</b>{chip(alert.severity)}</div>'
        f'<div class="soft">{times}{f" · {escape(how)}" if how else ""}</div></li>'
    )
