"""Named points where a process may die or stall. Tests pass faults, production `NO_FAULTS`."""

from __future__ import annotations

from typing import Protocol


class Faults(Protocol):
    async def at(self, point: str) -> None:
        """Called when `point` is reached, e.g. `cas:before`. May raise, sleep or exit."""
        ...


class _NoFaults:
    async def at(self, point: str) -> None:
        return None


NO_FAULTS: Faults = _NoFaults()
