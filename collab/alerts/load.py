"""The load of the agents at work, in sums that one agent's change moves: whole numbers, so that nothing drifts."""

from __future__ import annotations

from collab.team import Agent

SCALE = 1_000_000
"""A utilization of 1 in the sums."""


class Load:
    """Sums over the agents on shift who are not offline."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[int, int, int]] = {}
        self.agents = self.active = self.capacity = self._sum = self._squares = 0

    def put(self, agent: Agent) -> None:
        """Count the agent as they are now."""
        before = self._parts.pop(agent.id, None)
        if before is not None:
            self._add(before, -1)
        if agent.online:
            self._parts[agent.id] = part = (agent.active, agent.capacity, round(agent.utilization * SCALE))
            self._add(part, 1)

    def _add(self, part: tuple[int, int, int], sign: int) -> None:
        active, capacity, share = part
        self.agents += sign
        self.active += sign * active
        self.capacity += sign * capacity
        self._sum += sign * share
        self._squares += sign * share * share

    @property
    def utilization(self) -> float | None:
        """Active leads over capacity of all; None without capacity."""
        return self.active / self.capacity if self.capacity else None

    @property
    def balance(self) -> float | None:
        """Jain's index of the utilizations, as `collab.fairness.jain`; None without agents."""
        if not self.agents:
            return None
        return self._sum**2 / (self.agents * self._squares) if self._squares else 1.0
