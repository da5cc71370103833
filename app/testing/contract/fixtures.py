"""Fixtures of the suite, over the `open_store` that its user gives."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ...model.table import Table
from ...store.base import Store
from .support import OpenStore, TableOf, created, new_table

__all__ = ["hash_table", "other_store", "sorted_table", "store", "table_of"]


@pytest.fixture(scope="module")
async def store(open_store: OpenStore) -> AsyncIterator[Store]:
    async with open_store() as store:
        yield store


@pytest.fixture(scope="module")
async def other_store(store: Store, open_store: OpenStore) -> AsyncIterator[Store]:
    """Another process, as far as the store can tell."""
    if not store.capabilities.shared:
        pytest.skip("this store's data is not shared")
    async with open_store() as other:
        yield other


@pytest.fixture(scope="module")
def table_of(store: Store) -> TableOf:
    """`await table_of("S", None)`: the one table with such a key. Use keys of your own."""
    tables: dict[tuple[str, str | None], Table] = {}

    async def table_of(partition: str, sort: str | None) -> Table:
        if (partition, sort) not in tables:
            tables[partition, sort] = await created(store, new_table(partition, sort))
        return tables[partition, sort]

    return table_of


@pytest.fixture(scope="module")
async def sorted_table(table_of: TableOf) -> Table:
    return await table_of("S", "S")


@pytest.fixture(scope="module")
async def hash_table(table_of: TableOf) -> Table:
    return await table_of("S", None)
