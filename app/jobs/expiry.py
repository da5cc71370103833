"""Deletes items whose time to live has passed.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from ..aside import Aside
from ..clock import Clock
from ..errors import Busy, StoreError, TableChanged
from ..metrics import Metrics
from ..model import expiry
from ..model.expiry import expired
from ..model.index import Position, entry_changes, place_of
from ..model.rows import WHOLE, Bounds, Key, Page, Row
from ..model.stream import record_of
from ..model.table import Index, Table
from ..store.base import Batch, Committed, Store, Write
from ..store.keyqueue import KeyQueue
from .overdue import Overdue, new_overdue

_JOB = "expiry"
_NAMES_AT_ONCE = 100
_PAGE_ROWS = 200
_AT_ONCE = 8
# Entries appear a moment after their items, by clocks that differ: so much is read again.
_AGAIN_SECONDS = 900.0
# How far its predecessor came is not known to a new leader.
_FIRST_SECONDS = 86400.0
# All entries are gone through now and then: for those written long past their time, and for what
# two clocks made of one. So many pages a round, that no table waits for another.
_WHOLE_SECONDS = 6 * 3600.0
_PAGES_A_ROUND = 50


@dataclass(slots=True)
class _Progress:
    """Of one table: entries before `since` have been looked at; when all are due again, by the
    monotonic clock; and how far that has come."""

    since: float
    whole_due: float
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Expiry:
    """One process of all reads the entries of what has expired, and each what it wrote overdue.

    A delete holds only for the very version that was seen expired: should two do so nothing is
    wrong, and no item that was changed meanwhile is lost.
    """

    store: Store
    clock: Clock
    metrics: Metrics
    queue: KeyQueue
    interval: float
    overdue: Overdue = field(default_factory=new_overdue)
    pause: float = 0.02
    progress: dict[str, _Progress] = field(default_factory=dict)
    _aside: Aside = field(default_factory=Aside)

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
        self.metrics.set("TimeToLiveLag", 0)
        deleted = await self._take_overdue()
        if not await self.store.leads(_JOB):
            self.progress.clear()
            return deleted
        after: str | None = None
        while names := await self.store.table_names(after=after, limit=_NAMES_AT_ONCE):
            for name in names:
                deleted += await self._visit(name)
            after = names[-1]
        return deleted

    async def _take_overdue(self) -> int:
        deleted = 0
        for _ in range(len(self.overdue)):
            name, key = self.overdue.popleft()
            table = await self._table(name)
            if table is not None:
                deleted += await self._delete_all(table, [key])
        return deleted

    async def _table(self, name: str) -> Table | None:
        """Looked up for each page: once TTL is switched off nothing more may go."""
        table = self.store.cached_table(name) or await self.store.table(name)
        if table is None or table.ttl is None or table.status != "ACTIVE":
            return None
        index = table.ttl.index
        return None if index is not None and index.status == "DELETING" else table

    async def _visit(self, name: str) -> int:
        table = await self._table(name)
        if table is None or table.ttl is None:
            self.progress.pop(name, None)
            return 0
        if table.ttl.index is None:
            return await self._delete_found(table, self._scanned(table), table.ttl.attribute)
        now, monotonic = self.clock.time(), self.clock.monotonic()
        filling = table.ttl.index.status == "CREATING"
        progress = self.progress.get(name)
        if progress is None or filling:
            # Of a new index all is due as soon as it is filled.
            due = monotonic if filling else monotonic + _WHOLE_SECONDS
            progress = self.progress[name] = _Progress(now - _FIRST_SECONDS, due)
        if filling:
            return 0
        attribute = table.ttl.attribute
        recent = self._recent(table, table.ttl.index, progress.since, now)
        deleted = await self._delete_found(table, recent, attribute)
        progress.since = now - _AGAIN_SECONDS
        if monotonic >= progress.whole_due:
            some = self._some_of_all(table, table.ttl.index, progress)
            deleted += await self._delete_found(table, some, attribute)
            if progress.after is None:
                progress.whole_due = monotonic + _WHOLE_SECONDS
        return deleted

    # -- what may have expired --------------------------------------------------------------

    async def _recent(
        self, table: Table, index: Index, since: float, until: float
    ) -> AsyncIterator[Page]:
        bounds = Bounds(
            expiry.sort_key(since), upper=expiry.sort_key(until + 1), upper_inclusive=False
        )
        for partition in expiry.partitions(since, until):
            more, after = True, None
            while more:
                page = await self.store.query_index(
                    table, index, partition, bounds, after=after, limit=_PAGE_ROWS
                )
                yield page
                more, after = page.more, _position(index, page)

    async def _some_of_all(
        self, table: Table, index: Index, progress: _Progress
    ) -> AsyncIterator[Page]:
        for _ in range(_PAGES_A_ROUND):
            page = await self.store.scan_index(
                table, index, WHOLE, after=progress.after, limit=_PAGE_ROWS
            )
            yield page
            progress.after = _position(index, page) if page.more else None
            if not page.more:
                return

    async def _scanned(self, table: Table) -> AsyncIterator[Page]:
        more, after = True, None
        while more:
            page = await self.store.scan(table, WHOLE, after=after, limit=_PAGE_ROWS)
            yield page
            more, after = page.more, page.rows[-1].key if page.rows else None

    # -- deleting ---------------------------------------------------------------------------

    async def _delete_found(self, table: Table, pages: AsyncIterator[Page], attribute: str) -> int:
        deleted = 0
        async for page in pages:
            now = self.clock.time()
            size = sum(len(row.data) for row in page.rows)
            keys = await self._aside.over(size, _expired, page.rows, attribute, now)
            if keys:
                current = await self._table(table.name)
                if current is None or current.id != table.id:
                    return deleted
                deleted += await self._delete_all(current, keys)
                await asyncio.sleep(self.pause)
        return deleted

    async def _delete_all(self, table: Table, keys: Sequence[Key]) -> int:
        deleted = 0
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            deleted += sum(await asyncio.gather(*(self._delete(table, key) for key in some)))
        return deleted

    async def _delete(self, table: Table, key: Key) -> bool:
        row = await self.store.get(table, key, consistent=True)
        if row is None or table.ttl is None:
            return False
        now = self.clock.time()
        if not expired(row.item, table.ttl.attribute, now):
            return False
        done = await self._delete_row(table, row)
        if done:
            self.metrics.add("TimeToLiveDeletedItemCount")
            lag = now - float(row.item[table.ttl.attribute]["N"])
            self.metrics.set("TimeToLiveLag", lag)
        return done

    async def _delete_row(self, table: Table, row: Row) -> bool:
        entries = entry_changes(table, row.item, None)
        record = record_of(table, row.item, None, by_service=True)
        write = Write(table, row.key, row.version, None, entries, record)
        try:
            async with self.queue.slot(table.id, row.key):
                return isinstance(await self.store.commit(Batch((write,))), Committed)
        except (Busy, TableChanged):
            return False


def _position(index: Index, page: Page) -> Position | None:
    if not page.rows:
        return None
    row = page.rows[-1]
    place = place_of(index, row.item)
    assert place is not None
    return Position(place, row.key)


def _expired(rows: Sequence[Row], attribute: str, now: float) -> list[Key]:
    return [row.key for row in rows if expired(row.item, attribute, now)]
