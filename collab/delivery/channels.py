"""The ways that messages go, made from a plan: a callback in this process, Apprise, and webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from collab.delivery.chat import Chat
from collab.delivery.message import Message
from collab.delivery.plan import Plan
from collab.delivery.secret import Secret
from collab.delivery.target import AppriseTarget, AppTarget, Target, WebhookTarget, checked
from collab.delivery.webhook import Webhook, key_of

Show = Callable[[Message], None]


class Channel(Protocol):
    """A way to one target."""

    def send(self, message: Message) -> None:
        """Hand the message over; raises `Undelivered` if nobody took it."""


class App:
    """Hands messages to the process itself."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def send(self, message: Message) -> None:
        """Call who listens."""
        self._show(message)


def channels(plan: Plan, folder: Path, environment: Mapping[str, str], show: Show) -> dict[str, Channel]:
    """A channel for each target of the plan; secrets are read here, from the folder on or in the environment.

    Raises:
        ValueError: names the target and field that is wrong, and the fix.
    """

    def made(name: str, target: Target) -> Channel:
        if isinstance(target, AppTarget):
            return App(show)
        url = target.url if isinstance(target.url, str) else None
        what = f"url of target {name}"
        secret = Secret(url) if url is not None else target.url.read(folder, environment, what)  # type: ignore[union-attr]
        if isinstance(target, AppriseTarget):
            return Chat(secret, target.timeout_s, what)
        return _webhook(name, target, secret, folder, environment)

    return {name: made(name, target) for name, target in plan.targets.items()}


def _webhook(name: str, target: WebhookTarget, url: Secret, folder: Path, environment: Mapping[str, str]) -> Webhook:
    keys = []
    for number, kept in enumerate(target.secrets):
        what = f"secrets[{number}] of target {name}"
        keys.append(key_of(kept.read(folder, environment, what), what))
    try:
        address = checked(url.reveal(), target.plain)
    except ValueError as error:
        raise ValueError(f"target {name}: {error}") from None
    return Webhook(address, keys, target.timeout_s)
