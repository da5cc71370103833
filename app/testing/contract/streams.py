"""Streams: what is in them, in which order, and what becomes of them. Skipped without streams."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import replace

import pytest

from ...model.rows import Item, Key
from ...model.stream import LoggedRecord, Record, StreamOfTable, record_of, with_new_stream
from ...model.table import Table
from ...store.base import (
    ABSENT,
    ANY,
    Batch,
    Committed,
    Conflict,
    Outcome,
    Store,
    StreamPage,
    Write,
)
from .support import created, dropped, eventually, fresh, item_of, new_table, read

SHARDS = 3


@pytest.fixture(scope="module")
def stream_store(store: Store) -> Store:
    if not store.capabilities.streams:
        pytest.skip("this store has no streams")
    return store


def _with_stream(table: Table, view: str = "NEW_AND_OLD_IMAGES") -> Table:
    return with_new_stream(table, view, SHARDS, time.time())


@pytest.fixture(scope="module")
async def streamed(stream_store: Store) -> Table:
    """A table that the tests share: use keys of your own."""
    return await created(stream_store, _with_stream(new_table()))


async def _write(store: Store, table: Table, key: Key, new: Item | None) -> Outcome:
    row = await read(store, table, key)
    old = None if row is None else row.item
    expected = ABSENT if row is None else row.version
    record = record_of(table, old, new)
    return await store.commit(Batch((Write(table, key, expected, new, (), record),)))


async def _stream(store: Store, table: Table) -> StreamOfTable:
    assert table.stream is not None
    found = await store.stream(table.name, table.stream.label)
    assert found is not None
    return found


async def _shard(store: Store, stream: StreamOfTable, shard: int, limit: int) -> list[LoggedRecord]:
    """All that is there now, page by page."""
    records: list[LoggedRecord] = []
    start: int | None = None
    while True:
        page = await store.read_stream(stream, shard, start=start, limit=limit)
        assert isinstance(page, StreamPage)
        assert len(page.records) <= limit
        records += page.records
        start = page.next
        if start is None or not page.records:
            return records


async def _all(store: Store, stream: StreamOfTable, limit: int = 1000) -> list[list[LoggedRecord]]:
    return [await _shard(store, stream, number, limit) for number in range(stream.stream.shards)]


async def _of_key(store: Store, table: Table, key: Key, count: int) -> list[Record]:
    """The records of one item, once there are `count`."""
    stream = await _stream(store, table)

    async def found() -> list[Record]:
        return [
            logged.record
            for shard in await _all(store, stream)
            for logged in shard
            if logged.record.keys["p"]["S"] == key.partition
            and logged.record.keys["s"]["S"] == key.sort
        ]

    return await eventually(found, lambda records: len(records) >= count)


async def test_writes_of_an_item_are_in_its_stream(stream_store: Store, streamed: Table) -> None:
    key = Key(fresh(), "s")
    one, two = (item_of(streamed, key, n={"N": text}) for text in "12")
    for item in (one, two, None, one):
        assert await _write(stream_store, streamed, key, item) == Committed()
    keys = item_of(streamed, key)
    assert await _of_key(stream_store, streamed, key, 4) == [
        Record("INSERT", keys, None, one),
        Record("MODIFY", keys, one, two),
        Record("REMOVE", keys, two, None),
        Record("INSERT", keys, None, one),
    ]


async def test_who_deleted_an_item_is_told(stream_store: Store, streamed: Table) -> None:
    key = Key(fresh(), "s")
    item = item_of(streamed, key)
    await _write(stream_store, streamed, key, item)
    row = await read(stream_store, streamed, key)
    assert row is not None
    record = record_of(streamed, item, None, by_service=True)
    write = Write(streamed, key, row.version, None, (), record)
    assert await stream_store.commit(Batch((write,))) == Committed()
    assert [each.by_service for each in await _of_key(stream_store, streamed, key, 2)] == [
        False,
        True,
    ]


async def test_large_images(stream_store: Store, streamed: Table) -> None:
    key = Key(fresh(), "s")
    items = [item_of(streamed, key, a={"S": letter * 390_000}) for letter in "ab"]
    for item in items:
        assert await _write(stream_store, streamed, key, item) == Committed()
    records = await _of_key(stream_store, streamed, key, 2)
    assert (records[1].old, records[1].new) == (items[0], items[1])


# A consumer follows one shard at a time, so that all of an item must be in one.
async def test_an_item_stays_in_its_shard(stream_store: Store) -> None:
    table = await created(stream_store, _with_stream(new_table()))
    keys = [Key(fresh(), "s") for _ in range(12)]
    for text in "123":
        await asyncio.gather(
            *[_write(stream_store, table, key, item_of(table, key, n={"N": text})) for key in keys]
        )
    stream = await _stream(stream_store, table)
    shards = await eventually(
        lambda: _all(stream_store, stream), lambda shards: sum(map(len, shards)) >= 36
    )
    places: dict[str, list[tuple[int, str]]] = {}
    for number, shard in enumerate(shards):
        for logged in shard:
            assert logged.record.new is not None
            place = (number, logged.record.new["n"]["N"])
            places.setdefault(logged.record.keys["p"]["S"], []).append(place)
    for found in places.values():
        assert len({number for number, _ in found}) == 1
        assert [text for _, text in found] == ["1", "2", "3"]
        assert [text for _, text in found] == ["1", "2", "3"]
    assert sum(bool(shard) for shard in shards) > 1


async def test_sequence_numbers_have_no_gaps(stream_store: Store) -> None:
    table = await created(stream_store, _with_stream(new_table()))
    for _ in range(12):
        key = Key(fresh(), "s")
        await _write(stream_store, table, key, item_of(table, key))
    stream = await _stream(stream_store, table)
    shards = await eventually(
        lambda: _all(stream_store, stream, 2), lambda shards: sum(map(len, shards)) >= 12
    )
    described = await stream_store.shards(stream)
    assert [each.number for each in described] == list(range(SHARDS))
    for shard, each in zip(shards, described, strict=True):
        assert [logged.sequence for logged in shard] == list(range(1, len(shard) + 1))
        assert (each.next, each.closed) == (len(shard) + 1, False)
        assert [logged.at for logged in shard] == sorted(logged.at for logged in shard)
        assert all(abs(logged.at - time.time()) < 60 for logged in shard)


async def test_reading_on_where_a_page_ended(stream_store: Store, streamed: Table) -> None:
    stream = await _stream(stream_store, streamed)
    key = Key(fresh(), "s")
    before = [shard.next for shard in await stream_store.shards(stream)]
    await _write(stream_store, streamed, key, item_of(streamed, key))
    await _of_key(stream_store, streamed, key, 1)
    found: list[LoggedRecord] = []
    for number, start in enumerate(before):
        page = await stream_store.read_stream(stream, number, start=start, limit=10)
        assert isinstance(page, StreamPage)
        assert page.next == start + len(page.records)
        found += page.records
    assert [logged.record.keys for logged in found] == [item_of(streamed, key)]


async def test_a_write_that_lost_leaves_no_record(stream_store: Store, streamed: Table) -> None:
    key = Key(fresh(), "s")
    item = item_of(streamed, key)
    lost = Write(streamed, key, 1, item, (), record_of(streamed, None, item))
    assert await stream_store.commit(Batch((lost,))) == Conflict()
    assert await _write(stream_store, streamed, key, item) == Committed()
    assert len(await _of_key(stream_store, streamed, key, 1)) == 1


async def test_a_record_needs_what_is_expected(stream_store: Store, streamed: Table) -> None:
    key = Key(fresh(), "s")
    item = item_of(streamed, key)
    write = Write(streamed, key, ANY, item, (), record_of(streamed, None, item))
    with pytest.raises(ValueError, match="record"):
        await stream_store.commit(Batch((write,)))
    assert await read(stream_store, streamed, key) is None


async def test_a_write_without_a_record_breaks_no_order(
    stream_store: Store, streamed: Table
) -> None:
    key = Key(fresh(), "s")
    items = [item_of(streamed, key, n={"N": text}) for text in "12"]
    await _write(stream_store, streamed, key, items[0])
    row = await read(stream_store, streamed, key)
    assert row is not None
    # As the backfill of an index does.
    await stream_store.commit(Batch((Write(streamed, key, row.version, items[0]),)))
    await _write(stream_store, streamed, key, items[1])
    records = await _of_key(stream_store, streamed, key, 2)
    assert [record.event for record in records] == ["INSERT", "MODIFY"]


async def test_a_disabled_stream_stays_readable(stream_store: Store) -> None:
    table = await created(stream_store, _with_stream(new_table()))
    keys = [Key(fresh(), "s") for _ in range(6)]
    for key in keys:
        await _write(stream_store, table, key, item_of(table, key))
    stream = await _stream(stream_store, table)
    without = replace(table, stream=None, version=table.version + 1)
    assert await stream_store.change_table(without)
    await stream_store.settled(without)
    disabled = await eventually(
        lambda: stream_store.stream(stream.table_name, stream.stream.label),
        lambda found: found and found.status == "DISABLED",
    )
    assert disabled is not None
    assert replace(disabled, status="ENABLED") == stream
    # What is written now is in no stream.
    await _write(stream_store, without, Key(fresh(), "s"), item_of(without, Key("p", "s")))
    shards = await _all(stream_store, disabled)
    assert sum(map(len, shards)) == 6
    for number, shard in enumerate(await stream_store.shards(disabled)):
        assert (shard.next, shard.closed) == (len(shards[number]) + 1, True)
        page = await stream_store.read_stream(disabled, number, start=shard.next, limit=1)
        assert page == StreamPage((), None)


async def test_a_stream_that_is_enabled_again_is_another(stream_store: Store) -> None:
    first = await created(stream_store, _with_stream(new_table()))
    key = Key(fresh(), "s")
    await _write(stream_store, first, key, item_of(first, key, n={"N": "1"}))
    without = replace(first, stream=None, version=first.version + 1)
    assert await stream_store.change_table(without)
    second = _with_stream(replace(without, version=without.version + 1), "KEYS_ONLY")
    assert await stream_store.change_table(second)
    await stream_store.settled(second)
    await _write(stream_store, second, key, item_of(second, key, n={"N": "2"}))
    keys = item_of(first, key)
    new = await _of_key(stream_store, second, key, 1)
    assert new == [Record("MODIFY", keys, None, None)]
    old = await _of_key(stream_store, first, key, 1)
    assert [record.event for record in old] == ["INSERT"]
    labels = [each.stream.label for each in await stream_store.streams(first.name)]
    assert first.stream is not None
    assert second.stream is not None
    assert labels == [first.stream.label, second.stream.label]


async def test_the_stream_of_a_deleted_table_stays_readable(stream_store: Store) -> None:
    name = f"contract-{uuid.uuid4().hex[:12]}"
    table = await created(stream_store, _with_stream(new_table(name=name)))
    keys = [Key(fresh(), "s") for _ in range(6)]
    for key in keys:
        await _write(stream_store, table, key, item_of(table, key))
    await dropped(stream_store, table)
    stream = await _stream(stream_store, table)
    assert stream.status == "DISABLED"
    assert sum(map(len, await _all(stream_store, stream))) == 6
    # A table that takes the name has streams of its own.
    other = await created(stream_store, _with_stream(new_table(name=name)))
    assert sum(map(len, await _all(stream_store, await _stream(stream_store, other)))) == 0
    assert len(await stream_store.streams(name)) == 2


async def test_streams_are_listed_by_name_and_label(stream_store: Store, streamed: Table) -> None:
    found = await stream_store.streams()
    places = [(each.table_name.encode(), each.stream.label) for each in found]
    assert places == sorted(places)
    assert await _stream(stream_store, streamed) in found
    assert await stream_store.streams("contract-not-there") == []
    assert await stream_store.stream(streamed.name, "no label") is None


async def test_another_process_reads_the_same(
    stream_store: Store, other_store: Store, streamed: Table
) -> None:
    key = Key(fresh(), "s")
    await _write(other_store, streamed, key, item_of(streamed, key))
    mine = await _of_key(stream_store, streamed, key, 1)
    assert await _of_key(other_store, streamed, key, 1) == mine
