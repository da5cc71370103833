"""Deletes items whose time to live has passed.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ..clock import Clock
from ..errors import Busy, StoreError, TableChanged
from ..metrics import Metrics
from ..model.index import entry_changes
from ..model.rows import WHOLE, Item, Key, Row
from ..model.stream import record_of
from ..model.table import Table
from ..store.base import Batch, Committed, Store, Write
from ..store.keyqueue import KeyQueue

# Items whose time lies further back are kept, as on the service: such a value is rather a mistake.
_TOO_OLD = 5 * 365.25 * 86400
_PAGE_ROWS = 200
_NAMES_AT_ONCE = 100


def expired(item: Item, attribute: str, now: float) -> bool:
    """Whether `attribute` is an epoch second that lies less than five years before `now`."""
    value = item.get(attribute)
    if value is None or "N" not in value:
        return False
    return now - _TOO_OLD < float(value["N"]) <= now


@dataclass(frozen=True, slots=True)
class Expiry:
    """Scans each table with TTL enabled, page by page, and deletes what has expired.

    A delete holds only for the very version that was seen expired, so that any number of processes
    may do this at once and no item that was changed meanwhile is lost.
    """

    store: Store
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    interval: float
    pause: float = 0.1

    async def run(self) -> None:
        """For ever: one round, then `interval` seconds of rest. Cancel it to stop."""
        while True:
            await asyncio.sleep(self.interval)
            try:
                await self.round()
            except StoreError:
                # The store is away: the next round finds the same items expired.
                self.metrics.add("JobFailures")

    async def round(self) -> int:
        """Visits every table once. Returns how many items were deleted."""
        deleted = 0
        after: str | None = None
        while names := await self.store.table_names(after=after, limit=_NAMES_AT_ONCE):
            for name in names:
                deleted += await self._sweep(name)
            after = names[-1]
        return deleted

    async def _sweep(self, name: str) -> int:
        deleted = 0
        after: Key | None = None
        while True:
            # Looked up for each page: once TTL is switched off nothing more may go.
            table = await self.store.table(name)
            if table is None or table.ttl is None or table.status != "ACTIVE":
                return deleted
            page = await self.store.scan(
                table, WHOLE, after=after, limit=_PAGE_ROWS, consistent=False
            )
            now = self.clock.time()
            for row in page.rows:
                if expired(row.item, table.ttl.attribute, now):
                    deleted += await self._delete(table, row)
            if not page.more:
                return deleted
            after = page.rows[-1].key
            await asyncio.sleep(self.pause)

    async def _delete(self, table: Table, row: Row) -> bool:
        entries = entry_changes(table, row.item, None)
        record = record_of(table, row.item, None, by_service=True)
        write = Write(table, row.key, row.version, None, entries, record)
        try:
            async with self.queue.slot(table.id, row.key):
                outcome = await self.store.commit(Batch((write,)))
        except (Busy, TableChanged):
            return False
        done = isinstance(outcome, Committed)
        if done:
            self.metrics.add("TimeToLiveDeletedItemCount")
        return done
