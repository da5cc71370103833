"""B8: an item whose writer died, or whose entry came late, expires all the same."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from app.clock import SystemClock
from app.jobs.expiry import Expiry
from app.metrics import Metrics
from app.model.expiry import index_for
from app.model.index import entry_changes
from app.model.rows import Item, Key
from app.model.stream import record_of
from app.model.table import KEPT, Table, TimeToLive
from app.store.base import ABSENT, Batch, Committed, Token, Write
from app.store.cassandra import CassandraStore
from app.store.keyqueue import KeyQueue
from tests.store_cassandra.dying import DieAt, Died, abandon
from tests.store_cassandra.indexing import attempt
from tests.store_cassandra.streaming import records, streamed
from tests.store_cassandra.support import MakeStore, created, new_key, until


def timed() -> Table:
    table = replace(streamed(), stream=None)
    expiry = replace(index_for(table, "expires"), status="ACTIVE", phase=KEPT)
    return replace(table, ttl=TimeToLive("expires", expiry))


def expiring(key: Key, seconds: float) -> Item:
    when = str(int(time.time() + seconds))
    return {"p": {"S": str(key.partition)}, "s": {"S": str(key.sort)}, "expires": {"N": when}}


def job(store: CassandraStore) -> Expiry:
    return Expiry(store, SystemClock(), Metrics(), KeyQueue(), interval=1, pause=0)


async def is_gone(store: CassandraStore, table: Table, key: Key, expiry: Expiry) -> None:
    async with asyncio.timeout(30):
        while await store.get(table, key, consistent=True) is not None:
            await expiry._visit(table.name)
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("point", ["cas:answered", "entries:written"])
async def test_what_a_dead_writer_wrote_expires(
    make: MakeStore,
    point: str,
) -> None:
    faults = DieAt(point)
    store = await make(faults=faults)
    table = await created(store, timed())
    key = new_key()
    faults.armed = True
    with pytest.raises(Died):
        await attempt(store, table, key, expiring(key, -60))
    await abandon(store)
    if point == "cas:answered":
        # Nothing tells of it yet: the entry is what the sweeper makes.
        assert await job(store)._visit(table.name) == 0
    other = await make()
    assert await other.get(table, key, consistent=True) is not None
    await is_gone(other, table, key, job(other))


# The entry was written while the item was expiring; the one that counts is the item.
async def test_an_entry_of_an_item_that_lives_longer_now_deletes_nothing(
    make: MakeStore,
) -> None:
    faults = DieAt("cas:answered")
    store = await make(faults=faults)
    table = await created(store, timed())
    key = new_key()
    await attempt(store, table, key, expiring(key, -60))
    faults.armed = True
    with pytest.raises(Died):
        await attempt(store, table, key, expiring(key, 3600))
    await abandon(store)
    # The old entry is still there, as the writer died before it went.
    assert await job(store)._visit(table.name) == 0
    assert await store.get(table, key, consistent=True) is not None


# Its record says who it was, and there is one of it, also when two processes sweep at once.
async def test_two_that_delete_at_once_tell_it_once(make: MakeStore) -> None:
    stores = [await make(), await make()]
    table = replace(timed(), stream=streamed().stream)
    table = await created(stores[0], table)
    keys = [new_key() for _ in range(6)]
    for key in keys:
        new = expiring(key, -60)
        row = await stores[0].get(table, key, consistent=True)
        assert row is None
        entries = entry_changes(table, None, new)
        record = record_of(table, None, new)
        await stores[0].commit(Batch((Write(table, key, ABSENT, new, entries, record),)))
    jobs = [job(store) for store in stores]
    async with asyncio.timeout(30):
        while any([await stores[0].get(table, key, consistent=True) for key in keys]):
            await asyncio.gather(*(each._visit(table.name) for each in jobs))
    await until(lambda: records(stores[1], table), lambda found: len(found) >= 2 * len(keys))
    found = [record for record in await records(stores[1], table) if record.event == "REMOVE"]
    assert len(found) == len(keys)
    assert all(record.by_service for record in found)


# B1. The entry would stand where the tombstone of the first one is, and the item never go.
async def test_what_a_transaction_of_a_slower_clock_makes_again_expires(make: MakeStore) -> None:
    fast, slow = await make(clock=SystemClock(offset=50.0)), await make()
    table = await created(fast, timed())
    key = new_key()
    new = expiring(key, -60)
    for step in (new, None):
        await attempt(fast, table, key, step)
    write = Write(table, key, ABSENT, new, entry_changes(table, None, new))
    assert await slow.commit(Batch((write,), Token("t", b"d"))) == Committed()
    await is_gone(slow, table, key, job(slow))
