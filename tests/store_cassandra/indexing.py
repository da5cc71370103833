"""Tables with indexes, writes that keep them as operations do, and what the indexes should hold."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import orjson

from app.model.index import Position, entry_changes, place_of, projected
from app.model.rows import WHOLE, Item, Key, Row, Segment
from app.model.table import Index, KeyAttribute, Table
from app.store.base import ABSENT, Batch, Outcome, Store, Write
from tests.store_cassandra.support import new_table

G = KeyAttribute("g", "S")
H = KeyAttribute("h", "N")
LOCAL = Index(1, "local", True, (KeyAttribute("p", "S"),), (KeyAttribute("l", "S"),))
GLOBAL = Index(2, "global", False, (G,), (H,))


def indexed(*indexes: Index, partition: str = "S", sort: str | None = "S") -> Table:
    table = new_table(partition, sort)
    return dataclasses.replace(table, indexes=indexes, next_index=9)


def item(key: Key, **attributes: str) -> Item:
    """Attributes of one letter `h` are numbers, all others text."""
    found: Item = {"p": {"S": key.partition}}
    if key.sort is not None:
        found["s"] = {"S": key.sort}
    for name, value in attributes.items():
        found[name] = {"N" if name == "h" else "S": value}
    return found


async def attempt(store: Store, table: Table, key: Key, new: Item | None) -> Outcome:
    """One try at what an operation does: read, then write with the entries that follow."""
    row = await store.get(table, key, consistent=True)
    return await store.commit(Batch((over(table, key, row, new),)))


def over(table: Table, key: Key, row: Row | None, new: Item | None) -> Write:
    """The write of `new` over what was read."""
    old = None if row is None else row.item
    version = ABSENT if row is None else row.version
    return Write(table, key, version, new, entry_changes(table, old, new))


async def scanned(
    store: Store, table: Table, index: Index, limit: int = 100, segment: Segment = WHOLE
) -> list[Row]:
    """All entries, by a scan that resumes behind the last one of each page."""
    rows: list[Row] = []
    while True:
        after = position(index, rows[-1]) if rows else None
        page = await store.scan_index(
            table, index, segment, after=after, limit=limit, consistent=True
        )
        assert len(page.rows) <= limit
        assert page.rows or not page.more
        rows += page.rows
        if not page.more:
            return rows


def position(index: Index, row: Row) -> Position:
    place = place_of(index, row.item)
    assert place is not None
    return Position(place, row.key)


Entries = dict[str, dict[Position, bytes]]


async def expected(store: Store, table: Table) -> Entries:
    """What the items say."""
    found: Entries = {index.name: {} for index in table.indexes}
    after = None
    while True:
        page = await store.scan(table, WHOLE, after=after, limit=100, consistent=True)
        for row in page.rows:
            for index in table.indexes:
                place = place_of(index, row.item)
                if place is not None:
                    entry = orjson.dumps(projected(table, index, row.item))
                    found[index.name][Position(place, row.key)] = entry
        if not page.more:
            return found
        after = page.rows[-1].key


async def actual(store: Store, table: Table) -> Entries:
    """What the indexes hold. Fails if one holds an entry twice."""
    found: Entries = {}
    for index in table.indexes:
        rows = await scanned(store, table, index)
        found[index.name] = {position(index, row): row.data for row in rows}
        assert len(rows) == len(found[index.name])
    return found


async def compare(store: Store, table: Table) -> None:
    assert await actual(store, table) == await expected(store, table)


async def becomes_right(store: Store, table: Table, seconds: float = 30.0) -> float:
    """Waits until indexes and items agree; the seconds that took."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if await actual(store, table) == await expected(store, table):
            return time.monotonic() - begin
        await asyncio.sleep(0.1)
    await compare(store, table)
    raise AssertionError("not in time")
