"""A decision's scores as bars of HTML, each stacked from its weighted factors, beside words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from collab.reasons import NOBODY, alternatives, chose, factors_of, scores_of
from collab.records import FACTORS, Decision
from collab.routing import FULL_SCORE
from collab.views.theme import FACTOR

MOST = 12
"""How many candidates are drawn; all are in the table."""

BARS = """
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 8px 0; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 5px; }
.parts { list-style: none; margin: 0; padding: 0; }
.parts li { padding: 6px 0; }
.parts .stack { display: flex; gap: 1px; height: 14px; border-radius: 4px; overflow: hidden; background: var(--track);
  margin: 3px 0; }
.parts .stack i { height: 100%; flex: none; }
.parts .gated .stack { opacity: .45; }
.parts .chosen { font-weight: 700; } .parts .soft { font-weight: 400; overflow-wrap: anywhere; }
"""
"""The style of the bars, beside `SHEET`."""


def parts(decision: Decision, names: Mapping[str, str] = NOBODY) -> str:
    """A bar for each candidate, the chosen one first, then by score, those behind a gate last."""
    if not len(decision.candidates):
        return ""
    lacked = [(other.agent, other.lacked, bool(other.gate)) for other in alternatives(decision)]
    if decision.agent is not None:
        lacked.insert(0, (decision.agent, "chosen", False))
    bars = "".join(_bar(decision, agent, note, gated, names) for agent, note, gated in lacked[:MOST])
    legend = "".join(
        f'<span><i style="background:{fill}"></i>{factor} x {weight / 100:.2f}</span>'
        for factor, fill, weight in zip(FACTORS, FACTOR, chose(decision), strict=True)
    )
    more = f'<p class="soft">… and {len(lacked) - MOST:,} more in the table.</p>' if len(lacked) > MOST else ""
    return f'<div class="legend">{legend}</div><ul class="parts">{bars}</ul>{more}'


def _bar(decision: Decision, agent: str, note: str, gated: bool, names: Mapping[str, str]) -> str:
    weighted = [
        weight * value for weight, value in zip(chose(decision), factors_of(decision, agent).values(), strict=True)
    ]
    said = ", ".join(f"{factor} {value / FULL_SCORE:.3f}" for factor, value in zip(FACTORS, weighted, strict=True))
    fills = "".join(
        f'<i style="width:{100 * value / FULL_SCORE:.2f}%;background:{fill}"></i>'
        for value, fill in zip(weighted, FACTOR, strict=True)
    )
    kind = "gated" if gated else "chosen" if agent == decision.agent else ""
    score = scores_of(decision)[decision.candidates.agent.index(agent)]
    return (
        f'<li class="{kind}"><div class="row"><span>{escape(names.get(agent, agent))}</span>'
        f'<span>{score / FULL_SCORE:.3f}</span></div><div class="stack" role="img" aria-label="{said}" title="{said}">'
        f'{fills}</div><div class="soft">{escape(note)}</div></li>'
    )
