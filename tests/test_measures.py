"""What people read instead of a metric's name, and figures with their unit; and how weights lean."""

from __future__ import annotations

import numpy as np
import pytest

from collab.whatif.answers import TEAM, Refused
from collab.whatif.by_blocks import METRICS as BY_BLOCKS
from collab.whatif.leaning import leaning
from collab.whatif.logged import METRICS
from collab.whatif.measures import MEASURES, between, change, digits, figure, label


def test_every_metric_that_is_judged_has_a_label() -> None:
    assert {*TEAM, *METRICS, *BY_BLOCKS} <= set(MEASURES)


@pytest.mark.parametrize(
    "column, said",
    [
        ("snips_converted", "Conversion rate (SNIPS)"),
        ("team_response_s", "Time to first answer (whole team, simulated)"),
        ("share_moved", "Leads that move"),
        ("satisfaction", "satisfaction"),
    ],
)
def test_a_column_is_called_what_people_call_it(column: str, said: str) -> None:
    assert label(column) == said


@pytest.mark.parametrize(
    "metric, value, as_figure, as_change",
    [
        ("converted", 0.3387, "33.9 %", "+33.9 points"),
        ("snips_converted", -0.0214, "−2.1 %", "−2.14 points"),
        ("response_s", 142.71, "142.7 s", "+142.7 s"),
        ("value", 12345.6, "12,346", "+12,346"),
        ("balance", 0.98891, "0.9889", "+0.9889"),
        ("ess", 910.4, "910", "+910"),
        ("ess", float("nan"), "–", "–"),
        ("converted", None, "–", "–"),
    ],
)
def test_a_figure_has_its_unit(metric: str, value: float | None, as_figure: str, as_change: str) -> None:
    assert (figure(metric, value), change(metric, value)) == (as_figure, as_change)


def test_a_unit_that_both_ends_of_an_interval_have_stands_once() -> None:
    assert between("−0.42 points", "+4.71 points") == "−0.42 to +4.71 points"
    assert between("5,087", "6,018") == "5,087 to 6,018"
    assert between("–", "3 s") == "– to 3 s"


def test_classes_of_weights_hold_each_decision_once_and_all_of_the_weight() -> None:
    weights = np.array([0.0, 0.0, 0.5, 1.0, 1.99, 2.0, 40.0, 1e6])
    found = leaning(weights)
    assert [one.n for one in found] == [2, 1, 2, 1, 0, 0, 0, 2]
    assert [(one.least, one.most) for one in found[:3]] == [(0, 0), (0, 1), (1, 2)]
    assert sum(one.share for one in found) == pytest.approx(1)
    assert found[-1].share == pytest.approx(1_000_040 / weights.sum())
    assert [one.share for one in leaning(np.zeros(3))] == [0] * 8


def test_large_numbers_are_written_out() -> None:
    assert [digits(value) for value in (0.34567, 9876.54, 17_170.4, -1.2e7)] == [
        "0.3457",
        "9,877",
        "17,170",
        "-12,000,000",
    ]
    assert [digits(value, "+") for value in (0.5, 23_456.7)] == ["+0.5", "+23,457"]
    assert str(Refused("value", "too few", (2255.4, 17_171.0))).endswith("it is between 2,255 and 17,171")
