"""`notify.yaml` as it stands in the docs, and the commands that look at one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from notices import sink

from collab.cli import main
from collab.delivery import plan_of

TEXT = (Path(__file__).parent.parent / "docs" / "alerts.md").read_text(encoding="utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def block(language: str) -> str:
    there = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)
    (found,) = [one for one in there if "notify" in one]
    return str(found)


@pytest.fixture
def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The documented file with its secrets."""
    path = tmp_path / "notify.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    for name, secret in (("chat", "json://localhost"), ("crm.new", SECRET), ("crm.old", SECRET)):
        (tmp_path / "secrets" / name).write_text(secret, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLLAB_MAIL_URL", "mailto://localhost?to=ops@mail.example")
    return path


def test_what_the_docs_show_runs(documented: Path) -> None:
    exec(compile(block("python"), "docs/alerts.md", "exec"), {"__name__": "documented"})
    assert Path("data/history/_outbox/demo.db").exists()


def test_the_docs_show_a_plan_with_the_default_retries() -> None:
    plan = plan_of(block("yaml"))
    assert plan.retries == type(plan.retries)()
    assert [route.within_s for route in plan.routes] == [0, 60, 30]


def test_a_file_is_checked_with_its_secrets(documented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = CliRunner().invoke(main, ["notify", "check", str(documented)])
    assert ran.exit_code == 0, ran.output
    assert "4 targets and 3 routes" in ran.output
    monkeypatch.delenv("COLLAB_MAIL_URL")
    ran = CliRunner().invoke(main, ["notify", "check", str(documented)])
    assert ran.exit_code == 1
    assert "url of target mail is not known: the environment has no COLLAB_MAIL_URL" in ran.output
    documented.write_text(block("yaml").replace("least: medium", "least: mid"), encoding="utf-8")
    ran = CliRunner().invoke(main, ["notify", "check", str(documented)])
    assert ran.exit_code == 1
    assert re.search(r"notify.yaml, line \d+, routes\[1\].least: .*'mid'", ran.output)


def test_a_target_can_be_tried(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    path = tmp_path / "notify.yaml"
    with sink(lambda number: 200 if number == 1 else 500) as receiver:
        path.write_text(
            f"targets: {{crm: {{kind: webhook, url: '{receiver.url}', secrets: [{{file: secret}}]}}}}\n"
            "routes: [{to: [crm]}]\n",
            encoding="utf-8",
        )
        said = [CliRunner().invoke(main, ["notify", "try", str(path), "--to", to]) for to in ("crm", "crm", "nobody")]
    assert [ran.exit_code for ran in said] == [0, 1, 1]
    assert "crm took it" in said[0].output
    assert "crm did not take it: answered 500" in said[1].output
    assert "--to is nobody" in said[2].output
    assert "it has crm" in said[2].output
    assert b"This is a try" in receiver.got[0].body
