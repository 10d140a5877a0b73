"""The forest: by how much each metric would differ, with its interval; what is refused is grey and says why."""

from __future__ import annotations

from html import escape
from typing import Any

from collab.views.told import Told, empty, title
from collab.views.tuning import Tuning
from collab.whatif.answers import PER_LEAD, WHOLE_TEAM
from collab.whatif.measures import four
from collab.whatif.report import judgements
from collab.whatif.reported import judged_of

READING = "Reading the log… The figures stand here as soon as it is read."
NOTHING = (
    "No decision in the history has a known outcome yet. Route leads and close them, then press Take in what is new."
)
SIMULATE = "How the whole team would have fared is not known yet: press Simulate the whole team."
FORCE = "These are the weights in force: move a slider, or choose a point of the map, to compare others."


class ForestView(Told):
    """Differences of the estimates per lead, and of the whole team once it is simulated, never under one heading."""

    of = ("answer", "simulated")
    sheet = """
:host { --more: var(--mui-palette-primary-main, #0b6e99); --less: var(--mui-palette-warning-main, #b35900); }
.forest { margin-top: 4px; }
.forest .row { display: grid; grid-template-columns: 8.5rem 1fr 13rem; gap: 0 1rem; align-items: center;
  padding: 7px 0; border-bottom: 1px solid var(--line); }
.metric { font-weight: 600; overflow-wrap: anywhere; }
.metric small { display: block; } small, .note { color: var(--soft); font-size: 12.5px; font-weight: normal; }
.forest .said { text-align: right; } .note { grid-column: 2 / -1; }
.plot svg { display: block; width: 100%; height: 24px; }
svg line { stroke-width: 2; vector-effect: non-scaling-stroke; }
svg .zero { stroke: var(--line); } svg .more { stroke: var(--more); } svg .less { stroke: var(--less); }
svg .open { stroke: var(--soft); } svg .middle { stroke-width: 5; }
.forest .axis { border: 0; padding: 2px 0; }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; }
.refused { color: var(--soft); } .refused .metric { font-weight: 500; }
.why { grid-column: 2 / -1; overflow-wrap: anywhere; }
@media (max-width: 720px) { .forest .row { grid-template-columns: 1fr auto; row-gap: 2px; }
  .plot, .note, .why, .axis .ends { grid-column: 1 / -1; } .plot { grid-row: 2; }
  .said small { display: block; } .axis > div:empty { display: none; } }
"""

    def __init__(self, tuning: Tuning, **params: Any) -> None:
        super().__init__(tuning, **params)
        tuning.estimating.param.watch(self._patch, "error")

    def said(self) -> str:
        """The forest of what is known now."""
        return f"{self._per_lead()}{self._whole_team()}"

    def _per_lead(self) -> str:
        head, answer = title("What a lead would have earned", PER_LEAD), self.tuning.answer
        if error := self.tuning.estimating.error:
            return f'{head}<div class="empty" role="alert">The log cannot be asked: {escape(error)}</div>'
        if answer is None:
            return f"{head}{empty(READING)}"
        if not any(one.trust is not None and one.trust.n for one in answer.estimates.values()):
            return f"{head}{empty(NOTHING)}"
        said = f"Weights {four(answer.weights)}, compared with the log as it was."
        said += f" {FORCE}" if answer.weights == self.tuning.today else ""
        return f'{head}<p class="quiet">{said}</p>{judgements(judged_of(answer.estimates))}'

    def _whole_team(self) -> str:
        head, found = title("How the days would have gone", WHOLE_TEAM), self.tuning.simulated
        if found is None:
            return f"{head}{empty(SIMULATE)}"
        said = f"Weights {four(found.weights)}, compared with {four(found.base)}, both simulated with the same luck."
        return f'{head}<p class="quiet">{said}</p>{judgements(judged_of(found))}'
