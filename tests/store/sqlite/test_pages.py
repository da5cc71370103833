"""Reads run on the loop, so that no page may be long, and none may hold the file back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.model.rows import EVERYTHING, WHOLE, Bounds, Key, Page, Segment
from app.model.table import Table
from app.store.base import ANY, Batch, Write
from app.store.sqlite import SqliteStore, statements
from app.store.sqlite.reading import PAGE_BYTES, PAGE_ROWS
from app.testing.contract.support import item_of, keys, query, read, scan
from tests.store.sqlite.support import raw

MEBIBYTE = 1024 * 1024


async def fill(store: SqliteStore, table: Table, count: int, size: int) -> list[Key]:
    """Items of one partition with about `size` bytes each."""
    all_keys = [Key("p", f"{number:06}") for number in range(count)]
    for start in range(0, count, 100):
        writes = [
            Write(table, key, ANY, item_of(table, key, text={"S": "x" * size}))
            for key in all_keys[start : start + 100]
        ]
        await store.commit(Batch(tuple(writes)))
    return all_keys


async def one_page(store: SqliteStore, table: Table, kind: str, limit: int) -> Page:
    if kind == "scan":
        return await store.scan(table, WHOLE, limit=limit)
    return await store.query(table, "p", EVERYTHING, limit=limit, reverse=kind == "reverse")


@pytest.mark.parametrize("kind", ["query", "reverse", "scan"])
async def test_a_page_is_bounded_in_bytes(store: SqliteStore, table: Table, kind: str) -> None:
    large = 100_000
    all_keys = await fill(store, table, 30, large)
    page = await one_page(store, table, kind, limit=1000)
    held = sum(len(row.data) for row in page.rows)
    assert MEBIBYTE <= PAGE_BYTES < held < PAGE_BYTES + 1.1 * large
    assert page.more
    # Nothing is lost between two such pages.
    assert keys(await query(store, table, "p")) == all_keys
    assert keys(await scan(store, table)) == all_keys


@pytest.mark.parametrize("kind", ["query", "reverse", "scan"])
async def test_a_page_is_bounded_in_rows(store: SqliteStore, table: Table, kind: str) -> None:
    all_keys = await fill(store, table, 2 * PAGE_ROWS + 10, 1)
    page = await one_page(store, table, kind, limit=1_000_000)
    assert len(page.rows) == PAGE_ROWS
    assert page.more
    assert keys(await query(store, table, "p", limit=1_000_000)) == all_keys
    assert keys(await scan(store, table, limit=1_000_000)) == all_keys


# Who asks for a million rows comes back for each page without waiting for anything in between.
async def test_others_have_their_turn_between_pages(store: SqliteStore, table: Table) -> None:
    await fill(store, table, 5 * PAGE_ROWS, 1)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(other())
    await query(store, table, "p", limit=1_000_000)
    task.cancel()
    assert turns >= 3


# While it lets others have their turn, they must see what was written meanwhile.
async def test_a_page_that_gives_way_has_let_go_of_its_view(
    store: SqliteStore, table: Table, path: Path
) -> None:
    all_keys = await fill(store, table, 30, 100_000)
    page = asyncio.create_task(store.query(table, "p", EVERYTHING, limit=1000))
    await asyncio.sleep(0)
    assert not page.done()
    other = raw(path)
    other.execute(f"DELETE FROM t_{table.id}")
    other.close()
    assert await read(store, table, all_keys[0]) is None
    assert (await page).more


# A reader that stayed in the middle of its statement would keep the log from ever starting anew.
async def test_the_log_does_not_grow_behind_a_paused_scan(
    store: SqliteStore, table: Table, path: Path
) -> None:
    await fill(store, table, 300, 4000)
    await store.scan(table, WHOLE, limit=10)
    await store.query(table, "p", EVERYTHING, limit=10)
    for _ in range(10):
        await fill(store, table, 300, 4000)
    written = 10 * 300 * 4000
    assert path.with_name(path.name + "-wal").stat().st_size < written / 2


# Without these every page would read its partition from the start, or sort a table.
def test_every_read_goes_straight_to_its_place(
    store: SqliteStore, table: Table, path: Path
) -> None:
    sql = statements.item_sql(table.id)
    other = raw(path)
    whole = Bounds("a", True, "z", True)
    ways = [
        (bounds, after, reverse)
        for bounds in (EVERYTHING, whole)
        for after in (None, "c")
        for reverse in (False, True)
    ]
    for bounds, after, reverse in ways:
        text, values = statements.query_statement(sql, "p", bounds, after, 10, reverse=reverse)
        ((*_, plan),) = other.execute(f"EXPLAIN QUERY PLAN {text}", values)
        sought = ("sk>?" if bounds is whole or (after and not reverse) else "") in plan and (
            "sk<?" if bounds is whole or (after and reverse) else ""
        ) in plan
        assert "(hash=? AND pk=?" in plan
        assert sought, plan
        assert text.count("sk >") <= 1
        assert text.count("sk <") <= 1
    for after_key in (None, Key("p", "s")):
        statement = statements.scan_statement(sql, Segment(1, 3), after_key, 10)
        ((*_, plan),) = other.execute(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])
        assert "hash<?" in plan
        assert ("(hash,pk,sk)>(?,?,?)" if after_key else "hash>?") in plan
    other.close()
