"""What a member may ask for about who is on the roster."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from collab.protocol.base import Command
from collab.records import Key, Name, Presence, Share

Capacity = Annotated[int, Meta(ge=0, le=1000)]


class AddAgent(Command, frozen=True, tag="add_agent"):
    """Put an agent on the roster, or change their name, skills, capacity and shift; for team leads and services.

    What is left out stays as it is; who is new then has no skills, a capacity of 5, and is on shift. Skills are levels
    of 0 to 1 in what leads state, as `property:condo`, `location:old-town`, `budget:entry` (`mid` from 300,000, `high`
    from 1,000,000) and `language:es`, or in anything that a lead's `requires` names.
    """

    agent: Key
    name: Name
    skills: dict[Key, Share] | None = None
    capacity: Capacity | None = None
    on_shift: bool | None = None


class UpdateWorkload(Command, frozen=True, tag="update_agent_workload"):
    """Change capacity, presence or shift of an agent, those that are given, in one step."""

    agent: Key
    capacity: Capacity | None = None
    presence: Presence | None = None
    on_shift: bool | None = None
