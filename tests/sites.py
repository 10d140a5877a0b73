"""The pages of a gateway for tests, on a port of their own, and how to ask them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateways import Gate, a_gate
from msgspec import Struct
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from collab.web import Listener, Site


class Asked(Struct):
    """A gateway with its pages."""

    gate: Gate
    listener: Listener

    async def ask(
        self,
        path: str,
        agent: str = "",
        role: str = "agent",
        *,
        body: Any = None,
        tenant: str = "",
        method: str = "",
        **headers: str,
    ) -> HTTPResponse:
        """Ask a page, by GET or, with a body, by POST; an agent has a token, and a body that is no bytes is JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if agent:
            token = self.gate.access.token(tenant or self.gate.office.tenant, agent, role)
            named.setdefault("Authorization", f"Bearer {token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            named.setdefault("Content-Type", "application/json")
        client = AsyncHTTPClient(force_instance=True, max_body_size=1 << 26)
        try:
            return await client.fetch(
                f"http://127.0.0.1:{self.listener.port}{path}",
                method=method or ("GET" if body is None else "POST"),
                body=body,
                headers=named,
                raise_error=False,
                request_timeout=20,
            )
        finally:
            client.close()

    async def metrics(self) -> dict[str, float]:
        """All metrics by name and labels, as `name{label="value"}`."""
        text = (await self.ask("/metrics")).body.decode()
        return {name: float(value) for name, value in re.findall(r"^([^#\s]+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)}


@asynccontextmanager
async def a_site(folder: Path, stream: str = "", *, rate: float = 1000.0, **gate: Any) -> AsyncIterator[Asked]:
    """A gateway with its pages, all stopped in the end."""
    async with a_gate(folder, stream, **gate) as opened:
        site = Site(opened.access, opened.door, rate=rate)
        listener = await Listener(site, host="127.0.0.1", port=0).start()
        try:
            yield Asked(opened, listener)
        finally:
            await listener.stop()


def said(answer: HTTPResponse) -> dict[str, Any]:
    """The JSON of an answer."""
    return json.loads(answer.body)
