"""Tables, keys and writes that the suite's tests share."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from ...model.rows import EVERYTHING, WHOLE, Bounds, Item, Key, KeyValue, Page, Row, Segment
from ...model.table import SHARED, KeyAttribute, Table
from ...store.base import ANY, Batch, Outcome, Store, Write
from ...values import from_key, to_key
from ...values.number import canonical

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
TableOf = Callable[[str, str | None], Awaitable[Table]]

translator, layout = "document", SHARED
"""Of the tables that the suite makes."""

_T = TypeVar("_T")
_SECONDS = 30.0


async def eventually(ask: Callable[[], Awaitable[_T]], good: Callable[[_T], object]) -> _T:
    """The first answer that is good."""
    async with asyncio.timeout(_SECONDS):
        while True:
            answer = await ask()
            if good(answer):
                return answer
            await asyncio.sleep(0.01)


def new_table(partition: str = "S", sort: str | None = "S", name: str | None = None) -> Table:
    return Table(
        id=uuid.uuid4().hex,
        name=name or f"contract-{uuid.uuid4().hex[:12]}",
        partition_key=KeyAttribute("p", partition),
        sort_key=None if sort is None else KeyAttribute("s", sort),
        created=time.time(),
        translator=translator,
        layout=layout,
    )


async def created(store: Store, table: Table) -> Table:
    """The table as the catalog has it when it is ACTIVE, which may be after `create_table`."""
    assert await store.create_table(table)
    found = await eventually(
        lambda: store.table(table.name), lambda found: found and found.status == "ACTIVE"
    )
    assert found is not None
    assert found.id == table.id
    return found


async def dropped(store: Store, table: Table) -> None:
    """Returns when the table is gone, which may be after `drop_table`."""
    assert await store.drop_table(table)
    await eventually(lambda: store.table(table.name), lambda found: found is None)


def number(text: str) -> KeyValue:
    """A number in store form."""
    return to_key({"N": canonical(text)})


def fresh(type: str = "S") -> KeyValue:
    """A key value of this type that no other test has."""
    unique = uuid.uuid4()
    if type == "S":
        return unique.hex
    return unique.bytes if type == "B" else number(str(unique.int % 10**38))


def item_of(table: Table, key: Key, **attributes: object) -> Item:
    """An item with the attributes of `key`, and others in wire form."""
    item: Item = {table.partition_key.name: from_key(table.partition_key.type, key.partition)}
    if table.sort_key is not None and key.sort is not None:
        item[table.sort_key.name] = from_key(table.sort_key.type, key.sort)
    return item | attributes


async def put(
    store: Store, table: Table, key: Key, expected: int = ANY, **attributes: object
) -> Outcome:
    item = item_of(table, key, **attributes)
    return await store.commit(Batch((Write(table, key, expected, item),)))


async def put_all(store: Store, table: Table, keys: Iterable[Key]) -> None:
    # A few at a time: a store may refuse more writes than it can have under way.
    left = list(keys)
    while left:
        await asyncio.gather(*[put(store, table, key) for key in left[:20]])
        del left[:20]


async def delete(store: Store, table: Table, key: Key, expected: int = ANY) -> Outcome:
    return await store.commit(Batch((Write(table, key, expected, None),)))


async def read(store: Store, table: Table, key: Key) -> Row | None:
    return await store.get(table, key, consistent=True)


async def present(store: Store, table: Table, key: Key) -> Row:
    """The row of an item that must be there."""
    row = await read(store, table, key)
    assert row is not None
    return row


async def version_of(store: Store, table: Table, key: Key) -> int:
    return (await present(store, table, key)).version


async def query(
    store: Store,
    table: Table,
    partition: KeyValue,
    bounds: Bounds = EVERYTHING,
    *,
    after: Key | None = None,
    limit: int = 1000,
    reverse: bool = False,
) -> list[Row]:
    """All rows, page by page."""

    def page(after: Key | None) -> Awaitable[Page]:
        return store.query(
            table, partition, bounds, after=after, limit=limit, reverse=reverse, consistent=True
        )

    return await _all_pages(page, after, limit)


async def scan(
    store: Store,
    table: Table,
    segment: Segment = WHOLE,
    *,
    after: Key | None = None,
    limit: int = 1000,
) -> list[Row]:
    """All rows, page by page."""

    def page(after: Key | None) -> Awaitable[Page]:
        return store.scan(table, segment, after=after, limit=limit, consistent=True)

    return await _all_pages(page, after, limit)


def keys(rows: Iterable[Row]) -> list[Key]:
    return [row.key for row in rows]


def sorts(rows: Iterable[Row]) -> list[KeyValue | None]:
    return [row.key.sort for row in rows]


async def _all_pages(
    page_behind: Callable[[Key | None], Awaitable[Page]], after: Key | None, limit: int
) -> list[Row]:
    rows: list[Row] = []
    while True:
        page = await page_behind(after)
        assert len(page.rows) <= limit
        assert page.rows or not page.more, "without a last key nobody can go on"
        rows += page.rows
        if not page.more:
            return rows
        after = page.rows[-1].key
