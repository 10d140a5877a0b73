"""What `collab serve` and `collab gateway` refuse before any work is done, by name, with the fix."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from certificates import written
from click.testing import CliRunner

from collab.checks import doctor
from collab.cli import main
from collab.cli.certificate import tls
from collab.cli.options import PEOPLE, PORTS, ROLES, interrupt
from collab.cli.origin import hosts, origins
from collab.office import Office
from collab.protocol import Role
from collab.settings import settings
from collab.users import book

SERVE = ["serve", "--port", "0", "--ws-port", "0"]


def test_roles_and_ports_of_commands_are_those_that_there_are() -> None:
    assert list(ROLES) == list(Role)
    assert set(PEOPLE) == set(book.ROLES)
    assert set(PORTS) == set(doctor.PORTS)


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
    with pytest.raises(ValueError, match=r"^page is .*; give the whole address of the page"):
        Office(page=said)
    with pytest.raises(TypeError, match=r"thresholds are 5; give collab\.balance\.Thresholds"):
        Office(thresholds=5)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    "certificate, key, why",
    [
        ("", "key", "--private-key is '{key}' without its certificate; give --certificate, too"),
        ("certificate", "", "--certificate is '{certificate}', which is no certificate with its key; give"),
        ("certificate", "other", "--private-key is '{other}', which is not the key of --certificate '{certificate}'"),
        ("certificate", "locked", "--private-key is '{locked}', whose key has a pass phrase; give one without"),
        ("key", "key", "--certificate is '{key}' and --private-key '{key}', which cannot be used ("),
    ],
)
def test_files_that_secure_no_port_are_refused_by_name(tmp_path: Path, certificate: str, key: str, why: str) -> None:
    files = written(tmp_path)
    given = [("--certificate", files.get(certificate)), ("--private-key", files.get(key))]
    options = [part for name, file in given if file for part in (name, file)]
    answer = CliRunner().invoke(main, ["gateway", "--ws-port", "0", "--no-http", *options])
    assert answer.exit_code == 1
    assert why.format(**files) in answer.output


def test_a_certificate_with_its_key_secures_a_port_and_without_both_it_is_plain(tmp_path: Path) -> None:
    files = written(tmp_path)
    assert tls(files["certificate"], files["key"]) is not None
    assert tls(None, None) is None


@pytest.mark.parametrize(
    "said, pages, host",
    [
        ("https://team.example", ["https://team.example"], "team.example"),
        ("HTTPS://Team.example:443/", ["https://team.example"], "team.example"),
        ("team.example", ["https://team.example", "http://team.example"], "team.example"),
        ("http://[::1]:8080", ["http://[::1]:8080"], "[::1]:8080"),
    ],
)
def test_a_page_that_may_connect_is_named_by_address_or_host(said: str, pages: list[str], host: str) -> None:
    assert (origins([said]), hosts([said])) == (pages, [host])


@pytest.mark.parametrize("command", ["serve", "gateway"])
@pytest.mark.parametrize("said", ["", "https://", "team.example/chat", "https://a:b", "https://ana@team.example"])
def test_an_origin_that_no_page_has_is_refused(command: str, said: str) -> None:
    answer = CliRunner().invoke(main, [command, "--ws-port", "0", "--origin", said])
    assert answer.exit_code == 1
    assert f"--origin is {said!r}; give the address of the page without a path, e.g. https://team" in answer.output


@pytest.mark.parametrize("command, option", [("serve", "--port"), ("gateway", "--http-port")])
def test_a_port_that_is_given_twice_is_refused(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("localhost", 0)) as taken:
        port = str(taken.getsockname()[1])
    before = signal.getsignal(signal.SIGTERM)
    answer = CliRunner().invoke(main, [command, "--ws-port", port, option, port])
    signal.signal(signal.SIGTERM, before)
    assert answer.exit_code == 1
    names = "PORT and WS_PORT" if command == "serve" else "WS_PORT and HTTP_PORT"
    assert f"Error: {names} are both {port}; give two\n" in answer.output


@pytest.mark.parametrize("command", ["serve", "gateway"])
def test_a_folder_of_files_that_cannot_be_written_is_refused(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    options = [command, "--ws-port", "0", *(("--port", "0") if command == "serve" else ("--no-http",))]
    answer = CliRunner().invoke(main, [*options, "--files", "file/files"])
    assert answer.exit_code == 1
    assert "files cannot be put into file/files (Not a directory); name a folder" in answer.output


def test_a_file_that_is_wrong_is_named_with_the_setting_or_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COLLAB_KEYS", "file/more/keys")
    answer = CliRunner().invoke(main, ["token", "ana"])
    assert answer.exit_code == 1
    fix = "name a file that this user may write with COLLAB_KEYS"
    assert f"Error: keys are file/more/keys, which cannot be made (Not a directory); {fix}" in answer.output
    (tmp_path / "bin.yaml").write_bytes(b"\xff")
    checked = CliRunner().invoke(main, ["rules", "check", "bin.yaml"])
    assert "Error: bin.yaml is no text in UTF-8 (" in checked.output
    (tmp_path / "empty.yaml").write_text("")
    checked = CliRunner().invoke(main, ["notify", "check", "empty.yaml"])
    assert "line 1, the file: it is empty and has no fields; begin with a line `targets:`" in checked.output
    assert re.fullmatch(r"collab \d+\.\d+\.\d+\n", CliRunner().invoke(main, ["--version"]).output)


def test_a_second_sigterm_does_not_cut_what_the_first_began() -> None:
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


TOLD_TO_END = """
import os, signal
from tornado.ioloop import IOLoop
from collab.cli import main

class Page:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        list(range(1000))

IOLoop.current().add_callback(lambda: Page() and None)
main(["serve", "--port", "0", "--ws-port", "0"])
"""
"""A server that is told to end while a page is forgotten, where nothing can be raised."""


def test_a_server_that_is_told_to_end_in_a_finalizer_ends(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", TOLD_TO_END], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0
    assert "recording what is left, then stopping" in ended.stdout


def test_an_id_is_not_taken_for_a_token_that_is_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_KEYS", str(tmp_path / "keys"))
    token = CliRunner().invoke(main, ["token", "ana"]).output.strip()
    refused = CliRunner().invoke(main, ["token", "ana", "--revoke"])
    assert refused.exit_code == 2
    assert "AGENT is no token; --revoke takes a token, --revoke-all the id of who has some" in refused.output
    assert CliRunner().invoke(main, ["token", token, "--revoke"]).output.startswith("taken back")


@pytest.mark.parametrize(
    "command, option, said, fix",
    [
        ("serve", "--port", "abc", "a whole number from 0 to 65,535"),
        ("serve", "--explore", "20%", "a number from 0 to 1"),
        ("serve", "--explore", "nan", "a number from 0 to 1"),
        ("serve", "--explore", "2", "a number from 0 to 1"),
        ("serve", "--ahead", "-1", "a number from 0"),
        ("gateway", "--rate", "nan", "a number from 1"),
        ("gateway", "--agent-rate", "0", "a number from 1"),
    ],
)
def test_a_number_that_is_none_is_refused_with_what_to_give(command: str, option: str, said: str, fix: str) -> None:
    answer = CliRunner().invoke(main, [command, option, said])
    assert answer.exit_code == 2
    assert f"Invalid value for '{option}': it is '{said}'; give {fix}\n" in answer.output
