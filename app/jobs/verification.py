"""Compares the items of a table with the entries of its indexes, both ways, and mends them.

What differs at first may be a write that is under way, or one that the store is about to finish: it
is looked at again until it agrees or `patience` is over, items as they are decided. Only then it is
drift.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from ..clock import Clock
from ..errors import Busy, TableChanged, TableGone
from ..metrics import Metrics
from ..model.index import EntryChange, Place, Position, place_of, projected
from ..model.rows import WHOLE, Item, Key, Row
from ..model.table import Index, Table
from ..store.base import ABSENT, Batch, Committed, Inspector, Store, Write
from ..store.keyqueue import KeyQueue

PATIENCE_SECONDS = 15.0
_PAGE_ROWS = 100
_AT_ONCE = 16
_LOOK_SECONDS = 0.5
# Suspects kept at once: where all of an index is missing its items are gone through in such parts.
_MOST_SUSPECTS = 10_000
_MENDING_TRIES = 20
_PAUSE_SECONDS = 0.01


class Kind(Enum):
    """MISSING: the item has no entry where it should stand. GHOST: there is an entry and no item
    that stands there. CONTENTS: the entry says something else than its item."""

    MISSING = "missing"
    GHOST = "ghost"
    CONTENTS = "wrong contents"


@dataclass(frozen=True, slots=True)
class Difference:
    index: Index
    position: Position
    kind: Kind


@dataclass(slots=True)
class Report:
    """What was compared, by the name of the index where it is of one, and what was found.

    `first` are the first differences, `skipped` indexes that were not there the whole time.
    """

    items: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    found: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    mended: int = 0
    first: list[Difference] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def differences(self) -> int:
        return self.found.total()

    @property
    def clean(self) -> bool:
        """Whether items and entries agree now."""
        return self.differences == self.mended


_Suspect = tuple[Index, Position]


class Verification:
    """One comparison of a table, which may be in use meanwhile. Raises StoreError.

    `repair`: an item that differs is written again as it is, with the entry that belongs to it,
    under the condition that it is unchanged: so no other write is lost or overtaken.
    `keep`: as many differences as are listed. `pause`: seconds of rest after each page.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        queue: KeyQueue,
        table: Table,
        *,
        repair: bool = False,
        patience: float = PATIENCE_SECONDS,
        keep: int = 20,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._queue = queue
        self._table = table
        self._inspector: Inspector = store.inspect(table)
        self._repair = repair
        self._patience = patience
        self._keep = keep
        self._pause = pause
        self._report = Report()
        self._suspects: dict[_Suspect, float] = {}
        """Since when; what differs again later is the same suspect."""
        ready = ("ACTIVE", "UPDATING")
        self._indexes = [index for index in table.kept_indexes if index.status in ready]

    async def run(self) -> Report:
        report = self._report
        report.skipped = [
            each.name for each in self._table.kept_indexes if each not in self._indexes
        ]
        if self._indexes:
            await self._items()
        for index in self._indexes:
            await self._entries(index)
        await self._settle(at_most=0)
        self._metrics.add("IndexDrift", report.differences)
        self._metrics.add("IndexDriftMended", report.mended)
        return report

    # -- both ways ----------------------------------------------------------------------------

    async def _items(self) -> None:
        """Each item has its entries."""
        after: Key | None = None
        more = True
        while more:
            page = await self._store.scan(
                self._table, WHOLE, after=after, limit=_PAGE_ROWS, consistent=True
            )
            self._report.items += len(page.rows)
            for start in range(0, len(page.rows), _AT_ONCE):
                await asyncio.gather(*map(self._item, page.rows[start : start + _AT_ONCE]))
            await self._settle(at_most=_MOST_SUSPECTS)
            more = page.more
            if page.rows:
                after = page.rows[-1].key
            await asyncio.sleep(self._pause)

    async def _item(self, row: Row) -> None:
        for index in self._indexes:
            place = place_of(index, row.item)
            if place is not None:
                position = Position(place, row.key)
                entry = await self._inspector.entry(index, position)
                if entry is None or entry.item != projected(self._table, index, row.item):
                    self._suspect(index, position)

    async def _entries(self, index: Index) -> None:
        """Each entry has an item that stands where it is."""
        after: Position | None = None
        more = True
        while more:
            page = await self._inspector.entries(index, after=after, limit=_PAGE_ROWS)
            self._report.entries[index.name] += len(page.entries)
            keys = [position.key for position, _ in page.entries]
            rows = await self._store.get_many(self._table, keys, consistent=True)
            for (position, _), row in zip(page.entries, rows, strict=True):
                if row is None or place_of(index, row.item) != position.place:
                    self._suspect(index, position)
            await self._settle(at_most=_MOST_SUSPECTS)
            more = page.more
            if page.entries:
                after = page.entries[-1][0]
            await asyncio.sleep(self._pause)

    # -- suspects -----------------------------------------------------------------------------

    def _suspect(self, index: Index, position: Position) -> None:
        self._suspects.setdefault((index, position), self._clock.monotonic())

    async def _settle(self, *, at_most: int) -> None:
        """Looks again until no more than so many are left."""
        while len(self._suspects) > at_most:
            every = list(self._suspects)
            for start in range(0, len(every), _AT_ONCE):
                await asyncio.gather(*map(self._look_again, every[start : start + _AT_ONCE]))
            if len(self._suspects) > at_most:
                await asyncio.sleep(min(_LOOK_SECONDS, self._patience))

    async def _look_again(self, suspect: _Suspect) -> None:
        kind = await self._look(*suspect)
        if kind is None:
            del self._suspects[suspect]
        elif self._clock.monotonic() - self._suspects[suspect] >= self._patience:
            del self._suspects[suspect]
            await self._found(*suspect, kind)

    async def _look(self, index: Index, position: Position) -> Kind | None:
        """How the entry at this position differs from what its item says."""
        row = await self._inspector.decided(position.key)
        entry = await self._inspector.entry(index, position)
        if row is None or place_of(index, row.item) != position.place:
            return None if entry is None else Kind.GHOST
        if entry is None:
            return Kind.MISSING
        same = entry.item == projected(self._table, index, row.item)
        return None if same else Kind.CONTENTS

    async def _found(self, index: Index, position: Position, kind: Kind) -> None:
        self._report.found[index.name, kind] += 1
        if len(self._report.first) < self._keep:
            self._report.first.append(Difference(index, position, kind))
        if self._repair:
            await self._mend(index, position)
            if await self._look(index, position) is None:
                self._report.mended += 1

    async def _mend(self, index: Index, position: Position) -> None:
        """As any write: under the item's version, so that what is written meanwhile stays."""
        for _ in range(_MENDING_TRIES):
            row = await self._inspector.decided(position.key)
            write = self._rewritten(index, position, row)
            try:
                async with self._queue.slot(self._table.id, position.key):
                    if isinstance(await self._store.commit(Batch((write,))), Committed):
                        return
            except TableChanged:
                await self._look_up_table()
            except Busy:
                pass
            await asyncio.sleep(_PAUSE_SECONDS)

    def _rewritten(self, index: Index, position: Position, row: Row | None) -> Write:
        """The item as it is, or as it is not, with its entry."""
        place: Place | None = None
        item: Item | None = None
        entry: Item | None = None
        if row is not None:
            item = row.item
            place = place_of(index, item)
            entry = None if place is None else projected(self._table, index, item)
        change = EntryChange(index, position.place, place, None, entry)
        version = ABSENT if row is None else row.version
        return Write(self._table, position.key, version, item, (change,))

    async def _look_up_table(self) -> None:
        table = await self._store.table(self._table.name)
        if table is None or table.id != self._table.id:
            raise TableGone(f"table {self._table.name} was deleted")
        self._table = table
