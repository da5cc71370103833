"""Tables with indexes, and what reads and writes their entries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from ...model.index import Position, entry_changes, place_of
from ...model.rows import EVERYTHING, WHOLE, Bounds, Item, Key, Page, Row, Segment
from ...model.table import Index, KeyAttribute, Table
from ...store.base import ABSENT, Batch, Outcome, Store, Write
from .support import (
    created,
    eventually,
    item_of,
    new_table,
    present,
    read,
)

__all__ = ["index_store", "indexed_table"]

AT_ONCE = 16
PLACE = KeyAttribute("place", "S")
RANK = KeyAttribute("rank", "N")

LOCAL = Index(1, "local", True, (KeyAttribute("p", "S"),), (RANK,))
GLOBAL = Index(2, "global", False, (PLACE,), (RANK,), projection="INCLUDE", included=("shown",))
KEYS_ONLY = Index(3, "keys", False, (RANK,), projection="KEYS_ONLY")
INDEXES = (LOCAL, GLOBAL, KEYS_ONLY)


@pytest.fixture(scope="module")
def index_store(store: Store) -> Store:
    if not store.capabilities.indexes:
        pytest.skip("this store has no indexes")
    return store


@pytest.fixture(scope="module")
async def indexed_table(index_store: Store) -> Table:
    """A table with three indexes. Use a partition and a place of your own."""
    table = replace(new_table("S", "S"), indexes=INDEXES, next_index=4)
    return await created(index_store, table)


async def write(store: Store, table: Table, key: Key, **attributes: object) -> Outcome:
    """Puts an item with its entries, as a caller does: from what is there."""
    row = await read(store, table, key)
    item = item_of(table, key, **attributes)
    entries = entry_changes(table, None if row is None else row.item, item)
    change = Write(table, key, ABSENT if row is None else row.version, item, entries)
    return await store.commit(Batch((change,)))


async def remove(store: Store, table: Table, key: Key) -> Outcome:
    row = await present(store, table, key)
    change = Write(table, key, row.version, None, entry_changes(table, row.item, None))
    return await store.commit(Batch((change,)))


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


def position_of(index: Index, row: Row) -> Position:
    place = place_of(index, row.item)
    assert place is not None
    return Position(place, row.key)


async def query_index(
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

    return await _all_pages(page, lambda row: position_of(index, row), after, limit)


async def scan_index(
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

    return await _all_pages(page, lambda row: position_of(index, row), after, limit)


async def until_found(
    store: Store, table: Table, index: Index, partition: bytes, expected: list[Item]
) -> None:
    await eventually(
        lambda: query_index(store, table, index, partition),
        lambda rows: [row.item for row in rows] == expected,
    )


def ranked(value: int | str) -> Item:
    return {"N": str(value)}


# -- one item -------------------------------------------------------------------------------
