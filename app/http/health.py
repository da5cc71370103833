"""Whether a load balancer should send requests here."""

from __future__ import annotations

import asyncio

from ..clock import Clock
from ..errors import StoreError
from ..metrics import Metrics
from ..store.base import Store

# A store that everybody shares blinks for everybody: one blip must not take all tasks out at once.
FAILURES = 3
CACHED_SECONDS = 2.0


class Readiness:
    """Pings the store when asked, at most every CACHED_SECONDS.

    Ready after one success, unready after FAILURES failures in a row. A ping that takes longer than
    `deadline` seconds has failed.
    """

    def __init__(self, store: Store, *, clock: Clock, metrics: Metrics, deadline: float) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._deadline = deadline
        self._asked = float("-inf")
        self._failures = 0
        self._lock = asyncio.Lock()

    async def ready(self) -> bool:
        async with self._lock:
            if self._clock.monotonic() - self._asked >= CACHED_SECONDS:
                alive = await self._ping()
                self._asked = self._clock.monotonic()
                self._failures = 0 if alive else self._failures + 1
                self._metrics.set("StoreUp", float(alive))
        return self._failures < FAILURES

    async def _ping(self) -> bool:
        try:
            async with asyncio.timeout(self._deadline):
                await self._store.ping()
        except (StoreError, TimeoutError):
            return False
        return True
