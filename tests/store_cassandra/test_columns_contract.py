"""The part of the store contract that attached tables keep, over tables that are attached.

Left out: attributes of every type and numbers of every size, which no columns hold; and indexes,
streams and transactions, which there are not. Races are those of callers that share a queue: where
two processes contend, the outcome of a write may stay unknown.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.clock import SystemClock
from app.metrics import Metrics
from app.model.rows import Key
from app.model.table import Table
from app.store.base import Batch, Committed, Conflict, Outcome, Store
from app.store.cassandra import CassandraStore
from app.store.keyqueue import KeyQueue
from app.testing.contract.fixtures import *  # noqa: F403
from app.testing.contract.items import *  # noqa: F403
from app.testing.contract.keys import *  # noqa: F403
from app.testing.contract.queries import *  # noqa: F403
from app.testing.contract.races import *  # noqa: F403
from app.testing.contract.scans import *  # noqa: F403
from app.testing.contract.support import (
    OpenStore,
    delete,
    fresh,
    present,
    put,
    read,
    version_of,
)

del test_every_type_comes_back_as_it_was  # noqa: F821
del test_a_row_has_the_whole_item_as_compact_json  # noqa: F821
del test_extreme_numbers_as_keys, test_numbers_are_in_their_order  # noqa: F821
# A version is what the columns hold: it stays when somebody writes what is there already, and that
# of an item without attributes is that of no item. Below are the two for items that change.
del test_one_of_many_replaces_the_version, test_one_of_many_deletes  # noqa: F821

_TYPES = {"S": "text", "B": "blob"}
_COLUMNS = 'a text, b text, turn int, text text, data blob, "by" int, count int'


class _Attaching(CassandraStore):
    """Attaches what it is asked to create. One write of a partition at a time, as callers do it."""

    keyspace = ""
    queue: KeyQueue

    async def create_table(self, table: Table) -> bool:
        if any(key.type == "N" for key in table.keys):
            pytest.skip("no key column holds numbers of every size")
        name = f"t{uuid.uuid4().hex[:12]}"
        columns = [f"{key.name} {_TYPES[key.type]}" for key in table.keys]
        primary = ", ".join(key.name for key in table.keys)
        await self._patient.ddl(
            f"CREATE TABLE IF NOT EXISTS {self.keyspace}.{name} "
            f"({', '.join(columns)}, {_COLUMNS}, PRIMARY KEY ({primary}))"
        )
        found = (await self.attachable(self.keyspace, name)).attached
        return await super().create_table(replace(table, attached=found))

    async def commit(self, batch: Batch) -> Outcome:
        (write,) = batch.writes
        async with self.queue.slot(write.table.id, write.key):
            return await super().commit(batch)


@pytest.fixture(scope="module")
async def open_store(url: str) -> AsyncIterator[OpenStore]:
    name = f"theirs_{uuid.uuid4().hex[:12]}"
    queue = KeyQueue(by_partition=True)

    @asynccontextmanager
    async def open_store() -> AsyncIterator[Store]:
        store = _Attaching(url, clock=SystemClock(), metrics=Metrics())
        store.keyspace, store.queue = name, queue
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    async with open_store() as store:
        ddl = store._patient.ddl
        options = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        await ddl(f"CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = {options}")
        yield open_store
        # Of some hundred tables.
        await store._session.execute_ddl(f"DROP KEYSPACE IF EXISTS {name}", 120.0)


async def test_one_of_many_replaces_what_was_read(stores: list[Store], sorted_table: Table) -> None:
    key = Key(fresh(), "s")
    await put(stores[0], sorted_table, key, turn={"N": "0"})
    for turn in range(1, 4):
        version = await version_of(stores[0], sorted_table, key)
        outcomes = await asyncio.gather(
            *[
                put(
                    *(stores[rival % len(stores)], sorted_table, key, version),
                    turn={"N": str(turn)},
                    by={"N": str(rival)},
                )
                for rival in range(10)
            ]
        )
        assert outcomes.count(Committed()) == 1
        assert outcomes.count(Conflict()) == 9
        row = await present(stores[-1], sorted_table, key)
        assert row.item["by"] == {"N": str(outcomes.index(Committed()))}


async def test_one_of_many_deletes_what_was_read(stores: list[Store], sorted_table: Table) -> None:
    key = Key(fresh(), "s")
    await put(stores[0], sorted_table, key, turn={"N": "1"})
    version = await version_of(stores[0], sorted_table, key)
    outcomes = await asyncio.gather(
        *[delete(stores[rival % len(stores)], sorted_table, key, version) for rival in range(10)]
    )
    assert outcomes.count(Committed()) == 1
    assert await read(stores[-1], sorted_table, key) is None
