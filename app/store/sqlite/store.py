"""The store contract in one SQLite file, or in memory.

Reads run on the event loop, a bounded page at a time: a point read costs less there than handing
it to a thread would. Writes go through one thread with group commit, and are synced before they
are acknowledged. README.md has the numbers.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast

from ...clock import Clock
from ...errors import StoreError, StoreUnavailable, TableChanged, TableGone
from ...model import table as tables
from ...model.stream import Shard, StreamOfTable
from ...model.table import Table
from ..base import (
    LEASE_SECONDS,
    Batch,
    Capabilities,
    Committed,
    Conflict,
    Finding,
    Outcome,
    StreamPage,
    Translation,
    Trimmed,
)
from . import indexes, streams, tokens
from . import statements as sql
from .errors import FAULTS, raise_store_error
from .file import open_file, path_of
from .reading import Reading
from .writer import LoopWriter, ThreadWriter, Writer, savepoint

BUSY_SECONDS = 5.0
_ITEM_BYTES = 8 << 20
_LEAST_FREE_BYTES = 2**30


class SqliteStore(Reading):
    """`url` is sqlite:///relative.db, sqlite:////absolute.db, or sqlite:// for memory.

    Several processes may share a file on a local disk; memory belongs to this object alone.
    busy_seconds: how long a write waits for other processes. Raises ConfigError.
    """

    def __init__(self, url: str, *, clock: Clock, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path_of(url)
        self._busy_seconds = busy_seconds
        self._clock = clock
        self._tables: dict[str, Table] = {}
        self._changes = -1
        self._owner = os.urandom(16)
        self._led: dict[str, float] = {}
        in_file = self._path is not None
        self.capabilities = Capabilities(
            shared=in_file,
            durable=in_file,
            batches=True,
            transactions=True,
            indexes=True,
            streams=True,
            partition_contention=False,
            item_bytes=_ITEM_BYTES,
        )

    def translation(self, name: str) -> Translation | None:
        return Translation(blind_update=False) if name == "document" else None

    async def open(self) -> None:
        self._reader = open_file(self._path, self._busy_seconds)
        self._writer: Writer
        if self._path is None:
            self._writer = LoopWriter(self._reader)
        else:
            try:
                connection = open_file(self._path, self._busy_seconds)
            except StoreUnavailable:
                self._reader.close()
                raise
            self._writer = ThreadWriter(connection, self._busy_seconds)
        self._trimming = asyncio.create_task(self._keep_trimmed())

    async def close(self) -> None:
        self._trimming.cancel()
        await asyncio.wait((self._trimming,))
        if self._led:
            with suppress(StoreUnavailable):
                await self._writer.run(
                    lambda connection: connection.execute(sql.LEASES_FREE, (self._owner,))
                )
        await self._writer.close()
        self._reader.close()

    async def examine(self) -> list[Finding]:
        if self._path is None:
            return [Finding("disk", "the data is in memory and goes with the process")]
        free = shutil.disk_usage(self._path).free
        sentence = f"the disk of {self._path} has {free / 2**30:.1f} GiB free"
        return [Finding("disk", sentence, "make room" if free < _LEAST_FREE_BYTES else None)]

    async def idle(self) -> None:
        """Always: what a call does is done when it returns."""

    async def ping(self) -> None:
        self._count_of_changes()
        # Reads would still answer without it.
        self._writer.check()

    # -- items ------------------------------------------------------------------------------

    async def commit(self, batch: Batch) -> Outcome:
        now = self._clock.time()
        microseconds = int(now * 1_000_000)
        changes = [sql.change_of(write, microseconds) for write in batch.writes]
        for write in batch.writes:
            changes += indexes.changes_of(write)
            changes += streams.changes_of(write, now)
        used = {write.table.id: write.table for write in batch.writes}.values()
        token = batch.token

        def work(connection: sqlite3.Connection) -> Outcome:
            for table in used:
                _check_current(connection, table)
            if token is not None:
                known = tokens.spent(connection, token, microseconds)
                if known is not None:
                    return known
            elif len(changes) == 1:
                return Committed() if _done(connection, changes[0]) else Conflict()
            with savepoint(connection) as undo:
                if all(_done(connection, change) for change in changes):
                    if token is not None:
                        tokens.spend(connection, token, microseconds)
                    return Committed()
                undo()
                return Conflict()

        return cast(Outcome, await self._writer.run(work))

    # -- streams ----------------------------------------------------------------------------

    async def streams(self, table_name: str | None = None) -> list[StreamOfTable]:
        try:
            return streams.find(self._reader, self._clock.time(), table_name)
        except FAULTS as fault:
            raise_store_error(fault)

    async def stream(self, table_name: str, label: str) -> StreamOfTable | None:
        try:
            found = streams.find(self._reader, self._clock.time(), table_name, label)
        except FAULTS as fault:
            raise_store_error(fault)
        return found[0] if found else None

    async def shards(self, stream: StreamOfTable) -> list[Shard]:
        try:
            return streams.shards(self._reader, stream)
        except FAULTS as fault:
            raise_store_error(fault)

    async def read_stream(
        self, stream: StreamOfTable, shard: int, *, start: int | None, limit: int
    ) -> StreamPage | Trimmed:
        now = self._clock.time()
        try:
            return streams.read(self._reader, stream, shard, start, limit, now)
        except FAULTS as fault:
            raise_store_error(fault)

    async def trim(self) -> None:
        """Removes what streams keep no longer; done by itself once a minute."""
        now = self._clock.time()
        more = True
        while more:
            more = await self._writer.run(lambda connection: streams.trim(connection, now))
            await asyncio.sleep(0)

    async def _keep_trimmed(self) -> None:
        while True:
            await asyncio.sleep(streams.TRIM_SECONDS)
            # The next round removes what could not be removed in this one.
            with suppress(StoreError):
                await self.trim()

    # -- catalog ----------------------------------------------------------------------------

    def cached_table(self, name: str) -> Table | None:
        # Never stale: whoever changes the catalog, in any process, also counts the change.
        changes = self._count_of_changes()
        if changes != self._changes:
            self._tables.clear()
            self._changes = changes
        return self._tables.get(name)

    async def table(self, name: str) -> Table | None:
        cached = self.cached_table(name)
        if cached is not None:
            return cached
        try:
            found = self._reader.execute(sql.CATALOG_GET, (name,)).fetchone()
        except FAULTS as fault:
            raise_store_error(fault)
        if found is None:
            return None
        self._tables[name] = table = _decoded(name, found[0])
        return table

    async def table_names(self, *, after: str | None, limit: int) -> list[str]:
        try:
            found = self._reader.execute(sql.CATALOG_NAMES, (after or "", limit)).fetchall()
        except FAULTS as fault:
            raise_store_error(fault)
        return [name for (name,) in found]

    async def create_table(self, table: Table) -> bool:
        spec = tables.encode(replace(table, status="ACTIVE"))
        insert = sql.Change(sql.CATALOG_INSERT, (table.name, table.id, table.version, spec), 1)
        creates = [indexes.sql_of(table, index).create for index in table.kept_indexes]
        ddl = (*sql.item_sql(table.id).create, *creates)
        return await self._change_catalog(insert, ddl, self._streams(None, table))

    async def change_table(self, table: Table) -> bool:
        values = (table.version, tables.encode(table), table.name, table.id, table.version - 1)
        before = await self.table(table.name)
        had = {} if before is None else {index.number: index for index in before.kept_indexes}
        has = {index.number: index for index in table.kept_indexes}
        # `before` is what is changed, or its version is another one and nothing is.
        ddl = [indexes.index_sql(table.id, number).create for number in has.keys() - had.keys()]
        ddl += [indexes.index_sql(table.id, number).drop for number in had.keys() - has.keys()]
        change = sql.Change(sql.CATALOG_CHANGE, values, 1)
        return await self._change_catalog(change, ddl, self._streams(before, table))

    async def quiet(self, table: Table) -> None:
        """Always: a transaction has happened when it is committed."""

    async def settled(self, table: Table) -> None:
        """At once: each write looks at the catalog within its transaction."""

    async def drop_table(self, table: Table) -> bool:
        # No DELETING in between: one transaction ends all writes, of other processes too.
        delete = sql.Change(sql.CATALOG_DELETE, (table.name, table.id, table.version), 1)
        drops = [indexes.sql_of(table, index).drop for index in table.kept_indexes]
        ddl = (sql.item_sql(table.id).drop, *drops)
        rest = [*self._streams(table, None), sql.Change(sql.CENSUS_DELETE, (table.id,), None)]
        return await self._change_catalog(delete, ddl, rest)

    async def census(self, table: Table) -> bytes | None:
        try:
            found = self._reader.execute(sql.CENSUS_GET, (table.id,)).fetchone()
        except FAULTS as fault:
            raise_store_error(fault)
        return None if found is None else cast(bytes, found[0])

    async def keep_census(self, table: Table, data: bytes) -> None:
        put = sql.Change(sql.CENSUS_PUT, (table.id, data), None)
        await self._writer.run(lambda connection: _done(connection, put))

    async def leads(self, job: str) -> bool:
        if self._path is None:
            return True
        # All processes are on one machine, with one clock.
        now = self._clock.time()
        until, renew_at = now + LEASE_SECONDS, self._led.get(job, now)
        if now < renew_at:
            return True
        take = sql.Change(sql.LEASE_TAKE, (job, self._owner, until, now), 1)
        led: bool = await self._writer.run(lambda connection: _done(connection, take))
        if led:
            self._led[job] = now + LEASE_SECONDS / 3
        return led

    def _streams(self, before: Table | None, after: Table | None) -> list[sql.Change]:
        return streams.changes_between(before, after, self._clock.time())

    async def _change_catalog(
        self, change: sql.Change, ddl: Sequence[str], more: Sequence[sql.Change]
    ) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            with savepoint(connection):
                if not _done(connection, change):
                    return False
                for statement in (*ddl, sql.COUNT_CHANGE):
                    connection.execute(statement)
                for other in more:
                    connection.execute(other.sql, other.values)
                return True

        return cast(bool, await self._writer.run(work))

    def _count_of_changes(self) -> int:
        try:
            (changes,) = self._reader.execute(sql.CHANGES).fetchone()
        except FAULTS as fault:
            raise_store_error(fault)
        return cast(int, changes)


def _done(connection: sqlite3.Connection, change: sql.Change) -> bool:
    """Whether the row was as expected; if not, nothing was changed."""
    rows = connection.execute(change.sql, change.values).rowcount
    return change.rows is None or rows == change.rows


def _check_current(connection: sqlite3.Connection, table: Table) -> None:
    """Within the writer's transaction, so that no write misses an index that has come meanwhile."""
    found = connection.execute(sql.CATALOG_VERSION, (table.name, table.id)).fetchone()
    if found is None:
        raise TableGone(f"table {table.name} was deleted")
    if found[0] != table.version:
        raise TableChanged(f"table {table.name} has changed")


def _decoded(name: str, spec: bytes) -> Table:
    try:
        return tables.decode(spec)
    except tables.UnknownFormat as fault:
        raise StoreUnavailable(
            f"table {name} was changed by a newer dynaspan ({fault}): upgrade this one"
        ) from fault
