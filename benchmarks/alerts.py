"""What watching 20 rules over 1,000 agents costs for each event, and whether that grows with the history.

    python benchmarks/alerts.py [--events 200000] [--agents 1000]

The limit of the same run is the fold of the same events, without rules. The share of a core is the processor time of
the watch for the events of a second, at 1,000 events a second.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import process_time

from msgspec.structs import replace

from collab import events as ev
from collab.alerts import Watch
from collab.candidates import NOBODY
from collab.events import Entry, Event
from collab.records import Decision, Lead, Presence, WeightsVersion
from collab.rules import Rule
from collab.rules.reading import default
from collab.team import Team

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
A_SECOND = 1_000
WEIGHTS = WeightsVersion(version=1, values=(35, 30, 20, 15))
BASE = ("agent_overload", "lead_waiting", "agent_unreachable", "slow_response", "unfair_distribution", "queue_builds")


def twenty() -> tuple[Rule, ...]:
    """The rules that come with collab, and seven more on what changes most."""
    rules = default().rules
    known = {rule.name: rule for rule in rules}
    more = [replace(known[name], name=f"{name}_2") for name in (*BASE, "team_overload")]
    return (*rules, *more)


def work(agents: int, count: int) -> Iterator[Event]:
    """A team at work: leads come in, are given, answered and closed; one event in twenty is a change of presence."""
    chance, held, number = random.Random(1), [], 0
    names = [f"a{number:04}" for number in range(agents)]
    for name in names:
        yield ev.AgentJoined(id=f"j{name}", time=START, agent=name, name=name, capacity=5)
        yield ev.PresenceChanged(id=f"p{name}", time=START, agent=name, presence=Presence.available)
    made = 0
    while made < count:
        time = START + timedelta(seconds=made / A_SECOND)
        if chance.random() < 0.05:
            presence = chance.choice((Presence.available, Presence.busy, Presence.offline))
            yield ev.PresenceChanged(id=f"p{made}", time=time, agent=chance.choice(names), presence=presence)
            made += 1
            continue
        number += 1
        lead, agent = Lead(id=f"l{number}", name="Zoe Park"), chance.choice(names)
        decision = Decision(lead=lead, time=time, agent=agent, candidates=NOBODY, weights=WEIGHTS, seed=0)
        yield ev.LeadArrived(id=f"l{number}", time=time, lead=lead)
        yield ev.LeadAssigned(id=f"d{number}", time=time, decision=decision)
        about = {"lead": lead.id, "decision": f"d{number}", "agent": agent}
        yield ev.FirstResponded(id=f"r{number}", time=time, **about, response_s=chance.expovariate(1 / 50))
        held.append(about)
        made += 3
        if len(held) > 4 * agents:
            about = held.pop(chance.randrange(len(held)))
            closed = chance.random() < 0.3
            yield ev.LeadClosed(id=f"c{about['lead']}", time=time, **about, converted=closed)
            made += 1


def watched(happened: list[Event], rules: tuple[Rule, ...]) -> tuple[list[float], float, int]:
    """Processor seconds of the watch by tenths of the events, those of the fold, and how many alerts fired."""
    team, tenths, fold_s, fired = Team(), [0.0] * 10, 0.0, 0
    team.alerts.rules = rules
    watch = Watch(team)
    for place, event in enumerate(happened):
        entry = Entry(team.seq + 1, "", event)
        begun = process_time()
        team.apply(entry)
        applied = process_time()
        watch.take(entry)
        told = watch.at(event.time)
        done = process_time()
        for one in told:
            team.apply(echo := Entry(team.seq + 1, "", one))
            watch.take(echo)
            fired += isinstance(one, ev.AlertFired)
        fold_s += applied - begun
        tenths[10 * place // len(happened)] += done - applied
    return tenths, fold_s, fired


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--agents", type=int, default=1_000)
    options = parser.parse_args()
    happened = list(work(options.agents, options.events))
    rules = twenty()
    tenths, fold_s, fired = watched(happened, rules)
    each = sum(tenths) / len(happened)
    print(f"{options.agents:,} agents, {len(rules)} rules, {len(happened):,} events, {fired:,} alerts fired")
    print(f"an event costs {each * 1e6:.1f} µs, {sum(tenths) / fold_s:.1f} x its fold")
    print(f"at {A_SECOND:,} events a second: {each * A_SECOND:.1%} of a core (goal under 30%)")
    print(f"the last tenth costs {tenths[-1] / tenths[4]:.2f} x the fifth (goal 1.2 x)")


if __name__ == "__main__":
    main()
