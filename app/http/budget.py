"""Memory that large requests of one process may have together."""

from __future__ import annotations

import asyncio
from collections import deque

from ..errors import Busy

RECEIVED_BYTES = 64 * 1024 * 1024
"""Bodies above 128 KB that are received or worked on, by their Content-Length."""

WORKED_BYTES = 256 * 1024 * 1024
"""What those that are worked on take as Python's objects, by `weight`."""

WAIT_SECONDS = 5.0


class Budget:
    """`total` bytes, given in the order they were asked for. What is more than all of them is given
    when nobody has any."""

    def __init__(self, total: int, seconds: float = WAIT_SECONDS) -> None:
        self._total = total
        self._seconds = seconds
        self._used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def try_take(self, size: int) -> bool:
        """False when it must be waited for."""
        if self._waiting or not self._fits(size):
            return False
        self._used += size
        return True

    async def take(self, size: int) -> None:
        """Raises Busy after `seconds`."""
        if self.try_take(size):
            return
        place = (size, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        try:
            # Not wait_for: before Python 3.12 it may swallow that this task is cancelled.
            async with asyncio.timeout(self._seconds):
                await asyncio.shield(place[1])
        except BaseException as fault:
            if place[1].done():
                self.give(size)
            else:
                self._waiting.remove(place)
                # Who comes next may be content with less.
                self._serve()
            if isinstance(fault, TimeoutError):
                raise Busy("large requests have all the memory they may have") from None
            raise

    def give(self, size: int) -> None:
        self._used -= size
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            size, future = self._waiting.popleft()
            self._used += size
            future.set_result(None)

    def _fits(self, size: int) -> bool:
        return not self._used or self._used + size <= self._total


def weight(body: bytes) -> int:
    """About how many bytes of memory a request takes while it is worked on: the body, its text, and
    what becomes of each value and name of it."""
    return 2 * len(body) + 250 * body.count(b"{") + 30 * body.count(b'"')
