"""Order, bounds and pages of query_index and scan_index."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from app.model.index import Position, encode, place_of, range_of
from app.model.rows import EVERYTHING, WHOLE, Bounds, Item, Key, Row, Segment
from app.model.table import Index, KeyAttribute, Table
from app.store.base import Store
from app.store.cassandra import CassandraStore, items, ring
from app.values import from_key, to_key
from tests.store_cassandra.indexing import GLOBAL, LOCAL, attempt, indexed, item, position, scanned
from tests.store_cassandra.murmur import key_with
from tests.store_cassandra.support import FaultySession, created

BY_TEXT = Index(1, "by-text", False, (KeyAttribute("g", "S"),), (KeyAttribute("l", "S"),))
UNSORTED = Index(2, "unsorted", False, (KeyAttribute("g", "S"),))


async def fill(store: Store, table: Table, *images: Item) -> None:
    for start in range(0, len(images), 16):
        await asyncio.gather(
            *(
                attempt(store, table, key_of(table, each), each)
                for each in images[start : start + 16]
            )
        )


def key_of(table: Table, image: Item) -> Key:
    sort = None if table.sort_key is None else to_key(image["s"])
    return Key(to_key(image["p"]), sort)


async def pages(
    store: Store,
    table: Table,
    index: Index,
    partition: bytes,
    bounds: Bounds = EVERYTHING,
    *,
    limit: int = 2,
    reverse: bool = False,
    after: Position | None = None,
) -> list[Row]:
    """All pages of a query."""
    rows: list[Row] = []
    while True:
        page = await store.query_index(
            table,
            index,
            partition,
            bounds,
            after=after,
            limit=limit,
            reverse=reverse,
            consistent=True,
        )
        assert len(page.rows) <= limit
        assert page.rows or not page.more
        rows += page.rows
        if not page.more:
            return rows
        after = position(index, page.rows[-1])


async def five(store: Store, index: Index) -> tuple[Table, bytes]:
    """Entries a, b, c, c, d: two items share a place."""
    table = await created(store, indexed(index))
    partition = "p"
    await fill(
        store,
        table,
        *(
            item(Key(partition, sort), g="G", l=letter)
            for sort, letter in [("5", "a"), ("4", "b"), ("3", "c"), ("2", "c"), ("1", "d")]
        ),
        item(Key("q", "9"), g="H", l="c"),
        item(Key(partition, "9")),
    )
    return table, encode([partition if index.local else "G"])


@pytest.fixture(scope="module")
async def local(store: CassandraStore) -> tuple[Table, bytes]:
    return await five(store, LOCAL)


@pytest.fixture(scope="module")
async def global_(store: CassandraStore) -> tuple[Table, bytes]:
    return await five(store, BY_TEXT)


Filled = dict[str, tuple[Table, bytes]]


@pytest.fixture(scope="module")
async def filled(local: tuple[Table, bytes], global_: tuple[Table, bytes]) -> Filled:
    return {"local": local, "global": global_}


def text(rows: list[Row]) -> str:
    return "".join(
        row.item["l"]["S"] + row.key.sort for row in rows if isinstance(row.key.sort, str)
    )


ALL = "a5b4c2c3d1"
BACKWARDS = "d1c3c2b4a5"


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
@pytest.mark.parametrize("kind", ["local", "global"])
async def test_pages_in_both_directions(
    store: CassandraStore, kind: str, limit: int, filled: Filled
) -> None:
    table, partition = filled[kind]
    (index,) = table.indexes
    assert text(await pages(store, table, index, partition, limit=limit)) == ALL
    assert text(await pages(store, table, index, partition, limit=limit, reverse=True)) == BACKWARDS


@pytest.mark.parametrize(
    ("operator", "operands", "found"),
    [
        ("EQ", "c", "c2c3"),
        ("LT", "c", "a5b4"),
        ("LE", "c", "a5b4c2c3"),
        ("GT", "b", "c2c3d1"),
        ("GE", "b", "b4c2c3d1"),
        ("BETWEEN", "bc", "b4c2c3"),
        ("BETWEEN", "db", ""),
        ("BEGINS_WITH", "c", "c2c3"),
        ("EQ", "x", ""),
    ],
)
@pytest.mark.parametrize("kind", ["local", "global"])
async def test_bounds(
    store: CassandraStore,
    kind: str,
    operator: str,
    operands: str,
    found: str,
    filled: Filled,
) -> None:
    table, partition = filled[kind]
    (index,) = table.indexes
    bounds = range_of([], operator, list(operands))
    forward = await pages(store, table, index, partition, bounds, limit=1)
    backward = await pages(store, table, index, partition, bounds, limit=1, reverse=True)
    assert text(forward) == found
    assert [row.key for row in backward] == [row.key for row in forward][::-1]


# A start key may lie outside of the bounds, and need not be there.
@pytest.mark.parametrize(
    ("letter", "sort", "reverse", "found"),
    [
        ("c", "2", False, "c3"),
        ("c", "25", False, "c3"),
        ("c", "9", False, ""),
        ("a", "5", False, "b4c2c3"),
        ("d", "1", False, ""),
        ("c", "3", True, "c2b4"),
        ("c", "1", True, "b4"),
        ("d", "1", True, "c3c2b4"),
        ("a", "5", True, ""),
    ],
)
@pytest.mark.parametrize("kind", ["local", "global"])
async def test_after_and_bounds_together(
    store: CassandraStore,
    kind: str,
    letter: str,
    sort: str,
    reverse: bool,
    found: str,
    filled: Filled,
) -> None:
    table, partition = filled[kind]
    (index,) = table.indexes
    key = Key("p", sort)
    place = place_of(index, item(key, g="G", l=letter))
    assert place is not None
    bounds = range_of([], "BETWEEN", ["b", "c"])
    rows = await pages(
        store,
        table,
        index,
        partition,
        bounds,
        limit=1,
        reverse=reverse,
        after=Position(place, key),
    )
    assert text(rows) == found


async def test_an_index_without_sort_key_is_in_the_order_of_the_items_keys(
    store: CassandraStore,
) -> None:
    table = await created(store, indexed(UNSORTED))
    await fill(store, table, *(item(Key(p, s), g="G") for p in "ba" for s in "yx"))
    rows = await pages(store, table, UNSORTED, encode(["G"]), limit=1)
    assert [row.key for row in rows] == [Key(p, s) for p in "ab" for s in "xy"]


async def test_numbers_order_as_numbers(store: CassandraStore) -> None:
    table = await created(store, indexed(GLOBAL))
    numbers = ["-100", "-1.5", "0", "2", "10", "1000"]
    await fill(store, table, *(item(Key(n, "s"), g="G", h=n) for n in numbers[::-1]))
    rows = await pages(store, table, GLOBAL, encode(["G"]))
    assert [row.key.partition for row in rows] == numbers


# Zeros are escaped in places, and the partition key of a local index is made of them.
@pytest.mark.parametrize("partition", ["a\0b", "\0", "é\0\0"])
async def test_partition_keys_with_zeros(
    store: CassandraStore, local: tuple[Table, bytes], partition: str
) -> None:
    table, _ = local
    key = Key(partition, "s")
    await fill(store, table, item(key, l="x"))
    rows = await pages(store, table, LOCAL, encode([partition]))
    assert [row.key for row in rows] == [key]


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("total", [1, 4])
@pytest.mark.parametrize("index", [LOCAL, BY_TEXT, UNSORTED], ids=lambda index: str(index.name))
async def test_a_scan_returns_every_entry_once(
    store: CassandraStore, index: Index, total: int, limit: int
) -> None:
    table = await created(store, indexed(index))
    keys = [Key(f"p{p}", f"s{s}") for p in range(6) for s in range(p)]
    images = [item(key, g=f"g{n % 4}", l=f"l{n % 3}") for n, key in enumerate(keys)]
    await fill(store, table, *images, item(Key("sparse", "s")))
    found = []
    for number in range(total):
        segment = Segment(number, total)
        rows = await scanned(store, table, index, limit, segment)
        if not index.local:
            places = [position(index, row).place.partition for row in rows]
            assert all(store.in_segment(table, place, segment) for place in places)
        assert all(
            not index.local or store.in_segment(table, row.key.partition, segment) for row in rows
        )
        found += rows
    assert len(found) == len(keys)
    assert {row.key for row in found} == set(keys)
    await store.drop_table(table)


# WRITE_SAFETY C6, here for local indexes, whose partitions are the table's.
@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_partition_keys_of_one_token_are_all_scanned(
    store: CassandraStore, limit: int
) -> None:
    index = Index(1, "l", True, (KeyAttribute("p", "B"),), (KeyAttribute("l", "S"),))
    table = await created(store, indexed(index, partition="B"))
    keys = [
        Key(key_with(token, other), sort)
        for token in (-5, 77)
        for other in range(3)
        for sort in ("a", "b")
    ]
    for key in keys:
        partition = index_value(key.partition)
        await attempt(store, table, key, {"p": partition, "s": {"S": key.sort}, "l": {"S": "x"}})
    found = [row.key for row in await scanned(store, table, index, limit)]
    assert len(found) == len(keys)
    assert set(found) == set(keys)


# Fourteen bytes whose place in an index, with the two that end it, has a token that others have.
TWINS = [key_with(1234, other)[:-2] for other in (20720, 78493)]


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_places_of_one_token_are_all_scanned(store: CassandraStore, limit: int) -> None:
    index = Index(1, "g", False, (KeyAttribute("g", "B"),))
    table = await created(store, indexed(index))
    keys = [Key(p, s) for p in "ab" for s in "xy"]
    for number, key in enumerate(keys):
        twin = index_value(TWINS[number % 2])
        await attempt(store, table, key, item(key) | {"g": twin})
    assert ring.token(encode([TWINS[0]])) == ring.token(encode([TWINS[1]])) == 1234
    found = [row.key for row in await scanned(store, table, index, limit)]
    assert len(found) == len(keys)
    assert set(found) == set(keys)


def index_value(key: str | bytes) -> dict[str, str]:
    return from_key("B", key)


async def test_a_scan_goes_on_behind_an_entry_that_has_gone(store: CassandraStore) -> None:
    table = await created(store, indexed(UNSORTED))
    await fill(store, table, *(item(Key("p", f"{n}"), g="G") for n in range(5)))
    page = await store.scan_index(table, UNSORTED, WHOLE, limit=2, consistent=True)
    last = page.rows[-1]
    await attempt(store, table, last.key, None)
    rest = await store.scan_index(
        table, UNSORTED, WHOLE, after=position(UNSORTED, last), limit=100, consistent=True
    )
    assert [row.key.sort for row in rest.rows] == ["2", "3", "4"]


@pytest.mark.parametrize("index", [LOCAL, BY_TEXT], ids=lambda index: str(index.name))
async def test_a_page_holds_about_one_fetch_of_bytes(store: CassandraStore, index: Index) -> None:
    table = await created(store, indexed(index))
    for number in range(40):
        key = Key("large", f"{number:02}")
        large = item(key, g="G", l="x", data=uuid.uuid4().hex * 3000)
        await attempt(store, table, key, large)
    sizes = []
    after = None
    partition = encode(["large" if index.local else "G"])
    while True:
        page = await store.query_index(table, index, partition, EVERYTHING, after=after, limit=1000)
        sizes.append(sum(len(row.data) for row in page.rows))
        if not page.more:
            break
        after = position(index, page.rows[-1])
    assert sum(sizes) > 3_800_000
    assert max(sizes[1:]) <= items.FETCH_BYTES


async def test_statements_of_each_read(
    faulty_store: CassandraStore,
    session: FaultySession,
    local: tuple[Table, bytes],
    global_: tuple[Table, bytes],
) -> None:
    for table, partition in (local, global_):
        (index,) = table.indexes
        await faulty_store.query_index(table, index, partition, EVERYTHING, limit=10)
        page = await faulty_store.scan_index(table, index, WHOLE, limit=1)
        assert len(session.sent_for(table)) == 2
        await faulty_store.scan_index(
            table, index, WHOLE, after=position(index, page.rows[0]), limit=1
        )
        assert len(session.sent_for(table)) <= 5
