"""Tables with a stream, writes as operations make them, and what must be in the stream then."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from app.model.index import entry_changes
from app.model.rows import WHOLE, Item, Key
from app.model.stream import Record, record_of, with_new_stream
from app.model.table import Index, Table
from app.store.base import ABSENT, Batch, Outcome, Store, StreamPage, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.session import Consistency, Statement
from tests.store_cassandra.support import new_table

SHARDS = 2
SECONDS = 30.0


def streamed(*indexes: Index, sort: str | None = "S") -> Table:
    table = with_new_stream(new_table("S", sort), "NEW_AND_OLD_IMAGES", SHARDS, time.time())
    return replace(table, indexes=indexes, next_index=9)


async def write(store: Store, table: Table, key: Key, new: Item | None) -> Outcome:
    """One try at what an operation does."""
    row = await store.get(table, key, consistent=True)
    old = None if row is None else row.item
    entries = entry_changes(table, old, new)
    version = ABSENT if row is None else row.version
    record = record_of(table, old, new)
    return await store.commit(Batch((Write(table, key, version, new, entries, record),)))


async def records(store: Store, table: Table) -> list[Record]:
    """All of the stream, shard by shard. Fails if a number is missing or comes twice."""
    assert table.stream is not None
    stream = await store.stream(table.name, table.stream.label)
    assert stream is not None
    found: list[Record] = []
    for number in range(SHARDS):
        expected = 1
        while True:
            page = await store.read_stream(stream, number, start=expected, limit=1000)
            assert isinstance(page, StreamPage)
            for logged in page.records:
                assert logged.sequence == expected
                expected += 1
            found += [logged.record for logged in page.records]
            if not page.records:
                break
    return found


async def replayed(store: Store, table: Table) -> dict[str, Item]:
    """What the records make of an empty table. Fails if one does not follow from those before it:
    it is missing, there twice, or in the wrong place."""
    items: dict[str, Item] = {}
    for record in await records(store, table):
        key = str(record.keys)
        assert record.old == items.pop(key, None), record
        if record.new is not None:
            items[key] = record.new
    return items


async def scanned(store: Store, table: Table) -> dict[str, Item]:
    found = {}
    after = None
    while True:
        page = await store.scan(table, WHOLE, after=after, limit=100, consistent=True)
        for row in page.rows:
            keys = {name: row.item[name] for name in table.key_names}
            found[str(keys)] = row.item
            after = row.key
        if not page.more:
            return found


async def becomes_complete(store: Store, table: Table, seconds: float = SECONDS) -> float:
    """Waits until a replay gives the table; the seconds that took."""
    begin = time.monotonic()
    while await replayed(store, table) != await scanned(store, table):
        assert time.monotonic() - begin < seconds
        await asyncio.sleep(0.05)
    return time.monotonic() - begin


async def relays(*stores: CassandraStore) -> CassandraStore:
    """The one that does, once there is one."""
    async with asyncio.timeout(SECONDS):
        while True:
            for store in stores:
                if store._streams.relay.relays:
                    return store
            await asyncio.sleep(0.02)


async def leftovers(store: CassandraStore, table: Table) -> int:
    """Outbox rows in the table."""
    name = f"{store._address.keyspace}.t_{table.id}"
    statement = Statement(
        f"SELECT pk FROM {name} WHERE kind = 100 ALLOW FILTERING", Consistency.LOCAL_QUORUM
    )
    return len((await store._session.execute(statement, (), 5.0)).rows)
