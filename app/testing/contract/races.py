"""Many at once on one item: one wins each race, and no write is lost."""

from __future__ import annotations

import asyncio
import random

import pytest

from ...model.rows import Key
from ...model.table import Table
from ...store.base import ABSENT, Committed, Conflict, Outcome, Store
from .support import delete, fresh, present, put, read, version_of

_RIVALS = 10


@pytest.fixture(params=["one", "two"])
def stores(request: pytest.FixtureRequest, store: Store) -> list[Store]:
    """One store, or two over the same data."""
    if request.param == "one":
        return [store]
    return [store, request.getfixturevalue("other_store")]


async def _race(stores: list[Store], table: Table, key: Key, expected: int) -> list[Outcome]:
    return await asyncio.gather(
        *[
            put(stores[rival % len(stores)], table, key, expected, by={"N": str(rival)})
            for rival in range(_RIVALS)
        ]
    )


async def test_one_of_many_makes_the_item(stores: list[Store], sorted_table: Table) -> None:
    key = Key(fresh(), "s")
    outcomes = await _race(stores, sorted_table, key, ABSENT)
    assert outcomes.count(Committed()) == 1
    assert outcomes.count(Conflict()) == _RIVALS - 1
    row = await present(stores[-1], sorted_table, key)
    assert row.item["by"] == {"N": str(outcomes.index(Committed()))}


async def test_one_of_many_replaces_the_version(stores: list[Store], sorted_table: Table) -> None:
    key = Key(fresh(), "s")
    await put(stores[0], sorted_table, key)
    for _ in range(3):
        version = await version_of(stores[0], sorted_table, key)
        outcomes = await _race(stores, sorted_table, key, version)
        assert outcomes.count(Committed()) == 1
        assert outcomes.count(Conflict()) == _RIVALS - 1
        row = await present(stores[-1], sorted_table, key)
        assert row.item["by"] == {"N": str(outcomes.index(Committed()))}


async def test_one_of_many_deletes(stores: list[Store], sorted_table: Table) -> None:
    key = Key(fresh(), "s")
    await put(stores[0], sorted_table, key)
    version = await version_of(stores[0], sorted_table, key)
    outcomes = await asyncio.gather(
        *[
            delete(stores[rival % len(stores)], sorted_table, key, version)
            for rival in range(_RIVALS)
        ]
    )
    assert outcomes.count(Committed()) == 1
    assert outcomes.count(Conflict()) == _RIVALS - 1
    assert await read(stores[-1], sorted_table, key) is None


async def test_writes_of_many_keys_at_once_are_all_there(
    stores: list[Store], sorted_table: Table
) -> None:
    partition = fresh()
    all_keys = [Key(partition, f"{number:02}") for number in range(20)]
    outcomes = await asyncio.gather(
        *[
            put(stores[place % len(stores)], sorted_table, key, ABSENT)
            for place, key in enumerate(all_keys)
        ]
    )
    assert outcomes == [Committed()] * len(all_keys)
    rows = await stores[0].get_many(sorted_table, all_keys, consistent=True)
    assert [row and row.key for row in rows] == all_keys


async def test_fifty_increments_are_all_counted(stores: list[Store], hash_table: Table) -> None:
    key = Key(fresh(), None)
    await put(stores[0], hash_table, key, count={"N": "0"})

    async def increment(store: Store) -> None:
        while True:
            row = await present(store, hash_table, key)
            count = str(int(row.item["count"]["N"]) + 1)
            outcome = await put(store, hash_table, key, row.version, count={"N": count})
            if outcome == Committed():
                return
            await asyncio.sleep(random.uniform(0, 0.05))

    await asyncio.gather(*[increment(stores[number % len(stores)]) for number in range(50)])
    assert (await present(stores[0], hash_table, key)).item["count"] == {"N": "50"}
