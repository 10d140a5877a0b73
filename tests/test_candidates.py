"""Candidates are the same whichever way they are kept, and what is none of them is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NOON, assigned, candidates, decisions, packed

from collab import protocol as p
from collab.candidates import COLUMNS, MANY, TEXTS, Candidates, said
from collab.events import Entry, LeadAssigned, decode, encode
from collab.factors import Sheet
from collab.gates import FULL
from collab.history.folder import arrow
from collab.history.rows import derived_rows
from collab.history.schema import CANDIDATES
from collab.reasons import reasoning, shortened
from collab.records import Decision, Lead, Presence, WeightsVersion, checked
from collab.routing import decide
from collab.team import Agent, Team

some = candidates().filter(len)


@st.composite
def decided(draw: st.DrawFn) -> Decision:
    """Decisions for one of their candidates, of any content."""
    decision = draw(decisions())
    of = draw(some)
    return msgspec.structs.replace(decision, candidates=of, agent=draw(st.sampled_from(of.agent)))


def kept(decision: Decision, how: Any) -> Decision:
    """The decision, its candidates kept in this way."""
    return msgspec.structs.replace(decision, candidates=how(decision.candidates))


def listed(candidates: Candidates) -> Candidates:
    """The same candidates, as few are kept."""
    return Candidates(**candidates.lists())


def within(candidates: Candidates) -> Candidates:
    """The same candidates with numbers that a table takes."""
    lists = candidates.lists().items()
    return candidates.replaced(
        **{name: [min(value, 2**31 - 1) for value in values] for name, values in lists if name not in TEXTS}
    )


def given_by(candidates: Candidates) -> LeadAssigned:
    """An assignment that was made of these."""
    event = assigned("d", NOON, Lead(id="l", name="Zoe"), "ana")
    return msgspec.structs.replace(event, decision=kept(event.decision, lambda _: candidates))


def many(count: int) -> Team:
    """A team of so many agents, no two alike, every seventh of them full."""
    return Team(
        agents={
            f"agent-{number}": Agent(
                id=f"agent-{number}",
                name=f"Agent {number}",
                skills={"location:north": number % 11 / 10},
                capacity=2 + number % 300,
                leads=tuple(f"l{number}-{lead}" for lead in range(2 + number % 300 if number % 7 == 0 else number % 2)),
                presence=[Presence.available, Presence.busy][number % 2],
                closed=number,
                converted=number // 3,
                responses=number * 100,
                response_weight=number % 5,
                response_total_s=number * 7.0,
                responded=NOON,
            )
            for number in range(count)
        }
    )


@given(some)
def test_columns_are_the_same_however_they_are_kept(found: Candidates) -> None:
    one, other = listed(found), packed(found)
    assert (one, len(one), repr(one)) == (other, len(other), repr(other))
    for name in COLUMNS:
        assert getattr(one, name) == getattr(other, name)
        assert [type(value) for value in getattr(one, name)] == [type(value) for value in getattr(other, name)]
        if name not in TEXTS:
            assert one.array(name).tolist() == other.array(name).tolist() == getattr(one, name)
    assert one.shut.tolist() == other.shut.tolist() == [gate != "" for gate in found.gate]
    for agent in found.agent:
        assert one.row(agent) == other.row(agent) == found.agent.index(agent)


@given(some, st.data())
def test_some_candidates_are_the_same_however_all_are_kept(found: Candidates, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(found) - 1), max_size=4))
    kept_few, kept_many = listed(found).only(rows), packed(found).only(rows)
    assert kept_few == kept_many
    assert kept_many.score == [found.score[row] for row in rows]


@given(decided())
def test_a_record_holds_either_form_and_an_answer_has_lists(decision: Decision) -> None:
    for how in (listed, packed):
        event = LeadAssigned(id="d", time=NOON, decision=kept(decision, how))
        found = decode(encode(event))
        assert found == event
        assert isinstance(found, LeadAssigned)
        assert (found.decision.candidates.packed is None) == (how is listed)
        assert encode(found) == encode(event)
        assert checked(event.decision) == event.decision
    few, packed_ones = (p.encode(p.Done(re=1, result=kept(decision, how))) for how in (listed, packed))
    assert few == packed_ones
    assert msgspec.json.decode(few)["result"]["candidates"] == decision.candidates.lists()


@given(st.lists(decided(), min_size=1, max_size=6))
def test_the_rows_of_the_history_are_the_same_however_candidates_are_kept(found: list[Decision]) -> None:
    tables = []
    found = [kept(one, within) for one in found]
    for how in (listed, packed, lambda one: one):
        events = [LeadAssigned(id=f"d{n}", time=NOON, decision=kept(one, how)) for n, one in enumerate(found)]
        made = derived_rows([Entry(n + 1, "t", event) for n, event in enumerate(events)])
        if CANDIDATES.name not in made:
            return
        rows = made[CANDIDATES.name]
        table = arrow(CANDIDATES, rows)
        tables.append({name: table.column(name).to_pylist() for name in table.column_names})
        assert all(list(rows[name]) == list(rows[name][:]) for name in rows)
        assert [list(rows[name][1:]) for name in rows] == [list(rows[name])[1:] for name in rows]
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize("count", [MANY - 1, MANY, 5 * MANY])
def test_many_are_packed_and_decided_as_few_are(count: int) -> None:
    decision = decide(Lead(id="l", name="Zoe", location="north"), many(count), NOON, explore=0.3)
    assert (decision.candidates.packed is None) == (count < MANY)
    sheet = Sheet()
    sheet.refresh(many(count))
    sheet.separable = False  # as if an id had a space in it
    again = decide(decision.lead, sheet, NOON, WeightsVersion(version=1, values=(35, 30, 20, 15)), explore=0.3)
    assert again.candidates.packed is None
    assert again == msgspec.structs.replace(decision, weights=again.weights)
    assert decision.candidates.gate.count(FULL) == sum(number % 7 == 0 for number in range(count))
    assert reasoning(decision) == reasoning(again)
    for most in (0, 1, 5, count + 1):
        assert shortened(decision, most).candidates == shortened(again, most).candidates
    assert shortened(decision, 1).candidates.agent == [decision.agent]


def test_many_take_a_third_less_room() -> None:
    decision = decide(Lead(id="l", name="Zoe", location="north"), many(1000), NOON)
    assert 3 * len(msgspec.json.encode(decision, enc_hook=said)) < 2 * len(p.encode(p.Done(re=1, result=decision)))


@pytest.mark.parametrize(
    "column, instead",
    [
        ("active", "AA=="),
        ("score", "AAAA"),
        ("score", 3),
        ("gate", {"kinds": ["", "full"], "at": "AAI="}),
        ("gate", {"kinds": ["", "full"], "at": ""}),
        ("gate", {"kinds": [], "at": ""}),
        ("presence", {"kinds": ["busy"], "at": "AA=="}),
        ("propensity", {"at": "Ag==", "values": [0.5]}),
        ("propensity", {"at": "AAE=", "values": [0.5]}),
        ("propensity", {"at": "AA==", "values": []}),
    ],
)
def test_a_packed_column_that_holds_no_value_for_each_is_refused(column: str, instead: Any) -> None:
    lists: dict[str, list[Any]] = {name: [0, 0] for name in COLUMNS} | {"agent": ["ana", "bo"]}
    two = Candidates(**lists | {"gate": ["", "full"], "presence": ["busy", "busy"], "propensity": [0.0, 1.0]})
    data = msgspec.json.decode(encode(given_by(packed(two))))
    assert decode(msgspec.json.encode(data)) == given_by(two)
    data["decision"]["candidates"][column] = instead
    with pytest.raises(msgspec.ValidationError, match=column if isinstance(instead, str | dict) else "Expected"):
        decode(msgspec.json.encode(data))


def test_columns_of_other_names_or_lengths_are_refused() -> None:
    lists: dict[str, list[Any]] = {name: [0, 0] for name in COLUMNS}
    with pytest.raises(TypeError, match="columns are agent; give agent, presence, active"):
        Candidates(agent=["ana"])
    with pytest.raises(ValueError, match=r"of different lengths: .*'score': 1"):
        Candidates(**lists | {"score": [1]})
    with pytest.raises(AttributeError, match="candidates have no scores; their columns are agent"):
        Candidates(**lists).scores  # noqa: B018
    with pytest.raises(ValueError, match="agent is 'ana bo', who was no candidate; those were ana, bo"):
        packed(Candidates(**lists | {"agent": ["ana", "bo"], "gate": ["", ""], "presence": ["", ""]})).row("ana bo")


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_of_all_sizes_come_back(values: list[int]) -> None:
    lists: dict[str, list[Any]] = {name: [0] * len(values) for name in COLUMNS}
    texts = {"agent": [str(n) for n in range(len(values))], "gate": [""] * len(values), "presence": ["x"] * len(values)}
    found = packed(Candidates(**lists | texts | {"score": values}))
    assert found.score == values
    assert found.array("score").dtype.itemsize in (1, 2, 4, 8)
    assert np.array_equal(found.array("score"), values)
