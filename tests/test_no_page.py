"""A path that is no page is said so in JSON, beside a dashboard too, where other servers' answers are HTML."""

from __future__ import annotations

import asyncio
import json

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from collab.web import Site
from collab.web.routes import routes

PATHS = ("/webhooks", "/webhooks/", "/webhooks/lead/", "/webhooks/lead/x", "/files", "/files/a/b/c", "/healthz/")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_beside_those_of_the_pages_is_answered_in_json_whatever_the_method(path: str) -> None:
    async def ask() -> list[HTTPResponse]:
        server = HTTPServer(Application(routes(Site())))  # as `collab serve` puts them before its own
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}{path}"
        client = AsyncHTTPClient(force_instance=True)
        try:
            asked = [HTTPRequest(url, method, allow_nonstandard_methods=True) for method in ("GET", "PUT", "BREW")]
            return [await client.fetch(one, raise_error=False) for one in asked]
        finally:
            client.close()
            server.stop()

    for answer in asyncio.run(ask()):
        assert (answer.code, answer.headers["Content-Type"]) == (404, "application/json")
        assert json.loads(answer.body)["message"] == f"path is '{path}', which is no page here; see docs/http.md"
