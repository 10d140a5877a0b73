"""The team's numbers as tiles: value, target, trend of the last hour, how much is behind it, and how old it is."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from html import escape

from msgspec import Struct

from collab.metrics import RED_FROM, lasting
from collab.rules import Rule
from collab.views.standing import Standing, window

EVEN_FROM = 0.85
"""A balance from here on is good; the guide's target."""

MET, MISSED = ("✓", "within target"), ("■", "misses target")
"""Sign and word of a tile that has a target: colour is never alone."""

WIDTH, HEIGHT = 120, 28
"""Of a trend, in its own units."""

LEAST = 0.1
"""A trend is as high as this share of its highest value, at least: what hardly changes looks so."""

TILES = """
.pieces { display: grid; gap: 12px; grid-template-columns: repeat(4, minmax(0, 1fr)); }
.pieces > [data-piece=ages], .pieces > [data-piece=parts] { grid-column: 1 / -1; }
@media (max-width: 1000px) { .pieces { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.tile { display: flex; flex-direction: column; } .kpi.tile .what { font-weight: 600; color: var(--ink); }
.tile .target { margin-top: auto; padding-top: 4px; font-size: 13px; } .tile .missed { font-weight: 700; }
.tile .trend { display: block; width: 100%; height: 28px; margin: 6px 0 2px; }
.trend path { fill: none; stroke: #3b82f6; stroke-width: 2; vector-effect: non-scaling-stroke; }
"""
"""The style of tiles in `Painted`, beside `SHEET`: four columns, or two where there is no room."""


class Tile(Struct, frozen=True, kw_only=True):
    """A number of the team.

    `value` is None if there is nothing to say, `text` is how people read it and `said` what it is. `n` says how much
    is behind it and `age` how old the newest of that is. `target` is in words; `met` says whether the value is within
    it, None without a target or a value. `trend` holds the values of the last hour, None where there was none.
    """

    name: str
    value: float | None
    text: str
    said: str
    n: str
    age: str
    target: str = ""
    met: bool | None = None
    trend: tuple[float | None, ...] = ()


def tiles(now: Standing, lately: Sequence[Standing] = (), rules: Sequence[Rule] = ()) -> list[Tile]:
    """The tiles of how a team stands, with targets from the rules in force, the guide's balance and the bands."""
    return [*_loads(now, lately, rules), *_outcomes(now, lately, rules)]


def _loads(now: Standing, lately: Sequence[Standing], rules: Sequence[Rule]) -> list[Tile]:
    more = f"; {now.others} more with others" if now.others else ""
    load, (queue, waiting) = _told(now.load, RED_FROM), (limit(rules, kind, now.time) for kind in ("queue", "waiting"))
    return [
        Tile(
            name="Agents here", value=now.here, text=f"{now.here} of {now.agents}", n=f"n {now.agents}", age="now",
            said="on shift, not away and not offline", trend=tuple(one.here for one in lately),
        ),
        Tile(
            name="Load", value=now.load, text=_share(load), n=f"n {now.here}", age="now",
            said=f"{now.active} of {now.capacity} leads that the agents here can hold{more}",
            target=f"under {100 * RED_FROM:.0f} %", met=_below(load, RED_FROM),
            trend=tuple(one.load for one in lately),
        ),
        Tile(
            name="Leads waiting", value=now.waiting, text=str(now.waiting), n=f"n {now.waiting}", age="now",
            said="nobody holds them yet" if now.waiting else "nobody waits",
            target="" if queue is None else f"under {queue:g}", met=_below(now.waiting, queue),
            trend=tuple(one.waiting for one in lately),
        ),
        Tile(
            name="Longest wait", value=now.oldest_s, text=lasting(now.oldest_s), n=f"n {now.waiting}", age="now",
            said="of the leads that wait" if now.waiting else "no lead waits",
            target="" if waiting is None else f"under {lasting(waiting)}", met=_below(now.oldest_s or 0.0, waiting),
            trend=tuple(one.oldest_s or 0.0 for one in lately),
        ),
    ]  # fmt: skip


def _outcomes(now: Standing, lately: Sequence[Standing], rules: Sequence[Rule]) -> list[Tile]:
    slow, back = limit(rules, "slow_response", now.time), lasting(window(tuple(rules)).total_seconds())
    balance = _told(now.balance, EVEN_FROM)
    some = f"the newest {now.responses:,}" if now.cut else "all"
    return [
        Tile(
            name="First response", value=now.response_s, text=lasting(now.response_s), n=f"n {now.responses}",
            age=_newest(now.responded, now.time), said=f"median of {some} in the last {back}",
            target="" if slow is None else f"under {lasting(slow)}", met=_below(now.response_s, slow),
            trend=tuple(one.response_s for one in lately),
        ),
        Tile(
            name="Balance", value=now.balance, text=_share(balance), n=f"n {now.online}", age="now",
            said="Jain's index of utilization, all on shift and not offline", target=f"{100 * EVEN_FROM:.0f} % or more",
            met=None if balance is None else balance >= EVEN_FROM, trend=tuple(one.balance for one in lately),
        ),
        Tile(
            name="Conversion", value=now.conversion, text=_share(_told(now.conversion)), n=f"n {now.closed}",
            age=_newest(now.ended, now.time), trend=tuple(one.conversion for one in lately),
            said=f"{now.converted} of {now.closed} leads closed in 24 h" if now.closed else "no lead closed in 24 h",
        ),
        Tile(
            name="Satisfaction", value=now.satisfaction, n=f"n {now.rated}", age="all time",
            text="–" if now.satisfaction is None else f"{now.satisfaction:.2f}",
            said="mean of all ratings, 1 to 5" if now.rated else "nobody rated yet",
            trend=tuple(one.satisfaction for one in lately),
        ),
    ]  # fmt: skip


def limit(rules: Sequence[Rule], kind: str, now: datetime | None) -> float | None:
    """Where the strictest rule in force of a kind fires that has its hours now; None if none watches it."""
    watching = (rule for rule in rules if rule.on and rule.kind == kind and _open(rule, now))
    return min((rule.fire for rule in watching), default=None)


def _open(rule: Rule, now: datetime | None) -> bool:
    return rule.hours is None or now is None or rule.hours.open(now)


@functools.lru_cache(maxsize=256)
def as_html(one: Tile) -> str:
    """A tile."""
    target = '<div class="target">no target</div>'
    if one.target:
        sign, word = ("", "target") if one.met is None else MET if one.met else MISSED
        kind = "" if one.met is None else " met" if one.met else " missed"
        target = f'<div class="target{kind}">{sign} {word}: {escape(one.target)}</div>'
    return (
        f'<div class="card kpi tile"><span class="what">{escape(one.name)}</span><b>{escape(one.text)}</b>'
        f"<span>{escape(one.said)}</span>{target}"
        f'{_line(one.trend)}<div class="row soft"><span>{escape(one.n)}</span><span>{escape(one.age)}</span></div>'
        "</div>"
    )


def stood(text: str, when: str) -> str:
    """How old a figure was when the page stood still, `when` in words, from how old it was said to be then."""
    return when if text == "now" else text.replace(" ago", " before")


def ages(lately: Sequence[Standing], seq: int, newest: datetime | None) -> str:
    """How old what is shown is, after the event at `seq`, and how far back the trends go, as HTML."""
    times = [one.time for one in lately if one.time is not None]
    if not times:
        return ""
    event = f"after event {seq:,}" if seq else "no event yet"
    if newest is not None:
        event = f"the newest event {lasting(max(0, int((times[-1] - newest).total_seconds())))} ago"
    back = lasting(int((times[-1] - times[0]).total_seconds()))
    return f'<p class="soft">As of {times[-1]:%H:%M:%S} UTC, {event}. Lines: the last {back}.</p>'


def _line(values: Sequence[float | None]) -> str:
    """A line through the values, broken where there is none; in words for who does not see it."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return '<div class="trend soft">no trend yet</div>'
    low, high = min(known), max(known)
    step, room = WIDTH / max(1, len(values) - 1), max(high - low, LEAST * abs(high))
    path, pen = "", "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        y = HEIGHT / 2 - (HEIGHT - 6) * (value - (low + high) / 2) / (room or 1.0)
        path, pen = f"{path}{pen}{place * step:.1f} {y:.1f}", "L"
    way = "as it was" if known[-1] == known[0] else "up" if known[-1] > known[0] else "down"
    return (
        f'<svg class="trend" role="img" aria-label="last hour: {way}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none"><path d="{path}"/></svg>'
    )


def _below(value: float | None, most: float | None) -> bool | None:
    return None if value is None or most is None else value < most


def _told(value: float | None, target: float | None = None) -> float | None:
    """A share as its tile says it, by which it is judged too: to a tenth of a percent where a whole one hides which."""
    if value is None:
        return None
    whole = round(value, 2)
    return round(value, 3) if whole == target else whole


def _share(value: float | None) -> str:
    return "–" if value is None else f"{round(100 * value, 1):g} %"


def _newest(time: datetime | None, now: datetime | None) -> str:
    return "–" if time is None or now is None else f"newest {lasting(int((now - time).total_seconds()))} ago"
