"""Index entries: durable with their item, queried and scanned in their own order.

Skipped where a store has no indexes. Entries of a global index may come a moment later, so that
tests wait for them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import product

import pytest

from ...errors import TableChanged, TableGone
from ...model.index import Position, encode, entry_changes, place_of
from ...model.rows import Bounds, Key
from ...model.table import Table
from ...store.base import ABSENT, ANY, Batch, Committed, Conflict, Store, Write
from .indexing import (
    AT_ONCE,
    GLOBAL,
    KEYS_ONLY,
    LOCAL,
    query_index,
    ranked,
    remove,
    scan_index,
    until_found,
    write,
)
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


async def test_an_item_is_found_by_each_index(index_store: Store, indexed_table: Table) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    attributes = {
        "place": {"S": place},
        "rank": ranked(7),
        "shown": {"S": "x"},
        "else": {"S": "y"},
    }
    assert await write(index_store, indexed_table, key, **attributes) == Committed()
    item = item_of(indexed_table, key, **attributes)
    (row,) = await query_index(index_store, indexed_table, LOCAL, encode([key.partition]))
    assert (row.key, row.item) == (key, item)
    shown = {name: value for name, value in item.items() if name != "else"}
    await until_found(index_store, indexed_table, GLOBAL, encode([place]), [shown])
    only_keys = {name: item[name] for name in ("p", "s", "rank")}
    rows = await eventually(
        lambda: query_index(index_store, indexed_table, KEYS_ONLY, encode([number("7")])),
        lambda rows: key in keys(rows),
    )
    assert [row.item for row in rows if row.key == key] == [only_keys]


async def test_a_local_index_is_never_behind(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    partition = encode([key.partition])
    for turn in range(10):
        await write(index_store, indexed_table, key, rank=ranked(-turn))
        (row,) = await query_index(index_store, indexed_table, LOCAL, partition)
        assert row.item["rank"] == ranked(-turn)
    await remove(index_store, indexed_table, key)
    assert await query_index(index_store, indexed_table, LOCAL, partition) == []


async def test_an_entry_follows_its_item(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    places = [str(fresh()) for _ in range(3)]
    for place in places:
        attributes = {"place": {"S": place}, "rank": ranked(1)}
        await write(index_store, indexed_table, key, **attributes)
        item = item_of(indexed_table, key, **attributes)
        await until_found(index_store, indexed_table, GLOBAL, encode([place]), [item])
    for place in places[:-1]:
        await until_found(index_store, indexed_table, GLOBAL, encode([place]), [])


async def test_an_entry_has_the_latest_projection(index_store: Store, indexed_table: Table) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    for value in ("one", "two"):
        attributes = {"place": {"S": place}, "rank": ranked(1), "shown": {"S": value}}
        await write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    await until_found(index_store, indexed_table, GLOBAL, encode([place]), [item])


@pytest.mark.parametrize("how", ["without its key", "deleted"])
async def test_an_entry_goes(index_store: Store, indexed_table: Table, how: str) -> None:
    key, place = Key(fresh(), "s"), str(fresh())
    attributes = {"place": {"S": place}, "rank": ranked(1)}
    await write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    await until_found(index_store, indexed_table, GLOBAL, encode([place]), [item])
    if how == "deleted":
        assert await remove(index_store, indexed_table, key) == Committed()
    else:
        assert await write(index_store, indexed_table, key, rank=ranked(1)) == Committed()
    await until_found(index_store, indexed_table, GLOBAL, encode([place]), [])


async def test_a_conflict_leaves_the_entries(index_store: Store, indexed_table: Table) -> None:
    key, place, other = Key(fresh(), "s"), str(fresh()), str(fresh())
    attributes = {"place": {"S": place}, "rank": ranked(1)}
    await write(index_store, indexed_table, key, **attributes)
    item = item_of(indexed_table, key, **attributes)
    new = item | {"place": {"S": other}, "rank": ranked(2)}
    entries = entry_changes(indexed_table, item, new)
    for expected in (ABSENT, (await present(index_store, indexed_table, key)).version + 1):
        change = Write(indexed_table, key, expected, new, entries)
        assert await index_store.commit(Batch((change,))) == Conflict()
    await until_found(index_store, indexed_table, GLOBAL, encode([place]), [item])
    assert await query_index(index_store, indexed_table, GLOBAL, encode([other])) == []
    (row,) = await query_index(index_store, indexed_table, LOCAL, encode([key.partition]))
    assert row.item == item


# What is removed from an index comes from the image that was read.
async def test_any_version_cannot_change_entries(index_store: Store, indexed_table: Table) -> None:
    key = Key(fresh(), "s")
    item = item_of(indexed_table, key, rank=ranked(1))
    change = Write(indexed_table, key, ANY, item, entry_changes(indexed_table, None, item))
    with pytest.raises(ValueError, match="expect"):
        await index_store.commit(Batch((change,)))
    assert await read(index_store, indexed_table, key) is None
    assert await query_index(index_store, indexed_table, LOCAL, encode([key.partition])) == []


# -- ranges ---------------------------------------------------------------------------------


async def _filled(store: Store, table: Table) -> tuple[str, list[Position]]:
    """A place with twelve items of three ranks, and the positions of their entries in order."""
    place = str(fresh())
    there = [
        (rank, Key(f"{place}{partition}", f"{rank}{sort}"))
        for rank, partition, sort in product(("-3", "0.5", "20"), "pq", "ab")
    ]
    for rank, key in there:
        await write(store, table, key, place={"S": place}, rank=ranked(rank))
    positions = []
    for rank, key in there:
        at = place_of(GLOBAL, {"place": {"S": place}, "rank": ranked(rank)})
        assert at is not None
        positions.append(Position(at, key))
    await eventually(
        lambda: query_index(store, table, GLOBAL, encode([place])),
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
    some = asyncio.Semaphore(AT_ONCE)

    async def check(
        lower: bytes | None, upper: bytes | None, after: Position | None, limit: int
    ) -> None:
        bounds = Bounds(lower, True, upper, False)
        async with some:
            rows = await query_index(
                index_store,
                indexed_table,
                GLOBAL,
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
    await write(index_store, indexed_table, key, rank=ranked(1))
    (row,) = await query_index(index_store, indexed_table, LOCAL, encode([key.partition]))
    assert row.version == 0


# -- scan -----------------------------------------------------------------------------------


async def test_a_write_that_does_not_know_the_index_is_refused(index_store: Store) -> None:
    old = await created(index_store, new_table())
    key = Key("p", "s")
    await put_all(index_store, old, [key])
    new = replace(old, version=old.version + 1, indexes=(LOCAL,), next_index=2)
    assert await index_store.change_table(new)
    await index_store.settled(new)
    with pytest.raises(TableChanged):
        await write(index_store, old, key, rank=ranked(1))
    assert (await present(index_store, new, key)).item == item_of(new, key)
    assert await write(index_store, new, key, rank=ranked(1)) == Committed()
    assert keys(await query_index(index_store, new, LOCAL, encode(["p"]))) == [key]


async def test_an_index_that_was_taken_away(index_store: Store) -> None:
    old = await created(index_store, replace(new_table(), indexes=(LOCAL, GLOBAL), next_index=3))
    key = Key("p", "s")
    await write(index_store, old, key, rank=ranked(1), place={"S": "x"})
    new = replace(old, version=old.version + 1, indexes=(LOCAL,))
    assert await index_store.change_table(new)
    await index_store.settled(new)
    assert await write(index_store, new, key, rank=ranked(2), place={"S": "y"}) == Committed()
    (row,) = await query_index(index_store, new, LOCAL, encode(["p"]))
    assert row.item["rank"] == ranked(2)
    # One of the same keys that is made later is another one, and empty.
    later = replace(GLOBAL, number=3)
    newer = replace(new, version=new.version + 1, indexes=(LOCAL, later), next_index=4)
    assert await index_store.change_table(newer)
    await index_store.settled(newer)
    assert await query_index(index_store, newer, later, encode(["x"])) == []


async def test_indexes_of_a_dropped_table(index_store: Store) -> None:
    table = await created(index_store, replace(new_table(), indexes=(LOCAL,), next_index=2))
    await write(index_store, table, Key("p", "s"), rank=ranked(1))
    await dropped(index_store, table)
    with pytest.raises(TableGone):
        await query_index(index_store, table, LOCAL, encode(["p"]))
    with pytest.raises(TableGone):
        await scan_index(index_store, table, LOCAL)
    with pytest.raises(TableGone):
        await index_store.inspect(table).entries(LOCAL, after=None, limit=1)
