"""Several processes, one catalog: WRITE_SAFETY A13."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import orjson
import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable, TableChanged, TableGone
from app.metrics import Metrics
from app.model import table as table_model
from app.model.rows import WHOLE, Key
from app.model.table import Index, KeyAttribute, Table
from app.store.base import Committed
from app.store.cassandra import CassandraStore
from app.store.cassandra.catalog import POLL_SECONDS
from app.store.cassandra.members import Membership
from app.store.cassandra.patience import Patient
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.session import Consistency, Statement
from app.store.cassandra.statements import CatalogStatements
from app.store.cassandra.url import Bounds, parse
from tests.store_cassandra.dying import DieAt, Died, abandon
from tests.store_cassandra.faults import answer_lost, request_lost
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    active,
    created,
    drop_keyspaces,
    gone,
    new_key,
    new_table,
    put,
    renamed,
)

SHORT = "&copy_seconds=0.4&write_seconds=0.6"
SHORT_BOUNDS = Bounds(0.4, 0.6)


class WaitAt:
    """Holds every task that comes to `point` until `release` is set."""

    def __init__(self, point: str) -> None:
        self._point = point
        self.reached = asyncio.Event()
        self.release = asyncio.Event()

    async def at(self, point: str) -> None:
        if point == self._point:
            self.reached.set()
            await self.release.wait()


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_a_created_table_is_usable_through_every_process_at_once(
    make_store: MakeStore,
) -> None:
    one, other = await make_store(), await make_store()
    table = new_table()
    # Asked before it was there: an answer "no such table" must not be remembered.
    assert await other.table(table.name) is None
    assert await one.create_table(table)
    found = await other.table(table.name)
    assert found is not None
    assert found.status == "ACTIVE"
    key = new_key()
    assert await put(other, found, key) == Committed()
    assert await one.get(found, key, consistent=True) is not None


async def test_a_name_is_taken_once(make_store: MakeStore) -> None:
    one, other = await make_store(), await make_store()
    name = new_table().name
    made = await asyncio.gather(
        *(store.create_table(new_table(name=name)) for store in (one, other, one, other))
    )
    assert sorted(made) == [False, False, False, True]


async def test_a_dropped_table_is_refused_by_every_process(make_store: MakeStore) -> None:
    # Waiting for a silent process would take two minutes.
    bounds = "&copy_seconds=60&write_seconds=60"
    one, other = await make_store(bounds), await make_store(bounds)
    table = await created(one, new_table())
    assert await active(other, table) == other.cached_table(table.name)
    key = new_key()
    await put(other, table, key)
    # Both answer, so nothing is waited out.
    async with asyncio.timeout(60):
        assert await one.drop_table(table)
        await gone(other, table.name)
    for store in (one, other):
        with pytest.raises(TableGone):
            await put(store, table, key)
        with pytest.raises(TableGone):
            await store.get(table, key, consistent=True)
        with pytest.raises(TableGone):
            await store.scan(table, WHOLE, limit=1)


async def test_a_successor_of_the_same_name_is_another_table(make_store: MakeStore) -> None:
    one, other = await make_store(), await make_store()
    old = await created(one, new_table())
    await active(other, old)
    key = new_key()
    await put(other, old, key)
    await one.drop_table(old)
    await gone(one, old.name)
    new = await created(one, new_table(name=old.name))
    with pytest.raises(TableGone):
        await put(other, old, key)
    assert await other.get(new, key, consistent=True) is None


async def test_a_change_is_seen_by_every_process(make_store: MakeStore) -> None:
    one, other = await make_store(), await make_store()
    table = await created(one, new_table())
    await active(other, table)
    changed = renamed(table, version=table.version + 1, deletion_protection=True)
    assert await one.change_table(changed)
    assert one.cached_table(table.name) != table

    def seen() -> bool:
        return other.cached_table(table.name) != table

    await settled(seen)
    assert await other.table(table.name) == changed
    # Only the next version of what is there.
    assert not await other.change_table(changed)
    assert not await other.drop_table(table)
    # What is written with it may depend on what the table was.
    with pytest.raises(TableChanged):
        await put(other, table, new_key())
    assert await put(other, changed, new_key()) == Committed()


async def test_changes_of_many_tables_at_once(make_store: MakeStore) -> None:
    one, other = await make_store(), await make_store()
    tables = [await created(one, new_table()) for _ in range(3)]
    changes = [renamed(table, version=2, billing_mode="PAY_PER_REQUEST") for table in tables]
    results = await asyncio.gather(
        *(store.change_table(table) for table in changes for store in (one, other))
    )
    # They share the version of the catalog, and each is decided once.
    assert [results[2 * n] + results[2 * n + 1] for n in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("fault", [answer_lost, request_lost])
async def test_unknown_outcomes_in_the_catalog(
    make_store: MakeStore, session: FaultySession, fault: object
) -> None:
    store = await make_store(session=session)
    table = new_table()
    for text in ("IF NOT EXISTS", "INSERT INTO", "SET status = ?, spec"):
        session.on_next(text, fault)  # type: ignore[arg-type]
    table = await created(store, table)
    session.on_next("SET version = ?", fault)  # type: ignore[arg-type]
    changed = renamed(table, version=table.version + 1, deletion_protection=True)
    assert await store.change_table(changed)
    for text in ("SET version = ?", "DELETE FROM"):
        session.on_next(text, fault)  # type: ignore[arg-type]
    assert await store.drop_table(changed)
    await gone(store, table.name)


async def test_names_are_listed_in_the_order_of_utf8(make_store: MakeStore, url: str) -> None:
    own = url.replace("test_", "names_")
    store = CassandraStore(own, clock=SystemClock(), metrics=Metrics())
    await store.open()
    names = ["a.b", "a-b", "Z", "z", "_x"]
    for name in names:
        await created(store, new_table(name=name))
    ordered = sorted(names)
    assert await store.table_names(after=None, limit=100) == ordered
    assert await store.table_names(after=ordered[1], limit=2) == ordered[2:4]
    await store.close()
    await drop_keyspaces(own)


# A process that is registered and says nothing must be given the time to notice.
async def test_a_silent_process_is_waited_out(make_store: MakeStore, url: str) -> None:
    store = await make_store(SHORT, deadline=0.5)
    table = await created(store, new_table())
    address = parse(url)
    driver = PythonDriver(address, None)
    await driver.open(5.0)
    silent = Membership(
        driver,
        Patient(driver, SystemClock(), 5.0),
        CatalogStatements(f"{address.keyspace}_catalog"),
        SystemClock(),
        SHORT_BOUNDS,
    )
    await silent.beat()
    begin = time.monotonic()
    assert await store.drop_table(table)
    found = await store.table(table.name)
    # The caller is told before that time is over.
    assert found is not None
    assert found.status == "DELETING"
    assert not await store.create_table(new_table(name=table.name))
    await gone(store, table.name)
    assert time.monotonic() - begin >= SHORT_BOUNDS.silence
    await silent.leave()
    await driver.close()


# A write that has begun with the old copy is waited for, or it could come after the drop.
async def test_a_drop_waits_for_writes_under_way(make_store: MakeStore) -> None:
    hold = WaitAt("cas:before")
    one, other = await make_store(), await make_store(faults=hold)
    table = await created(one, new_table())
    await active(other, table)
    write = asyncio.create_task(put(other, table, new_key()))
    await hold.reached.wait()
    dropping = asyncio.create_task(one.drop_table(table))
    await asyncio.sleep(5 * POLL_SECONDS)
    early = dropping.done()
    hold.release.set()
    assert not early
    assert await write == Committed()
    assert await dropping
    await gone(one, table.name)


# A backfill that began earlier would miss what a writer without the index puts behind it.
async def test_a_change_is_settled_when_no_write_with_the_old_copy_is_under_way(
    make_store: MakeStore,
) -> None:
    hold = WaitAt("cas:before")
    one, other = await make_store(), await make_store(faults=hold)
    table = await created(one, new_table())
    await one.settled(table)
    await active(other, table)
    write = asyncio.create_task(put(other, table, new_key()))
    await hold.reached.wait()
    changed = renamed(table, version=table.version + 1)
    assert await one.change_table(changed)
    settling = asyncio.create_task(one.settled(changed))
    await asyncio.sleep(5 * POLL_SECONDS)
    early = settling.done()
    hold.release.set()
    assert not early
    assert await write == Committed()
    async with asyncio.timeout(30):
        await settling


# A copy must not be used longer than others wait for those they cannot hear.
async def test_a_copy_runs_out_when_the_catalog_cannot_be_read(make_store: MakeStore) -> None:
    store = await make_store(SHORT, deadline=0.5)
    table = await created(store, new_table())
    await active(store, table)
    assert store.cached_table(table.name) == table
    await asyncio.sleep(3 * SHORT_BOUNDS.copy)
    assert store.cached_table(table.name) == table
    await abandon(store)
    await asyncio.sleep(SHORT_BOUNDS.copy + 0.1)
    assert store.cached_table(table.name) is None


# It stands for a frozen process (Lambda, SIGSTOP) that wakes up with its old copy in hand.
async def test_a_process_that_slept_asks_before_it_writes(make_store: MakeStore) -> None:
    sleeper = await make_store(SHORT, deadline=0.5)
    store = await make_store(SHORT, deadline=0.5)
    table = await created(store, new_table())
    await active(sleeper, table)
    await abandon(sleeper)
    assert await store.drop_table(table)
    await gone(store, table.name)
    successor = await created(store, new_table(name=table.name))
    with pytest.raises(TableGone):
        await put(sleeper, table, new_key())
    assert await put(sleeper, successor, new_key()) == Committed()


# Whatever a process leaves behind when it dies, another one brings to its end.
@pytest.mark.parametrize("point", ["create:row", "create:made"])
async def test_a_create_is_finished_by_another_process(make_store: MakeStore, point: str) -> None:
    other = await make_store(patience=0.5)
    dying = await make_store(SHORT, deadline=0.5, faults=DieAt(point, armed=True))
    table = new_table()
    # A slow node makes the caller go first; the process then dies behind its back.
    with suppress(Died):
        await dying.create_table(table)
    await abandon(dying)
    found = await active(other, table)
    assert await put(other, found, new_key()) == Committed()


@pytest.mark.parametrize("point", ["drop:row", "drop:acknowledged", "drop:dropped"])
async def test_a_drop_is_finished_by_another_process(make_store: MakeStore, point: str) -> None:
    other = await make_store(SHORT, deadline=0.5, patience=0.5)
    dying = await make_store(SHORT, deadline=0.5, faults=DieAt(point, armed=True))
    table = await created(dying, new_table())
    with suppress(Died):
        await dying.drop_table(table)
    await abandon(dying)
    await gone(other, table.name)
    await created(other, new_table(name=table.name))


async def test_the_table_of_an_index_that_went_is_dropped_by_another_process(
    make_store: MakeStore, url: str
) -> None:
    dying = await make_store(SHORT, deadline=0.5, faults=DieAt("change:replaced", armed=True))
    by_g = Index(1, "by-g", False, (KeyAttribute("g", "S"),))
    kept = replace(by_g, number=2, name="kept")
    table = await created(dying, replace(new_table(), indexes=(by_g, kept), next_index=3))
    with pytest.raises(Died):
        await dying.change_table(replace(table, version=table.version + 1, indexes=(kept,)))
    await abandon(dying)

    async def left(store: CassandraStore) -> list[str]:
        statement = Statement(
            "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?",
            Consistency.LOCAL_QUORUM,
        )
        rows = (await store._session.execute(statement, (parse(url).keyspace,), 5.0)).rows
        return sorted(name for (name,) in rows if table.id in name)

    gone, stays, items = f"g_{table.id}_1", f"g_{table.id}_2", f"t_{table.id}"
    assert await left(dying) == [gone, stays, items]
    # What somebody has made for an index that the catalog does not show yet is not left over.
    name = f"{parse(url).keyspace}.g_{table.id}_3"
    await dying._session.execute_ddl(f"CREATE TABLE {name} (p int PRIMARY KEY)", 5.0)
    other = await make_store(patience=0.1)
    async with asyncio.timeout(30):
        while True:
            if other._changes._collect_at:
                break
            await asyncio.sleep(0.05)
    assert await left(other) == [stays, f"g_{table.id}_3", items]


async def test_a_row_of_a_newer_format_is_refused_loudly(
    make_store: MakeStore, session: FaultySession, url: str
) -> None:
    store = await make_store(session=session)
    table = await created(store, new_table())
    spec = orjson.loads(table_model.encode(table)) | {"format": table_model.FORMAT + 1}
    keyspace = parse(url).keyspace
    newer = Statement(
        f"UPDATE {keyspace}_catalog.tables SET spec = ? WHERE part = 'tables' AND name = ? "
        "IF id = ?",
        Consistency.LOCAL_QUORUM,
        conditional=True,
    )
    await session.driver.execute(newer, (orjson.dumps(spec), table.name, table.id), 5.0)
    with pytest.raises(StoreUnavailable, match="newer dynaspan"):
        await store.table(table.name)
    command = [sys.executable, "-m", "app.cli", "tables", "list", "--store", url]
    listed = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert listed.returncode == 1
    assert f"{table.name}  UNREADABLE  table {table.name} was changed by a newer" in listed.stdout
    # Others list the tables of this keyspace too.
    old = (table_model.encode(table), table.name, table.id)
    await session.driver.execute(newer, old, 5.0)


# CREATE ... IF NOT EXISTS of two processes at once may make two tables of one name.
async def test_two_processes_may_find_an_empty_cluster_at_once(url: str) -> None:
    own = url.replace("test_", "both_")
    stores = [CassandraStore(own, clock=SystemClock(), metrics=Metrics()) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    table = await created(stores[0], new_table("S", None))
    assert await put(stores[1], table, Key("a", None)) == Committed()
    assert await stores[2].get(table, Key("a", None), consistent=True) is not None
    for store in stores:
        await store.close()
    await drop_keyspaces(own)


async def test_what_is_stored_is_there_after_a_restart(make_store: MakeStore) -> None:
    first = await make_store()
    table: Table = await created(first, new_table())
    key = new_key()
    await put(first, table, key)
    await first.close()
    second = await make_store()
    found = await second.table(table.name)
    assert found == table
    assert await second.get(table, key, consistent=True) is not None
