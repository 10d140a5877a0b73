"""Where notices can go: onto the page, through Apprise to people, or as a signed webhook to another program."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from collab.delivery.secret import Kept

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
Timeout = Annotated[float, Meta(gt=0, le=120)]


class AppTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="app"):
    """The page and whoever listens in this process."""


class AppriseTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="apprise"):
    """E-mail, Slack, Teams, ntfy and over a hundred others, by an Apprise URL; it holds secrets, so it is kept."""

    url: Kept
    timeout_s: Timeout = 20.0


class WebhookTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="webhook"):
    """Another program, by an address and the secrets that sign what is sent to it.

    Attributes:
        secrets: `whsec_` and base64; while secrets are changed the new one stands beside the old.
        plain: allow http:// to another machine, where what is sent can be read on the way.
    """

    url: str | Kept
    secrets: Annotated[tuple[Kept, ...], Meta(min_length=1, max_length=5)]
    timeout_s: Timeout = 10.0
    plain: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.url, str):
            checked(self.url, self.plain)


Target = AppTarget | AppriseTarget | WebhookTarget


def checked(url: str, plain: bool) -> str:
    """The address of a webhook, if it is one.

    Raises:
        ValueError: says what is wrong; a part that may be a secret is left out.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("url has no valid host and port; give one, e.g. https://crm.example/hooks") from None
    shown = f"{parts.scheme}://{host}"
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or any(map(str.isspace, url)):
        raise ValueError(f"url begins with {shown!r}, which no webhook has; give one, e.g. https://crm.example/hooks")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"url of {shown} holds a user or a password; take it out, the signature says who sends")
    if parts.fragment:
        raise ValueError(f"url of {shown} ends in a #fragment, which is never sent; take it out")
    if parts.scheme == "http" and host not in LOOPBACK and not plain:
        raise ValueError(f"url is {shown}, which anybody on the way can read; use https://, or say plain: true")
    return url
