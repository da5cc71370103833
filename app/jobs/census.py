"""Counts the items of every table again and again, in small steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..aside import Aside
from ..clock import Clock
from ..errors import StoreError, TableGone
from ..metrics import Metrics
from ..model.census import GIGABYTE, Counting, decode, encode
from ..model.rows import WHOLE, Key, Row
from ..model.table import Table
from ..store.base import LEASE_SECONDS, Store

_PAGE_ROWS = 100
_NAMES_AT_ONCE = 100
_LOOK_SECONDS = LEASE_SECONDS / 3
# A large table is counted again later than a small one, so that counting is little of all work;
# but not later than the service does.
_REST = 100
_LONGEST_REST = 6 * 3600.0


@dataclass(slots=True)
class Takers:
    """One process at a time counts; all tell what it has found.

    `interval`: seconds before a table is counted again. `pause`: seconds of rest after each page.
    """

    store: Store
    clock: Clock
    metrics: Metrics
    interval: float
    pause: float = 0.05
    _due: dict[str, float] = field(default_factory=dict)
    _aside: Aside = field(default_factory=Aside)

    async def run(self) -> None:
        """For ever. Cancel it to stop."""
        while True:
            await asyncio.sleep(min(self.interval, _LOOK_SECONDS))
            try:
                if await self.store.leads("census"):
                    await self.round()
            except StoreError:
                self.metrics.add("JobFailures")

    async def round(self) -> int:
        """Counts every table whose time has come. Returns how many those were.

        Attached tables are left alone: who sized the cluster for them did not ask for full scans.
        """
        counted = 0
        due: dict[str, float] = {}
        after: str | None = None
        while names := await self.store.table_names(after=after, limit=_NAMES_AT_ONCE):
            for name in names:
                table = self.store.cached_table(name) or await self.store.table(name)
                if table is None or table.status != "ACTIVE" or table.attached is not None:
                    continue
                at = self._due.get(table.id)
                if at is None:
                    at = await self._first(table)
                if at <= self.clock.time():
                    at = await self._count(table)
                    counted += 1
                due[table.id] = at
            after = names[-1]
        self._due = due
        return counted

    async def _first(self, table: Table) -> float:
        """When a table is due that this process has not counted yet."""
        data = await self.store.census(table)
        return 0.0 if data is None else decode(data).at + self.interval

    async def _count(self, table: Table) -> float:
        """Returns when it is due again."""
        start = self.clock.monotonic()
        counting = Counting(table, GIGABYTE)
        after: Key | None = None
        more = True
        try:
            while more:
                if not await self.store.leads("census"):
                    break
                page = await self.store.scan(table, WHOLE, after=after, limit=_PAGE_ROWS)
                size = sum(len(row.data) for row in page.rows)
                await self._aside.over(size, _add, counting, page.rows)
                if page.rows:
                    after = page.rows[-1].key
                more = page.more
                if more:
                    await asyncio.sleep(self.pause)
            else:
                await self.store.keep_census(table, encode(counting.census(self.clock.time())))
        except TableGone:
            self._due.pop(table.id, None)
        took = self.clock.monotonic() - start
        return self.clock.time() + max(self.interval, min(_REST * took, _LONGEST_REST))


def _add(counting: Counting, rows: Iterable[Row]) -> None:
    for row in rows:
        counting.add(row.key, row.item)
