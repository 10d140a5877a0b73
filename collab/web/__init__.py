"""What a process answers over HTTP, beside the dashboard or on a port of its own: health, metrics, webhooks, files."""

from collab.web.ending import end_when_told
from collab.web.listener import Listener
from collab.web.routes import routes
from collab.web.site import Site

__all__ = ["Listener", "Site", "end_when_told", "routes"]
