"""Router, numba, numpy and the SQL of docs/what-if.md pick the same agent in every decision, ties included."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, hundredths, matching_leads, teams

from collab import events as ev
from collab.events import Entry
from collab.history import History
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.records import FACTORS, Presence, WeightsVersion
from collab.routing import decide
from collab.team import Team
from collab.whatif import WhatIf, kernel
from collab.winning import simplex_grid

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "what-if.md").read_text(encoding="utf-8")
LOGGED = (35, 30, 20, 15)
IDS = ("ana", "Ana", "b10", "b9", "é", "z", "日本", "ana2")
"""Ids whose order is not that of a dictionary, nor of numbers."""


def query(weights: tuple[int, ...]) -> str:
    """The query of the page, with other weights."""
    (found,) = re.findall(r"```sql\n(SELECT decision, agent\n.*?)```", PAGE, re.S)
    for logged, weight, factor in zip(LOGGED, weights, FACTORS, strict=True):
        assert f"{logged} * {factor}" in found
        found = found.replace(f"{logged} * {factor}", f"{weight} * {factor}")
    return found


def renamed(team: Team, data: st.DataObject) -> Team:
    """The team with ids of all sorts, and one of its agents twice, so that there are ties."""
    ids = data.draw(st.permutations(IDS))
    known = [*team.agents.values(), data.draw(st.sampled_from(list(team.agents.values())))]
    agents = {id: msgspec.structs.replace(agent, id=id) for id, agent in zip(ids, known, strict=False)}
    return Team(seq=1, agents=agents, weights=team.weights)


def world(data: st.DataObject) -> list[tuple[Entry, Any]]:
    """Decisions of the real router among small teams, with exploration, shut gates and ties."""
    found: list[tuple[Entry, Any]] = []
    for number in range(data.draw(st.integers(1, 12))):
        team = renamed(data.draw(teams(least=1, most=5)), data)
        lead = data.draw(matching_leads)
        time = NOON + timedelta(minutes=number)
        known = data.draw(st.none() | st.sampled_from(IDS))
        weights = WeightsVersion(version=1, values=data.draw(st.sampled_from((LOGGED, (0, 0, 0, 100), (97, 1, 1, 1)))))
        explore = data.draw(st.sampled_from((0.0, 0.0, 1.0)))
        decision = decide(lead, team, time, weights, seed=number, explore=explore, known=known)
        if decision.agent is not None:
            event = ev.LeadAssigned(id=f"d{number}", time=time, decision=decision)
            found.append((Entry(len(found) + 1, "acme", event), decision))
    return found


def recorded(entries: list[Entry], folder: str) -> History:
    """A history of these entries."""
    writer = Writer(Folder(Path(folder) / "history"), 0)
    writer.open()
    joined = ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available)
    writer.write([*entries, Entry(len(entries) + 1, "acme", joined)])
    writer.close()
    return History(writer.folder.url, "acme")


def picked(what_if: WhatIf, weights: tuple[int, int, int, int], share: kernel.Share) -> dict[tuple[str, str], int]:
    """How many leads go from whom to whom by a kernel."""
    total: dict[tuple[str, str], int] = {}
    for piece in what_if._pieces:
        flow = kernel.flows(piece, weights, share)[1:, 1:]
        for row, column in zip(*np.nonzero(flow), strict=True):
            key = (piece.agents[row], piece.agents[column])
            total[key] = total.get(key, 0) + int(flow[row, column])
    return total


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_router_numba_numpy_and_sql_pick_the_same_agent_in_every_decision(
    in_numba: kernel.Share, data: st.DataObject
) -> None:
    made = world(data)
    with tempfile.TemporaryDirectory() as folder:
        history = recorded([entry for entry, _ in made], folder)
        what_if = WhatIf(history)
        chosen = {entry.event.id: decision for entry, decision in made}
        under = [data.draw(hundredths()), tuple(simplex_grid(5)[data.draw(st.integers(0, 1770))].tolist())]
        under += sorted({decision.drawn or decision.weights.values for decision in chosen.values()})
        for weights in under:
            in_sql = history.sql(query(weights)).set_index("decision")["agent"].to_dict()
            frame = what_if.rescore(weights).decisions()
            assert dict(zip(frame["decision"], frame["rescored"], strict=True)) == in_sql
            flows: dict[tuple[str, str], int] = {}
            for decision, agent in in_sql.items():
                key = (chosen[decision].agent, agent)
                flows[key] = flows.get(key, 0) + 1
            assert picked(what_if, weights, in_numba) == picked(what_if, weights, kernel.in_numpy) == flows
            for id, decision in chosen.items():  # the router, where these weights chose, and again where they would
                if (decision.drawn or decision.weights.values) == weights:
                    assert in_sql[id] == decision.agent
                assert what_if.explain(id, weights).winner == in_sql[id]
        shuffled = history.candidates().sample(frac=1, random_state=data.draw(st.integers(0, 99)))
        again = WhatIf.from_frames(shuffled).rescore(under[0]).decisions()
        first = what_if.rescore(under[0]).decisions()
        assert dict(zip(again["decision"], again["rescored"], strict=True)) == dict(
            zip(first["decision"], first["rescored"], strict=True)
        )
