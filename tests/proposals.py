"""Proposals for tests: one with all that a report may show, and random ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from strategies import NOON

from collab.whatif.answers import PER_LEAD
from collab.whatif.proposal import Proposal
from collab.whatif.reported import Figures, Gets, Judged, Moves

WEIGHTS = (40, 30, 15, 15)
IN_FORCE = (35, 30, 20, 15)

MOVES = Moves(
    n=5123,
    moved=731,
    share_moved=0.14269,
    left_out=12,
    sticky=40,
    agents=(
        Gets(agent="ana", name="Ana Ruiz", before=1712, after=1444),
        Gets(agent="bo", name="Bo Lindqvist-Abernathy", before=1811, after=2000),
        Gets(agent="cy", name="Cy Okafor", before=1600, after=1679),
        Gets(agent="di", name="Di", before=0, after=0),
    ),
    moves=(("ana", "bo", 301), ("ana", "cy", 180), ("bo", "cy", 120), ("cy", "bo", 90), ("cy", "ana", 40)),
)
SURE = Judged(
    metric="converted", question=PER_LEAD, value=0.3546, low=0.3408, high=0.3685, before=0.3411, difference=0.0136,
    difference_low=0.0021, difference_high=0.0251, n=5071, ess=1804.98, warnings=("unsupported 0.4%",),
)  # fmt: skip
UNSURE = Judged(
    metric="value", question=PER_LEAD, value=359.1, low=323.6, high=394.5, before=348.5, difference=10.19,
    difference_low=-12.99, difference_high=33.37, n=5071, ess=804.98,
)  # fmt: skip
REFUSED = Judged(
    metric="satisfied", question=PER_LEAD, bounds=(0.21, 0.44), n=5071, ess=31.2,
    refused="the log says as much as 31 decisions, fewer than 200; explore more, or ask about nearer weights",
)  # fmt: skip


def proposal(**fields: Any) -> Proposal:
    """A proposal of a team's history with a rescore, two estimates and a refusal."""
    given = {
        "weights": WEIGHTS,
        "replaces": IN_FORCE,
        "reason": "Ana has more than she can answer; leads that wait go to whoever is free.",
        "created": NOON,
        "tenant": "demo",
        "history": "data/history",
        "version": 5123,
        "figures": Figures(rescore=MOVES, per_lead=(SURE, UNSURE, REFUSED)),
    }
    return Proposal(**given | fields)


def four() -> st.SearchStrategy[tuple[int, int, int, int]]:
    """Four whole numbers that sum to 100."""
    cuts = st.lists(st.integers(0, 100), min_size=3, max_size=3).map(sorted)
    return cuts.map(lambda cut: (cut[0], cut[1] - cut[0], cut[2] - cut[1], 100 - cut[2]))


words = st.text(min_size=1, max_size=60)
numbers = st.none() | st.floats(-1e9, 1e9)
judged = st.builds(
    Judged,
    metric=words, question=words, value=numbers, low=numbers, high=numbers, before=numbers, difference=numbers,
    difference_low=numbers, difference_high=numbers, n=st.none() | st.integers(0, 10**9), ess=numbers,
    off=st.just("") | words,
    refused=st.just("") | words, bounds=st.none() | st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    warnings=st.lists(words, max_size=2).map(tuple),
)  # fmt: skip
counts = st.integers(0, 10**6)
moves = st.builds(
    Moves,
    n=counts, moved=counts, share_moved=st.floats(0, 1), left_out=counts, sticky=counts,
    agents=st.lists(st.builds(Gets, agent=words, name=words, before=counts, after=counts), max_size=4).map(tuple),
    moves=st.lists(st.tuples(words, words, counts), max_size=4).map(tuple),
)  # fmt: skip
figures = st.builds(
    Figures,
    rescore=moves,
    per_lead=st.lists(judged, max_size=3).map(tuple),
    whole_team=st.lists(judged, max_size=2).map(tuple),
)
times = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001
proposals = st.builds(
    Proposal,
    weights=four(), replaces=st.none() | four(), reason=st.text(min_size=1, max_size=2000),
    by=st.none() | words, created=times, tenant=st.none() | words, history=st.none() | words,
    version=st.integers(0, 10**9), figures=figures,
)  # fmt: skip
