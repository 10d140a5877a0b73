"""What the tests need from the system: redis-server and Chromium.

Run before the tests (`make test` does): on Debian or Ubuntu as root it installs what is missing, elsewhere it names
the one command to run and the tests that are left out without it; under CI=true it fails then. Tests ask
`redis_server()` and `chromium()` where the programs are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEFT_OUT = {
    "redis-server": "the tests on a real Redis (conformance over redis://, the kill test)",
    "chromium": "the tests of the served page in a browser",
}
REDIS = ("redis-server", "valkey-server")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POLICY = Path("/usr/sbin/policy-rc.d")


def redis_server() -> str | None:
    """The path of a Redis server program, or None."""
    return next(filter(None, map(shutil.which, REDIS)), None)


def chromium() -> str | None:
    """The path of a Chromium that Playwright can drive, or None: the system's first, then Playwright's own."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path and not _is_snap_stub(Path(path)):
            return path
    return _playwrights_own()


def missing() -> list[str]:
    """The needs that are not met."""
    found = {"redis-server": redis_server(), "chromium": chromium()}
    return [name for name in LEFT_OUT if found[name] is None]


def main() -> int:
    """Install or name what is missing; 1 when tests would be left out under CI."""
    needs = missing()
    if needs and _system() in {"debian", "ubuntu"} and os.geteuid() == 0:
        _install(needs)
        needs = missing()
    for name in needs:
        print(f"{name} is not installed; left out: {LEFT_OUT[name]}", file=sys.stderr)
    if needs:
        print(f"to run them too: {_command(needs)}", file=sys.stderr)
    return int(bool(needs) and os.environ.get("CI", "").lower() in {"1", "true"})


def _is_snap_stub(path: Path) -> bool:
    # Ubuntu's chromium-browser is a script that asks for the snap, which containers cannot run.
    with path.open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"snap" in start


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else None


def _system() -> str:
    """`debian`, `ubuntu`, `fedora`, … from os-release (a derivative counts as what it is like), or `darwin`."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return sys.platform
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    likes = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return next((name for name in ("ubuntu", "debian", "fedora") if name in likes), "linux")


def _commands(needs: list[str], system: str) -> list[list[str]]:
    playwright = [sys.executable, "-m", "playwright", "install"]
    if system == "ubuntu":  # its chromium is a snap
        redis = [["apt-get", "install", "-y", "--no-install-recommends", "redis-server"]]
        return redis * ("redis-server" in needs) + [[*playwright, "--with-deps", "chromium"]] * ("chromium" in needs)
    if system == "debian":
        return [["apt-get", "install", "-y", "--no-install-recommends", *needs]]
    if system == "fedora":
        return [["dnf", "install", "-y", *(name.replace("redis-server", "valkey") for name in needs)]]
    redis = [["brew", "install", "redis"]] if system == "darwin" else [["conda", "install", "redis-server"]]
    return redis * ("redis-server" in needs) + [[*playwright, "chromium"]] * ("chromium" in needs)


def _command(needs: list[str]) -> str:
    by_root = {"apt-get", "dnf"} if os.geteuid() else set()
    return " && ".join(" ".join(["sudo"] * (one[0] in by_root) + one) for one in _commands(needs, _system()))


def _install(needs: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        for command in [["apt-get", "update", "-q"], *_commands(needs, _system())]:
            print("+", " ".join(command), flush=True)
            if subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL).returncode:
                return  # what is still missing is named next


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Let packages install without starting what they bring; a policy that is there already stays."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


if __name__ == "__main__":
    sys.exit(main())
