"""A pytest plugin: what differs under CI=true.

There a test that was left out fails, because nobody reads a list of skips; and properties are tried on the same
examples each time, so that a run can be repeated. It is loaded by tests/conftest.py.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

UNDER_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# No deadline anywhere: a shared core makes any example slow once in a while.
_calm = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("collab", **_calm)
settings.register_profile("collab-ci", derandomize=True, database=None, print_blob=True, **_calm)
settings.load_profile("collab-ci" if UNDER_CI else "collab")


def pytest_configure(config: pytest.Config) -> None:
    """Let one file that is left out under CI not hide the others."""
    config.option.continue_on_collection_errors |= UNDER_CI


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped under CI."""
    report = yield
    return _refused(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a file that was skipped under CI."""
    report = yield
    return _refused(report)


def _refused(report: pytest.TestReport | pytest.CollectReport) -> pytest.TestReport | pytest.CollectReport:
    if UNDER_CI and report.skipped and not hasattr(report, "wasxfail"):
        where, line, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"left out, which is a failure under CI: {reason} ({where}:{line})"
    return report
