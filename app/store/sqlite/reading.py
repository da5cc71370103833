"""Reads of items and of index entries, on the event loop, a bounded page at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from ...clock import Clock
from ...model.index import Position
from ...model.rows import Bounds, Item, Key, KeyValue, Page, Row, Segment
from ...model.table import Index, Table
from ..base import Conflict, Spent, Token
from . import indexes, tokens
from . import statements as sql
from .errors import FAULTS, raise_store_error
from .inspection import Inspection

# A page ends at either, although more was asked for: the loop is not held for longer, and
# checkpoints can pass between two pages.
PAGE_BYTES = 1024 * 1024
PAGE_ROWS = 1000
# Behind so much of single reads others have their turn.
_TURN_BYTES = 512 * 1024


class Reading:
    """The reading half of the store, over one connection that no other thread uses."""

    _reader: sqlite3.Connection
    _clock: Clock

    async def get(self, table: Table, key: Key, *, consistent: bool) -> Row | None:
        return self._get(sql.item_sql(table.id).get, key)

    async def get_many(
        self, table: Table, keys: Sequence[Key], *, consistent: bool
    ) -> list[Row | None]:
        get = sql.item_sql(table.id).get
        rows: list[Row | None] = []
        size = 0
        for key in keys:
            if size > _TURN_BYTES:
                await asyncio.sleep(0)
                size = 0
            row = self._get(get, key)
            rows.append(row)
            size += 0 if row is None else len(row.data)
        return rows

    def _get(self, get: str, key: Key) -> Row | None:
        try:
            found = self._reader.execute(get, sql.physical(key)).fetchone()
        except FAULTS as fault:
            raise_store_error(fault)
        return None if found is None else Row(key, found[0], data=found[1])

    async def query(
        self,
        table: Table,
        partition: KeyValue,
        bounds: Bounds,
        *,
        after: Key | None = None,
        limit: int,
        reverse: bool = False,
        consistent: bool = False,
    ) -> Page:
        most = min(limit, PAGE_ROWS)
        behind = None if after is None else sql.stored_sort(after)
        statement = sql.query_statement(
            sql.item_sql(table.id), partition, bounds, behind, most + 1, reverse=reverse
        )
        return await self._page(table, statement, most, limit)

    async def scan(
        self,
        table: Table,
        segment: Segment,
        *,
        after: Key | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        most = min(limit, PAGE_ROWS)
        statement = sql.scan_statement(sql.item_sql(table.id), segment, after, most + 1)
        return await self._page(table, statement, most, limit)

    async def _page(self, table: Table, statement: sql.Statement, most: int, limit: int) -> Page:
        """Up to `most` rows of a statement that finds one more where more follows."""
        rows: list[Row] = []
        size = 0
        more = False
        try:
            # Closed at once: a statement before its end keeps this connection's view of the file.
            with closing(self._reader.execute(*statement)) as found:
                for partition, sort, version, data in found:
                    if len(rows) == most or size > PAGE_BYTES:
                        more = True
                        break
                    key = Key(partition, None if table.sort_key is None else sort)
                    rows.append(Row(key, version, data=data))
                    size += len(data)
        except FAULTS as fault:
            raise_store_error(fault)
        if more and len(rows) < limit:
            # Others have their turn before the caller comes back for the rest.
            await asyncio.sleep(0)
        return Page(tuple(rows), more)

    async def query_index(
        self,
        table: Table,
        index: Index,
        partition: bytes,
        bounds: Bounds,
        *,
        after: Position | None = None,
        limit: int,
        reverse: bool = False,
        consistent: bool = False,
    ) -> Page:
        most = min(limit, PAGE_ROWS)
        statement = indexes.query_statement(
            table, index, partition, bounds, after, most + 1, reverse=reverse
        )
        return await self._page(table, statement, most, limit)

    async def scan_index(
        self,
        table: Table,
        index: Index,
        segment: Segment,
        *,
        after: Position | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        most = min(limit, PAGE_ROWS)
        statement = indexes.scan_statement(table, index, segment, after, most + 1)
        return await self._page(table, statement, most, limit)

    def inspect(self, table: Table) -> Inspection:
        return Inspection(self._reader, table)

    def admit(self, table: Table, key: Key, item: Item | None) -> None:
        """Whatever an item may be is kept."""

    def in_segment(self, table: Table, partition: KeyValue, segment: Segment) -> bool:
        first, last = sql.hash_range(segment)
        return first <= sql.hash_of(partition) <= last

    async def spent(self, token: Token) -> Spent | None:
        try:
            return tokens.spent(self._reader, token, int(self._clock.time() * 1_000_000))
        except FAULTS as fault:
            raise_store_error(fault)

    async def snapshot(
        self, reads: Sequence[tuple[Table, Key]]
    ) -> tuple[Row | None, ...] | Conflict:
        try:
            # What other processes and the writer's thread commit meanwhile is not seen.
            self._reader.execute("BEGIN")
        except FAULTS as fault:
            raise_store_error(fault)
        try:
            return tuple(self._get(sql.item_sql(table.id).get, key) for table, key in reads)
        finally:
            self._reader.execute("COMMIT")
