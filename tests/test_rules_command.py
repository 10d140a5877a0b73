"""`collab rules check`: what a file of alert rules brings into force, or where it is wrong."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collab.cli import main
from collab.cli.serving import _host
from collab.rules.reading import default
from collab.rules.words import words

TEXT = """rules:
  - {name: full, kind: overload, fire: 0.9, clear: 0.79, for_s: 60, severity: high}
  - {name: late, kind: waiting, fire: 300, clear: 0}
  - {name: never, kind: queue, fire: 9, clear: 1, on: false}
tenants:
  north:
    full: {fire: 0.95}
    late: {on: false}
"""


def check(path: Path, text: str, *more: str) -> Result:
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["rules", "check", str(path), *more])


def test_the_rules_in_force_are_printed_in_words_with_what_differs_for_tenants(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    ran = check(path, TEXT)
    assert ran.exit_code == 0, ran.output
    head, full, late, north, more = ran.output.splitlines()
    assert head == f"{path}: rules in force: 2; off: 1"
    assert full.startswith("  full (high): Fires at 90% or more for 1 min; ends at 79% or less.")
    assert late.startswith("  late (medium): Fires at 300 s or more")
    assert north == "for north, without late:"
    assert more.startswith("  full (high): Fires at 95% or more")
    ran = check(path, TEXT, "--tenant", "north")
    assert ran.output.splitlines() == [f"{path}: rules in force for north: 1; off: 2", more]


def test_the_rules_that_come_with_collab_pass(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "collab" / "rules" / "default.yaml").read_text(encoding="utf-8")
    ran = check(tmp_path / "rules.yaml", text)
    assert [line.partition(": ")[2] for line in ran.output.splitlines()[1:]] == [
        words(rule) for rule in default().rules
    ]


def test_a_wrong_file_fails_with_its_line_rule_value_and_fix(tmp_path: Path) -> None:
    ran = check(tmp_path / "rules.yaml", TEXT.replace("clear: 0.79", "clear: 0.99"))
    assert ran.exit_code == 1
    assert "rules.yaml, line 2: rule full: clear is 0.99" in ran.output
    assert "Traceback" not in ran.output


def test_a_gateway_refuses_a_wrong_file_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text(TEXT.replace("clear: 0.79", "clear: 0.99"), encoding="utf-8")
    ran = CliRunner().invoke(main, ["gateway", "--rules", "rules.yaml", "--ws-port", "0", "--no-http"])
    assert ran.exit_code == 1
    assert "rules.yaml, line 2: rule full: clear is 0.99" in ran.output


def test_others_reach_this_machine_by_its_name_where_it_listens_on_all_addresses() -> None:
    assert _host("localhost") == "localhost"
    assert _host("::1") == "[::1]"
    for all_of_them in ("0.0.0.0", "::", ""):
        assert _host(all_of_them) == socket.gethostname()
