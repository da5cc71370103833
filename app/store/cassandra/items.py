"""Reads of items: get, get_many, query, scan.

A row without an item (a delete's marker, the trace of an undecided write) is no item: it neither
counts nor ends a page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from ...model.rows import Bounds, Key, KeyValue, Page, Row, Segment
from ...model.table import Index, Table
from . import ring
from .change_statements import ChangeStatements
from .dialect import Dialect
from .index_statements import EntryReads, EntryWrites
from .patience import Patient
from .session import Value
from .statements import Read, row_of
from .transaction_statements import LockStatements
from .translator import blind, required

# A fetch asks for as many rows as fill this if all are as large as the largest seen lately.
FETCH_BYTES = 1024 * 1024
_MOST_ROWS = 4096
# Before the first row is seen: 32 rows, 13 MB at the very worst.
_FIRST_GUESS = FETCH_BYTES // 32
_GET_MANY_WORKERS = 32


class Sizes:
    """How large the rows of a table are."""

    __slots__ = ("_peak",)

    def __init__(self) -> None:
        self._peak = float(_FIRST_GUESS)

    def saw(self, largest: int) -> None:
        """`largest` bytes in one row of a fetch that returned some."""
        # Falls slowly, so that one small page does not make the next fetch of large rows huge.
        self._peak = max(float(largest), 64.0, 0.75 * self._peak)

    def fetch(self, limit: int) -> int:
        """Rows to ask for when the caller wants `limit`."""
        return max(1, min(limit, _MOST_ROWS, int(FETCH_BYTES / self._peak)))


class EntryTable(NamedTuple):
    """What is kept for reads of one index."""

    reads: EntryReads
    sizes: Sizes


class ItemTable:
    """What is kept for one table: its statements, those of its indexes by number, and sizes."""

    __slots__ = (
        *("_dialect", "_entry_reads", "_entry_writes", "_keyspace"),
        *("changes", "locks", "sizes", "statements", "table", "translator"),
    )

    def __init__(self, keyspace: str, table: Table, dialect: Dialect) -> None:
        self.translator = required(table.translator)
        self.statements = dialect.items(keyspace, table, self.translator.columns)
        kind = blind(self.translator)
        self.changes = (
            None
            if kind is None
            else ChangeStatements(self.statements, kind.columns[0][0], kind.bound)
        )
        """None: a change of some attributes needs the whole item."""
        self.locks = LockStatements(keyspace, table, self.translator)
        self._dialect = dialect
        self.sizes = Sizes()
        self._keyspace = keyspace
        self.table = table
        self._entry_reads: dict[int, EntryTable] = {}
        self._entry_writes: dict[int, EntryWrites] = {}

    def entry_reads(self, index: Index) -> EntryTable:
        found = self._entry_reads.get(index.number)
        if found is None:
            reads = self._dialect.entry_reads(self._keyspace, self.table, index)
            found = self._entry_reads[index.number] = EntryTable(reads, Sizes())
        return found

    def entry_writes(self, number: int) -> EntryWrites:
        found = self._entry_writes.get(number)
        if found is None:
            found = self._dialect.entry_writes(self._keyspace, self.table, number)
            self._entry_writes[number] = found
        return found


class Look(NamedTuple):
    """A row as it is: the item, the version of that or of a delete, and the transaction that holds
    it, which is not decided yet."""

    row: Row | None
    version: int | None
    txid: bytes | None


_NOTHING = Look(None, None, None)

Resolve = Callable[[ItemTable, Key, bytes], Awaitable[bool]]
"""Told of the transaction that holds a row; whether the row is another one now."""


class Reads:
    """All methods raise StoreUnavailable and Unconfigured."""

    def __init__(self, patient: Patient, resolve: Resolve) -> None:
        self._patient = patient
        self._resolve = resolve

    async def get(self, items: ItemTable, key: Key, consistent: bool) -> Row | None:
        if consistent:
            return (await self.look(items, key)).row
        rows = (await self._patient.execute(items.statements.get_at_one, row_of(key))).rows
        if not rows or rows[0][0] is None:
            return None
        stored, version = rows[0]
        return Row(key, version, data=items.translator.json(stored))

    async def look(self, items: ItemTable, key: Key) -> Look:
        """After every write and transaction that was acknowledged before."""
        while True:
            rows = (await self._patient.execute(items.locks.look, row_of(key))).rows
            if not rows:
                return _NOTHING
            stored, version, txid = rows[0]
            if txid is None or not await self._resolve(items, key, txid):
                row = None
                if stored is not None:
                    row = Row(key, version, data=items.translator.json(stored))
                return Look(row, version, txid)

    async def get_many(
        self, items: ItemTable, keys: Sequence[Key], consistent: bool
    ) -> list[Row | None]:
        found: list[Row | None] = [None] * len(keys)
        waiting = iter(enumerate(keys))

        async def work() -> None:
            for index, key in waiting:
                found[index] = await self.get(items, key, consistent)

        await asyncio.gather(*(work() for _ in range(min(len(keys), _GET_MANY_WORKERS))))
        return found

    async def query(
        self,
        items: ItemTable,
        partition: KeyValue,
        bounds: Bounds,
        after: Key | None,
        limit: int,
        reverse: bool,
        consistent: bool,
    ) -> Page:
        least = items.statements.least_sort
        if least is None:
            row = None
            if after is None:
                row = await self.get(items, Key(partition, None), consistent)
            return Page(() if row is None else (row,), more=False)
        lower, upper = _half_open(bounds, least, after, reverse)
        page = _Filling(self._patient, items, limit, consistent)
        while upper is None or _before(lower, upper):
            full, edge = await page.slice(partition, lower, upper, reverse)
            if page.rows or not full:
                return Page(tuple(page.rows), more=full)
            # Nothing but markers: go on behind them, the caller has no key to go on from.
            if reverse:
                upper = edge
            else:
                lower = _successor(edge)
        return Page((), more=False)

    async def scan(
        self,
        items: ItemTable,
        segment: Segment,
        after: Key | None,
        limit: int,
        consistent: bool,
    ) -> Page:
        whole = ring.segment_range(segment)
        page = _Filling(self._patient, items, limit, consistent)
        while True:
            more = False
            if after is not None:
                more, after = await page.same_token(after)
            if not more:
                rest = whole if after is None else ring.behind(whole, after.partition)
                more, after = await page.range(rest, after)
            if page.rows or not more:
                return Page(tuple(page.rows), more)


class _Filling:
    """One page under way. Each method fetches and tells whether its range may hold more, and the
    last key it saw, from behind which to go on."""

    def __init__(self, patient: Patient, items: ItemTable, limit: int, consistent: bool) -> None:
        self.rows: list[Row] = []
        self._patient = patient
        self._items = items
        self._limit = limit
        self._consistent = consistent

    async def slice(
        self, partition: KeyValue, lower: KeyValue, upper: KeyValue | None, reverse: bool
    ) -> tuple[bool, KeyValue]:
        """Of one partition: `lower <= sort key < upper`."""
        wanted = self._items.sizes.fetch(self._limit - len(self.rows))
        slices = self._items.statements.slice(bounded=upper is not None, reverse=reverse)
        ends = (lower,) if upper is None else (lower, upper)
        found = await self._fetch(slices, (partition, *ends, wanted))
        edge = lower
        largest = 0
        for edge, stored, version in found:
            if stored is not None:
                largest = max(largest, self._take(Key(partition, edge), version, stored))
        if largest:
            self._items.sizes.saw(largest)
        return len(found) == wanted, edge

    async def range(self, tokens: ring.Range, after: Key | None) -> tuple[bool, Key | None]:
        """Of all partitions with these tokens."""
        if tokens.first > tokens.last:
            return False, after
        wanted = self._items.sizes.fetch(self._limit - len(self.rows))
        found = await self._fetch(self._items.statements.scan, (*tokens, wanted))
        largest = 0
        for partition, *sort, stored, version in found:
            after = Key(partition, sort[0] if sort else None)
            if stored is not None:
                largest = max(largest, self._take(after, version, stored))
        if largest:
            self._items.sizes.saw(largest)
        return len(found) == wanted, after

    async def same_token(self, after: Key) -> tuple[bool, Key]:
        """What lies behind `after` with its token: the rest of its partition, then partitions that
        happen to have the same token. True as well when the page is full."""
        least = self._items.statements.least_sort
        if after.sort is not None:
            full, edge = await self.slice(after.partition, _successor(after.sort), None, False)
            if full:
                return True, Key(after.partition, edge)
        place = ring.token(after.partition)
        listed = self._items.statements.partitions
        found = [] if listed is None else await self._fetch(listed, (place, place))
        for partition in ring.siblings_behind([row[0] for row in found], after.partition):
            if len(self.rows) >= self._limit:
                return True, after
            if least is None:
                more, after = await self._row(Key(partition, None))
            else:
                more, edge = await self.slice(partition, least, None, False)
                after = Key(partition, edge)
            if more:
                return True, after
        return len(self.rows) >= self._limit, after

    async def _row(self, key: Key) -> tuple[bool, Key]:
        found = await self._fetch(self._items.statements.get, row_of(key))
        for stored, version in found:
            if stored is not None:
                self._take(key, version, stored)
        return False, key

    def _take(self, key: Key, version: int, stored: Any) -> int:
        """Its size."""
        translator = self._items.translator
        self.rows.append(Row(key, version, data=translator.json(stored)))
        return translator.size(stored)

    async def _fetch(self, read: Read, values: Sequence[Value]) -> Sequence[Sequence[Any]]:
        return (await self._patient.execute(read.at(self._consistent), values)).rows


def _half_open(
    bounds: Bounds, least: KeyValue, after: Key | None, reverse: bool
) -> tuple[KeyValue, KeyValue | None]:
    """`lower <= sort key < upper`: few shapes of statement, as each must be prepared."""
    lower = least if bounds.lower is None else bounds.lower
    if not bounds.lower_inclusive:
        lower = _successor(lower)
    upper = bounds.upper
    if upper is not None and bounds.upper_inclusive:
        upper = _successor(upper)
    sort = None if after is None else after.sort
    if sort is None:
        return lower, upper
    if reverse:
        return lower, sort if upper is None or _before(sort, upper) else upper
    behind = _successor(sort)
    return behind if _before(lower, behind) else lower, upper


def _successor(key: KeyValue) -> KeyValue:
    """The least key greater than `key`, in the order of bytes and of UTF-8."""
    return key + "\0" if isinstance(key, str) else key + b"\0"


def _before(one: KeyValue, other: KeyValue) -> bool:
    # Code points order as their UTF-8 does; keys of one attribute are of one type.
    return one < other  # type: ignore[operator]
