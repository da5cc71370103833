"""A driver port that can fail, tables and writes: what tests of this store share."""

from __future__ import annotations

import asyncio
import dataclasses
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from app.model.rows import Item, Key
from app.model.table import KeyAttribute, Table
from app.store.base import ANY, Batch, Outcome, Store, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.drivers import driver_of
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.session import DriverFault, Result, Session, Statement, Value
from app.store.cassandra.url import parse

_T = TypeVar("_T")
MakeStore = Callable[..., Awaitable[CassandraStore]]
Fault = Callable[[Session, Statement, Sequence[Value], float], Awaitable[Result]]


class FaultySession:
    """The real driver, with every statement counted and chosen ones handed to a fault."""

    def __init__(self, url: str) -> None:
        self.driver = driver_of(parse(url), None)
        self.sent: list[str] = []
        self._faults: list[tuple[str, Fault]] = []

    def on_next(self, text: str, fault: Fault) -> None:
        """`fault` takes the place of the next statement whose CQL has `text`."""
        self._faults.append((text, fault))

    def heal(self) -> None:
        self._faults.clear()

    async def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        self.sent.append(statement.cql)
        for index, (text, fault) in enumerate(self._faults):
            if text in statement.cql:
                del self._faults[index]
                return await fault(self.driver, statement, values, seconds)
        return await self.driver.execute(statement, values, seconds)

    def sent_for(self, table: Table) -> list[str]:
        return [cql for cql in self.sent if table.id in cql]

    async def open(self, seconds: float) -> None:
        await self.driver.open(seconds)

    async def close(self) -> None:
        await self.driver.close()

    async def ask_each(self, cql: str, seconds: float) -> dict[str, Result | DriverFault]:
        return await self.driver.ask_each(cql, seconds)

    async def execute_ddl(self, cql: str, seconds: float) -> None:
        await self.driver.execute_ddl(cql, seconds)

    async def refresh_keyspace(self, keyspace: str) -> None:
        await self.driver.refresh_keyspace(keyspace)

    async def datacenters(self) -> dict[str, int]:
        return await self.driver.datacenters()


def with_driver(url: str, name: str) -> str:
    # Of a parameter that is given twice the last one is taken.
    return f"{url}&driver={name}"


async def drop_keyspaces(url: str) -> None:
    address = parse(url)
    driver = PythonDriver(address, None)
    await driver.open(10.0)
    for keyspace in (address.keyspace, address.keyspace + "_catalog"):
        await driver.execute_ddl(f"DROP KEYSPACE IF EXISTS {keyspace}", 120.0)
    await driver.close()


def new_table(partition: str = "S", sort: str | None = "S", name: str | None = None) -> Table:
    return Table(
        id=uuid.uuid4().hex,
        name=name or f"table-{uuid.uuid4().hex[:8]}",
        partition_key=KeyAttribute("p", partition),
        sort_key=None if sort is None else KeyAttribute("s", sort),
        created=time.time(),
    )


async def created(store: Store, table: Table) -> Table:
    assert await store.create_table(table)
    return await active(store, table)


async def active(store: Store, table: Table) -> Table:
    """The table once it is ACTIVE."""
    async with asyncio.timeout(30):
        while True:
            found = await store.table(table.name)
            if found is not None and (found.id, found.status) == (table.id, "ACTIVE"):
                return found
            await asyncio.sleep(0.02)


async def gone(store: Store, name: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if await store.table(name) is None:
                return
            await asyncio.sleep(0.02)


async def until(ask: Callable[[], Awaitable[_T]], good: Callable[[_T], bool]) -> _T:
    """The first answer that is good."""
    async with asyncio.timeout(30):
        while True:
            answer = await ask()
            if good(answer):
                return answer
            await asyncio.sleep(0.05)


def new_key(sort: str | None = "s") -> Key:
    return Key(uuid.uuid4().hex, sort)


def item_of(key: Key, **attributes: str) -> Item:
    item: Item = {"p": {"S": key.partition}}
    if key.sort is not None:
        item["s"] = {"S": key.sort}
    return item | {name: {"S": value} for name, value in attributes.items()}


async def put(
    store: Store, table: Table, key: Key, *, expected: int = ANY, item: Item | None = None
) -> Outcome:
    return await store.commit(Batch((Write(table, key, expected, item or item_of(key)),)))


async def delete(store: Store, table: Table, key: Key, *, expected: int = ANY) -> Outcome:
    return await store.commit(Batch((Write(table, key, expected, None),)))


def renamed(table: Table, **changes: object) -> Table:
    return dataclasses.replace(table, **changes)  # type: ignore[arg-type]
