"""Items and versions: get, get_many, commit of one write."""

from __future__ import annotations

import asyncio
import base64
import random

import orjson
import pytest

from ...model.rows import Item, Key
from ...model.table import Table
from ...store.base import ABSENT, ANY, Batch, Committed, Conflict, Store, Write
from .support import (
    delete,
    eventually,
    fresh,
    item_of,
    keys,
    present,
    put,
    put_all,
    query,
    read,
    version_of,
)

# What the service allows for one item.
_MOST_BYTES = 400 * 1024

_EVERY_TYPE: Item = {
    "S": {"S": 'text, \u00e9, \U0001f600, \0, \u2028, \\ and "'},
    "empty": {"S": ""},
    "N": {"N": "-0.00000000000000000000000000000000000001"},
    "large": {"N": "9" * 38 + "0" * 88},
    "B": {"B": base64.b64encode(bytes(range(256))).decode()},
    "BOOL": {"BOOL": False},
    "NULL": {"NULL": True},
    "SS": {"SS": ["b", "a", "\u00e9"]},
    "NS": {"NS": ["3", "-1", "2.5"]},
    "BS": {"BS": ["AA==", "/w=="]},
    "L": {"L": [{"L": []}, {"M": {}}, {"N": "1"}]},
    "M": {"M": {"": {"S": "x"}, "a.b": {"M": {"#:": {"NULL": True}}}}},
    "\u00fcber 'quoted\" name": {"S": "x"},
}


def _nested(depth: int) -> Item:
    value: Item = {"S": "inmost"}
    for level in range(depth):
        value = {"L": [value]} if level % 2 else {"M": {"m": value}}
    return value


@pytest.fixture
def key() -> Key:
    """A key of the test's own in the table with a sort key."""
    return Key(fresh(), "s")


async def test_a_store_answers_a_ping(store: Store) -> None:
    await store.ping()


async def test_an_item_that_was_never_written(store: Store, sorted_table: Table, key: Key) -> None:
    assert await store.get(sorted_table, key, consistent=True) is None
    assert await store.get(sorted_table, key, consistent=False) is None


@pytest.mark.parametrize("expected", [ANY, ABSENT])
async def test_what_is_committed_is_read(
    store: Store, sorted_table: Table, key: Key, expected: int
) -> None:
    outcome = await put(store, sorted_table, key, expected, a={"S": "x"})
    assert isinstance(outcome, Committed)
    row = await present(store, sorted_table, key)
    assert row.key == key
    assert row.item == item_of(sorted_table, key, a={"S": "x"})
    assert row.version > 0
    assert outcome.versions in ((), (row.version,))


async def test_a_table_without_sort_key(store: Store, hash_table: Table) -> None:
    key = Key(fresh(), None)
    assert await put(store, hash_table, key, a={"S": "x"}) == Committed()
    row = await present(store, hash_table, key)
    assert row.key == key
    assert row.item == item_of(hash_table, key, a={"S": "x"})


# GetItem splices it into its answer unread.
async def test_a_row_has_the_whole_item_as_compact_json(
    store: Store, sorted_table: Table, key: Key
) -> None:
    await put(store, sorted_table, key, **_EVERY_TYPE)
    data = (await present(store, sorted_table, key)).data
    assert orjson.dumps(orjson.loads(data)) == data
    assert orjson.loads(data) == item_of(sorted_table, key, **_EVERY_TYPE)


async def test_every_type_comes_back_as_it_was(store: Store, sorted_table: Table, key: Key) -> None:
    attributes = _EVERY_TYPE | {"deep": _nested(31)}
    await put(store, sorted_table, key, **attributes)
    assert (await present(store, sorted_table, key)).item == item_of(
        sorted_table, key, **attributes
    )


# Eventually means soon: a store that never showed it would pass a single look.
async def test_an_eventually_consistent_read_sees_it_soon(
    store: Store, sorted_table: Table, key: Key
) -> None:
    await put(store, sorted_table, key)
    await eventually(lambda: store.get(sorted_table, key, consistent=False), lambda row: row)


async def test_a_new_image_replaces_the_whole_item(
    store: Store, sorted_table: Table, key: Key
) -> None:
    await put(store, sorted_table, key, a={"S": "x"}, b={"S": "y"})
    await put(store, sorted_table, key, b={"S": "z"})
    row = await present(store, sorted_table, key)
    assert row.item == item_of(sorted_table, key, b={"S": "z"})


async def test_items_of_one_partition_are_apart(
    store: Store, sorted_table: Table, key: Key
) -> None:
    neighbour = Key(key.partition, "t")
    await put(store, sorted_table, key, a={"S": "x"})
    await put(store, sorted_table, neighbour, a={"S": "y"})
    await delete(store, sorted_table, key)
    assert await read(store, sorted_table, key) is None
    assert (await present(store, sorted_table, neighbour)).item["a"] == {"S": "y"}


# -- versions -------------------------------------------------------------------------------


async def test_each_write_makes_another_version(
    store: Store, sorted_table: Table, key: Key
) -> None:
    versions = []
    for turn in range(5):
        await put(store, sorted_table, key, turn={"N": str(turn)})
        versions.append(await version_of(store, sorted_table, key))
    assert len(set(versions)) == len(versions)


async def test_the_version_that_is_there_is_replaced(
    store: Store, sorted_table: Table, key: Key
) -> None:
    await put(store, sorted_table, key, a={"S": "x"})
    version = await version_of(store, sorted_table, key)
    assert await put(store, sorted_table, key, version, a={"S": "y"}) == Committed()
    assert (await present(store, sorted_table, key)).item["a"] == {"S": "y"}


async def test_a_conflict_changes_nothing(store: Store, sorted_table: Table, key: Key) -> None:
    await put(store, sorted_table, key, a={"S": "old"})
    old = await version_of(store, sorted_table, key)
    await put(store, sorted_table, key, a={"S": "now"})
    now = await version_of(store, sorted_table, key)
    for expected in (old, ABSENT, now + 1, now - 1):
        outcome = await put(store, sorted_table, key, expected, a={"S": "never"})
        assert (expected, outcome) == (expected, Conflict())
        outcome = await delete(store, sorted_table, key, expected)
        assert (expected, outcome) == (expected, Conflict())
    row = await present(store, sorted_table, key)
    assert (row.version, row.item["a"]) == (now, {"S": "now"})


async def test_a_version_where_there_is_no_item(
    store: Store, sorted_table: Table, key: Key
) -> None:
    assert await put(store, sorted_table, key, 1) == Conflict()
    assert await delete(store, sorted_table, key, 1) == Conflict()
    assert await read(store, sorted_table, key) is None


@pytest.mark.parametrize("expected", [ANY, ABSENT])
async def test_deleting_what_is_not_there(
    store: Store, sorted_table: Table, key: Key, expected: int
) -> None:
    assert await delete(store, sorted_table, key, expected) == Committed()
    assert await read(store, sorted_table, key) is None


async def test_deleting_any_version(store: Store, sorted_table: Table, key: Key) -> None:
    await put(store, sorted_table, key)
    assert await delete(store, sorted_table, key, ANY) == Committed()
    assert await read(store, sorted_table, key) is None


async def test_deleting_one_version(store: Store, sorted_table: Table, key: Key) -> None:
    await put(store, sorted_table, key)
    version = await version_of(store, sorted_table, key)
    assert await delete(store, sorted_table, key, version) == Committed()
    assert await read(store, sorted_table, key) is None


async def test_a_deleted_item_is_absent(store: Store, sorted_table: Table, key: Key) -> None:
    await put(store, sorted_table, key, a={"S": "x"})
    await delete(store, sorted_table, key)
    assert await delete(store, sorted_table, key, ABSENT) == Committed()
    assert await put(store, sorted_table, key, ABSENT, b={"S": "y"}) == Committed()
    row = await present(store, sorted_table, key)
    assert row.item == item_of(sorted_table, key, b={"S": "y"})


# Else who read the first item would overwrite the second without having seen it.
async def test_versions_do_not_come_back_with_a_new_item(
    store: Store, sorted_table: Table, key: Key
) -> None:
    seen: list[int] = []
    for turn in range(10):
        await put(store, sorted_table, key, ABSENT, turn={"N": str(turn)})
        version = await version_of(store, sorted_table, key)
        for old in seen:
            assert await put(store, sorted_table, key, old) == Conflict()
        assert await delete(store, sorted_table, key, version) == Committed()
        assert await put(store, sorted_table, key, version) == Conflict()
        seen.append(version)
    assert len(set(seen)) == len(seen)


# A caller that gave up may find either, but whole, and the store goes on working.
async def test_a_commit_whose_task_is_cancelled(
    store: Store, sorted_table: Table, key: Key
) -> None:
    for pause in (0, 0.0005, 0.002):
        keys = [Key(key.partition, f"{pause} {number}") for number in range(5)]
        tasks = [asyncio.create_task(put(store, sorted_table, each)) for each in keys]
        await asyncio.sleep(pause)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in keys:
            row = await read(store, sorted_table, each)
            assert row is None or row.item == item_of(sorted_table, each)
            assert await put(store, sorted_table, each, a={"S": "after"}) == Committed()


# -- many -----------------------------------------------------------------------------------


async def test_get_many_answers_in_order(store: Store, sorted_table: Table) -> None:
    all_keys = [Key(fresh(), "s") for _ in range(20)]
    there = all_keys[::2]
    await put_all(store, sorted_table, there)
    random.shuffle(all_keys)
    rows = await store.get_many(sorted_table, all_keys, consistent=True)
    assert [None if row is None else row.key for row in rows] == [
        key if key in there else None for key in all_keys
    ]


async def test_get_many_of_a_key_that_occurs_twice(store: Store, hash_table: Table) -> None:
    key, absent = Key(fresh(), None), Key(fresh(), None)
    await put(store, hash_table, key)
    rows = await store.get_many(hash_table, [key, absent, key], consistent=True)
    assert [row and row.key for row in rows] == [key, None, key]


async def test_get_many_of_none(store: Store, hash_table: Table) -> None:
    assert await store.get_many(hash_table, [], consistent=True) == []


# As many as one BatchGetItem may ask for.
async def test_get_many_of_a_hundred(store: Store, sorted_table: Table) -> None:
    partition = fresh()
    all_keys = [Key(partition, f"{number:03}") for number in range(100)]
    await put_all(store, sorted_table, all_keys)
    rows = await store.get_many(sorted_table, all_keys, consistent=True)
    assert keys(row for row in rows if row is not None) == all_keys


# -- large items ----------------------------------------------------------------------------


def _large(table: Table, key: Key) -> Item:
    """Random bytes, so that no compression makes it small."""
    fixed = sum(len(name) for name in (*table.key_names, "data")) + 64
    data = random.Random(str(key)).randbytes(_MOST_BYTES - fixed)
    return item_of(table, key, data={"B": base64.b64encode(data).decode()})


async def test_the_largest_items_are_kept_and_paged(store: Store, sorted_table: Table) -> None:
    partition = fresh()
    items = {
        key: _large(sorted_table, key) for key in [Key(partition, str(sort)) for sort in range(8)]
    }
    for key, item in items.items():
        write = Write(sorted_table, key, ABSENT, item)
        assert await store.commit(Batch((write,))) == Committed()
    assert (await present(store, sorted_table, key)).item == items[key]
    assert {row.key: row.item for row in await query(store, sorted_table, partition)} == items
    rows = await query(store, sorted_table, partition, reverse=True, limit=3)
    assert keys(rows) == list(items)[::-1]
    many = await store.get_many(sorted_table, list(items), consistent=True)
    assert [row and row.item for row in many] == list(items.values())
    for key in items:
        await delete(store, sorted_table, key)


async def test_a_large_text(store: Store, hash_table: Table) -> None:
    key = Key(fresh(), None)
    text = {"S": "\U0001f600" * (_MOST_BYTES // 4 - 100)}
    await put(store, hash_table, key, text=text)
    assert (await present(store, hash_table, key)).item["text"] == text
