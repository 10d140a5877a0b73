"""Checks of alerts: are the rules watched, and do notices get to people?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from collab.checks.check import Check, State
from collab.delivery import Outbox
from collab.team import Alerts
from collab.team import State as Step


def of_rules(alerts: Alerts, watched: bool | None) -> Check:
    """Are the rules in force watched by some process? None cannot be told."""
    name, count = "Alerts", len(alerts.rules)
    value = f"{count} rule{'s' if count != 1 else ''} in force (version {alerts.version})"
    firing = sum(alert.state == Step.firing for alert in alerts.open.values())
    facts = (f"{firing} firing, {len(alerts.open)} open",)
    if watched is None:
        return Check(name=name, state=State.unknown, value=f"{value}; who watches cannot be told now", facts=facts)
    if not watched:
        fix = "Start `collab serve` or `collab gateway` for this team; while a team's past is made, wait for its end."
        return Check(name=name, state=State.warn, value=f"{value}; nobody watches them", fix=fix, facts=facts)
    return Check(name=name, state=State.ok, value=f"{value}, watched", facts=facts)


def of_delivery(path: Path | None, told: bool) -> Check:
    """Do notices reach their targets? `told` says whether there is a plan of who is told."""
    name = "Delivery"
    if not told or path is None:
        value = "nobody is told: alerts stand on the page alone (docs/alerts.md has notify.yaml)"
        return Check(name=name, state=State.ok, value=value)
    if not path.exists():
        return Check(name=name, state=State.ok, value="nothing was ever to be sent")
    try:
        with closing(Outbox(path)) as outbox:
            return _counted(outbox.counts())
    except (sqlite3.Error, OSError) as error:
        fix = f"See that {path} is a file of collab and may be written by who serves; move it away to begin anew."
        return Check(name=name, state=State.bad, value=f"the outbox cannot be read ({type(error).__name__})", fix=fix)


def _counted(counts: dict[str, int]) -> Check:
    value = f"{counts['due']} to be sent, {counts['failed']} failing, {counts['dead']} dead, {counts['sent']} sent"
    if counts["dead"]:
        fix = "Mend the target (`collab notify try`), then send dead messages again on the Alerts tab."
        return Check(name="Delivery", state=State.bad, value=value, fix=fix)
    if counts["failed"]:
        fix = "They are tried again by themselves; see the reasons on the Alerts tab, and `collab notify try`."
        return Check(name="Delivery", state=State.warn, value=value, fix=fix)
    return Check(name="Delivery", state=State.ok, value=value)
