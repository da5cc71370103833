"""Shards are split while relays die or stand still: STREAMS.md."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.model.shards import parent_of, shard_count, with_more_shards
from app.model.table import Table
from app.store.base import StreamPage
from app.store.cassandra import CassandraStore
from tests.store_cassandra.dying import abandon
from tests.store_cassandra.indexing import item
from tests.store_cassandra.streaming import relays, streamed, write
from tests.store_cassandra.support import MakeStore, created, new_key, until
from tests.store_cassandra.test_streams_faults import (  # noqa: F401
    At,
    none_left,
    short_leases,
    some_writes,
)


async def split(store: CassandraStore, table: Table, shards: int) -> Table:
    changed = with_more_shards(table, shards)
    assert await store.change_table(changed)
    await store.settled(changed)
    return changed


async def told(store: CassandraStore, table: Table) -> list[tuple[str, str]]:
    """Key and number of each record that can be read, parents before their children."""
    assert table.stream is not None
    stream = await store.stream(table.name, table.stream.label)
    assert stream is not None
    found = []
    for number in range(shard_count(stream.stream)):
        parent = parent_of(stream.stream, number)
        start: int | None = 1
        while start is not None:
            page = await store.read_stream(stream, number, start=start, limit=100)
            assert isinstance(page, StreamPage)
            for logged in page.records:
                image = logged.record.new
                assert image is not None
                found.append((str(logged.record.keys), image["n"]["S"]))
            if not page.records:
                break
            # A child has records only when its parent gets no more.
            assert parent is None or (await store.shards(stream))[parent].closed
            start = page.next
    return found


async def all_told(store: CassandraStore, table: Table, rounds: int, items: int) -> None:
    """Each of `items` items has its `rounds` records in order, and there is none twice."""
    await until(lambda: told(store, table), lambda found: len(found) >= rounds * items)
    found = await told(store, table)
    assert len(found) == rounds * items
    numbers: dict[str, list[str]] = {}
    for key, number in found:
        numbers.setdefault(key, []).append(number)
    assert list(numbers.values()) == [[str(n) for n in range(rounds)]] * items
    await none_left(store, table)


# The one that closes what was split, or is about to append to it.
@pytest.mark.parametrize(
    ("point", "dies"),
    [
        ("relay:found", False),
        ("relay:logged", True),
        ("relay:closed", True),
        pytest.param("relay:found", True, marks=pytest.mark.long),
        pytest.param("relay:logged", False, marks=pytest.mark.long),
        pytest.param("relay:closed", False, marks=pytest.mark.long),
    ],
)
async def test_a_split_without_the_relay(
    make: MakeStore,
    point: str,
    dies: bool,
) -> None:
    faults = At(point, dies=dies)
    store = await make(faults=faults)
    await relays(store)
    table = await created(store, streamed())
    keys = [new_key() for _ in range(6)]

    async def round(through: CassandraStore, table: Table, number: int) -> None:
        for key in keys:
            await write(through, table, key, item(key, n=str(number)))

    await round(store, table, 0)
    faults.armed = True
    await round(store, table, 1)
    table = await split(store, table, 5)
    await round(store, table, 2)
    async with asyncio.timeout(30):
        await faults.reached.wait()
    if dies:
        await abandon(store)
    other = await make()
    assert await relays(other) is other
    await round(other, table, 3)
    await all_told(other, table, 4, len(keys))
    faults.go_on.set()
    await round(other, table, 4)
    await all_told(other, table, 5, len(keys))


# Its copy of the table is older than the split: what it writes then is behind it all the same.
async def test_a_stale_writer_does_not_write_behind_a_split(make: MakeStore) -> None:
    store = await make()
    await relays(store)
    other = await make()
    table = await created(store, streamed())
    keys = [new_key() for _ in range(6)]
    for key in keys:
        await write(other, table, key, item(key, n="0"))
    changed = with_more_shards(table, 4)

    async def again() -> None:
        """As one that saw the catalog before: this one does not ask it again."""
        other._catalog.cached = lambda name: table  # type: ignore[method-assign]
        for number in (1, 2):
            for key in keys:
                await write(other, table, key, item(key, n=str(number)))
                await asyncio.sleep(0.05)

    _, made = await asyncio.gather(again(), store.change_table(changed))
    assert made
    await all_told(store, changed, 3, len(keys))


# A stream that ends with shards that were split.
async def test_a_split_stream_ends(make: MakeStore) -> None:
    store = await make()
    table = await created(store, streamed())
    keys = [new_key() for _ in range(4)]
    await some_writes(store, table, keys, 1)
    table = await split(store, table, 4)
    without = replace(table, stream=None, version=table.version + 1)
    assert await store.change_table(without)
    assert table.stream is not None
    label = table.stream.label
    await until(
        lambda: store.stream(table.name, label),
        lambda found: found is not None and found.status == "DISABLED",
    )
    stream = await store.stream(table.name, label)
    assert stream is not None
    assert stream.stream == table.stream
    assert [each.closed for each in await store.shards(stream)] == [True] * 6
    assert len(await told(store, replace(table, stream=stream.stream))) == 4
