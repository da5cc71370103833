"""Two stores over the same data: what one did, the other sees. Skipped where data is not shared."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import pytest

from ...errors import StoreUnavailable, TableGone
from ...model.rows import EVERYTHING, WHOLE, Key
from ...model.table import Table
from ...store.base import ABSENT, Committed, Conflict, Store
from .support import (
    OpenStore,
    created,
    delete,
    dropped,
    fresh,
    keys,
    new_table,
    present,
    put,
    put_all,
    query,
    read,
    scan,
    version_of,
)


async def test_a_write_is_seen_by_the_other(
    store: Store, other_store: Store, sorted_table: Table
) -> None:
    key = Key(fresh(), "s")
    for turn in range(10):
        await put(store, sorted_table, key, turn={"N": str(turn)})
        row = await present(other_store, sorted_table, key)
        assert row.item["turn"] == {"N": str(turn)}
        assert keys(await query(other_store, sorted_table, key.partition)) == [key]
        await delete(other_store, sorted_table, key)
        assert await read(store, sorted_table, key) is None
        assert await query(store, sorted_table, key.partition) == []


async def test_versions_are_the_same_for_both(
    store: Store, other_store: Store, sorted_table: Table
) -> None:
    key = Key(fresh(), "s")
    for writer, other in [(store, other_store), (other_store, store)] * 3:
        before = await read(other, sorted_table, key)
        expected = ABSENT if before is None else before.version
        assert await put(writer, sorted_table, key, expected) == Committed()
        assert await put(other, sorted_table, key, expected) == Conflict()
        assert await version_of(writer, sorted_table, key) == await version_of(
            other, sorted_table, key
        )


# Nor do they come back when an item was deleted by one and made anew by the other.
async def test_versions_of_both_differ(
    store: Store, other_store: Store, sorted_table: Table
) -> None:
    key = Key(fresh(), "s")
    versions = []
    for turn in range(20):
        await put((store, other_store)[turn % 2], sorted_table, key, ABSENT)
        versions.append(await version_of(store, sorted_table, key))
        await delete((store, other_store)[turn // 2 % 2], sorted_table, key)
    assert len(set(versions)) == len(versions)


# A page that was read, and any that was left unread, must not keep the reader in the past.
async def test_an_unfinished_page_does_not_hide_later_writes(
    store: Store, other_store: Store, sorted_table: Table
) -> None:
    partition = fresh()
    await put_all(store, sorted_table, [Key(partition, f"{number:02}") for number in range(10)])
    query_page = await store.query(sorted_table, partition, EVERYTHING, limit=2, consistent=True)
    scan_page = await store.scan(sorted_table, WHOLE, limit=2, consistent=True)
    assert query_page.more
    assert scan_page.more
    for writer in (other_store, store):
        key = Key(partition, fresh())
        await put(writer, sorted_table, key)
        assert await read(store, sorted_table, key) is not None
        assert key in keys(await query(store, sorted_table, partition))


# -- the catalog ----------------------------------------------------------------------------


async def test_a_new_table_is_usable_by_the_other_at_once(store: Store, other_store: Store) -> None:
    for maker, user in ((store, other_store), (other_store, store)):
        given = new_table()
        # There is no negative cache.
        assert await user.table(given.name) is None
        table = await created(maker, given)
        found = await user.table(table.name)
        assert found == table
        key = Key("p", "s")
        assert await put(user, found, key) == Committed()
        assert await read(maker, table, key) is not None
        assert table.name in await user.table_names(after=None, limit=1_000_000)


async def test_a_change_is_seen_by_the_other(store: Store, other_store: Store) -> None:
    table = await created(store, new_table())
    assert await other_store.table(table.name) == table
    changed = replace(table, version=table.version + 1, tags=(("k", "v"),))
    assert await store.change_table(changed)
    assert await other_store.table(table.name) == changed
    again = replace(changed, version=changed.version + 1, tags=())
    assert not await other_store.change_table(replace(again, version=changed.version))
    assert await other_store.change_table(again)
    assert await store.table(table.name) == again


async def test_a_dropped_table_is_refused_by_the_other(store: Store, other_store: Store) -> None:
    table = await created(store, new_table())
    key = Key("p", "s")
    # So that the other one knows it, and has prepared whatever it prepares.
    assert await other_store.table(table.name) == table
    await put(other_store, table, key)
    assert await read(other_store, table, key) is not None
    await dropped(store, table)
    assert other_store.cached_table(table.name) is None
    assert await other_store.table(table.name) is None
    with pytest.raises(TableGone):
        await put(other_store, table, key)
    with pytest.raises(TableGone):
        await read(other_store, table, key)


async def test_no_write_reaches_a_dropped_tables_successor(
    store: Store, other_store: Store
) -> None:
    old = await created(store, new_table())
    await put(other_store, old, Key("before", "s"))
    writing = True
    refused = asyncio.Event()

    async def writer(number: int) -> None:
        turn = 0
        while writing:
            turn += 1
            try:
                await put(other_store, old, Key(f"{number}-{turn}", "s"))
            except TableGone:
                refused.set()
                await asyncio.sleep(0.01)

    writers = [asyncio.create_task(writer(number)) for number in range(4)]
    try:
        await asyncio.sleep(0.05)
        await dropped(store, old)
        new = await created(store, new_table(name=old.name))
        refused.clear()
        await asyncio.wait_for(refused.wait(), 30)
    finally:
        writing = False
        await asyncio.gather(*writers)
    assert await scan(store, new) == []
    assert await scan(other_store, new) == []
    assert await other_store.table(old.name) == new
    assert await put(other_store, new, Key("after", "s")) == Committed()
    assert keys(await scan(store, new)) == [Key("after", "s")]


async def test_a_name_goes_to_one_of_two_stores(store: Store, other_store: Store) -> None:
    name = f"contract-{uuid.uuid4().hex}"
    one, other = new_table(name=name), new_table(name=name)
    won = await asyncio.gather(store.create_table(one), other_store.create_table(other))
    assert sum(won) == 1
    for each in (store, other_store):
        found = await each.table(name)
        assert found is not None
        assert found.id == (one if won[0] else other).id


# -- life -----------------------------------------------------------------------------------


async def test_data_is_there_when_the_store_is_opened_again(
    store: Store, other_store: Store, open_store: OpenStore, sorted_table: Table
) -> None:
    key = Key(fresh(), "s")
    async with open_store() as first:
        assert await put(first, sorted_table, key, a={"S": "x"}) == Committed()
    async with open_store() as second:
        assert await second.table(sorted_table.name) == sorted_table
        assert (await present(second, sorted_table, key)).item["a"] == {"S": "x"}


async def test_close_waits_for_writes_under_way(
    store: Store, other_store: Store, open_store: OpenStore, sorted_table: Table
) -> None:
    all_keys = [Key(fresh(), "s") for _ in range(20)]
    async with open_store() as closing:
        tasks = [asyncio.create_task(put(closing, sorted_table, key)) for key in all_keys]
        await asyncio.sleep(0)
    # No longer than the store's own close took: each has an answer now.
    async with asyncio.timeout(1):
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for key, outcome in zip(all_keys, outcomes, strict=True):
        there = await read(store, sorted_table, key) is not None
        if isinstance(outcome, StoreUnavailable):
            assert not there
        else:
            assert (outcome, there) == (Committed(), True)
    assert Committed() in outcomes


async def test_one_process_leads_a_job(
    store: Store, other_store: Store, open_store: OpenStore
) -> None:
    job = uuid.uuid4().hex
    async with open_store() as leader:
        assert await leader.leads(job)
        assert await leader.leads(job)
        assert not await store.leads(job)
        # Another job is nobody's yet.
        assert await other_store.leads(uuid.uuid4().hex)
    # Who closes leaves it to the next at once, not when its time has run out.
    assert await store.leads(job)
