"""Index entries: durable with their item, queried and scanned in their own order.

Skipped where a store has no indexes. Entries of a global index may come a moment later, so that
tests wait for them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from itertools import product

import pytest

from ...errors import TableChanged, TableGone
from ...model.index import EntryChange, Place, Position, encode, entry_changes, place_of
from ...model.rows import EVERYTHING, WHOLE, Bounds, Item, Key, Page, Row, Segment
from ...model.table import Index, KeyAttribute, Table
from ...store.base import ABSENT, ANY, Batch, Committed, Conflict, Outcome, Store, Write
from .support import (
    created,
    dropped,
    eventually,
    fresh,
    item_of,
    keys,
    new_table,
    number,
    present,
    put_all,
    read,
)

_AT_ONCE = 16
_PLACE = KeyAttribute("place", "S")
_RANK = KeyAttribute("rank", "N")

_LOCAL = Index(1, "local", True, (KeyAttribute("p", "S"),), (_RANK,))
_GLOBAL = Index(2, "global", False, (_PLACE,), (_RANK,), projection="INCLUDE", included=("shown",))
_KEYS_ONLY = Index(3, "keys", False, (_RANK,), projection="KEYS_ONLY")
_INDEXES = (_LOCAL, _GLOBAL, _KEYS_ONLY)


@pytest.fixture(scope="module")
def index_store(store: Store) -> Store:
    if not store.capabilities.indexes:
        pytest.skip("this store has no indexes")
    return store


@pytest.fixture(scope="module")
async def indexed_table(index_store: Store) -> Table:
    """A table with three indexes. Use a partition and a place of your own."""
    table = replace(new_table("S", "S"), indexes=_INDEXES, next_index=4)
    return await created(index_store, table)


async def _write(store: Store, table: Table, key: Key, **attributes: object) -> Outcome:
    """Puts an item with its entries, as a caller does: from what is there."""
    row = await read(store, table, key)
    item = item_of(table, key, **attributes)
    entries = entry_changes(table, None if row is None else row.item, item)
    write = Write(table, key, ABSENT if row is None else row.version, item, entries)
    return await store.commit(Batch((write,)))


async def _remove(store: Store, table: Table, key: Key) -> Outcome:
    row = await present(store, table, key)
    write = Write(table, key, row.version, None, entry_changes(table, row.item, None))
    return await store.commit(Batch((write,)))


async def _all_pages(
    page_behind: Callable[[Position | None], Awaitable[Page]],
    position_of: Callable[[Row], Position],
    after: Position | None,
    limit: int,
) -> list[Row]:
    rows: list[Row] = []
    while True:
        page = await page_behind(after)
        assert len(page.rows) <= limit
        assert page.rows or not page.more
        rows += page.rows
        if not page.more:
            return rows
        after = position_of(page.rows[-1])


def _position(index: Index, row: Row) -> Position:
    place = place_of(index, row.item)
    assert place is not None
    return Position(place, row.key)


async def _query(
    store: Store,
    table: Table,
    index: Index,
    partition: bytes,
    bounds: Bounds = EVERYTHING,
    *,
    after: Position | None = None,
    limit: int = 1000,
    reverse: bool = False,
) -> list[Row]:
    def page(after: Position | None) -> Awaitable[Page]:
        return store.query_index(
            table,
            index,
            partition,
            bounds,
            after=after,
            limit=limit,
            reverse=reverse,
            consistent=index.local,
        )

    return await _all_pages(page, lambda row: _position(index, row), after, limit)


async def _scan(
    store: Store,
    table: Table,
    index: Index,
    segment: Segment = WHOLE,
    *,
    after: Position | None = None,
    limit: int = 1000,
) -> list[Row]:
    def page(after: Position | None) -> Awaitable[Page]:
        return store.scan_index(
            table, index, segment, after=after, limit=limit, consistent=index.local
        )

    return await _all_pages(page, lambda row: _position(index, row), after, limit)


async def _until_found(
    store: Store, table: Table, index: Index, partition: bytes, expected: list[Item]
) -> None:
    await eventually(
        lambda: _query(store, table, index, partition),
        lambda rows: [row.item for row in rows] == expected,
    )


def _rank(value: int | str) -> Item:
    return {"N": str(value)}


# -- one item -------------------------------------------------------------------------------


async def test_an_item_is_found_by_each_index(index_store: Store, indexed_table: Table) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    attributes = {"place": {"S": place}, "rank": _rank(7), "shown": {"S": "x"}, "else": {"S": "y"}}
    assert await _write(index_store, indexed_table, key, **attributes) == Committed()
    item = item_of(indexed_table, key, **attributes)
    (row,) = await _query(index_store, indexed_table, _LOCAL, encode([key.partition]))
    assert (row.key, row.item) == (key, item)
    shown = {name: value for name, value in item.items() if name != "else"}
    await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [shown])
    only_keys = {name: item[name] for name in ("p", "s", "rank")}
    rows = await eventually(
        lambda: _query(index_store, indexed_table, _KEYS_ONLY, encode([number("7")])),
        lambda rows: key in keys(rows),
    )
    assert [row.item for row in rows if row.key == key] == [only_keys]


async def test_a_local_index_is_never_behind(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    partition = encode([key.partition])
    for turn in range(10):
        await _write(index_store, indexed_table, key, rank=_rank(-turn))
        (row,) = await _query(index_store, indexed_table, _LOCAL, partition)
        assert row.item["rank"] == _rank(-turn)
    await _remove(index_store, indexed_table, key)
    assert await _query(index_store, indexed_table, _LOCAL, partition) == []


async def test_an_entry_follows_its_item(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    places = [str(fresh()) for _ in range(3)]
    for place in places:
        attributes = {"place": {"S": place}, "rank": _rank(1)}
        await _write(index_store, indexed_table, key, **attributes)
        item = item_of(indexed_table, key, **attributes)
        await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [item])
    for place in places[:-1]:
        await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [])


async def test_an_entry_has_the_latest_projection(index_store: Store, indexed_table: Table) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    for value in ("one", "two"):
        attributes = {"place": {"S": place}, "rank": _rank(1), "shown": {"S": value}}
        await _write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [item])


@pytest.mark.parametrize("how", ["without its key", "deleted"])
async def test_an_entry_goes(index_store: Store, indexed_table: Table, how: str) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    attributes = {"place": {"S": place}, "rank": _rank(1)}
    await _write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [item])
    if how == "deleted":
        assert await _remove(index_store, indexed_table, key) == Committed()
    else:
        assert await _write(index_store, indexed_table, key, rank=_rank(1)) == Committed()
    await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [])


async def test_a_conflict_leaves_the_entries(index_store: Store, indexed_table: Table) -> None:
    key, place, other = Key(fresh(), "s"), str(fresh()), str(fresh())
    attributes = {"place": {"S": place}, "rank": _rank(1)}
    await _write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    new = item | {"place": {"S": other}, "rank": _rank(2)}
    entries = entry_changes(indexed_table, item, new)
    for expected in (ABSENT, (await present(index_store, indexed_table, key)).version + 1):
        write = Write(indexed_table, key, expected, new, entries)
        assert await index_store.commit(Batch((write,))) == Conflict()
    await _until_found(index_store, indexed_table, _GLOBAL, encode([place]), [item])
    assert await _query(index_store, indexed_table, _GLOBAL, encode([other])) == []
    (row,) = await _query(index_store, indexed_table, _LOCAL, encode([key.partition]))
    assert row.item == item


# What is removed from an index comes from the image that was read.
async def test_any_version_cannot_change_entries(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    item = item_of(indexed_table, key, rank=_rank(1))
    write = Write(indexed_table, key, ANY, item, entry_changes(indexed_table, None, item))
    with pytest.raises(ValueError, match="expect"):
        await index_store.commit(Batch((write,)))
    assert await read(index_store, indexed_table, key) is None
    assert await _query(index_store, indexed_table, _LOCAL, encode([key.partition])) == []


# -- ranges ---------------------------------------------------------------------------------


async def _filled(store: Store, table: Table) -> tuple[str, list[Position]]:
    """A place with twelve items of three ranks, and the positions of their entries in order."""
    place = str(fresh())
    there = [
        (rank, Key(f"{place}{partition}", f"{rank}{sort}"))
        for rank, partition, sort in product(("-3", "0.5", "20"), "pq", "ab")
    ]
    for rank, key in there:
        await _write(store, table, key, place={"S": place}, rank=_rank(rank))
    positions = []
    for rank, key in there:
        at = place_of(_GLOBAL, {"place": {"S": place}, "rank": _rank(rank)})
        assert at is not None
        positions.append(Position(at, key))
    await eventually(
        lambda: _query(store, table, _GLOBAL, encode([place])),
        lambda rows: len(rows) == len(there),
    )
    return place, sorted(positions)


def _expected(
    positions: list[Position], bounds: Bounds, after: Position | None, reverse: bool
) -> list[Key]:
    lower, upper = bounds.lower, bounds.upper
    assert not isinstance(lower, str)
    assert not isinstance(upper, str)
    found = [
        position
        for position in positions
        if (lower is None or position.place.sort >= lower)
        and (upper is None or position.place.sort < upper)
        and (after is None or (position < after if reverse else position > after))
    ]
    return [position.key for position in (found[::-1] if reverse else found)]


# Bounds of an index are half open; several entries have one place.
@pytest.mark.parametrize("reverse", [False, True])
async def test_ranges_of_an_index(index_store: Store, indexed_table: Table, reverse: bool) -> None:
    place, positions = await _filled(index_store, indexed_table)
    sorts = [encode([number(text)]) for text in ("-4", "-3", "0", "0.5", "20", "21")]
    some = asyncio.Semaphore(_AT_ONCE)

    async def check(
        lower: bytes | None, upper: bytes | None, after: Position | None, limit: int
    ) -> None:
        bounds = Bounds(lower, True, upper, False)
        async with some:
            rows = await _query(
                index_store,
                indexed_table,
                _GLOBAL,
                encode([place]),
                bounds,
                after=after,
                limit=limit,
                reverse=reverse,
            )
        expected = _expected(positions, bounds, after, reverse)
        assert (bounds, after, limit, keys(rows)) == (bounds, after, limit, expected)

    ends = [None, *sorts]
    absent = Position(positions[4].place, Key("\uffff", "absent"))
    await asyncio.gather(
        *[check(lower, upper, None, 100) for lower, upper in product(ends, ends)],
        *[
            check(lower, upper, after, limit)
            for lower, upper in ((None, None), (sorts[1], sorts[4]), (sorts[3], None))
            for after in [*positions, absent]
            for limit in (1, 2, 100)
        ],
    )


async def test_rows_of_an_index_have_no_version(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    await _write(index_store, indexed_table, key, rank=_rank(1))
    (row,) = await _query(index_store, indexed_table, _LOCAL, encode([key.partition]))
    assert row.version == 0


# -- scan -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def scanned(index_store: Store) -> tuple[Table, set[Key]]:
    """A table with an index of few partitions, where some items have no entry."""
    index = replace(_GLOBAL, number=1)
    table = replace(new_table("S", None), indexes=(index,), next_index=2)
    table = await created(index_store, table)
    there = set()
    for turn in range(40):
        key = Key(f"item {turn}", None)
        place = {"place": {"S": f"place {turn % 5}"}} if turn % 4 else {}
        if place:
            there.add(key)
        await _write(index_store, table, key, rank=_rank(turn % 3), **place)
    await eventually(
        lambda: _scan(index_store, table, table.indexes[0]), lambda rows: len(rows) == len(there)
    )
    return table, there


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("total", [1, 3, 100])
async def test_segments_cover_an_index_once(
    index_store: Store, scanned: tuple[Table, set[Key]], total: int, limit: int
) -> None:
    table, there = scanned
    (index,) = table.indexes
    some = asyncio.Semaphore(_AT_ONCE)

    async def one(segment: Segment) -> list[Key]:
        async with some:
            rows = await _scan(index_store, table, index, segment, limit=limit)
        for row in rows:
            partition = _position(index, row).place.partition
            assert index_store.in_segment(partition, segment)
        return keys(rows)

    segments = await asyncio.gather(*[one(Segment(place, total)) for place in range(total)])
    assert Counter(key for found in segments for key in found) == Counter(there)


@pytest.mark.parametrize("limit", [2, 1000])
async def test_resuming_a_scan_behind_every_entry(
    index_store: Store, scanned: tuple[Table, set[Key]], limit: int
) -> None:
    table, _ = scanned
    (index,) = table.indexes
    rows = await _scan(index_store, table, index)
    for place, row in enumerate(rows):
        after = _position(index, row)
        rest = await _scan(index_store, table, index, after=after, limit=limit)
        assert (after, keys(rest)) == (after, keys(rows[place + 1 :]))


# -- compared with their items ---------------------------------------------------------------


async def test_entries_are_inspected_where_they_stand(
    index_store: Store, indexed_table: Table
) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    attributes = {"place": {"S": place}, "rank": _rank(3)}
    await _write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    inspector = index_store.inspect(indexed_table)
    for index in (_LOCAL, _GLOBAL):
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
    await _write(index_store, indexed_table, key, rank=_rank(3))
    row = await present(index_store, indexed_table, key)
    for index, partition in ((_LOCAL, encode([key.partition])), (_GLOBAL, encode([str(fresh())]))):
        position = Position(Place(partition, encode([number("8")])), key)
        row = await present(index_store, indexed_table, key)
        stray = EntryChange(index, None, position.place, None, row.item)
        write = Write(indexed_table, key, row.version, row.item, (stray,))
        assert await index_store.commit(Batch((write,))) == Committed()
        inspector = index_store.inspect(indexed_table)
        await eventually(partial(inspector.entry, index, position), lambda found: found)
        page = await inspector.entries(index, after=None, limit=1000)
        assert position in [at for at, _ in page.entries]
        row = await present(index_store, indexed_table, key)
        back = EntryChange(index, position.place, None, None, None)
        write = Write(indexed_table, key, row.version, row.item, (back,))
        assert await index_store.commit(Batch((write,))) == Committed()
        await eventually(partial(inspector.entry, index, position), lambda found: found is None)


async def test_items_are_inspected_as_they_are_decided(
    index_store: Store, indexed_table: Table
) -> None:
    key = Key(fresh(), "s")
    inspector = index_store.inspect(indexed_table)
    assert await inspector.decided(key) is None
    await _write(index_store, indexed_table, key, rank=_rank(3))
    row = await inspector.decided(key)
    assert row is not None
    there = await present(index_store, indexed_table, key)
    assert (row.key, row.version, row.item) == (key, there.version, there.item)
    await _remove(index_store, indexed_table, key)
    assert await inspector.decided(key) is None


# -- indexes come and go --------------------------------------------------------------------


# Else an item written by somebody who has not heard of the index would never be in it.
async def test_a_write_that_does_not_know_the_index_is_refused(index_store: Store) -> None:
    old = await created(index_store, new_table())
    key = Key("p", "s")
    await put_all(index_store, old, [key])
    new = replace(old, version=old.version + 1, indexes=(_LOCAL,), next_index=2)
    assert await index_store.change_table(new)
    await index_store.settled(new)
    with pytest.raises(TableChanged):
        await _write(index_store, old, key, rank=_rank(1))
    assert (await present(index_store, new, key)).item == item_of(new, key)
    assert await _write(index_store, new, key, rank=_rank(1)) == Committed()
    assert keys(await _query(index_store, new, _LOCAL, encode(["p"]))) == [key]


async def test_an_index_that_was_taken_away(index_store: Store) -> None:
    old = await created(index_store, replace(new_table(), indexes=(_LOCAL, _GLOBAL), next_index=3))
    key = Key("p", "s")
    await _write(index_store, old, key, rank=_rank(1), place={"S": "x"})
    new = replace(old, version=old.version + 1, indexes=(_LOCAL,))
    assert await index_store.change_table(new)
    await index_store.settled(new)
    assert await _write(index_store, new, key, rank=_rank(2), place={"S": "y"}) == Committed()
    (row,) = await _query(index_store, new, _LOCAL, encode(["p"]))
    assert row.item["rank"] == _rank(2)
    # One of the same keys that is made later is another one, and empty.
    later = replace(_GLOBAL, number=3)
    newer = replace(new, version=new.version + 1, indexes=(_LOCAL, later), next_index=4)
    assert await index_store.change_table(newer)
    await index_store.settled(newer)
    assert await _query(index_store, newer, later, encode(["x"])) == []


async def test_indexes_of_a_dropped_table(index_store: Store) -> None:
    table = await created(index_store, replace(new_table(), indexes=(_LOCAL,), next_index=2))
    await _write(index_store, table, Key("p", "s"), rank=_rank(1))
    await dropped(index_store, table)
    with pytest.raises(TableGone):
        await _query(index_store, table, _LOCAL, encode(["p"]))
    with pytest.raises(TableGone):
        await _scan(index_store, table, _LOCAL)
    with pytest.raises(TableGone):
        await index_store.inspect(table).entries(_LOCAL, after=None, limit=1)
