"""Makes requirements.lock and environment.yml from pyproject.toml, the one place where ranges are written.

`make lock` keeps the locked versions that still fit; `make lock ARGS=--upgrade` takes the newest.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / "environment.yml"
FLOOR = "3.11"

# Where conda-forge's name is not PyPI's. Its `redis` is something else of 2020; its `playwright` is only the driver.
CONDA_NAMES = {"duckdb": "python-duckdb", "redis": "redis-py", "playwright": "playwright-python"}
# conda has no extras: what an extra brings in is named.
CONDA_EXTRAS = {"fakeredis[lua]": ("lupa",)}
# Programs that conda brings, too; beside .venv they come from the system.
CONDA_ONLY = ("redis-server",)
# conda-forge lacks these, so pip installs them.
PIP_ONLY: frozenset[str] = frozenset({"axe-playwright-python", "standardwebhooks"})

# uv's own settings that do not change what is resolved; all others, and its files, are left out.
HARMLESS = {"UV_CACHE_DIR", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT", "UV_OFFLINE"}


def read_project() -> dict[str, Any]:
    """The `[project]` table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(project: dict[str, Any]) -> list[Requirement]:
    """Every requirement of the project and its extras, without the project itself."""
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    every = [Requirement(text) for texts in lists for text in texts]
    return [one for one in every if canonicalize_name(one.name) != project["name"]]


def inputs_hash(project: dict[str, Any]) -> str:
    """A hash of everything in pyproject.toml that the lock is made from."""
    names = ("requires-python", "dependencies", "optional-dependencies")
    text = json.dumps([FLOOR, {name: project[name] for name in names}], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def header(project: dict[str, Any]) -> str:
    """The first lines of requirements.lock."""
    return (
        "# Made from pyproject.toml by `make lock`; edit that file, not this one.\n"
        f"# Python {FLOOR} and newer, every platform, with the extra dev.\n"
        f"# inputs: sha256:{inputs_hash(project)}\n"
    )


def lock(project: dict[str, Any], *, upgrade: bool = False) -> str:
    """The text of requirements.lock, resolved on PyPI whatever index this machine is set to."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("UV_") or name in HARMLESS}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / LOCK.name
        if LOCK.exists():
            out.write_bytes(LOCK.read_bytes())  # the versions to keep
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal"]
        command += ["--python-version", FLOOR, "--generate-hashes", "--no-header", "--no-config", "--quiet"]
        command += ["--output-file", str(out), *(["--upgrade"] if upgrade else [])]
        subprocess.run(command, cwd=ROOT, env=settings, check=True, stdout=subprocess.DEVNULL)
        return header(project) + out.read_text(encoding="utf-8")


def conda_specs(requirement: Requirement) -> list[str]:
    """A requirement as conda reads it.

    Raises:
        ValueError: it has a marker or an extra, which conda cannot express.
    """
    name = canonicalize_name(requirement.name)
    extras = [extra for one in sorted(requirement.extras) for extra in CONDA_EXTRAS.get(f"{name}[{one}]", ("",))]
    if requirement.marker or "" in extras:
        raise ValueError(f"{requirement} has no form in environment.yml; say in {Path(__file__).name} what conda needs")
    ranges = ",".join(sorted(map(str, requirement.specifier), reverse=True))
    return [f"{CONDA_NAMES.get(name, name)} {ranges}".strip(), *extras]


def environment(project: dict[str, Any]) -> str:
    """The text of environment.yml."""
    every = requirements(project)
    specs = {spec for one in every if one.name not in PIP_ONLY for spec in conda_specs(one)}
    by_pip = sorted(str(one) for one in every if one.name in PIP_ONLY)
    lines = [
        "# Made from pyproject.toml by `make lock`; edit that file, not this one.",
        "name: collab",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        f"  - python {project['requires-python']}",
        *(f"  - {spec}" for spec in sorted(specs | set(CONDA_ONLY))),
        "  - pip",
        "  - pip:",
        *(f"      - {one}" for one in by_pip),
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    project = read_project()
    text = environment(project)
    LOCK.write_text(lock(project, upgrade="--upgrade" in sys.argv[1:]), encoding="utf-8")
    ENVIRONMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
