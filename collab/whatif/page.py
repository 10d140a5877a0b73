"""All weights of a grid as one page of HTML that stands alone: its sliders look the figures up, and nobody is asked."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from collab.legible import several
from collab.records import FACTORS, aware
from collab.weights import Weights
from collab.whatif.answers import PER_LEAD
from collab.whatif.atlas import Atlas, Cancelled, Progress, atlas
from collab.whatif.explained import named
from collab.whatif.measures import figure, label
from collab.whatif.places import CHOSEN, LEGEND, PALETTE, TODAY, WARNING, columns, places, signed
from collab.whatif.report import NOT_SIMULATED, READING, UNSAID, begun, judgements, question
from collab.whatif.reported import judged_of
from collab.whatif.rescore import CAVEAT, Values
from collab.whatif.style import STYLE

if TYPE_CHECKING:
    from collab.history import History
    from collab.whatif.what_if import WhatIf

HERE = Path(__file__).parent
STYLE_OF_PAGE = STYLE + (HERE / "page.css").read_text(encoding="utf-8")
SCRIPT = (HERE / "page.js").read_text(encoding="utf-8")

ALONE = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'"
"""Nothing is loaded, and nothing runs but the script of the page, whatever an agent is called."""

GRID = '<script type="application/gzip" id="grid">'
"""Begins what the sliders look up, for `facts`; browsers do not run it."""


class About(NamedTuple):
    """What the figures of a page are of, and when it was made.

    Attributes:
        names: what agents are called, by id.
        source: up to which place in the history it was read, not where that lies, or what else they come from.
        team: whose history it is, or nothing.
        period: when the first and the last decision were made; None if nobody knows.
        made: the time of the page.
        in_force: the weights in force; None if nobody knows.
        left_out: decisions that a person took.
    """

    names: dict[str, str]
    source: str
    team: str
    period: tuple[datetime, datetime] | None
    made: datetime
    in_force: Values | None
    left_out: int


def made(
    what_if: WhatIf,
    history: History | None,
    step: float,
    time: datetime | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> str:
    """The page of a log; see `WhatIf.page_html`."""
    time = datetime.now(UTC) if time is None else aware(time, "made").astimezone(UTC)
    about = About(
        names=what_if.names,
        source="frames" if history is None else f"the history as of event {what_if.last:,}",
        team="" if history is None else history.tenant or "",
        period=what_if.period,
        made=time,
        in_force=what_if.in_force,
        left_out=what_if.left_out,
    )
    return html(atlas(what_if, step, progress, cancelled), about)


def html(found: Atlas, about: About) -> str:
    """The page; of the same figures and time it is the same to the byte."""
    packed = gzip.compress(msgspec.json.encode(_looked_up(found, about)), 9, mtime=0)
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    title = "What other weights would have changed" + (f": {about.team}" if about.team else "")
    return "".join(
        (
            begun(escape(title), ALONE.format(digest), STYLE_OF_PAGE),
            f"<header><h1>{escape(title)}</h1>{_said(found, about)}</header>\n",
            '<noscript><p class="question">The sliders of this page need JavaScript.</p></noscript>\n',
            f'<section class="sides">{_knobs(about)}',
            f"<div><h2>What a lead would have earned</h2>{question(PER_LEAD)}<p>{READING}</p>",
            f'<div id="forest"></div>{_gets(found, about)}</div></section>\n',
            _all_weights(found),
            _unsaid(found),
            f"</main>\n{GRID}{base64.b64encode(packed).decode()}</script>\n<script>{SCRIPT}</script></body></html>\n",
        )
    )


def facts(page: str) -> dict[str, Any]:
    """What the sliders of a page look up.

    Raises:
        ValueError: it is no such page.
    """
    _, begins, rest = page.partition(GRID)
    if not begins:
        raise ValueError("the page has no grid of weights; make one with WhatIf.page")
    found: dict[str, Any] = msgspec.json.decode(gzip.decompress(base64.b64decode(rest.partition("</script>")[0])))
    return found


def _looked_up(found: Atlas, about: About) -> dict[str, Any]:
    sweep, order = found.sweep, _order(found)
    x, y = places(sweep)
    frame, shown = sweep.frame(), columns(sweep)
    refused = frame["refused"].to_numpy(bool) if "refused" in frame else np.zeros(len(frame), bool)
    n = int(found.before.sum())
    start = about.in_force or Weights().integers()
    return {
        "step": sweep.step,
        "n": n,
        "weights": sweep.weights.tolist(),
        "today": about.in_force,
        "begin": start,
        "start": sweep.nearest(start),
        "forests": [judgements(judged_of(one)) for one in found.estimates],
        "moved": [
            f"{moved:,} of {n:,} leads ({_share(moved / n)}) would have gone to somebody else." for moved in found.moved
        ],
        "before": found.before[order].tolist(),
        "after": found.after[:, order].tolist(),
        "most": _most(found),
        "x": x.tolist(),
        "y": np.round(y, 3).tolist(),
        "refused": refused.tolist(),
        "columns": {name: _column(name, frame[name].to_numpy(np.float64), refused) for name in shown},
        "fronts": {f"{up} {across}": found.front(signed(up), signed(across)) for up in shown for across in shown},
        "colours": {"palette": PALETTE, "today": TODAY, "chosen": CHOSEN},
    }


def _column(name: str, values: np.ndarray[Any, Any], refused: np.ndarray[Any, Any]) -> dict[str, Any]:
    """A column to be drawn, in numbers and in words, and its ends among the weights of which the log says enough."""
    known = values[~refused & np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return {
        "label": label(name),
        "values": [float(f"{value:.6g}") for value in values.tolist()],
        "words": [figure(name, value) for value in values.tolist()],
        "low": low,
        "high": high,
        "ends": [figure(name, low), figure(name, high)],
    }


def _most(found: Atlas) -> int:
    """The most leads that an agent has under any weights: the longest bar."""
    return max(int(found.before.max()), int(found.after.max()), 1)


def _share(value: float) -> str:
    return figure("share_moved", value)


def _order(found: Atlas) -> list[int]:
    """Agents as the page lists them: who had most first."""
    return sorted(range(len(found.agents)), key=lambda one: (-int(found.before[one]), found.agents[one]))


def _said(found: Atlas, about: About) -> str:
    parts = [several(int(found.before.sum()), "decision")]
    parts += ["of " + " to ".join(f"{one.astimezone(UTC):%Y-%m-%d}" for one in about.period)] if about.period else []
    said = [f"{' '.join(parts)}, from {about.source}, made {about.made:%Y-%m-%d %H:%M} UTC."]
    said += [_left_out(about.left_out)] if about.left_out else []
    force = "not known" if about.in_force is None else named(about.in_force)
    said += [f"Weights in force: {force}."]
    step, many = found.sweep.step, len(found.sweep.weights)
    said += [f"All {many:,} weights in steps of .{step:02d} were asked about; between them the nearest are shown."]
    return "".join(f"<p>{escape(one)}</p>" for one in said)


def _left_out(number: int) -> str:
    return f"{several(number, 'decision')} that a person took {'is' if number == 1 else 'are'} left out."


def _knobs(about: About) -> str:
    rows = []
    for place, factor in enumerate(FACTORS):
        knob = Weights.param[factor]
        rows.append(
            f'<div class="knob"><label for="knob{place}">{escape(str(knob.label))} <span id="said{place}">'
            f'</span></label><small id="asks{place}">{escape(str(knob.doc))}</small>'
            f'<input type="range" id="knob{place}" min="0" max="100" step="1" aria-describedby="asks{place}" disabled>'
            "</div>"
        )
    back = "Back to the weights in force" if about.in_force else "Back to where they were"
    shown = '<p id="shown" role="status">Unpacking the figures…</p>'
    return f'<div class="knobs"><h2>Weights</h2>{"".join(rows)}{shown}<button id="back" disabled>{back}</button></div>'


def _gets(found: Atlas, about: About) -> str:
    n, most = max(int(found.before.sum()), 1), _most(found)
    rows = []
    for one in _order(found):
        had, name = int(found.before[one]), about.names.get(found.agents[one], found.agents[one])
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td class="n">{had:,}<small>{_share(had / n)}</small></td>'
            '<td class="n"> <small></small></td><td class="n"></td><td class="wide"><span class="bar">'
            f'<i class="was" style="width:{100 * had / most:.1f}%"></i><i class="is"></i></span></td></tr>'
        )
    head = '<th>agent</th><th class="n">logged</th><th class="n">rescored</th><th class="n">change</th>'
    head += "<th>logged in grey, rescored below it</th>"
    table = f'<table id="gets"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    asked = question(PER_LEAD)
    return f'<h2>Who would get which leads</h2>{asked}<p id="moved"></p><div class="scroll">{table}</div>'


def _all_weights(found: Atlas) -> str:
    scale = "".join(f'<i style="background:{one}"></i>' for one in PALETTE)
    return "".join(
        (
            f'<section><h2>All weights</h2>{question(PER_LEAD)}<p class="note">{escape(LEGEND)}</p>',
            f'<div class="asks">{"".join(_asks(columns(found.sweep)))}</div>',
            f"<p>{WARNING}</p>",
            '<p id="none" hidden>There is no front: the log says too little of all these weights.</p>',
            '<div class="halves"><div><h3>Map: <span id="coloured"></span></h3>',
            '<svg id="map" class="drawn" role="img" aria-label="A map of all weights"></svg>',
            f'<div class="scale" aria-hidden="true">{scale}</div>',
            '<div class="ends"><span id="least"></span><span id="greatest"></span></div></div>',
            '<div><h3><span id="upwards"></span>, from <span id="bottom"></span> up to <span id="peak"></span></h3>',
            '<svg id="scatter" class="drawn" viewBox="0 0 100 70" role="img" aria-label="All weights by two columns">',
            '<rect class="frame" x="0.5" y="0.5" width="99" height="69"></rect></svg>',
            '<div class="ends"><span id="first"></span><span id="sideways"></span><span id="last"></span></div>',
            "</div></div></section>\n",
        )
    )


def _asks(shown: list[str]) -> Iterator[str]:
    """The choices of what is drawn, and the front as a list."""
    for id, words, chosen in (("metric", "Colour, and up", shown[0]), ("across", "Across", shown[-1])):
        options = "".join(
            f'<option value="{name}"{" selected" if name == chosen else ""}>{escape(label(name))}</option>'
            for name in shown
        )
        yield f'<div><label for="{id}">{words}</label><select id="{id}" disabled>{options}</select></div>'
    yield '<div><label for="front">The front, the best first</label><select id="front" disabled>'
    yield '<option value="">Choose weights of the front</option></select></div>'


def _unsaid(found: Atlas) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in (CAVEAT, NOT_SIMULATED, *UNSAID))
    return f"<section><h2>What this does not say</h2><ul>{items}</ul></section>\n"
