from __future__ import annotations

import uuid

import orjson
import pytest

from app.model.rows import EVERYTHING, WHOLE, Bounds, Key, KeyValue, Page, Segment
from app.model.table import Table
from app.store.cassandra import CassandraStore, items
from tests.store_cassandra.murmur import key_with
from tests.store_cassandra.support import (
    FaultySession,
    created,
    delete,
    item_of,
    new_key,
    new_table,
    put,
)


async def whole_scan(
    store: CassandraStore, table: Table, limit: int, segment: Segment = WHOLE
) -> list[Key]:
    """Keys of a scan that resumes behind the last key of each page."""
    keys: list[Key] = []
    while True:
        after = keys[-1] if keys else None
        page = await store.scan(table, segment, after=after, limit=limit, consistent=True)
        assert len(page.rows) <= limit
        assert page.rows or not page.more
        keys += [row.key for row in page.rows]
        if not page.more:
            return keys


async def sorts(
    store: CassandraStore,
    table: Table,
    partition: KeyValue,
    bounds: Bounds = EVERYTHING,
    *,
    after: str | None = None,
    reverse: bool = False,
) -> str:
    """The sort keys of one page, one letter each."""
    page = await store.query(
        table,
        partition,
        bounds,
        after=None if after is None else Key(partition, after),
        limit=100,
        reverse=reverse,
        consistent=True,
    )
    return "".join(str(row.key.sort) for row in page.rows)


async def test_an_item_comes_back_as_the_bytes_that_were_stored(
    store: CassandraStore, sorted_table: Table
) -> None:
    key = new_key()
    item = item_of(key, name="Ünï", note='"quoted"')
    await put(store, sorted_table, key, item=item)
    row = await store.get(sorted_table, key, consistent=True)
    assert row is not None
    assert row.data == orjson.dumps(item)


async def test_a_compressed_item_comes_back(store: CassandraStore, hash_table: Table) -> None:
    key = new_key(None)
    item = item_of(key, text="word " * 60_000)
    await put(store, hash_table, key, item=item)
    row = await store.get(hash_table, key, consistent=True)
    assert row is not None
    assert row.item == item


async def test_get_many_keeps_the_order(store: CassandraStore, hash_table: Table) -> None:
    keys = [new_key(None) for _ in range(70)]
    for key in keys[::2]:
        await put(store, hash_table, key)
    rows = await store.get_many(hash_table, keys, consistent=True)
    assert [row and row.key for row in rows] == [
        key if index % 2 == 0 else None for index, key in enumerate(keys)
    ]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (EVERYTHING, "abcde"),
        (Bounds(lower="b"), "bcde"),
        (Bounds(lower="b", lower_inclusive=False), "cde"),
        (Bounds(upper="d"), "abcd"),
        (Bounds(upper="d", upper_inclusive=False), "abc"),
        (Bounds(lower="b", upper="d"), "bcd"),
        (Bounds(lower="b", lower_inclusive=False, upper="d", upper_inclusive=False), "c"),
        (Bounds(lower="c", upper="c"), "c"),
        (Bounds(lower="d", upper="b"), ""),
        (Bounds(lower="c", lower_inclusive=False, upper="c"), ""),
    ],
)
async def test_bounds_in_both_directions(
    store: CassandraStore, sorted_table: Table, bounds: Bounds, expected: str
) -> None:
    for letter in "abcde":
        await put(store, sorted_table, Key("bounds", letter))
    assert await sorts(store, sorted_table, "bounds", bounds) == expected
    assert await sorts(store, sorted_table, "bounds", bounds, reverse=True) == expected[::-1]


# The start key of a page may lie outside of the bounds, and need not be there.
@pytest.mark.parametrize(
    ("after", "reverse", "expected"),
    [
        ("a", False, "bcd"),
        ("b", False, "cd"),
        ("bb", False, "cd"),
        ("d", False, ""),
        ("e", True, "dcb"),
        ("d", True, "cb"),
        ("cc", True, "cb"),
        ("b", True, ""),
    ],
)
async def test_after_and_bounds_together(
    store: CassandraStore, sorted_table: Table, after: str, reverse: bool, expected: str
) -> None:
    for letter in "abcde":
        await put(store, sorted_table, Key("after", letter))
    bounds = Bounds(lower="b", upper="d")
    found = await sorts(store, sorted_table, "after", bounds, after=after, reverse=reverse)
    assert found == expected


# UTF-8 order, in which U+FFFF comes before U+1F600; UTF-16 has it the other way round.
async def test_text_sorts_by_its_utf8(store: CassandraStore, sorted_table: Table) -> None:
    letters = "aé\ue000\uffff\U0001f600"
    for letter in reversed(letters):
        await put(store, sorted_table, Key("utf8", letter))
    assert await sorts(store, sorted_table, "utf8") == letters


async def test_a_query_of_a_table_without_sort_key(
    store: CassandraStore, hash_table: Table
) -> None:
    key = new_key(None)
    await put(store, hash_table, key)
    page = await store.query(hash_table, key.partition, EVERYTHING, limit=5, consistent=True)
    assert [row.key for row in page.rows] == [key]
    assert not page.more
    behind = await store.query(hash_table, key.partition, EVERYTHING, after=key, limit=5)
    assert behind == Page((), more=False)


# A marker that ended or shortened a page would show that something was deleted there.
@pytest.mark.parametrize("reverse", [False, True])
async def test_deleted_items_neither_count_nor_end_a_page(
    store: CassandraStore, sorted_table: Table, reverse: bool
) -> None:
    partition = uuid.uuid4().hex
    for number in range(12):
        key = Key(partition, f"{number:02}")
        await put(store, sorted_table, key)
        if number not in (0, 11):
            await delete(store, sorted_table, key)
    keys: list[Key] = []
    more = True
    while more:
        page = await store.query(
            sorted_table,
            partition,
            EVERYTHING,
            after=keys[-1] if keys else None,
            limit=1,
            reverse=reverse,
            consistent=True,
        )
        assert len(page.rows) == 1 or not page.more
        keys += [row.key for row in page.rows]
        more = page.more
    found = [key.sort for key in keys]
    assert found == (["11", "00"] if reverse else ["00", "11"])


# Large rows are fetched few at a time once they have been seen.
async def test_a_page_holds_about_one_fetch_of_bytes(store: CassandraStore) -> None:
    table = await created(store, new_table())
    for number in range(40):
        key = Key("large", f"{number:02}")
        await put(store, table, key, item=item_of(key, data=uuid.uuid4().hex * 3000))
    sizes = []
    after = None
    while True:
        page = await store.query(table, "large", EVERYTHING, after=after, limit=1000)
        sizes.append(sum(len(row.data) for row in page.rows))
        if not page.more:
            break
        after = page.rows[-1].key
    assert sum(sizes) > 3_800_000
    # The first fetch cannot know; those behind it do.
    assert max(sizes[1:]) <= items.FETCH_BYTES


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("total", [1, 4])
async def test_a_scan_returns_everything_once(
    store: CassandraStore, limit: int, total: int
) -> None:
    table = await created(store, new_table())
    expected = {Key(f"p{p}", f"s{s}") for p in range(6) for s in range(p)}
    for key in expected | {Key("p9", "x"), Key("p1", "x")}:
        await put(store, table, key)
    for key in (Key("p9", "x"), Key("p1", "x")):
        await delete(store, table, key)
    found = []
    for number in range(total):
        segment = Segment(number, total)
        keys = await whole_scan(store, table, limit, segment)
        assert all(store.in_segment(table, key.partition, segment) for key in keys)
        found += keys
    assert len(found) == len(expected)
    assert set(found) == expected


async def test_a_scan_of_a_table_without_sort_key(store: CassandraStore) -> None:
    table = await created(store, new_table("S", None))
    expected = [Key(f"p{number}", None) for number in range(9)]
    for key in expected:
        await put(store, table, key)
    assert sorted(await whole_scan(store, table, 2)) == expected


# WRITE_SAFETY C6: a scan that resumed at `token(pk) > t` would lose the others.
@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("sort", ["S", None])
async def test_partition_keys_of_one_token_are_all_scanned(
    store: CassandraStore, sort: str | None, limit: int
) -> None:
    table = await created(store, new_table("B", sort))
    suffixes = ["a", "b"] if sort else [None]
    expected = [
        Key(key_with(token, other), suffix)
        for token in (-5, 77)
        for other in range(3)
        for suffix in suffixes
    ]
    for key in expected:
        item = {"p": {"B": "AA=="}}
        await put(store, table, key, item=item)
    found = await whole_scan(store, table, limit)
    assert len(found) == len(expected)
    assert set(found) == set(expected)


# The start key of a scan need not be there any more.
async def test_a_scan_goes_on_behind_an_item_that_was_deleted(store: CassandraStore) -> None:
    table = await created(store, new_table())
    for number in range(5):
        await put(store, table, Key("p", f"{number}"))
    first = (await store.scan(table, WHOLE, limit=2, consistent=True)).rows[-1].key
    await delete(store, table, first)
    page = await store.scan(table, WHOLE, after=first, limit=100, consistent=True)
    assert [row.key.sort for row in page.rows] == ["2", "3", "4"]


async def test_statements_of_each_read(
    faulty_store: CassandraStore, session: FaultySession
) -> None:
    # Of its own: deletes of other tests leave markers, which cost a scan of single rows statements.
    table = await created(faulty_store, new_table("S", "S"))
    key = new_key()
    await put(faulty_store, table, key)
    before = len(session.sent)
    await faulty_store.get(table, key, consistent=True)
    await faulty_store.query(table, key.partition, EVERYTHING, limit=10)
    page = await faulty_store.scan(table, WHOLE, limit=1)
    sent = [cql for cql in session.sent[before:] if table.id in cql]
    assert len(sent) == 3
    # A page that is resumed asks for the rest of the partition, its token, and what is behind.
    before = len(session.sent)
    await faulty_store.scan(table, WHOLE, after=page.rows[0].key, limit=1)
    assert len([cql for cql in session.sent[before:] if table.id in cql]) <= 3
