"""Drift on real tables, made by statements that go past the store, found and mended."""

from __future__ import annotations

import asyncio
import random

from app.clock import SystemClock
from app.jobs.verification import Kind, Report, Verification
from app.metrics import Metrics
from app.model.index import place_of
from app.model.table import Table
from app.store.base import Committed
from app.store.cassandra import CassandraStore
from app.store.cassandra.index_statements import entry_table_name
from app.store.cassandra.session import Consistency, Statement
from app.store.keyqueue import KeyQueue
from tests.store_cassandra.indexing import GLOBAL, LOCAL, attempt, compare, indexed, item
from tests.store_cassandra.support import MakeStore, created, new_key


async def verify(
    store: CassandraStore, table: Table, *, repair: bool = False, patience: float = 0.0
) -> Report:
    return await Verification(
        *(store, SystemClock(), Metrics(), KeyQueue(by_partition=True), table),
        repair=repair,
        patience=patience,
        pause=0,
    ).run()


async def past_the_store(store: CassandraStore, cql: str, *values: str | bytes) -> None:
    await store._session.execute(Statement(cql, Consistency.LOCAL_QUORUM), values, 5.0)


async def test_entries_that_were_spoilt_are_found_and_mended(store: CassandraStore) -> None:
    table = await created(store, indexed(LOCAL, GLOBAL))
    keyspace = store._address.keyspace
    entries = f"{keyspace}.{entry_table_name(table.id, GLOBAL.number)}"
    here = "gpk = ? AND gsk = ? AND pk = ? AND sk = ?"
    keys = [new_key() for _ in range(4)]
    items = [item(key, g="a", h="1", l="x") for key in keys]
    for key, new in zip(keys, items, strict=True):
        assert await attempt(store, table, key, new) == Committed()
    report = await verify(store, table)
    assert (report.items, report.entries, report.differences) == (4, {"local": 4, "global": 4}, 0)

    place = place_of(GLOBAL, items[0])
    assert place is not None
    await past_the_store(store, f"DELETE FROM {entries} WHERE {here}", *place, *keys[0])
    await past_the_store(
        store, f"UPDATE {entries} SET item = ? WHERE {here}", b"\x01{}", *place, *keys[1]
    )
    # A row copied to another place, one of an item that is deleted, one of no item ever.
    columns = f"INSERT INTO {entries} (gpk, gsk, pk, sk, item) VALUES (?, ?, ?, ?, ?)"
    assert await attempt(store, table, keys[3], None) == Committed()
    for key in (keys[2], keys[3], new_key()):
        await past_the_store(store, columns, b"elsewhere", place.sort, *key, b"\x01{}")
    await past_the_store(
        store,
        f"DELETE FROM {keyspace}.t_{table.id} WHERE pk = ? AND kind = {LOCAL.number}",
        keys[2].partition,
    )

    report = await verify(store, table, repair=True)
    assert {(of, kind): n for (of, kind), n in report.found.items()} == {
        ("global", Kind.MISSING): 1,
        ("global", Kind.CONTENTS): 1,
        ("global", Kind.GHOST): 3,
        ("local", Kind.MISSING): 1,
    }
    assert report.mended == 6
    assert (await verify(store, table)).differences == 0
    await compare(store, table)


# Nothing of it is drift, and nothing that a mender writes takes the place of what comes meanwhile.
async def test_a_table_in_use_is_clean_and_mending_loses_nothing(make_store: MakeStore) -> None:
    stores = [await make_store(clock=SystemClock(offset=offset)) for offset in (5.0, 0.0)]
    table = await created(stores[0], indexed(LOCAL, GLOBAL))
    keys = [new_key() for _ in range(12)]
    acked: dict[int, str] = {}
    stop = asyncio.Event()
    turns = 0

    async def use(number: int) -> None:
        nonlocal turns
        chance = random.Random(number)
        while not stop.is_set():
            turns += 1
            one = chance.randrange(number, 12, 4)
            value = str(turns)
            new = item(keys[one], g=chance.choice("ab"), h=chance.choice("12"), l=value)
            if await attempt(stores[turns % 2], table, keys[one], new) == Committed():
                acked[one] = value

    async def spoil() -> None:
        entries = f"{stores[0]._address.keyspace}.{entry_table_name(table.id, GLOBAL.number)}"
        columns = f"INSERT INTO {entries} (gpk, gsk, pk, sk, item) VALUES (?, ?, ?, ?, ?)"
        for key in keys:
            await past_the_store(stores[0], columns, b"ghost", b"", *key, b"\x01{}")

    users = [asyncio.create_task(use(number)) for number in range(4)]
    clean = await verify(stores[1], table, patience=2.0)
    await spoil()
    mended = await verify(stores[1], table, repair=True, patience=1.0)
    stop.set()
    await asyncio.gather(*users)
    assert clean.differences == 0
    assert (mended.differences, mended.mended) == (12, 12)
    assert (await verify(stores[0], table)).differences == 0
    for one, value in acked.items():
        row = await stores[0].get(table, keys[one], consistent=True)
        assert row is not None
        assert row.item["l"]["S"] == value
