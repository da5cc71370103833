"""A8: a partition of an index that items enter and leave all the time, as those of a queue do."""

from __future__ import annotations

import asyncio
import dataclasses
import statistics
import time
import uuid
from collections.abc import Callable

import pytest

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.model.index import encode, entry_changes
from app.model.rows import EVERYTHING, Item, Key
from app.model.table import Index, KeyAttribute, Table
from app.store.base import ABSENT, Batch, Committed, Store, Write
from app.store.open import open_store
from tests.conftest import LONG
from tests.faults.support import compared

MOVES = 20_000 if LONG else 2_000
AT_ONCE = 32
PART = 2_000
WAITING = 3
BY_STATE = Index(1, "by-state", False, (KeyAttribute("state", "S"),))


def item_of(key: Key, state: str) -> Item:
    return {"pk": {"S": key.partition}, "state": {"S": state}}


async def write(store: Store, table: Table, key: Key, state: str) -> None:
    row = await store.get(table, key, consistent=True)
    old = None if row is None else row.item
    new = item_of(key, state)
    entries = entry_changes(table, old, new)
    one = Write(table, key, ABSENT if row is None else row.version, new, entries)
    assert await store.commit(Batch((one,))) == Committed()


async def through_the_queue(store: Store, table: Table, keys: list[Key]) -> None:
    left = iter(keys)

    async def work() -> None:
        for key in left:
            await write(store, table, key, "PENDING")
            await write(store, table, key, "DONE")

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def seconds_of_a_query(store: Store, table: Table, waiting: list[Key]) -> float:
    times = []
    for _ in range(5):
        begin = time.monotonic()
        page = await store.query_index(
            table, BY_STATE, encode(["PENDING"]), EVERYTHING, limit=100, consistent=False
        )
        times.append(time.monotonic() - begin)
        assert {row.key for row in page.rows} == set(waiting)
    return statistics.median(times)


@pytest.mark.timeout(1800)
async def test_an_index_used_as_a_queue_stays_readable(
    durable_store_url: str, tell: Callable[[str], None]
) -> None:
    store = open_store(load_settings({"store": durable_store_url}), SystemClock(), Metrics())
    await store.open()
    table = Table(uuid.uuid4().hex, "queue", KeyAttribute("pk", "S"), None, time.time())
    table = dataclasses.replace(table, indexes=(BY_STATE,), next_index=2)
    assert await store.create_table(table)
    found = await store.table(table.name)
    assert found is not None
    # In the order of their keys: what waits lies behind all that has left.
    waiting = [Key(f"z{number}", None) for number in range(WAITING)]
    for key in waiting:
        await write(store, found, key, "PENDING")
    at_first = await seconds_of_a_query(store, found, waiting)
    begin = time.monotonic()
    slowest = 0.0
    for start in range(0, MOVES, PART):
        keys = [Key(f"{number:09}", None) for number in range(start, start + PART)]
        await through_the_queue(store, found, keys)
        slowest = max(slowest, await seconds_of_a_query(store, found, waiting))
    rate = MOVES / (time.monotonic() - begin)
    tell(
        f"{MOVES} items through one index partition, {rate:.0f} a second: a query took "
        f"{1000 * at_first:.1f} ms before, {1000 * slowest:.0f} ms at the most"
    )
    assert slowest < (2.0 if LONG else 0.5)
    if not LONG:
        assert (await compared(durable_store_url, table.name, patience=15.0)).clean
    await store.close()
