"""`collab doctor`: files, versions and ports that are wrong on purpose, and what it prints and ends with."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from ports import free_port
from real_redis import RealRedis
from sites import a_site

from collab.checks import State, ports
from collab.checks.files import of_keys, of_notify_file, of_rules_file
from collab.checks.ports import of_health, of_port
from collab.checks.versions import installed, of_versions
from collab.cli import main
from collab.live.access import Access
from collab.whatif.journal import FILE

PLAN = """
targets:
  crm: {kind: webhook, url: {env: CRM_URL}, secrets: [{env: CRM_SECRET}]}
routes:
  - {to: [crm]}
"""


class SomethingElse(BaseHTTPRequestHandler):
    """Answers JSON that is not a collab's."""

    def do_GET(self) -> None:
        """Any page."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'["hello"]')

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine of its own: nothing set but ports that are free, and a history and keys in a new folder."""
    for name in (
        "REDIS",
        "TENANT",
        "RULES",
        "NOTIFY",
        "WEIGHTS",
        "FILES",
        "SHADOW",
        "TEAM_AT_WORK",
        "BALANCE",
        "MOVES",
    ):
        monkeypatch.delenv(f"COLLAB_{name}", raising=False)
    monkeypatch.setenv("COLLAB_HISTORY", str(tmp_path / "history"))
    monkeypatch.setenv("COLLAB_KEYS", str(tmp_path / "keys"))
    for name in ("PORT", "WS_PORT", "HTTP_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    return tmp_path


def doctor(*options: str, code: int = 0) -> str:
    """What the command prints."""
    ran = CliRunner().invoke(main, ["doctor", *options])
    assert ran.exit_code == code, ran.output
    return ran.output


def test_a_machine_without_faults_is_well(here: Path) -> None:
    said = doctor()
    assert "All is well, as far as can be told from here.\n" in said
    assert "✓ Well      Redis         no Redis: the stream lives in the process that serves" in said
    assert "→" not in said
    assert [one.name for one in here.iterdir()] == [], "it changes nothing"


def test_what_is_bad_ends_with_1_and_passwords_are_not_printed(here: Path) -> None:
    url = f"redis://bob:s3cret@localhost:{free_port()}/0"
    said = doctor("--redis", url, code=1)
    assert "✗ Bad       Redis         no Redis answers at redis://***@localhost" in said
    assert "→ Start redis-server there" in said
    assert "1 bad, 0 to look at" in said
    found = json.loads(doctor("--redis", url, "--json", code=1))
    assert (found["ok"], found["state"]) == (False, "bad")
    (redis,) = (check for check in found["checks"] if check["name"] == "Redis")
    assert redis["state"] == "bad"
    assert redis["fix"]
    assert "s3cret" not in said + json.dumps(found)


@pytest.mark.parametrize("url", ["http://bob:s3cret@x", "redis://bob:s3cret@x:port", "redis+cluster://bob:s3cret@"])
def test_an_address_that_cannot_be_read_is_told_without_its_password(here: Path, url: str) -> None:
    said = doctor("--redis", url, code=1)
    assert "✗ Bad       Redis" in said
    assert "s3cret" not in said


def test_a_redis_that_runs_is_well(here: Path, redis_url: str, redis_server: RealRedis) -> None:
    found = json.loads(doctor("--redis", redis_url, "--json"))
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert states["Redis"] != "bad"
    assert {states[name] for name in ("Redis keeps", "Redis memory", "Clocks")} == {"ok"}
    assert found["state"] == "warn", "nobody records"
    assert redis_server.client.keys() == [], "it writes nothing"


def test_each_setting_that_is_wrong_is_a_line_and_all_else_is_looked_at(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_text("")
    wrong = {"COLLAB_MOVES": "many", "COLLAB_PAGE": "here", "COLLAB_BALANCE": "often", "COLLAB_SHADOW": "25-35-25-16"}
    for name, value in {**wrong, "PORT": "abc", "COLLAB_FILES": f"{here}/file/files"}.items():
        monkeypatch.setenv(name, value)
    found = json.loads(doctor("--tenant", "a b", "--json", code=1))["checks"]
    bad = [(check["name"], check["value"]) for check in found if check["state"] == "bad"]
    assert [name for name, _ in bad] == ["Settings"] * 5 + ["Files", "Page"]
    settings = zip(("tenant is 'a b'", "'often'", "101", "COLLAB_MOVES is", "COLLAB_PAGE is"), bad, strict=False)
    assert all(said in value for said, (_, value) in settings), bad
    assert bad[-2:] == [
        ("Files", f"files cannot be put into {here}/file/files (Not a directory)"), ("Page", "PORT is 'abc'")
    ]  # fmt: skip
    assert {"Python", "Versions", "Keys", "Notify file", "Gateway", "HTTP"} < {check["name"] for check in found}


def test_files_that_are_wrong_are_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "rules.yaml": "rules: [{name: x, kind: nothing, fire: 2, clear: 1, severity: high}]",
        "notify.yaml": PLAN,
    }.items():
        (here / name).write_text(text)
        monkeypatch.setenv(f"COLLAB_{Path(name).stem.upper()}", str(here / name))
    (here / "weights" / "main").mkdir(parents=True)
    (here / "weights" / "main" / FILE).write_text("entries: none")
    monkeypatch.setenv("COLLAB_SIGN_IN", str(here / "nobody.yaml"))
    said = doctor("--json", code=1)
    bad = {check["name"]: check["value"] for check in json.loads(said)["checks"] if check["state"] == "bad"}
    assert set(bad) == {"Rules file", "Notify file", "Sign-in file", "Weights"}
    assert str(here / "nobody.yaml") in bad["Sign-in file"]
    assert "nothing" in bad["Rules file"]
    assert "CRM_URL" in bad["Notify file"]
    assert "it is a list of entries" in bad["Weights"]


@pytest.mark.parametrize("name, value", [("BALANCE", "often"), ("SHADOW", "25-35-25-16")])
def test_settings_that_no_office_starts_with_are_bad(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"COLLAB_{name}", value)
    (bad,) = (check for check in json.loads(doctor("--json", code=1))["checks"] if check["state"] == "bad")
    assert bad["name"] == "Settings"
    assert value[-2:] in bad["value"] + bad["fix"]


def test_a_rules_file_that_is_not_there_is_bad(tmp_path: Path) -> None:
    check = of_rules_file(str(tmp_path / "rules.yaml"), "main")
    assert (check.state, check.value) == (State.bad, f"{tmp_path}/rules.yaml cannot be read: No such file or directory")


def test_secrets_that_are_there_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "notify.yaml").write_text(PLAN)
    secrets = {"CRM_URL": "https://crm.example/s3cret", "CRM_SECRET": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
    check = of_notify_file(str(tmp_path / "notify.yaml"), secrets)
    assert check.state == State.ok
    for environment in (secrets | {"CRM_SECRET": "s3cret"}, secrets | {"CRM_URL": "ftp://crm/s3cret"}):
        check = of_notify_file(str(tmp_path / "notify.yaml"), environment)
        assert check.state == State.bad
        assert "s3cret" not in check.value


def test_keys_that_others_may_read_are_bad(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    assert of_keys(path).state == State.ok
    assert not path.exists(), "it makes none"
    Access(path)
    assert of_keys(path).state == State.ok
    path.chmod(0o644)
    check = of_keys(path)
    assert (check.state, check.value) == (State.bad, f"{path} may be read by others (mode 644)")
    assert f"chmod 600 {path}" in check.fix
    path.write_text("key a s3cret\n")
    check = of_keys(path)
    assert check.state == State.bad
    assert "s3cret" not in check.value


def test_other_versions_than_the_lock_are_told(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"msgspec=={installed('msgspec')} \\\nredis==1.0 ; python_version < '3' \\\nnot-here==1.0 \\\n")
    check = of_versions(lock)
    assert (check.state, check.value) == (State.warn, f"redis {installed('redis')} (the lock has 1.0)")
    lock.write_text(f"redis=={installed('redis')} \\\n")
    assert of_versions(lock).state == State.ok
    assert of_versions(tmp_path / "none").state == State.unknown


def test_a_port_is_free_a_collab_or_taken_by_something_else(tmp_path: Path) -> None:
    async def look() -> list[str]:
        async with a_site(tmp_path) as asked:
            ports = asked.listener.port, asked.gate.door.gateway.port
            return [(await asyncio.to_thread(of_port, "HTTP", "HTTP_PORT", port, "127.0.0.1")).value for port in ports]

    http, gateway = asyncio.run(look())
    assert "collab runs (mode gateway)" in http
    assert gateway.endswith("a gateway of collab listens")
    assert of_port("HTTP", "HTTP_PORT", free_port()).state == State.ok
    with HTTPServer(("127.0.0.1", 0), SomethingElse) as other, ThreadPoolExecutor(1) as pool:
        answered = pool.submit(other.handle_request)
        check = of_port("HTTP", "HTTP_PORT", other.server_port, "127.0.0.1")
        answered.result()
    assert (check.state, check.value) == (State.warn, f"port {other.server_port} is taken by something else")


def test_what_has_a_port_and_does_not_answer_may_be_a_collab_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "WITHIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        check = of_port("HTTP", "HTTP_PORT", hanging.getsockname()[1], "127.0.0.1")
    assert (check.state, check.value.partition("taken")[2]) == (State.warn, ", and what listens there does not answer")
    assert check.fix.startswith("If it is a collab, it hangs: kill it")
    assert "HTTP_PORT=" in check.fix


def test_a_collab_in_trouble_gives_its_reasons() -> None:
    said = {"ok": False, "trouble": ["stream: no answer"], "mode": "live", "tenant": "acme", "up_s": 70, "boards": 2}
    check = of_health("Page", 5006, said)
    assert (check.state, check.value) == (
        State.bad,
        "port 5006: collab runs for acme (mode live, up 1 min 10 s) is in trouble",
    )
    assert check.facts == ("stream: no answer", "boards: 2")
