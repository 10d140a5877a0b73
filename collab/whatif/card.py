"""What a what-if rests on, in a few lines: how many decisions, what is known of them, whether they can be believed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from collab.legible import several

if TYPE_CHECKING:
    from collab.whatif.log import Log


def lines(what_if: Log) -> list[tuple[str, str]]:
    """What there is, and how much of it."""
    found = [("decisions", f"{what_if.n:,} among {several(len(what_if.agents), 'agent')}")]
    if what_if.left_out:
        found.append(("left out", f"{what_if.left_out:,} that a person took or overrode"))
    evidence, counts = what_if.evidence, what_if.counts
    if evidence is None or counts is None:
        return [*found, ("estimates", "none: they need propensities and outcomes")]
    found.append(("outcome known", f"{counts.known:,}; {counts.open:,} are open or too new"))
    if not evidence.n:
        return found
    most = np.maximum.reduceat(evidence.propensity, evidence.first)
    explored, tried = float(np.mean(1 - most)), float(np.mean(evidence.propensity > 0))
    found.append(("exploration", f"{explored:.1%} of the leads went elsewhere than to the likeliest agent, on average"))
    found.append(("overlap", f"{tried:.1%} of the eligible agents had a chance"))
    worst = what_if.calibration.iloc[0]
    found.append(("calibration", f"z {abs(worst['z']):.1f} at most ({worst['about']})"))
    return found


def html(what_if: Log) -> str:
    """The lines as a table."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(said)}</td></tr>" for name, said in lines(what_if))
    return f"<div><p><b>What-if</b></p><table>{rows}</table></div>"
