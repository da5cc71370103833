"""Fills indexes that were added to a table with items, and takes away deleted ones, and tables
that have been shown as DELETING for as long as they should; and moves tables to the way in which
they are to be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from ..clock import Clock
from ..errors import Busy, StoreError, StoreUnavailable, TableChanged, TableGone
from ..metrics import Metrics
from ..model.index import EntryChange, place_of, projected
from ..model.isolation import wanted
from ..model.rows import Key, Row, Segment
from ..model.table import FILL_PARTS, KEPT, Index, Table, with_index
from ..store.base import Batch, Committed, Store, Write
from ..store.keyqueue import KeyQueue
from .isolation import moved

_JOB = "indexing"
_PAGE_ROWS = 100
_KEPT_SECONDS = 30.0
_LEFT_SECONDS = 5.0
_NAMES_AT_ONCE = 100
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Indexing:
    """Writes each item of a table again as it is, together with its entry in the new index.

    So the entry is made under the same condition as any other write's, and cannot be older than
    its item. Writers keep the index from the moment it is CREATING: an item missed by the scan was
    written after that. Doing a part again only costs time.

    unsettled: tables that are not written as they are to be, by id: version, and since when.
    """

    store: Store
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    interval: float = 0.5
    pause: float = 0.01
    unsettled: dict[str, tuple[int, float]] = field(default_factory=dict)

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        while True:
            await asyncio.sleep(self.interval)
            try:
                while await self.round():
                    pass
            except StoreError:
                # The store is away, or the table changed again: the next round looks anew.
                self.metrics.add("JobFailures")

    async def round(self) -> bool:
        """One step for each table that has an index under way; False if there was none."""
        found = False
        if not await self.store.leads(_JOB):
            return False
        async for table in self._tables():
            await self._settle_writes(table)
            if self._goes(table):
                # False if it has changed: the next round sees how.
                await self.store.drop_table(table)
                continue
            for index in table.kept_indexes:
                if index.status in ("CREATING", "DELETING"):
                    found = True
                if index.status == "DELETING":
                    await self.store.settled(table)
                    await self._change(with_index(table, index.number, None))
                    break
                if index.status == "CREATING":
                    await self._create(table, index)
                    break
        return found

    async def _settle_writes(self, table: Table) -> None:
        """Goes on with what has been left behind; who is at it changes the table now and then."""
        if not self.store.capabilities.plain_writes or table.writes == wanted(table):
            self.unsettled.pop(table.id, None)
            return
        now = self.clock.monotonic()
        version, since = self.unsettled.setdefault(table.id, (table.version, now))
        if version != table.version:
            self.unsettled[table.id] = (table.version, now)
        elif now - since >= _LEFT_SECONDS:
            await moved(self.store, table, wanted(table))

    def _goes(self, table: Table) -> bool:
        shown = table.transition
        if shown is None or shown.status != "DELETING":
            return False
        return self.clock.time() >= shown.until

    async def _tables(self) -> AsyncIterator[Table]:
        after: str | None = None
        while names := await self.store.table_names(after=after, limit=_NAMES_AT_ONCE):
            for name in names:
                # A copy will do: every step is a change from this very version, or none.
                table = self.store.cached_table(name) or await self.store.table(name)
                if table is not None and table.status == "ACTIVE":
                    yield table
            after = names[-1]

    async def _create(self, table: Table, index: Index) -> None:
        """One step: to the next phase, from the last to backfilling, or from there to ACTIVE."""
        if not index.backfilling:
            # A writer that does not know of the index yet could pass by the backfill.
            await self.store.settled(table)
            phase = min(index.phase + 1, KEPT)
            started = replace(index, backfilling=index.phase == KEPT, phase=phase)
            await self._change(with_index(table, index.number, started))
            return
        table = await self._fill(table, index)
        done = replace(index, status="ACTIVE", backfilling=False, filled=0)
        await self._change(with_index(table, index.number, done))

    async def _fill(self, table: Table, index: Index) -> Table:
        """Returns the table as it is then: how far it has come is kept in it now and then, so that
        whoever takes over goes on from there."""
        kept = self.clock.monotonic()
        for part in range(index.filled, FILL_PARTS):
            self.metrics.set("OnlineIndexPercentageProgress", 100 * part / FILL_PARTS)
            await self._fill_part(table, index, Segment(part, FILL_PARTS))
            if self.clock.monotonic() - kept >= _KEPT_SECONDS:
                index = replace(index, filled=part + 1)
                table = await self._change(with_index(table, index.number, index))
                kept = self.clock.monotonic()
        self.metrics.set("OnlineIndexPercentageProgress", 100)
        return table

    async def _fill_part(self, table: Table, index: Index, part: Segment) -> None:
        after: Key | None = None
        more = True
        while more:
            page = await self.store.scan(
                table, part, after=after, limit=_PAGE_ROWS, consistent=True
            )
            for start in range(0, len(page.rows), _AT_ONCE):
                rows = page.rows[start : start + _AT_ONCE]
                await asyncio.gather(*(self._enter(table, index, row) for row in rows))
            more = page.more
            if page.rows:
                after = page.rows[-1].key
                if not await self.store.leads(_JOB):
                    raise StoreUnavailable("another process fills the index now")
                await asyncio.sleep(self.pause)

    async def _enter(self, table: Table, index: Index, row: Row | None) -> None:
        """Writes the entry of one item, of whichever version it has by then."""
        assert row is not None
        key = row.key
        while row is not None:
            place = place_of(index, row.item)
            if place is None:
                return
            entry = EntryChange(index, None, place, None, projected(table, index, row.item))
            write = Write(table, key, row.version, row.item, (entry,))
            try:
                async with self.queue.slot(table.id, key):
                    if isinstance(await self.store.commit(Batch((write,))), Committed):
                        return
            except Busy:
                await asyncio.sleep(self.pause)
            row = await self.store.get(table, key, consistent=True)

    async def _change(self, changed: Table) -> Table:
        if await self.store.change_table(changed):
            return changed
        current = await self.store.table(changed.name)
        if current is None or current.id != changed.id:
            raise TableGone(f"table {changed.name} was deleted")
        raise TableChanged(f"table {changed.name} has changed")
