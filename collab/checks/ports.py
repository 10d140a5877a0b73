"""Checks of ports: free, or with a collab on them that says itself how it is."""

from __future__ import annotations

import errno
import json
import socket
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from collab.checks.check import Check, State, told
from collab.metrics import lasting

WITHIN_S = 4.0
"""How long what listens on a port may take to answer; /healthz itself waits for Redis that long, nearly."""


def of_port(name: str, variable: str, port: int | str, host: str = "localhost") -> Check:
    """Who has a port: nobody, a collab, or something else; a text says why what `variable` names is none."""
    if isinstance(port, str):
        value, fix = told(port, f"Correct {variable}.")
        return Check(name=name, state=State.bad, value=value, fix=fix)
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        return Check(name=name, state=State.ok, value=f"port {port} is free")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            fix = f"Name a port that this user may listen on with {variable}."
            return Check(name=name, state=State.bad, value=f"port {port} cannot be used: {error.strerror}", fix=fix)
    status, body = _got(host, port, "/healthz")
    if status == 404 and "WebSocket" in body:
        return Check(name=name, state=State.ok, value=f"port {port}: a gateway of collab listens")
    found = _read(body)
    if found is None:
        fix = f"Stop what listens there, or name another port, e.g. {variable}={port + 1 if port < 65_535 else 5006}."
        if status == HTTPStatus.REQUEST_TIMEOUT:
            fix = f"If it is a collab, it hangs: kill it (kill -9) and start it again. {fix}"
            value = f"port {port} is taken, and what listens there does not answer"
            return Check(name=name, state=State.warn, value=value, fix=fix)
        return Check(name=name, state=State.warn, value=f"port {port} is taken by something else", fix=fix)
    return of_health(name, port, found)


def of_health(name: str, port: int, found: dict[str, Any]) -> Check:
    """What a running collab says of itself."""
    team = f" for {found['tenant']}" if found.get("tenant") else ""
    up = f", up {lasting(found['up_s'])}" if isinstance(found.get("up_s"), int | float) else ""
    value = f"port {port}: collab runs{team} (mode {found.get('mode', 'unknown')}{up})"
    shown = ("boards", "connections", "teams", "behind")
    facts = tuple(f"{key}: {found[key]}" for key in shown if isinstance(found.get(key), int))
    trouble = [str(reason) for reason in found.get("trouble", [])]
    if found["ok"] and not trouble:
        return Check(name=name, state=State.ok, value=value, facts=facts)
    state, how = (State.warn, "goes on in spite of something") if found["ok"] else (State.bad, "is in trouble")
    fix = "Do what the reasons say; it goes on by itself then."
    return Check(name=name, state=state, value=f"{value} {how}", fix=fix, facts=(*trouble, *facts))


def _read(body: str) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("ok"), bool) else None


def _got(host: str, port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection(host, port, timeout=WITHIN_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(65_536).decode("utf-8", "replace")
    except TimeoutError:
        return HTTPStatus.REQUEST_TIMEOUT, ""
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()
