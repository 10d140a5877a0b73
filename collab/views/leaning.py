"""How much the answer leans on few decisions: a histogram of their importance weights, and of what they carry."""

from __future__ import annotations

from html import escape

from collab.views.told import Told
from collab.whatif import Trust
from collab.whatif.leaning import Lean

HEAVY = 4.0
"""From this importance weight on a decision is said to be heavy."""

TALL = 44
"""Pixels of a bar of 100 %."""


class LeaningView(Told):
    """For each class of importance weights, the share of decisions (grey) beside their share of the answer (blue)."""

    of = ("answer",)
    sheet = f"""
.leaning {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(38px, 1fr)); gap: 4px; max-width: 620px; }}
.leaning div {{ text-align: center; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }}
.bars {{ height: {TALL}px; display: flex; align-items: flex-end; justify-content: center; gap: 3px;
  border-bottom: 1px solid var(--line); }}
.bars i {{ width: 40%; max-width: 18px; border-radius: 3px 3px 0 0; background: #8a94a3; }}
.bars i.carried {{ background: var(--mui-palette-primary-main, #1d5fd1); }}
"""

    def said(self) -> str:
        """The histogram of the newest answer; nothing where there are no weights."""
        answer = self.tuning.answer
        trusts = [] if answer is None else [one.trust for one in answer.estimates.values()]
        trust = next((one for one in trusts if isinstance(one, Trust) and one.n and one.leaning), None)
        return "" if trust is None else leaning(trust)


def leaning(trust: Trust) -> str:
    """The histogram as HTML."""
    heavy = [one for one in trust.leaning if one.least >= HEAVY]
    n, share = sum(one.n for one in heavy), sum(one.share for one in heavy)
    said = f"{n:,} of {trust.n:,} decisions count {HEAVY:g} times or more and carry {share:.0%} of the answer"
    bars = "".join(_class(one, trust.n) for one in trust.leaning)
    return (
        f"<h4>How much the answer leans on few decisions</h4>"
        f'<p class="quiet">{said}. By how often a decision counts: grey, its share of decisions; blue, of the answer.'
        f'</p><div class="leaning" role="img" aria-label="{escape(said)}">{bars}</div>'
    )


def _class(one: Lean, of: int) -> str:
    most = f"–{one.most:g}" if one.most < float("inf") else "+"
    name = "0" if one.most == 0 else "under 1" if one.least == 0 else f"{one.least:g}{most}"
    said = f"{one.n:,} decisions, {one.share:.1%} of the answer"
    bars = "".join(
        f'<i class="{kind}" style="height:{max(share * TALL, 1 if share else 0):.0f}px"></i>'
        for kind, share in (("decisions", one.n / of), ("carried", one.share))
    )
    return f'<div title="{said}"><div class="bars">{bars}</div>{name}</div>'
