"""The check of the adopted weights: can the journal be read, and is its last entry in force?"""

from __future__ import annotations

from pathlib import Path

from collab.checks.check import Check, State
from collab.records import dashed
from collab.team import Team
from collab.whatif.journal import Journal, due


def of_weights(folder: Path | None, team: Team | None = None) -> Check:
    """The check of a team's folder of weights; without the team, only whether the journal can be read."""
    name = "Weights"
    force = "" if team is None else f"{dashed(team.weights.values)} (version {team.weights.version})"
    try:
        entries = () if folder is None else Journal(folder).entries()
    except (OSError, ValueError) as error:
        fix = "Mend the file or take it back from version control (docs/weights.md); the weights in force stay."
        return Check(name=name, state=State.bad, value=str(error), fix=fix)
    facts = (f"{len(entries)} adopted or rolled back in files",)
    if team is None:
        return Check(name=name, state=State.ok, value="the journal can be read", facts=facts)
    if (entry := due(entries, team)) is not None:
        stopped = team.experiment is not None
        fix = (
            "An experiment runs; they come into force once it is stopped (`collab experiment stop`)."
            if stopped
            else "They come into force within seconds where a desk works; if not, its log says why."
        )
        value = f"{force} in force; {dashed(entry.weights)} of {entry.by} wait"
        return Check(name=name, state=State.warn, value=value, fix=fix, facts=facts)
    return Check(name=name, state=State.ok, value=f"{force} in force", facts=facts)
