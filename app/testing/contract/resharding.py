"""Shards that are split while their table is written to. Skipped without streams."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from ...errors import TableChanged
from ...model.rows import Key
from ...model.shards import first_open, parent_of, shard_count, with_more_shards
from ...model.stream import LoggedRecord, StreamOfTable, record_of, with_new_stream
from ...model.table import Table
from ...store.base import ABSENT, Batch, Committed, Store, StreamPage, Write
from .support import created, eventually, fresh, item_of, new_table, read


async def _write(store: Store, name: str, key: Key, number: int) -> None:
    """As an operation does: again when the table has changed."""
    while True:
        table = await store.table(name)
        assert table is not None
        row = await read(store, table, key)
        new = item_of(table, key, n={"N": str(number)})
        record = record_of(table, None if row is None else row.item, new)
        expected = ABSENT if row is None else row.version
        try:
            outcome = await store.commit(Batch((Write(table, key, expected, new, (), record),)))
        except TableChanged:
            continue
        if outcome == Committed():
            return


async def _split(store: Store, table: Table, shards: int) -> Table:
    current = await store.table(table.name)
    assert current is not None
    changed = with_more_shards(current, shards)
    assert await store.change_table(changed)
    return changed


async def _has_effect(store: Store, table: Table) -> None:
    """Returns when there are records in the shards that are written to."""
    stream = await _current(store, table)
    await eventually(
        lambda: store.shards(stream),
        lambda shards: any(each.next > 1 for each in shards[first_open(stream.stream) :]),
    )


async def _current(store: Store, table: Table) -> StreamOfTable:
    (stream,) = await store.streams(table.name)
    return stream


async def _records(store: Store, stream: StreamOfTable, shard: int) -> tuple[list[str], bool]:
    """Key and number of each record, and whether the end of the shard has been seen."""
    found: list[LoggedRecord] = []
    start: int | None = 1
    while start is not None:
        page = await store.read_stream(stream, shard, start=start, limit=7)
        assert isinstance(page, StreamPage)
        found += page.records
        if not page.records and page.next is not None:
            break
        start = page.next
    assert [each.sequence for each in found] == list(range(1, len(found) + 1))
    return [_text(each) for each in found], start is None


def _text(logged: LoggedRecord) -> str:
    image = logged.record.new
    assert image is not None
    return f"{image['p']['S']}/{image['n']['N']}"


async def _all(store: Store, stream: StreamOfTable) -> list[list[str]]:
    numbers = range(shard_count(stream.stream))
    return [(await _records(store, stream, number))[0] for number in numbers]


async def test_an_item_is_followed_from_parent_to_child(store: Store, other_store: Store) -> None:
    if not store.capabilities.streams:
        pytest.skip("this store has no streams")
    table = await created(store, with_new_stream(new_table(), "NEW_IMAGE", 2, time.time()))
    keys = [Key(fresh(), "s") for _ in range(8)]
    written = Counter[Key]()
    stop = asyncio.Event()

    async def work(through: Store, mine: list[Key]) -> None:
        while not stop.is_set():
            for key in mine:
                await _write(through, table.name, key, written[key])
                written[key] += 1

    async def to_go(goal: dict[Key, int]) -> int:
        return max(goal[key] - written[key] for key in keys)

    async def more(rounds: int) -> None:
        goal = {key: written[key] + rounds for key in keys}
        await eventually(lambda: to_go(goal), lambda left: left <= 0)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(work(store, keys[::2]))
        group.create_task(work(other_store, keys[1::2]))
        for count in (3, 7):
            await more(3)
            await _has_effect(store, table)
            await _split(store, table, count)
        await more(3)
        await _has_effect(store, table)
        stop.set()
    stream = await _current(store, table)
    assert (stream.stream.shards, stream.stream.earlier) == (7, (2, 3))
    shards = await eventually(
        lambda: _all(other_store, stream),
        lambda shards: sum(map(len, shards)) >= written.total(),
    )
    # Who reads parents to their end first has each item's in order, none missing, none twice.
    for key in keys:
        texts = [f"{key.partition!s}/{number}" for number in range(written[key])]
        place = next(number for number, shard in enumerate(shards) if texts[-1] in shard)
        seen: list[str] = []
        at: int | None = place
        while at is not None:
            seen = [text for text in shards[at] if text in texts] + seen
            at = parent_of(stream.stream, at)
        assert seen == texts
    assert sum(map(len, shards)) == written.total()
    assert all(any(shards[a:b]) for a, b in ((0, 2), (2, 5), (5, 12)))


async def test_shards_that_were_split_are_closed(store: Store) -> None:
    if not store.capabilities.streams:
        pytest.skip("this store has no streams")
    table = await created(store, with_new_stream(new_table(), "NEW_IMAGE", 2, time.time()))
    stream_of_two = await _current(store, table)
    keys = [Key(fresh(), "s") for _ in range(6)]
    for key in keys:
        await _write(store, table.name, key, 0)
    await eventually(
        lambda: _all(store, stream_of_two), lambda shards: sum(map(len, shards)) == len(keys)
    )
    # Also when nothing is written any more.
    await _split(store, table, 4)
    stream = await _current(store, table)
    first = first_open(stream.stream)
    shards = await eventually(
        lambda: store.shards(stream), lambda shards: all(each.closed for each in shards[:first])
    )
    assert [each.number for each in shards] == list(range(shard_count(stream.stream)))
    assert [each.closed for each in shards] == [True] * 2 + [False] * 4
    found = [await _records(store, stream, each.number) for each in shards]
    assert sum(len(texts) for texts, _ in found[:2]) == 6
    assert found[2:] == [([], False)] * 4
    assert [ended for _, ended in found[:2]] == [True, True]
    for shard in shards[:2]:
        page = await store.read_stream(stream, shard.number, start=shard.next, limit=1)
        assert page == StreamPage((), None)
