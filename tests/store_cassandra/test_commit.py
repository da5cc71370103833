"""One write at a time: conditions, markers of deletes, statements sent."""

from __future__ import annotations

import asyncio
import os

import pytest

from app.errors import StoreUnavailable
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Batch, Committed, Conflict, Locked, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.session import Consistency, Statement
from tests.store_cassandra.faults import no_node
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    delete,
    item_of,
    new_key,
    put,
)

COMMITTED = Committed()
CONFLICT = Conflict()


async def version_of(store: CassandraStore, table: Table, key: Key) -> int:
    row = await store.get(table, key, consistent=True)
    assert row is not None
    return row.version


# The rule of speed: a blind put is one statement, a read-modify-write two.
async def test_statements_of_each_write(
    faulty_store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()
    await put(faulty_store, sorted_table, key)
    assert len(session.sent_for(sorted_table)) == 1
    version = await version_of(faulty_store, sorted_table, key)
    assert len(session.sent_for(sorted_table)) == 2
    await put(faulty_store, sorted_table, key, expected=version)
    assert len(session.sent_for(sorted_table)) == 3
    await delete(faulty_store, sorted_table, key)
    assert len(session.sent_for(sorted_table)) == 4


async def test_absent_means_that_no_item_is_there(
    store: CassandraStore, sorted_table: Table
) -> None:
    key = new_key()
    assert await put(store, sorted_table, key, expected=ABSENT) == COMMITTED
    assert await put(store, sorted_table, key, expected=ABSENT) == CONFLICT
    assert await delete(store, sorted_table, key, expected=ABSENT) == CONFLICT


# A delete leaves a row, a marker: it is no item.
async def test_absent_is_met_by_the_marker_of_a_delete(
    store: CassandraStore, sorted_table: Table
) -> None:
    key = new_key()
    await put(store, sorted_table, key)
    await delete(store, sorted_table, key)
    assert await store.get(sorted_table, key, consistent=True) is None
    assert await delete(store, sorted_table, key, expected=ABSENT) == COMMITTED
    assert await put(store, sorted_table, key, expected=ABSENT) == COMMITTED
    assert await store.get(sorted_table, key, consistent=True) is not None


# Deleted and made again with the same contents is still another item.
async def test_a_version_does_not_come_back(store: CassandraStore, sorted_table: Table) -> None:
    key = new_key()
    await put(store, sorted_table, key)
    version = await version_of(store, sorted_table, key)
    await delete(store, sorted_table, key)
    assert await put(store, sorted_table, key, expected=version) == CONFLICT
    assert await delete(store, sorted_table, key, expected=version) == CONFLICT
    await put(store, sorted_table, key)
    assert await put(store, sorted_table, key, expected=version) == CONFLICT


async def test_a_table_without_sort_key(store: CassandraStore, hash_table: Table) -> None:
    key = new_key(None)
    assert await put(store, hash_table, key, expected=ABSENT) == COMMITTED
    version = await version_of(store, hash_table, key)
    assert await put(store, hash_table, key, expected=version) == COMMITTED
    assert await delete(store, hash_table, key, expected=version) == CONFLICT
    assert await delete(store, hash_table, key) == COMMITTED
    assert await store.get(hash_table, key, consistent=True) is None


# WRITE_SAFETY A1: whatever its condition, no write may run over a row a transaction has prepared.
@pytest.mark.parametrize("deletes", [False, True])
async def test_a_prepared_row_is_locked_for_every_write(
    store: CassandraStore,
    faulty_store: CassandraStore,
    session: FaultySession,
    hash_table: Table,
    deletes: bool,
) -> None:
    key = new_key(None)
    await put(store, hash_table, key)
    version = await version_of(store, hash_table, key)
    txid = os.urandom(16)
    name = session.sent_for(hash_table)  # opened, nothing sent yet
    assert name == []
    prepare = Statement(
        f"UPDATE {store_keyspace(faulty_store)}.t_{hash_table.id} SET txid = ? "
        "WHERE pk = ? AND kind = 0 AND ik = 0x00 IF ver = ?",
        Consistency.LOCAL_QUORUM,
        conditional=True,
    )
    await session.driver.execute(prepare, (txid, key.partition, version), 5.0)
    # Without a record the lock would be taken for one that was left behind.
    record = Statement(
        f"UPDATE {store_keyspace(faulty_store)}_catalog.transactions SET state = 'P' "
        "WHERE id = ? IF state = null",
        Consistency.LOCAL_QUORUM,
        conditional=True,
    )
    await session.driver.execute(record, (txid,), 5.0)
    item = None if deletes else item_of(key)
    for expected in (-1, version):
        outcome = await store.commit(Batch((Write(hash_table, key, expected, item),)))
        assert outcome == Locked((key,))
    row = await store.get(hash_table, key, consistent=True)
    assert row is not None
    assert row.version == version


def store_keyspace(store: CassandraStore) -> str:
    return store._address.keyspace


async def test_exactly_one_of_many_conditional_writes_wins(
    store: CassandraStore, sorted_table: Table
) -> None:
    key = new_key()
    outcomes = await asyncio.gather(
        *(put(store, sorted_table, key, expected=ABSENT) for _ in range(8))
    )
    assert outcomes.count(COMMITTED) == 1
    assert outcomes.count(CONFLICT) == 7


# A short pause of the cluster is not the client's business.
async def test_what_was_not_sent_is_sent_again(
    faulty_store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()
    for _ in range(3):
        session.on_next("SET ver", no_node)
    assert await put(faulty_store, sorted_table, key, expected=ABSENT) == COMMITTED


async def test_without_any_node_the_write_fails_within_the_deadline(
    make_store: MakeStore, session: FaultySession, sorted_table: Table
) -> None:
    store = await make_store(session=session, deadline=1.0)
    for _ in range(500):
        session.on_next(sorted_table.id, no_node)
    key = new_key()
    async with asyncio.timeout(15):
        with pytest.raises(StoreUnavailable):
            await put(store, sorted_table, key)
    async with asyncio.timeout(15):
        with pytest.raises(StoreUnavailable):
            await store.get(sorted_table, key, consistent=True)
    session.heal()
    assert await store.get(sorted_table, key, consistent=True) is None
