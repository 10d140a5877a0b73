"""What `collab serve` and `collab gateway` refuse before any work is done, by name, with the fix."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from collab.cli import main
from collab.settings import settings

SERVE = ["serve", "--port", "0", "--ws-port", "0"]


@pytest.mark.parametrize(
    "said", ["foo", "collab.example", "ftp://collab.example", "http://", "http://[::1", "http://a:b"]
)
def test_a_page_that_would_make_no_link_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = CliRunner().invoke(main, [*SERVE, "--page", said])
    fix = f"is {said!r}; give the whole address of the page, e.g. https://collab.example"
    assert answer.exit_code == 1
    assert f"--page {fix}" in answer.output
    monkeypatch.setenv("COLLAB_PAGE", said)
    assert f"COLLAB_PAGE {fix}" in CliRunner().invoke(main, SERVE).output


@pytest.mark.parametrize("said", [None, "", "https://collab.example", "http://localhost:5006/team", "http://[::1]:80"])
def test_a_page_that_makes_a_link_is_taken(said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLLAB_PAGE", raising=False)
    assert settings(page=said, served="http://here")["page"] == (said or "http://here")


@pytest.mark.parametrize("command", ["serve", "gateway"])
@pytest.mark.parametrize("address", ["999.1.1.1", "203.0.113.7", "::1"])
def test_an_address_that_is_not_of_this_machine_is_blamed_and_not_the_port(command: str, address: str) -> None:
    answer = CliRunner().invoke(main, [command, "--address", address])
    assert answer.exit_code == 1
    assert f"--address is {address!r} (" in answer.output
    assert "); give one of this machine's, e.g. localhost, or 0.0.0.0 for all of them" in answer.output
    assert "port" not in answer.output.partition("give")[0].partition("(")[0]


def test_a_port_that_is_taken_is_blamed_with_another_one() -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        answer = CliRunner().invoke(main, ["serve", "--port", str(port)])
    assert f"port {port} is taken; name another, e.g. PORT={port + 1}" in answer.output
