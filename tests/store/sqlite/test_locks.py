"""What others do to the file: they hold it, and this store waits, but not for ever."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import StoreUnavailable
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Committed
from app.store.sqlite import SqliteStore
from app.testing.contract.support import new_table, put, read, scan
from tests.store.sqlite.support import raw

KEY = Key("p", "s")


@pytest.fixture
def holder(path: Path, table: Table) -> Iterator[sqlite3.Connection]:
    """Another process in the midst of a write, until it commits."""
    other = raw(path)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


async def test_a_held_file_is_given_up_on_in_time(
    store: SqliteStore, table: Table, holder: sqlite3.Connection
) -> None:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="locked"):
        await put(store, table, KEY)
    # The store of these tests waits for 0.2 s.
    assert 0.2 <= time.monotonic() - began < 2
    # It has said that nothing was applied, so that nothing may be later.
    holder.execute("COMMIT")
    assert await put(store, table, KEY, ABSENT) == Committed()


async def test_reads_go_on_while_another_writes(
    store: SqliteStore, table: Table, holder: sqlite3.Connection
) -> None:
    assert await read(store, table, KEY) is None
    assert await scan(store, table) == []
    assert await store.table(table.name) == table
    await store.ping()


async def test_writes_and_changes_of_the_catalog_wait_for_their_turn(
    store: SqliteStore, table: Table, holder: sqlite3.Connection
) -> None:
    write = asyncio.create_task(put(store, table, KEY))
    create = asyncio.create_task(store.create_table(new_table()))
    await asyncio.sleep(0.05)
    assert not write.done()
    holder.execute("COMMIT")
    assert await write == Committed()
    assert await create


# The loop must not stand still while its writer waits.
async def test_the_loop_runs_on_while_a_write_waits(
    store: SqliteStore, table: Table, holder: sqlite3.Connection
) -> None:
    write = asyncio.create_task(put(store, table, KEY))
    turns = 0
    while not write.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    with pytest.raises(StoreUnavailable):
        await write
