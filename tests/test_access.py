"""Tokens: what they say, when they end, and that nobody makes one without a key."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.live.access import LEEWAY_S, Access, AccessDenied
from collab.protocol import Role

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    """Nine o'clock."""
    return Clock()


@pytest.fixture
def access(tmp_path: Path, clock: Clock) -> Access:
    """Keys in a new file."""
    return Access(tmp_path / "new" / "keys", clock=clock)


def test_a_token_says_who_may_do_what_until_when(access: Access) -> None:
    found = access.check(access.token("acme", "ana", Role.team_lead, lasts_s=60))
    assert (found.tenant, found.agent, found.role) == ("acme", "ana", Role.team_lead)
    assert found.expires == NOW + timedelta(seconds=60)


def test_the_keys_are_for_their_owner_s_eyes_and_shared_by_file(access: Access, clock: Clock) -> None:
    assert stat.S_IMODE(access.file.stat().st_mode) == 0o600
    assert Access(access.file, clock=clock).check(access.token("acme", "ana")).agent == "ana"


def test_keys_that_rotate_stay_where_a_link_leads_and_readable_for_whom_they_were(access: Access, clock: Clock) -> None:
    access.file.chmod(0o640)
    link = access.file.with_name("link")
    link.symlink_to(access.file)
    Access(link, clock=clock).rotate()
    assert link.is_symlink()
    assert stat.S_IMODE(access.file.stat().st_mode) == 0o640
    assert access.check(Access(link, clock=clock).token("acme", "ana")).agent == "ana"


@pytest.mark.parametrize(
    "tenant, agent, says",
    [("x/y", "ana", "tenant is 'x/y'"), ("acme", "a b", "agent is 'a b'"), ("acme", "", "is ''")],
)
def test_names_that_nobody_can_have_get_no_token(access: Access, tenant: str, agent: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        access.token(tenant, agent)
    with pytest.raises(ValueError, match=says):
        access.revoke_all(tenant, agent)


def test_a_token_ends(access: Access, clock: Clock) -> None:
    token = access.token("acme", "ana", lasts_s=60)
    clock.time = NOW + timedelta(seconds=60 + LEEWAY_S)
    assert access.check(token).agent == "ana"
    clock.time += timedelta(seconds=1)
    with pytest.raises(AccessDenied, match="the token ended at 2026-11-02 09:01:00 UTC"):
        access.check(token)


def test_a_token_that_was_taken_back_is_refused_everywhere(access: Access, clock: Clock) -> None:
    other = Access(access.file, clock=clock)
    token, kept = access.token("acme", "ana"), access.token("acme", "ana")
    other.revoke(token)
    for one in (access, other):
        with pytest.raises(AccessDenied, match="taken back"):
            one.check(token)
        assert one.check(kept).agent == "ana"


def test_a_token_is_taken_back_though_somebody_left_the_last_line_open(access: Access, clock: Clock) -> None:
    token = access.token("acme", "ana")
    access.file.write_text(access.file.read_text().rstrip("\n"))
    access.revoke(token)
    for one in (access, Access(access.file, clock=clock)):
        with pytest.raises(AccessDenied, match="taken back"):
            one.check(token)
        assert one.trouble == ""


def test_tokens_that_are_taken_back_while_keys_rotate_stay_taken_back(access: Access, clock: Clock) -> None:
    tokens = [access.token("acme", "ana") for _ in range(50)]
    other = Access(access.file, clock=clock)

    def rotate() -> None:
        for _ in tokens:
            other.rotate()

    with ThreadPoolExecutor() as pool:
        rotating = pool.submit(rotate)
        for token in tokens:
            access.revoke(token)
        rotating.result()
    for token in tokens:
        with pytest.raises(AccessDenied, match="taken back"):
            access.check(token)


def test_all_tokens_of_an_agent_are_taken_back_at_once_and_new_ones_hold(access: Access, clock: Clock) -> None:
    old, others, theirs = access.token("acme", "ana"), access.token("acme", "bo"), access.token("other", "ana")
    access.revoke_all("acme", "ana")
    clock.time += timedelta(milliseconds=1)
    new = access.token("acme", "ana")
    for one in (access, Access(access.file, clock=clock)):
        with pytest.raises(AccessDenied, match="taken back"):
            one.check(old)
        assert [one.check(token).agent for token in (new, others, theirs)] == ["ana", "bo", "ana"]


def test_a_new_key_signs_and_the_old_ones_still_count_until_they_are_removed(access: Access) -> None:
    old = access.token("acme", "ana")
    access.rotate()
    new = access.token("acme", "ana")
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    before, after = access.check(old), access.check(new)
    assert before.agent == after.agent == "ana"
    assert not any(map(access.taken_back(), (before, after)))
    first = access.file.read_text().splitlines()[0]
    access.file.write_text(f"{first}\n")
    assert access.check(new).agent == "ana"
    with pytest.raises(AccessDenied, match="not one of ours"):
        access.check(old)
    assert [*map(access.taken_back(), (before, after))] == [True, False], "who is in by the old one is sent out"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
def test_a_token_that_somebody_else_signed_is_refused(access: Access, algorithm: str) -> None:
    token = access.token("acme", "ana")
    claims = jwt.decode(token, options={"verify_signature": False})
    head = {"kid": jwt.get_unverified_header(token)["kid"]}
    forged = jwt.encode(claims, None if algorithm == "none" else "x" * 64, algorithm, headers=head)
    with pytest.raises(AccessDenied, match="not one of ours"):
        access.check(forged)


@pytest.mark.parametrize("missing", ["sub", "tenant", "role", "exp", "jti"])
def test_a_token_without_one_of_its_claims_is_refused(access: Access, missing: str) -> None:
    token = access.token("acme", "ana")
    claims = jwt.decode(token, options={"verify_signature": False})
    del claims[missing]
    key, secret = access.file.read_text().split()[1:3]
    with pytest.raises(AccessDenied):
        access.check(jwt.encode(claims, secret, "HS256", headers={"kid": key}))


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_anything_else_is_refused(tmp_path_factory: pytest.TempPathFactory, token: str) -> None:
    access = Access(tmp_path_factory.getbasetemp() / "keys-of-anything")
    with pytest.raises(AccessDenied):
        access.check(token)


@pytest.mark.parametrize("line", ["key a short", "secret", "key a b c d", "revoked-until acme ana noon"])
def test_a_broken_file_of_keys_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "keys").write_text(f"key k {'s' * 40}\n{line}\n")
    with pytest.raises(ValueError, match=r"keys, line 2 is neither"):
        Access(tmp_path / "keys")
    (tmp_path / "keys").write_text("\n")
    with pytest.raises(ValueError, match="holds no key"):
        Access(tmp_path / "keys")


def test_while_the_file_cannot_be_read_the_keys_stay_as_they_were_which_is_said_once(
    access: Access, caplog: pytest.LogCaptureFixture
) -> None:
    token, good = access.token("acme", "ana"), access.file.read_text()
    for broken, says in ((f"{good}oops\n".encode(), "line 2 is neither"), (b"\xff\xfe", "is no text in UTF-8")):
        access.file.write_bytes(broken)
        caplog.clear()
        assert access.check(token).agent == "ana"
        assert says in access.trouble
        assert [record.message for record in caplog.records] == [f"the keys stay as they were: {access.trouble}"]
    access.file.unlink()
    assert access.check(token).agent == "ana"
    assert access.trouble.startswith(f"{access.file} cannot be read: No such file or directory; put it back")
    access.file.write_text(good)
    access.revoke(token)
    with pytest.raises(AccessDenied, match="taken back"):
        access.check(token)
    assert access.trouble == ""


def test_a_place_that_is_no_file_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"{tmp_path} cannot be read: Is a directory; .* COLLAB_KEYS"):
        Access(tmp_path)
