"""What an alert says, with the agent's name instead of the id."""

from __future__ import annotations

import re
from collections.abc import Mapping

from collab.team import Alert


def called(alert: Alert, names: Mapping[str, str]) -> str:
    """The alert's text; the agent is called as `names` has it, where the id stands as a word, and once."""
    said, agent = alert.summary or alert.rule, alert.labels.get("agent", "")
    if agent not in names:
        return said
    return re.sub(rf"(?<!\w){re.escape(agent)}(?!\w)", lambda found: names[agent], said, count=1)
