"""The store contract in one SQLite file, or in memory.

Reads run on the event loop: a point read costs less there than handing it to a thread would.
Writes go through one thread with group commit, synced before they are acknowledged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import orjson

from ...clock import Clock
from ...errors import StoreUnavailable
from ...model import table as tables
from ...model.rows import Bounds, Key, KeyValue, Page, Row, Segment
from ...model.table import Table
from ...model.version import Versions
from ..base import ABSENT, ANY, Batch, Capabilities, Committed, Conflict, Outcome
from . import statements as sql
from .errors import store_errors
from .writer import InlineWriter, Writer

BUSY_SECONDS = 5.0
# Item bytes after which a page ends although more was asked for: the loop is not held for longer,
# and checkpoints can pass between two pages.
_PAGE_BYTES = 1024 * 1024
_WRITER_SLOT = 0


class SqliteStore:
    """`url` is sqlite:///relative.db, sqlite:////absolute.db, or sqlite:// for memory.

    Several processes may share a file on a local disk; memory belongs to this object alone.
    """

    def __init__(self, url: str, *, clock: Clock, busy_seconds: float = BUSY_SECONDS) -> None:
        path = url.removeprefix("sqlite://").removeprefix("/")
        self._path = Path(path) if path else None
        self._busy_seconds = busy_seconds
        self._versions = Versions(clock, _WRITER_SLOT)
        self._tables: dict[str, Table] = {}
        self._changes = -1
        self.capabilities = Capabilities(
            shared=self._path is not None, durable=self._path is not None, batches=True
        )

    async def open(self) -> None:
        with store_errors():
            self._reader = self._connect()
            self._prepare(self._reader)
        self._writer = InlineWriter(self._reader) if self._path is None else Writer(self._connect)

    async def close(self) -> None:
        await self._writer.close()
        self._reader.close()

    async def ping(self) -> None:
        with store_errors():
            self._reader.execute(sql.CHANGES).fetchone()

    # -- items ------------------------------------------------------------------------------

    async def get(self, table: Table, key: Key, *, consistent: bool) -> Row | None:
        with store_errors():
            found = self._reader.execute(sql.item_sql(table.id).get, sql.physical(key)).fetchone()
        return None if found is None else Row(key, found[0], data=found[1])

    async def get_many(
        self, table: Table, keys: Sequence[Key], *, consistent: bool
    ) -> list[Row | None]:
        return [await self.get(table, key, consistent=consistent) for key in keys]

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
        text, values = sql.query_statement(
            sql.item_sql(table.id), partition, bounds, after, limit + 1, reverse=reverse
        )
        # Closed at once: a statement before its end keeps this connection's view of the file.
        with store_errors(), closing(self._reader.execute(text, values)) as found:
            return _page(
                (
                    Row(_key(table, partition, sort), version, data=data)
                    for sort, version, data in found
                ),
                limit,
            )

    async def scan(
        self,
        table: Table,
        segment: Segment,
        *,
        after: Key | None = None,
        limit: int,
        consistent: bool = False,
    ) -> Page:
        text, values = sql.scan_statement(sql.item_sql(table.id), segment, after, limit + 1)
        with store_errors(), closing(self._reader.execute(text, values)) as found:
            return _page(
                (
                    Row(_key(table, partition, sort), version, data=data)
                    for partition, sort, version, data in found
                ),
                limit,
            )

    def in_segment(self, table: Table, key: Key, segment: Segment) -> bool:
        first, last = sql.hash_range(segment)
        return first <= sql.hash_of(key.partition) <= last

    async def commit(self, batch: Batch) -> Outcome:
        writes = [
            (
                sql.item_sql(write.table.id),
                write.key,
                write.expected,
                None if write.item is None else orjson.dumps(write.item),
            )
            for write in batch.writes
        ]

        def work(connection: sqlite3.Connection) -> Outcome:
            there = []
            for statements, key, expected, _ in writes:
                found = connection.execute(statements.version, sql.physical(key)).fetchone()
                version = ABSENT if found is None else found[0]
                if expected not in (ANY, version):
                    return Conflict()
                there.append(version)
            for (statements, key, _, data), version in zip(writes, there, strict=True):
                place = sql.physical(key)
                if data is None:
                    connection.execute(statements.delete, place)
                else:
                    new = self._versions.next(key, above=version)
                    connection.execute(statements.put, (*place, new, data))
            return Committed()

        return cast(Outcome, await self._writer.run(work))

    # -- catalog ----------------------------------------------------------------------------

    def cached_table(self, name: str) -> Table | None:
        # A few microseconds, and never stale: whoever changes the catalog also counts the change.
        with store_errors():
            (changes,) = self._reader.execute(sql.CHANGES).fetchone()
        if changes != self._changes:
            self._tables.clear()
            self._changes = changes
        return self._tables.get(name)

    async def table(self, name: str) -> Table | None:
        cached = self.cached_table(name)
        if cached is not None:
            return cached
        with store_errors():
            found = self._reader.execute(sql.CATALOG_GET, (name,)).fetchone()
        if found is None:
            return None
        self._tables[name] = table = tables.decode(found[0])
        return table

    async def table_names(self, *, after: str | None, limit: int) -> list[str]:
        with store_errors():
            found = self._reader.execute(sql.CATALOG_NAMES, (after or "", limit)).fetchall()
        return [name for (name,) in found]

    async def create_table(self, table: Table) -> bool:
        usable = replace(table, status="ACTIVE")
        row = (table.name, table.id, table.version, tables.encode(usable))

        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute(sql.CATALOG_INSERT, row).rowcount == 0:
                return False
            connection.execute(sql.item_sql(table.id).create)
            connection.execute(sql.COUNT_CHANGE)
            return True

        return cast(bool, await self._writer.run(work))

    async def change_table(self, table: Table) -> bool:
        spec = tables.encode(table)
        values = (table.version, spec, table.name, table.id, table.version - 1)

        def work(connection: sqlite3.Connection) -> bool:
            changed = connection.execute(sql.CATALOG_CHANGE, values).rowcount == 1
            if changed:
                connection.execute(sql.COUNT_CHANGE)
            return changed

        return cast(bool, await self._writer.run(work))

    async def drop_table(self, table: Table) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            row = (table.name, table.id, table.version)
            if connection.execute(sql.CATALOG_DELETE, row).rowcount == 0:
                return False
            connection.execute(sql.item_sql(table.id).drop)
            connection.execute(sql.COUNT_CHANGE)
            return True

        return cast(bool, await self._writer.run(work))

    # -- the file ---------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path or ":memory:",
            timeout=self._busy_seconds,
            isolation_level=None,
            cached_statements=512,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: an acknowledged commit is synced, so that it also survives a loss of power.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > sql.FILE_FORMAT:
            connection.close()
            raise StoreUnavailable(
                f"{self._path} has format {found}; this dynaspan reads up to {sql.FILE_FORMAT}"
            )
        if found == sql.FILE_FORMAT:
            return
        connection.execute("BEGIN IMMEDIATE")
        for statement in sql.CATALOG:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {sql.FILE_FORMAT}")
        connection.execute("COMMIT")


def _key(table: Table, partition: KeyValue, sort: KeyValue) -> Key:
    return Key(partition, None if table.sort_key is None else sort)


def _page(found: Iterator[Row], limit: int) -> Page:
    """Up to `limit` rows; `found` has one more where more follows."""
    rows: list[Row] = []
    size = 0
    for row in found:
        if len(rows) == limit or size > _PAGE_BYTES:
            return Page(tuple(rows), more=True)
        rows.append(row)
        size += len(row.data)
    return Page(tuple(rows), more=False)
