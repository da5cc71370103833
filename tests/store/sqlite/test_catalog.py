"""What this store's catalog promises beyond the contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import TableChanged
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Committed
from app.store.sqlite import SqliteStore
from app.testing.contract.support import created, dropped, new_table, put
from tests.store.sqlite.support import opened, raw, url_of

KEY = Key("p", "s")


# Where a table has changed, an index may have come that the write knows nothing of.
async def test_a_write_with_an_older_copy_of_the_table_is_refused(
    store: SqliteStore, table: Table, path: Path
) -> None:
    changed = replace(table, version=table.version + 1, tags=(("k", "v"),))
    async with opened(url_of(path)) as other:
        assert await other.change_table(changed)
    with pytest.raises(TableChanged):
        await put(store, table, KEY)
    assert await put(store, changed, KEY, ABSENT) == Committed()


# Every request asks, so that it must be cheap, and right without asking the catalog itself.
async def test_a_copy_of_the_catalog_is_used_until_something_changes(
    store: SqliteStore, table: Table, path: Path
) -> None:
    async with opened(url_of(path)) as other:
        found = await other.table(table.name)
        assert other.cached_table(table.name) is found
        await put(store, table, KEY)
        assert other.cached_table(table.name) is found
        another = await created(store, new_table())
        assert other.cached_table(table.name) is None
        assert await other.table(table.name) == table
        assert await other.table(another.name) == another


async def test_a_dropped_table_leaves_nothing_behind(store: SqliteStore, path: Path) -> None:
    def objects() -> set[str]:
        other = raw(path)
        found = {name for (name,) in other.execute("SELECT name FROM sqlite_schema")}
        other.close()
        return found

    before = objects()
    table = await created(store, new_table())
    await put(store, table, KEY)
    assert objects() > before
    await dropped(store, table)
    assert objects() == before
