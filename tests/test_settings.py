"""What the environment says wrongly is told in a sentence by every command that reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from collab.cli import main

COMMANDS = (
    "token ana",
    "recorder",
    "export out.duckdb",
    "page out.html",
    "experiment show",
    "experiment stop --by ana",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_setting_is_named_with_its_fix(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLLAB_MOVES", "abc")
    result = CliRunner().invoke(main, command.split())
    assert result.exit_code == 1, result.output
    assert "Error: COLLAB_MOVES is 'abc'; give the most leads an hour, a whole number such as 20" in result.output
