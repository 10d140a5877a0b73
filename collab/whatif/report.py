"""The report of a proposal: one page of HTML that stands alone, for whoever has to say yes or no."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import msgspec

from collab.records import FACTORS
from collab.whatif.answers import PER_LEAD, WHOLE_TEAM
from collab.whatif.forest import Line, forest
from collab.whatif.measures import figure, four
from collab.whatif.reported import Gets, Judged, Moves
from collab.whatif.rescore import CAVEAT
from collab.whatif.style import STYLE

if TYPE_CHECKING:
    from collab.whatif.proposal import Proposal

ALONE = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is loaded and nothing runs, whatever stands in a reason."""

READING = (
    "Each line is the difference from the log as it was, with the interval that covers the truth in 95 of 100 logs, "
    "drawn as a share of what was before. Only an interval that does not touch the middle says more or less."
)
"""How to read the forest of estimates."""

NOT_SIMULATED = "Nothing is simulated here: how the whole team would have fared is not known from this page."
UNSAID = (
    "The days of the log are not the days to come: watch the figures after the change, and roll back if need be.",
    "A refused line is no sign of harm, and none of good: the log cannot say.",
)
"""What no figure of a page says."""

FACTS = '<script type="application/json" id="proposal">'
"""Begins what the page was made of, for `facts`; browsers do not run it."""


def html(proposal: Proposal) -> str:
    """The page; of the same proposal it is the same to the byte."""
    title = f"Weights {four(proposal.weights)}"
    facts = msgspec.json.encode(proposal).decode().replace("<", "\\u003c")  # or a reason could end the block
    page = "".join(
        (
            begun(title, ALONE, STYLE),
            f"<header><p>Proposal {escape(proposal.id)}</p><h1>{title}</h1>{_who(proposal)}</header>\n",
            f"<section><h2>What changes, and why</h2>{_weights(proposal)}",
            f"<blockquote>{escape(proposal.reason)}</blockquote></section>\n",
            *_per_lead(proposal),
            *_whole_team(proposal),
            _gets(proposal.figures.rescore),
            _unsaid(proposal),
            f"</main>\n{FACTS}{facts}</script></body></html>\n",
        )
    )
    return page.replace("\r\n", "\n")  # of a reason, which a checkout of git would change


def begun(title: str, policy: str, style: str) -> str:
    """How a page begins that stands alone; the title is HTML, the policy says what may be loaded and run."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{title}</title>\n<style>{style}</style></head>\n<body><main>\n"
    )


def facts(page: str) -> bytes | None:
    """What a page was made of, as JSON; None if it is no report."""
    _, begins, rest = page.partition(FACTS)
    return rest.partition("</script>")[0].encode() if begins else None


def digest(page: str | bytes) -> str:
    """The SHA-256 of a page."""
    return hashlib.sha256(page if isinstance(page, bytes) else page.encode()).hexdigest()


def _who(proposal: Proposal) -> str:
    said = [f"by {proposal.by}"] if proposal.by else []
    said += [f"for the team {proposal.tenant}"] if proposal.tenant else []
    said += [f"as of {proposal.created:%Y-%m-%d %H:%M} UTC"]
    said += [f"from {proposal.history}, version {proposal.version:,}"] if proposal.history else ["from frames"]
    return f"<p>{escape(', '.join(said))}</p>"


def _weights(proposal: Proposal) -> str:
    rows = []
    for place, factor in enumerate(FACTORS):
        now = proposal.weights[place]
        was = proposal.replaces[place] if proposal.replaces is not None else None
        change = "" if was is None else f"{now - was:+d}".replace("-", "−") if now != was else "same"
        bar = f'<span class="bar"><i style="width:{now}%"></i></span>'
        old = "" if was is None else f'<td class="n">{was}</td>'
        rows.append(f'<tr><th scope="row">{factor}</th>{old}<td class="n">{now}</td><td class="n">{change}</td>')
        rows.append(f'<td class="wide">{bar}</td></tr>')
    head = "" if proposal.replaces is None else '<th class="n">in force</th>'
    head = f'<thead><tr><th>factor</th>{head}<th class="n">proposed</th><th class="n">change</th><th></th></tr></thead>'
    return f'<div class="scroll"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'


def _per_lead(proposal: Proposal) -> Iterator[str]:
    yield f"<section><h2>What a lead would have earned</h2>{question(PER_LEAD)}"
    yield f"<p>{READING}</p>{judgements(proposal.figures.per_lead)}</section>\n"


def judgements(judged: tuple[Judged, ...]) -> str:
    """The forest of figures as HTML; what must be known of all of them is said once, above it."""
    shared = set.intersection(*(set(one.warnings) for one in judged)) if len(judged) > 1 else set()
    above = "".join(f"<p>{escape(one[:1].upper() + one[1:])}.</p>" for one in sorted(shared))
    return above + forest(_judged(one, shared) for one in judged)


def _judged(one: Judged, shared: set[str]) -> Line:
    rests = [] if one.n is None or one.ess is None else [f"n {one.n:,}, ESS {one.ess:,.0f}"]
    rests += [f"back-tests were off by {one.off} at most"] if one.off else []
    note = "; ".join([*rests, *(warning for warning in one.warnings if warning not in shared)])
    if one.bounds is not None:
        low, high = (figure(one.metric, end) for end in one.bounds)
        note = f"Whatever was never tried, it is between {low} and {high}."
    difference = (one.difference, one.difference_low, one.difference_high)
    return Line(one.metric, one.before, one.value, *difference, refused=one.refused, note=note)


def _whole_team(proposal: Proposal) -> Iterator[str]:
    team = proposal.figures.whole_team
    if team:
        yield f"<section><h2>How the days would have gone</h2>{question(WHOLE_TEAM)}"
        yield f"{judgements(team)}</section>\n"


def question(asked: str) -> str:
    """The question that the figures below it answer."""
    return f'<p class="question">The question: {escape(asked)}.</p>'


def _gets(moves: Moves) -> str:
    names = {one.agent: one.name for one in moves.agents}
    most = max((max(one.before, one.after) for one in moves.agents), default=1) or 1
    rows = "".join(_row(one, most) for one in sorted(moves.agents, key=lambda one: (one.before - one.after, one.agent)))
    head = '<th>agent</th><th class="n">logged</th><th class="n">rescored</th><th class="n">change</th>'
    head += "<th>logged in grey, rescored below it</th>"
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    said = f"{moves.moved:,} of {moves.n:,} leads ({moves.share_moved:.1%}) would have gone to somebody else"
    said += f"; {moves.sticky:,} stay with the agent who knows the customer" if moves.sticky else ""
    said += f"; {moves.left_out:,} that a person took or overrode are left out" if moves.left_out else ""
    largest = "".join(
        f"<li>{escape(names.get(source, source))} → {escape(names.get(target, target))}: {leads:,}</li>"
        for source, target, leads in moves.moves
    )
    listed = f"<details><summary>The largest moves</summary><ol>{largest}</ol></details>" if largest else ""
    asked = question(PER_LEAD)
    return f"<section><h2>Who would get which leads</h2>{asked}<p>{said}.</p>{table}{listed}</section>\n"


def _row(one: Gets, most: int) -> str:
    change = f"{one.after - one.before:+,}".replace("-", "−") if one.after != one.before else "same"
    bars = "".join(
        f'<i class="{kind}" style="width:{100 * leads / most:.1f}%"></i>'
        for kind, leads in (("was", one.before), ("is", one.after))
    )
    return (
        f'<tr><th scope="row">{escape(one.name)}</th><td class="n">{one.before:,}</td><td class="n">{one.after:,}</td>'
        f'<td class="n">{change}</td><td class="wide"><span class="bar">{bars}</span></td></tr>'
    )


def _unsaid(proposal: Proposal) -> str:
    said = [CAVEAT]
    if not proposal.figures.whole_team:
        said.append(NOT_SIMULATED)
    items = "".join(f"<li>{escape(one)}</li>" for one in (*said, *UNSAID))
    return f"<section><h2>What this does not say</h2><ul>{items}</ul></section>\n"
