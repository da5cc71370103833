"""Batches of several writes: all or nothing. Skipped where a store commits one at a time."""

from __future__ import annotations

import asyncio

import pytest

from ...errors import TableGone
from ...model.rows import Key
from ...model.table import Table
from ...store.base import ABSENT, ANY, Batch, Committed, Conflict, Store, Write
from .support import created, dropped, fresh, item_of, new_table, present, put, read, version_of


@pytest.fixture(scope="module")
def batch_store(store: Store) -> Store:
    if not store.capabilities.batches:
        pytest.skip("this store commits one write at a time")
    return store


def _write(
    table: Table, key: Key, expected: int = ANY, *, deletes: bool = False, value: str = "x"
) -> Write:
    return Write(table, key, expected, None if deletes else item_of(table, key, a={"S": value}))


async def test_all_writes_of_a_batch(
    batch_store: Store, sorted_table: Table, hash_table: Table
) -> None:
    partition = fresh()
    puts = [Key(partition, f"{number:02}") for number in range(25)]
    elsewhere = Key(fresh(), None)
    there = Key(partition, "there")
    await put(batch_store, sorted_table, there)
    writes = (
        *[_write(sorted_table, key, ABSENT) for key in puts],
        _write(hash_table, elsewhere),
        _write(
            sorted_table, there, await version_of(batch_store, sorted_table, there), deletes=True
        ),
    )
    assert await batch_store.commit(Batch(writes)) == Committed()
    for key in puts:
        assert (await present(batch_store, sorted_table, key)).item["a"] == {"S": "x"}
    assert await read(batch_store, hash_table, elsewhere) is not None
    assert await read(batch_store, sorted_table, there) is None


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_conflict_undoes_all(
    batch_store: Store, sorted_table: Table, hash_table: Table, place: int
) -> None:
    there, absent, elsewhere = Key(fresh(), "s"), Key(fresh(), "s"), Key(fresh(), None)
    await put(batch_store, sorted_table, there)
    version = await version_of(batch_store, sorted_table, there)
    writes = [
        _write(sorted_table, there, deletes=True),
        _write(hash_table, elsewhere),
    ]
    writes.insert(place, _write(sorted_table, absent, 1))
    assert await batch_store.commit(Batch(tuple(writes))) == Conflict()
    assert await version_of(batch_store, sorted_table, there) == version
    assert await read(batch_store, hash_table, elsewhere) is None
    assert await read(batch_store, sorted_table, absent) is None


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_table_that_is_gone_undoes_all(
    batch_store: Store, sorted_table: Table, place: int
) -> None:
    gone = await created(batch_store, new_table())
    await dropped(batch_store, gone)
    one, other = Key(fresh(), "s"), Key(fresh(), "s")
    writes = [_write(sorted_table, one), _write(sorted_table, other)]
    writes.insert(place, _write(gone, Key("p", "s")))
    with pytest.raises(TableGone):
        await batch_store.commit(Batch(tuple(writes)))
    assert await read(batch_store, sorted_table, one) is None
    assert await read(batch_store, sorted_table, other) is None


# The same key of two tables is two items.
async def test_one_key_in_two_tables(batch_store: Store, sorted_table: Table) -> None:
    other_table = await created(batch_store, new_table())
    key = Key(fresh(), "s")
    writes = (_write(sorted_table, key, value="one"), _write(other_table, key, value="other"))
    assert await batch_store.commit(Batch(writes)) == Committed()
    assert (await present(batch_store, sorted_table, key)).item["a"] == {"S": "one"}
    assert (await present(batch_store, other_table, key)).item["a"] == {"S": "other"}


# Each moves an amount between two of three accounts, so that all of them meet.
async def test_batches_at_once_keep_the_sum(batch_store: Store, sorted_table: Table) -> None:
    partition = fresh()
    accounts = [Key(partition, name) for name in "abc"]
    for key in accounts:
        await put(batch_store, sorted_table, key, sum={"N": "100"})

    async def move(number: int) -> None:
        source, target = accounts[number % 3], accounts[(number + 1 + number % 2) % 3]
        while True:
            rows = [await present(batch_store, sorted_table, key) for key in (source, target)]
            sums = [int(row.item["sum"]["N"]) for row in rows]
            writes = tuple(
                Write(
                    sorted_table,
                    row.key,
                    row.version,
                    item_of(sorted_table, row.key, sum={"N": str(new)}),
                )
                for row, new in zip(rows, (sums[0] - 1, sums[1] + 1), strict=True)
            )
            if await batch_store.commit(Batch(writes)) == Committed():
                return

    async with asyncio.timeout(20):
        await asyncio.gather(*[move(number) for number in range(30)])
    rows = [await present(batch_store, sorted_table, key) for key in accounts]
    assert sum(int(row.item["sum"]["N"]) for row in rows) == 300
