"""The file of those who may sign in: who is let in, as what, and what is refused with the fix."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collab.cli import main
from collab.protocol import Role
from collab.users import User, Users

PASSWORD = "correct horse"
IDENTITIES = """
identities:
  - {email: Kim@Acme.example, role: analyst, tenant: acme, agent: kim}
  - {claim: groups, holds: sales-leads, role: team_lead, tenant: acme}
  - {domain: acme.example, role: agent, tenant: acme}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["user", *arguments])


@pytest.fixture
def users(tmp_path: Path) -> Users:
    """One team lead with a password, whom the command wrote."""
    file = tmp_path / "users.yaml"
    made = run("add", "ana", "--role", "team_lead", "--tenant", "demo", "--password", PASSWORD, "--file", str(file))
    assert made.exit_code == 0, made.output
    return Users(file)


@pytest.fixture
def vouched(tmp_path: Path) -> Users:
    """People of a provider of identities."""
    file = tmp_path / "vouched.yaml"
    file.write_text(IDENTITIES)
    return Users(file)


def test_the_right_password_lets_in_and_no_other_does(users: Users) -> None:
    assert users.check("ana", PASSWORD) == User("ana", Role.team_lead, "demo")
    assert [users.check(*wrong) for wrong in (("ana", "wrong"), ("ben", PASSWORD), ("ana", ""), ("", ""))] == [None] * 4
    assert users.check("ana", PASSWORD * 1000) is None


def test_the_file_keeps_no_password_and_is_its_owners(users: Users) -> None:
    assert PASSWORD not in users.file.read_text()
    assert users.file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "none", ["users: {}\n", "users:", "users: { } # none yet\n", "users: ~\n", "users: # us\n", ""]
)
def test_the_first_one_joins_a_file_that_says_that_there_is_none(tmp_path: Path, none: str) -> None:
    file = tmp_path / "users.yaml"
    for text in (none, none.rstrip() + IDENTITIES):
        file.write_text(text)
        Users(file).add("ana", "agent", "demo", PASSWORD)
        assert Users(file).counts == (1, 3 if IDENTITIES in text else 0)
        assert re.findall("#.*", none) == re.findall("#.*", file.read_text())


@pytest.mark.parametrize("ends", ["}", "\n  }", ", }  # ours\n", "}\n" + IDENTITIES])
def test_another_joins_those_who_stand_in_braces(tmp_path: Path, ends: str) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(f"# us\nusers: {{ ana: {{role: agent, tenant: demo, {GOOD}}}{ends}")
    Users(file).add("ben", "analyst", "demo", PASSWORD)
    assert Users(file).named("ana") == User("ana", Role.agent, "demo")
    assert Users(file).check("ben", PASSWORD) == User("ben", Role.analyst, "demo")
    assert file.read_text().endswith(ends)


def test_a_second_line_joins_the_first_and_comments_stay(users: Users) -> None:
    users.file.write_text("# our people\n" + users.file.read_text() + IDENTITIES)
    users.add("ben@acme.example", "agent", "demo", "another one")
    assert users.file.read_text().startswith("# our people\n")
    assert users.check("ben@acme.example", "another one") == User("ben@acme.example", Role.agent, "demo")
    assert users.check("ana", PASSWORD)
    assert users.counts == (2, 3)
    assert "2 with a password, 3 whom" in run("check", "--file", str(users.file)).output


def test_who_reads_the_file_meanwhile_finds_all_of_it(users: Users) -> None:
    users.file.chmod(0o640)
    before = users.file.read_text()
    with users.file.open() as reading:
        users.add("ben", "agent", "demo", PASSWORD)
        assert reading.read() == before
    assert users.file.stat().st_mode & 0o777 == 0o640
    assert users.named("ben") == User("ben", Role.agent, "demo")


def test_people_who_are_added_at_once_are_all_there(users: Users) -> None:
    ids = [f"p{number}" for number in range(12)]
    with ThreadPoolExecutor(len(ids)) as pool:
        list(pool.map(lambda id: Users(users.file).add(id, "agent", "demo", PASSWORD), ids))
    assert [id for id in ids if users.named(id) is None] == []


def test_a_changed_file_counts_at_once(users: Users) -> None:
    assert users.named("ana") == User("ana", Role.team_lead, "demo")
    users.file.write_text(users.file.read_text().replace("team_lead", "analyst"))
    assert users.named("ana") == User("ana", Role.analyst, "demo")
    users.file.write_text("users: {}\n")
    assert users.named("ana") is None
    users.file.write_text("users: [}")
    with pytest.raises(ValueError, match="mend the YAML"):
        users.named("ana")


def test_the_only_one_gets_another_password(users: Users) -> None:
    kept = [line for line in users.file.read_text().splitlines() if "ana" not in line]
    users.file.write_text("\n".join([*kept, ""]))
    assert users.named("ana") is None
    users.add("ana", "team_lead", "demo", "battery staple")
    assert users.check("ana", PASSWORD) is None
    assert users.check("ana", "battery staple") == User("ana", Role.team_lead, "demo")


def test_a_provider_vouches_by_email_claim_and_domain_and_the_first_that_fits_counts(vouched: Users) -> None:
    assert vouched.vouched({"email": "kim@acme.example"}) == User("kim", Role.analyst, "acme")
    assert vouched.vouched({"email": "zoe@acme.example"}) == User("zoe@acme.example", Role.agent, "acme")
    led = {"email": "lea@acme.example", "groups": ["staff", "sales-leads"]}
    assert vouched.vouched(led) == User("lea@acme.example", Role.team_lead, "acme")


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "zoe@elsewhere.example"},
        {"email": "zoe@acme.example.elsewhere.example"},
        {"email": "acme.example"},
        {"email": "kim@acme.example", "email_verified": False},
        {"email": "zoe smith@acme.example"},
        {"groups": ["sales-leads"]},
        {},
    ],
)
def test_it_vouches_for_nobody_else(vouched: Users, claims: dict[str, object]) -> None:
    assert vouched.vouched(claims) is None


GOOD = "password: 'scrypt:16384:8:5:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"


@pytest.mark.parametrize(
    "text, said",
    [
        ("users:\n  ana: {role: boss, tenant: demo, %s}", r"line 2, users.ana.role: .*'boss'; give one of team_lead"),
        (
            "users:\n  ana: {role: agent, tenant: demo, %s}\n  ana@acme.es: {role: boss, tenant: demo, %s}",
            r"line 3, users.ana@acme.es.role: .*'boss'; give one of team_lead",
        ),
        ("users:\n  ana: {role: service, tenant: demo, %s}", r"role is service, which has tokens; give one of"),
        ("users:\n  ana: {role: agent, tenant: a b, %s}", r"line 2, users.ana.tenant: tenant is 'a b'; give up to 64"),
        ("users:\n  ana: {role: agent, %s}", r"missing required field `tenant`; add it"),
        (
            "users:\n  ana: {role: agent, tenant: demo, rank: 1, %s}",
            r"unknown field `rank`; the fields are role",
        ),
        (
            "users:\n  ana: hunter2",
            "line 2, users.ana: it has no fields; make its lines with `collab user add`",
        ),
        (
            "users:\n  ana: {role: agent, tenant: demo, password: hunter2}",
            r"password of ana is not a kept one; make",
        ),
        (
            "users:\n  a na: {role: agent, tenant: demo, %s}",
            r"users: an id is 'a na'; give 1 to 120 characters without",
        ),
        ("people: {}", r"unknown field `people`; the fields are users, identities"),
        ("users: {ana: {}, ana: {}}", r"line 1: ana is there twice"),
        (
            "id,name",
            r"users.yaml, line 1, the file: it is a single value and has no fields; begin with a line `users:`",
        ),
        ("identities: [{role: agent, tenant: demo}]", r"give one of email, domain and claim"),
        ("identities: [{role: agent, tenant: demo, email: a@b, domain: b}]", r"give one of email, domain and claim"),
        ("identities: [{role: agent, tenant: demo, claim: groups}]", r"claim and holds go together"),
        ("identities: [{role: agent, tenant: demo, domain: b, agent: kim}]", r"it would be the id of many"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_the_fix(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(text.replace("%s", GOOD))
    with pytest.raises(ValueError, match=said) as refused:
        Users(file)
    assert "hunter2" not in str(refused.value)
    checked = run("check", "--file", str(file))
    assert checked.exit_code == 1
    assert re.search(said, checked.output)


@pytest.mark.parametrize("kept", ["scrypt:1073741824:8:1:AAAA:AAAA", "scrypt:3:8:1:AAAA:AAAA", "md5:2:1:1:AA:AA", "x"])
def test_a_kept_password_that_would_take_the_machine_is_none(tmp_path: Path, kept: str) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(f"users:\n  ana: {{role: agent, tenant: demo, password: '{kept}'}}\n")
    with pytest.raises(ValueError, match="not a kept one"):
        Users(file)


def test_the_command_says_what_is_wrong(users: Users) -> None:
    again = run("add", "ana", "--role", "agent", "--password", PASSWORD, "--file", str(users.file))
    assert "has ana; take the line out" in again.output
    short = run("add", "ben", "--role", "agent", "--password", "short", "--file", str(users.file))
    assert "password has 5 characters; give 8 to 1,024" in short.output
    spaced = run("add", "b en", "--role", "agent", "--password", PASSWORD, "--file", str(users.file))
    assert "users: an id is 'b en'; give 1 to 120 characters without white space" in spaced.output
    nowhere = users.file.parent / "nope" / "users.yaml"
    lost = run("add", "ben", "--role", "agent", "--password", PASSWORD, "--file", str(nowhere))
    assert f"{nowhere.parent} is no folder; make it first" in lost.output
    assert not nowhere.parent.exists()
    fresh = users.file.with_name("fresh.yaml")
    for wrong in (("ben", "--password", "short"), ("b en", "--password", PASSWORD)):
        assert run("add", *wrong, "--role", "agent", "--file", str(fresh)).exit_code == 1
    assert not fresh.exists()
    assert Users(users.file).counts == (1, 0)
