"""Which page is at which path."""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler

from collab.web.files import Download, Thumbnail, Upload
from collab.web.health import Health
from collab.web.page import Missing
from collab.web.scrape import Scrape
from collab.web.site import Site
from collab.web.webhooks import Webhook


def routes(site: Site) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """The pages, as a server of tornado takes them."""
    given = {"site": site}
    return [
        (r"/healthz", Health, given),
        (r"/metrics", Scrape, given),
        (r"/webhooks/([^/]+)", Webhook, given),
        (r"/files/([^/]+)", Upload, given),
        (r"/files/([^/]+)/([^/]+)", Download, given),
        (r"/files/([^/]+)/([^/]+)/thumb", Thumbnail, given),
        (r"/(?:healthz|metrics|webhooks|files)(?:/.*)?", Missing, given),
    ]
