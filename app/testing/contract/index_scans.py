"""Scans of an index, and entries as an inspector sees them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from ...model.index import EntryChange, Place, Position, encode, place_of
from ...model.rows import Key, Segment
from ...model.table import Table
from ...store.base import Batch, Committed, Store, Write
from .indexing import (
    AT_ONCE,
    GLOBAL,
    LOCAL,
    position_of,
    ranked,
    remove,
    scan_index,
    write,
)
from .support import (
    created,
    eventually,
    fresh,
    item_of,
    keys,
    new_table,
    number,
    present,
)


@pytest.fixture(scope="module")
async def scanned(index_store: Store) -> tuple[Table, set[Key]]:
    """A table with an index of few partitions, where some items have no entry."""
    index = replace(GLOBAL, number=1)
    table = replace(new_table("S", None), indexes=(index,), next_index=2)
    table = await created(index_store, table)
    there = set()
    for turn in range(40):
        key = Key(f"item {turn}", None)
        place = {"place": {"S": f"place {turn % 5}"}} if turn % 4 else {}
        if place:
            there.add(key)
        await write(index_store, table, key, rank=ranked(turn % 3), **place)
    await eventually(
        lambda: scan_index(index_store, table, table.indexes[0]),
        lambda rows: len(rows) == len(there),
    )
    return table, there


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("total", [1, 3, 100])
async def test_segments_cover_an_index_once(
    index_store: Store, scanned: tuple[Table, set[Key]], total: int, limit: int
) -> None:
    table, there = scanned
    (index,) = table.indexes
    some = asyncio.Semaphore(AT_ONCE)

    async def one(segment: Segment) -> list[Key]:
        async with some:
            rows = await scan_index(index_store, table, index, segment, limit=limit)
        for row in rows:
            partition = position_of(index, row).place.partition
            assert index_store.in_segment(table, partition, segment)
        return keys(rows)

    segments = await asyncio.gather(*[one(Segment(place, total)) for place in range(total)])
    assert Counter(key for found in segments for key in found) == Counter(there)


@pytest.mark.parametrize("limit", [2, 1000])
async def test_resuming_a_scan_behind_every_entry(
    index_store: Store, scanned: tuple[Table, set[Key]], limit: int
) -> None:
    table, _ = scanned
    (index,) = table.indexes
    rows = await scan_index(index_store, table, index)
    for place, row in enumerate(rows):
        after = position_of(index, row)
        rest = await scan_index(index_store, table, index, after=after, limit=limit)
        assert (after, keys(rest)) == (after, keys(rows[place + 1 :]))


# -- compared with their items ---------------------------------------------------------------


async def test_entries_are_inspected_where_they_stand(
    index_store: Store, indexed_table: Table
) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    attributes = {"place": {"S": place}, "rank": ranked(3)}
    await write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    inspector = index_store.inspect(indexed_table)
    for index in (LOCAL, GLOBAL):
        at = place_of(index, item)
        assert at is not None
        position = Position(at, key)
        entry = await eventually(partial(inspector.entry, index, position), lambda found: found)
        assert entry is not None
        assert (entry.key, entry.item) == (key, item)
        assert await inspector.entry(index, Position(at, Key(key.partition, "t"))) is None
        found = []
        after = None
        while True:
            page = await inspector.entries(index, after=after, limit=3)
            found += [(position, row.item) for position, row in page.entries]
            if not page.more:
                break
            after = page.entries[-1][0]
        assert [each for each in found if each[0].key == key] == [(position, item)]
        assert len(found) == len({position for position, _ in found})


# The contents of an entry do not tell where it stands.
async def test_an_entry_that_stands_at_another_place(
    index_store: Store, indexed_table: Table
) -> None:
    key = Key(fresh(), "s")
    await write(index_store, indexed_table, key, rank=ranked(3))
    row = await present(index_store, indexed_table, key)
    for index, partition in ((LOCAL, encode([key.partition])), (GLOBAL, encode([str(fresh())]))):
        position = Position(Place(partition, encode([number("8")])), key)
        row = await present(index_store, indexed_table, key)
        stray = EntryChange(index, None, position.place, None, row.item)
        change = Write(indexed_table, key, row.version, row.item, (stray,))
        assert await index_store.commit(Batch((change,))) == Committed()
        inspector = index_store.inspect(indexed_table)
        await eventually(partial(inspector.entry, index, position), lambda found: found)
        page = await inspector.entries(index, after=None, limit=1000)
        assert position in [at for at, _ in page.entries]
        row = await present(index_store, indexed_table, key)
        back = EntryChange(index, position.place, None, None, None)
        change = Write(indexed_table, key, row.version, row.item, (back,))
        assert await index_store.commit(Batch((change,))) == Committed()
        await eventually(partial(inspector.entry, index, position), lambda found: found is None)


async def test_items_are_inspected_as_they_are_decided(
    index_store: Store, indexed_table: Table
) -> None:
    key = Key(fresh(), "s")
    inspector = index_store.inspect(indexed_table)
    assert await inspector.decided(key) is None
    await write(index_store, indexed_table, key, rank=ranked(3))
    row = await inspector.decided(key)
    assert row is not None
    there = await present(index_store, indexed_table, key)
    assert (row.key, row.version, row.item) == (key, there.version, there.item)
    await remove(index_store, indexed_table, key)
    assert await inspector.decided(key) is None


# -- indexes come and go --------------------------------------------------------------------


# Else an item written by somebody who has not heard of the index would never be in it.
