"""A provider of identities (OAuth 2, OpenID Connect) in this process, which vouches for whom a test says."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

KEY, SECRET = "collab", "the secret that only both know, and nobody reads"


class Provider(ThreadingHTTPServer):
    """Sends whoever asks back at once with a code, and gives the claims for it once, to who has the secret.

    Attributes:
        claims: whom it vouches for.
        refuses: what it says instead, if anything.
        asked: the parameters with which it was asked to let somebody sign in, the newest last.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.claims: dict[str, Any] = {}
        self.refuses = ""
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.thread = Thread(target=self.serve_forever, name="provider")
        self.thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()
        self.thread.join()

    def settings(self, redirect: str) -> dict[str, str]:
        """The environment of a server whose users sign in here and are sent back to `redirect`."""
        here = f"http://127.0.0.1:{self.server_port}"
        return {
            "PANEL_OAUTH_PROVIDER": "generic",
            "PANEL_OAUTH_KEY": KEY,
            "PANEL_OAUTH_SECRET": SECRET,
            "PANEL_OAUTH_REDIRECT_URI": redirect,
            "PANEL_OAUTH_AUTHORIZE_URL": f"{here}/authorize",
            "PANEL_OAUTH_TOKEN_URL": f"{here}/token",
            "PANEL_OAUTH_USER_URL": f"{here}/user",
        }


class _Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        """Let somebody sign in, or not; or tell who did."""
        if self.path == "/user":
            return self._say(200, self.server.claims)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.asked.append(asked)
        code = f"code-{len(self.server.asked)}"
        self.server.codes[code] = self.server.claims
        found = {"error": self.server.refuses} if self.server.refuses else {"code": code}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(found | {'state': asked['state']})}")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def do_POST(self) -> None:
        """Give the claims for a code."""
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        claims = self.server.codes.pop(body["code"][0], None)
        if claims is None or (body["client_id"], body["client_secret"]) != ([KEY], [SECRET]):
            return self._say(400, {"error": "invalid_grant"})
        vouched = jwt.encode(claims, SECRET, algorithm="HS256")
        return self._say(200, {"access_token": "opaque", "token_type": "Bearer", "id_token": vouched})

    def _say(self, status: int, said: dict[str, Any]) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *said: object) -> None:
        """Nothing."""
