"""What is kept of a count of a table's items."""

from __future__ import annotations

from ...store.base import Store
from .support import created, dropped, new_table


async def test_nothing_is_kept_of_a_new_table(store: Store) -> None:
    assert await store.census(await created(store, new_table())) is None


async def test_the_latest_is_kept(store: Store, other_store: Store) -> None:
    table = await created(store, new_table())
    other = await created(store, new_table())
    await store.keep_census(table, b"first")
    await store.keep_census(table, b"\x00latest")
    assert await other_store.census(table) == b"\x00latest"
    assert await store.census(other) is None


async def test_a_table_of_the_same_name_has_none(store: Store) -> None:
    table = await created(store, new_table())
    await store.keep_census(table, b"old")
    await dropped(store, table)
    again = await created(store, new_table(name=table.name))
    assert await store.census(again) is None


# A count that ends after the table does is no failure of anything.
async def test_of_a_table_that_is_gone(store: Store) -> None:
    table = await created(store, new_table())
    await dropped(store, table)
    await store.keep_census(table, b"late")
