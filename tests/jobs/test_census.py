"""Tables are counted when they are due, by one process, while they are in use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from app.clock import SystemClock
from app.jobs.census import Takers
from app.metrics import Metrics
from app.model.attachment import Attachment, Column, CqlType
from app.model.census import Count, decode
from app.model.rows import Key
from app.model.table import KeyAttribute, Table
from app.store.base import ANY, Batch, Write
from app.store.sqlite import SqliteStore

TABLE = Table("2" * 32, "things", KeyAttribute("p", "S"), None, 0.0)


@dataclass
class SetClock:
    now: float = 1000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore("sqlite://", clock=SystemClock())
    await store.open()
    assert await store.create_table(TABLE)
    yield store
    await store.close()


async def write(store: SqliteStore, *names: str) -> None:
    table = await store.table(TABLE.name)
    assert table is not None
    for name in names:
        item = {"p": {"S": name}}
        await store.commit(Batch((Write(table, Key(name, None), ANY, item),)))


async def counted(store: SqliteStore) -> Count | None:
    data = await store.census(TABLE)
    return None if data is None else decode(data).table


def takers(store: SqliteStore, clock: SetClock) -> Takers:
    return Takers(store, clock, Metrics(()), interval=60.0, pause=0.0)


# A scan of all of it is nothing that its owner has asked for.
async def test_an_attached_table_is_not_counted(store: SqliteStore) -> None:
    column = Column("p", CqlType("text"))
    theirs = Attachment("shop", "orders", (column,), (), ())
    table = replace(TABLE, id="3" * 32, name="theirs", attached=theirs)
    assert await store.create_table(table)
    assert await takers(store, SetClock()).round() == 1
    assert await counted(store) is not None
    assert await store.census(table) is None


async def test_a_table_is_counted_when_it_is_due(store: SqliteStore) -> None:
    clock = SetClock()
    job = takers(store, clock)
    assert await job.round() == 1
    assert await counted(store) == Count(0, 0)
    await write(store, "a", "bc")
    clock.now += 59
    assert await job.round() == 0
    clock.now += 1
    assert await job.round() == 1
    assert await counted(store) == Count(2, 5)


# More items than a page of the job has.
async def test_every_item_is_counted_once(store: SqliteStore) -> None:
    await write(store, *[f"{number:03}" for number in range(450)])
    await takers(store, SetClock()).round()
    assert await counted(store) == Count(450, 4 * 450)


async def test_a_successor_goes_by_what_was_kept(store: SqliteStore) -> None:
    clock = SetClock()
    await takers(store, clock).round()
    clock.now += 10
    successor = takers(store, clock)
    assert await successor.round() == 0
    clock.now += 50
    assert await successor.round() == 1


async def test_a_dropped_table_is_forgotten(store: SqliteStore) -> None:
    clock = SetClock()
    job = takers(store, clock)
    await job.round()
    table = await store.table(TABLE.name)
    assert table is not None
    await store.drop_table(table)
    assert await job.round() == 0
    assert await store.create_table(replace(TABLE, id="3" * 32))
    assert await job.round() == 1
