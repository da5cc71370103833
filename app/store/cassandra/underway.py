"""Which operations have begun before a moment and have not ended yet."""

from __future__ import annotations

import asyncio


class Generation:
    __slots__ = ("count", "empty")

    def __init__(self) -> None:
        self.count = 0
        self.empty: asyncio.Event | None = None


class Underway:
    """`leave` takes what `enter` gave."""

    def __init__(self) -> None:
        self._current = Generation()
        self._older: list[Generation] = []

    def enter(self) -> Generation:
        self._current.count += 1
        return self._current

    def stay(self, generation: Generation) -> None:
        """Once more, so that it must be left once more; while it has not been left."""
        generation.count += 1

    def leave(self, generation: Generation) -> None:
        generation.count -= 1
        if generation.count == 0 and generation.empty is not None:
            generation.empty.set()

    async def drained(self) -> None:
        """Waits for all that entered before this call, and for nothing later."""
        last, self._current = self._current, Generation()
        self._older = [generation for generation in (*self._older, last) if generation.count]
        for generation in self._older:
            generation.empty = generation.empty or asyncio.Event()
        for generation in self._older:
            assert generation.empty is not None
            await generation.empty.wait()
