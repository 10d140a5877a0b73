"""requirements.lock and environment.yml say what pyproject.toml says; checked without a network."""

from __future__ import annotations

import ast
import re
import runpy
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parent.parent
MADE = runpy.run_path(str(ROOT / ".ci" / "lock.py"))
PROJECT = MADE["read_project"]()
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")
AGAIN = "run `make lock`"
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))? \\$", re.MULTILINE)


def locked(python: str, platform: str) -> dict[str, list[Version]]:
    """The locked versions by name that apply to one Python and `sys.platform`."""
    at = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": platform}
    found: dict[str, list[Version]] = {}
    for pin in PINNED.finditer(LOCK):
        if pin["marker"] is None or Marker(pin["marker"]).evaluate(at):
            found.setdefault(canonicalize_name(pin["name"]), []).append(Version(pin["version"]))
    return found


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_range_is_met_by_exactly_one_locked_version(python: str, platform: str) -> None:
    pins = locked(python, platform)
    wrong = []
    for requirement in MADE["requirements"](PROJECT):
        versions = pins.get(canonicalize_name(requirement.name), [])
        if len(versions) != 1 or versions[0] not in requirement.specifier:
            wrong.append(f"{requirement}: locked {[str(version) for version in versions]}")
    assert wrong == [], AGAIN


def test_the_lock_was_made_from_the_ranges_that_pyproject_has_now() -> None:
    assert LOCK.startswith(MADE["header"](PROJECT)), AGAIN


def test_whatever_the_code_imports_is_required_and_not_there_by_chance() -> None:
    trees = [ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in (ROOT / "collab").rglob("*.py")]
    nodes = [node for tree in trees for node in tree]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    brought = packages_distributions()
    known = {canonicalize_name(one.name) for one in MADE["requirements"](PROJECT)} | {PROJECT["name"]}
    found = {name.partition(".")[0] for name in names}
    assert {name for name in found & brought.keys() if not known & {*map(canonicalize_name, brought[name])}} == set()


def test_every_locked_version_has_hashes() -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINNED.findall(LOCK))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_address_and_no_path() -> None:
    assert re.findall(r"^.*(?:://|--index|--find-links|(?:^|\s)[/~][\w.]).*$", LOCK, flags=re.MULTILINE) == []


def test_the_environment_file_is_what_pyproject_makes_it() -> None:
    assert MADE["environment"](PROJECT) == ENVIRONMENT, AGAIN


def test_conda_reads_every_line_of_the_environment_file_strictly() -> None:
    content = yaml.safe_load(ENVIRONMENT)
    specs = [line for line in content["dependencies"] if isinstance(line, str)]
    names = [MatchSpec(spec, strict=True).name.normalized for spec in specs]
    assert len(set(names)) == len(names)
    assert {"python", "python-duckdb", "redis-py", "redis-server", "pip"} <= set(names)
    assert not {"redis", "duckdb"} & set(names), "conda-forge has other things under these names"
    assert content["dependencies"][-1]["pip"][-1] == "-e ."
