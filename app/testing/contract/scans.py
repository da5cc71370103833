"""Scan: segments that cover the table once, and resuming behind any key."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from ...model.rows import WHOLE, Key, Segment
from ...model.table import Table
from ...store.base import Store
from .support import (
    created,
    delete,
    fresh,
    keys,
    new_table,
    put,
    put_all,
    scan,
)

_TOTALS = [1, 3, 7, 1000]
_AT_ONCE = 16

Filled = tuple[Table, set[Key]]


@pytest.fixture(scope="module")
async def sorted_items(store: Store) -> Filled:
    """A table with a few partitions of several items, and what is in it."""
    table = await created(store, new_table("S", "S"))
    there = {
        Key(f"p{number}", f"s{sort}") for number in range(12) for sort in range(number % 5 + 1)
    }
    await put_all(store, table, there)
    return table, there


@pytest.fixture(scope="module")
async def hash_items(store: Store) -> Filled:
    table = await created(store, new_table("B", None))
    there = {Key(bytes((number, 0, number)), None) for number in range(40)}
    await put_all(store, table, there)
    return table, there


@pytest.fixture(params=["sorted_items", "hash_items"])
def filled(request: pytest.FixtureRequest) -> Filled:
    found: Filled = request.getfixturevalue(request.param)
    return found


async def _segments(store: Store, table: Table, total: int, limit: int) -> list[list[Key]]:
    some = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> list[Key]:
        async with some:
            return keys(await scan(store, table, Segment(number, total), limit=limit))

    return await asyncio.gather(*[one(number) for number in range(total)])


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("total", _TOTALS)
async def test_segments_cover_the_table_once(
    store: Store, filled: Filled, total: int, limit: int
) -> None:
    table, there = filled
    segments = await _segments(store, table, total, limit)
    assert Counter(key for found in segments for key in found) == Counter(there)


# An ExclusiveStartKey of another segment is refused by this.
@pytest.mark.parametrize("total", _TOTALS)
async def test_in_segment_agrees_with_scan(store: Store, filled: Filled, total: int) -> None:
    table, there = filled
    segments = await _segments(store, table, total, limit=1000)
    for key in there:
        found_in = [number for number, found in enumerate(segments) if key in found]
        may_be_in = [
            number
            for number in range(total)
            if store.in_segment(table, key.partition, Segment(number, total))
        ]
        assert (key, may_be_in) == (key, found_in)


@pytest.mark.parametrize("limit", [2, 1000])
@pytest.mark.parametrize("total", [1, 3])
async def test_resuming_behind_every_key(
    store: Store, filled: Filled, total: int, limit: int
) -> None:
    table, _ = filled
    for number in range(total):
        segment = Segment(number, total)
        order = keys(await scan(store, table, segment))
        for place, key in enumerate(order):
            rest = keys(await scan(store, table, segment, after=key, limit=limit))
            assert (key, rest) == (key, order[place + 1 :])


# A cursor of one process is used in another one.
async def test_the_order_is_the_same_for_all(
    store: Store, other_store: Store, filled: Filled
) -> None:
    table, _ = filled
    order = keys(await scan(store, table))
    assert keys(await scan(other_store, table)) == order
    page = await store.scan(table, WHOLE, limit=5, consistent=True)
    last = page.rows[-1].key
    assert keys(await scan(other_store, table, after=last)) == order[order.index(last) + 1 :]


async def test_rows_of_a_scan_have_items_and_versions(store: Store, filled: Filled) -> None:
    table, _ = filled
    for row in await scan(store, table):
        there = await store.get(table, row.key, consistent=True)
        assert there is not None
        assert (row.version, row.item, row.data) == (there.version, there.item, there.data)


async def test_a_page_of_a_scan_has_no_more_rows_than_the_limit(
    store: Store, filled: Filled
) -> None:
    table, _ = filled
    page = await store.scan(table, WHOLE, limit=4, consistent=True)
    assert page.more
    assert 1 <= len(page.rows) <= 4


async def test_an_empty_table(store: Store) -> None:
    table = await created(store, new_table())
    for total in (1, 3):
        page = await store.scan(table, Segment(0, total), limit=10, consistent=True)
        assert page.rows == ()
        assert not page.more


# Neighbours come and go all the while, also the last key of a page before it is resumed behind.
@pytest.mark.parametrize("total", [1, 3])
async def test_what_stays_is_found_once_among_other_writes(
    store: Store, sorted_items: Filled, total: int
) -> None:
    table, stays = sorted_items
    strangers: set[Key] = set()
    scanning = True

    async def writing() -> None:
        number = 0
        while scanning:
            number += 1
            beside = [Key(f"p{number % 12}", f"s{number % 5}-{fresh()!r}"), Key(fresh(), "s")]
            strangers.update(beside)
            await asyncio.gather(*[put(store, table, key) for key in beside])
            if number % 3:
                await asyncio.gather(*[delete(store, table, key) for key in beside])
            await asyncio.sleep(0)

    async def one(segment: Segment) -> list[Key]:
        found: list[Key] = []
        after = None
        while True:
            page = await store.scan(table, segment, after=after, limit=2, consistent=True)
            found += keys(page.rows)
            if not page.more:
                return found
            after = page.rows[-1].key
            if after in strangers:
                await delete(store, table, after)

    writer = asyncio.create_task(writing())
    try:
        segments = await asyncio.gather(*[one(Segment(number, total)) for number in range(total)])
    finally:
        scanning = False
        await writer
        for key in strangers:
            await delete(store, table, key)
    found = Counter(key for segment in segments for key in segment)
    assert {key: found[key] for key in stays} == dict.fromkeys(stays, 1)
    assert set(found) <= stays | strangers
    assert max(found.values()) == 1
