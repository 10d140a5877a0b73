"""The dashboard and the same page in Streamlit, each served by a process of its own while its team changes."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time
from typing import Any

import psutil

from collab.cli.options import leave
from collab.office import Office
from collab.records import Lead, Presence

HERE = Path(__file__).parent
READY_S = 60.0
LEAD_EVERY = 10
"""Of so many changes one is a lead that is routed or closed; the others are of presence."""

NAMES = ("Ana Ruiz", "Ben Cole", "Chen Li", "Dalia Noor", "Emil Berg", "Grace Obi", "Mateo Paz", "Priya Rao")


def team(folder: str, rules: str | None = None) -> Office:
    """An office with eight agents here, on an embedded stream."""
    office = Office(history=folder, tenant="pages", rules=rules).start()
    assert office.desk is not None
    for name in NAMES:
        agent = name.split()[0].lower()
        office.call(office.desk.add_agent(agent, name, capacity=50)).result()
        office.call(office.desk.set_presence(agent, Presence.available)).result()
    return office


async def work(office: Office, rate: float, stamps: Path) -> None:
    """So many changes a second, each of a presence with its moment as the reason, which the page shows."""
    desk, agents, number, begun = office.desk, [name.split()[0].lower() for name in NAMES], 0, monotonic()
    assert desk is not None
    with stamps.open("a", buffering=1) as log:
        while True:
            number += 1
            await asyncio.sleep(max(0.0, begun + number / rate - monotonic()))
            if number % LEAD_EVERY == 0:
                await desk.route_lead(Lead(id=f"l{number}", name="Zoe Park"))
                continue
            stamp = f"{time() * 1000:.1f}"
            kind = (Presence.available, Presence.busy)[number // len(agents) % 2]
            await desk.set_presence(agents[number % len(agents)], kind, f"at {stamp}")
            log.write(f"{stamp}\n")


def collab(port: int, rate: float, folder: str) -> None:
    """Serve the dashboard, until the process ends."""
    import panel as pn

    from collab.views.page import page
    from collab.views.socket import prepare

    office = team(folder)
    office.call(work(office, rate, Path(folder, "stamps")))
    prepare()
    origin = [f"127.0.0.1:{port}"]
    pn.serve({"dashboard": lambda: page(office)}, port=port, show=False, websocket_origin=origin)


def bare(port: int, rate: float) -> None:
    """Serve a text that changes as often, until the process ends."""
    import panel as pn

    from collab.views.socket import prepare

    def page() -> pn.widgets.StaticText:
        text = pn.widgets.StaticText(value="")
        pn.state.add_periodic_callback(lambda: text.param.update(value=f"at {time() * 1000:.1f}"), int(1000 / rate))
        return text

    prepare()
    pn.serve({"dashboard": page}, port=port, show=False, websocket_origin=[f"127.0.0.1:{port}"])


@contextmanager
def served(kind: str, port: int, rate: float) -> Iterator[tuple[psutil.Process, Path]]:
    """A server of "collab", "streamlit" or "bare" that answers: its process, and the file of its changes' moments."""
    with tempfile.TemporaryDirectory() as folder:
        given = [kind, str(port), str(rate), folder]
        command = [sys.executable, str(HERE / "_pages.py"), *given]
        if kind == "streamlit":
            options = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
            options += [
                "--global.developmentMode",
                "false",
                "--browser.gatherUsageStats",
                "false",
                "--server.fileWatcherType",
                "none",
            ]
            command = [sys.executable, "-m", "streamlit", "run", *options, str(HERE / "_streamlit.py"), "--", *given]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(server, port)
            yield psutil.Process(server.pid), Path(folder, "stamps")
        finally:
            server.terminate()
            server.wait()


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    import socket

    end = monotonic() + READY_S
    while monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError(f"the server on port {port} did not start: run the command by hand, {server.args}")


def given(arguments: list[str] | None = None) -> Any:
    """What a server is started with: kind, port, changes a second, folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("port", type=int)
    parser.add_argument("rate", type=float)
    parser.add_argument("folder")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    told = given()
    if told.kind == "bare":
        bare(told.port, told.rate)
    else:
        collab(told.port, told.rate, told.folder)
    leave()
