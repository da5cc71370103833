"""Splits the shards of streams that have fewer than the setting says."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from ..clock import Clock
from ..errors import StoreError
from ..metrics import Metrics
from ..model.shards import with_more_shards
from ..store.base import LEASE_SECONDS, Store

_JOB = "resharding"

_log = logging.getLogger("dynaspan.resharding")


@dataclass(frozen=True, slots=True)
class Resharding:
    """Never merges: a shard can name one parent only. So processes with different settings, as
    while they are restarted one by one, agree on the largest.

    `interval`: seconds between two rounds of the process that leads; one that has just come to lead
    begins at once.
    """

    store: Store
    clock: Clock
    metrics: Metrics
    shards: int
    interval: float = 60.0

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        due = self.clock.monotonic()
        while True:
            try:
                now = self.clock.monotonic()
                if not await self.store.leads(_JOB):
                    due = now
                elif now >= due:
                    await self.round()
                    due = now + self.interval
            except StoreError:
                self.metrics.add("JobFailures")
            await asyncio.sleep(min(self.interval, LEASE_SECONDS / 3))

    async def round(self) -> int:
        """How many streams have got more shards."""
        count = 0
        for stream in await self.store.streams():
            if stream.status != "ENABLED" or stream.stream.shards >= self.shards:
                continue
            table = await self.store.table(stream.table_name)
            if table is None or table.status != "ACTIVE" or table.stream != stream.stream:
                continue
            # Changed by somebody else meanwhile: the next round looks again.
            if await self.store.change_table(with_more_shards(table, self.shards)):
                _log.info("the stream of table %s has %d shards now", table.name, self.shards)
                count += 1
        return count
