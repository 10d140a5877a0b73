"""The pages that may connect from a browser, as people name them: by their whole address, or by their host alone."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

USUAL = {"http": 80, "https": 443}
"""The ports that a browser leaves out of an origin."""


def origins(said: Iterable[str]) -> list[str]:
    """The origins that browsers send from these pages: `https://team.example`; of a host alone over http, too.

    Raises:
        ValueError: one is no page's address.
    """
    found = []
    for one in said:
        schemes = [""] if "://" in one else ["https://", "http://"]
        parts = [_split(scheme + one, one) for scheme in schemes]
        found += ["null"] if one == "null" else [f"{part.scheme}://{_host(part)}" for part in parts]
    return found


def hosts(said: Iterable[str]) -> list[str]:
    """The hosts of these pages, each with its port unless that is the usual one; a pattern with `*` stays as it is.

    Raises:
        ValueError: one is no page's address.
    """
    return [one if "*" in one else _host(_split(one if "://" in one else f"//{one}", one)) for one in said]


def _split(address: str, said: str) -> SplitResult:
    try:
        found = urlsplit(address.strip().lower())
        whole = bool(found.hostname) and found.port != 0 and "@" not in found.netloc and "*" not in found.netloc
    except ValueError:  # a port that is no number, half of an IPv6 address
        whole = False
    if not whole or found.path not in ("", "/") or found.query or found.fragment or " " in found.netloc:
        fix = "give the address of the page without a path, e.g. https://team.example, or its host, e.g. team.example"
        raise ValueError(f"--origin is {said!r}; {fix}")
    return found


def _host(page: SplitResult) -> str:
    return page.netloc.removesuffix(f":{USUAL.get(page.scheme)}")
