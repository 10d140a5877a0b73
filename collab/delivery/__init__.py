"""Where notices of alerts go, and that they get there: routes, an outbox that loses nothing, and the ways out."""

from __future__ import annotations

from collab.delivery.channels import Channel, channels
from collab.delivery.courier import Courier, OutboxInUse
from collab.delivery.message import Message
from collab.delivery.notice import Cause, Notice
from collab.delivery.outbox import Outbox
from collab.delivery.plan import Plan, plan_of, read_plan
from collab.delivery.undelivered import Undelivered

__all__ = [
    "Cause",
    "Channel",
    "Courier",
    "Message",
    "Notice",
    "Outbox",
    "OutboxInUse",
    "Plan",
    "Undelivered",
    "channels",
    "plan_of",
    "read_plan",
]
