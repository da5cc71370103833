"""What writes of items do to indexes while nothing goes wrong, and what they cost."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable, TableChanged, TableGone
from app.jobs.indexing import Indexing
from app.metrics import Metrics
from app.model.index import EntryChange, place_of, projected
from app.model.rows import EVERYTHING, WHOLE, Item, Key
from app.model.table import ORDERED, Index, KeyAttribute, Table
from app.store.base import ANY, Batch, Committed, Conflict, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.session import Consistency, Result, Session, Statement
from app.store.keyqueue import KeyQueue
from tests.store_cassandra.indexing import (
    GLOBAL,
    LOCAL,
    H,
    attempt,
    becomes_right,
    compare,
    indexed,
    item,
    over,
    scanned,
)
from tests.store_cassandra.support import FaultySession, MakeStore, created, new_key, until

KEYS_ONLY = Index(3, "keys", False, (KeyAttribute("l", "S"),), projection="KEYS_ONLY")
SOME = Index(4, "some", True, LOCAL.partition, (H,), projection="INCLUDE", included=("x",))


@pytest.fixture(scope="module")
async def table(store: CassandraStore) -> Table:
    return await created(store, indexed(LOCAL, GLOBAL, KEYS_ONLY, SOME))


@pytest.fixture(scope="module")
async def hash_table(store: CassandraStore) -> Table:
    return await created(store, indexed(GLOBAL, KEYS_ONLY, sort=None))


@pytest.fixture(scope="module")
async def one_global(store: CassandraStore) -> Table:
    return await created(store, indexed(GLOBAL))


# Each step is a write over the one before it.
@pytest.mark.parametrize(
    "steps",
    [
        [{"g": "a", "h": "1", "l": "x"}],
        [{"g": "a", "h": "1", "l": "x"}, {"g": "b", "h": "1", "l": "x"}],
        [{"g": "a", "h": "1", "l": "x"}, {"g": "a", "h": "2", "l": "y"}],
        # The place stays, the projection changes: WRITE_SAFETY B9.
        [{"g": "a", "h": "1", "l": "x"}, {"g": "a", "h": "1", "l": "x", "x": "new"}],
        [{"g": "a", "h": "1", "l": "x"}, {"g": "a", "x": "sparse"}],
        [{"x": "sparse"}, {"g": "a", "h": "1", "l": "x"}],
        [{"g": "a", "h": "1", "l": "x"}, None],
        [{"x": "sparse"}, None],
        [{"g": "a", "h": "1", "l": "x"}, None, {"g": "a", "h": "1", "l": "x"}],
        [{"g": "a", "h": "1", "l": "x"}, None, {"g": "b", "h": "1", "l": "y"}, None, {"l": "z"}],
        [{"g": "a", "h": "1"}, {"g": "b", "h": "1"}, {"g": "a", "h": "1"}],
    ],
)
@pytest.mark.parametrize("sort", ["s", None])
async def test_indexes_hold_what_the_item_says(
    store: CassandraStore,
    table: Table,
    hash_table: Table,
    steps: list[dict[str, str] | None],
    sort: str | None,
) -> None:
    table = table if sort else hash_table
    key = new_key(sort)
    for step in steps:
        new = None if step is None else item(key, **step)
        assert await attempt(store, table, key, new) == Committed()
        await compare(store, table)


async def test_an_entry_holds_what_its_index_projects(store: CassandraStore) -> None:
    table = await created(store, indexed(GLOBAL, KEYS_ONLY, SOME))
    key = new_key()
    full = item(key, g="a", h="1", l="x", x="in", y="out")
    await attempt(store, table, key, full)
    found = {index.name: await scanned(store, table, index) for index in table.indexes}
    assert [row.item for row in found["global"]] == [full]
    assert [row.item for row in found["keys"]] == [item(key, l="x")]
    assert [row.item for row in found["some"]] == [item(key, h="1", x="in")]
    assert all(row.key == key and row.version == 0 for rows in found.values() for row in rows)


# An image that nobody has read says nothing of the entries that go.
async def test_a_blind_write_of_a_table_with_indexes_is_refused(
    store: CassandraStore, table: Table
) -> None:
    key = new_key()
    with pytest.raises(ValueError, match="expect"):
        await store.commit(Batch((Write(table, key, ANY, item(key)),)))


async def test_a_lost_race_leaves_the_winner_s_entries(store: CassandraStore, table: Table) -> None:
    key = new_key()
    await attempt(store, table, key, item(key, g="old", h="1", l="old"))
    row = await store.get(table, key, consistent=True)
    first = over(table, key, row, item(key, g="first", h="1", l="first"))
    second = over(table, key, row, item(key, g="second", h="1", l="second"))
    assert await store.commit(Batch((first,))) == Committed()
    assert await store.commit(Batch((second,))) == Conflict()
    new = over(table, key, None, item(key, g="new", h="1", l="new"))
    assert await store.commit(Batch((new,))) == Conflict()
    await compare(store, table)


async def test_a_delete_of_an_absent_item_is_committed(store: CassandraStore, table: Table) -> None:
    key = new_key()
    for _ in range(2):
        assert await attempt(store, table, key, None) == Committed()
    assert await attempt(store, table, key, item(key, g="a", h="1")) == Committed()
    await compare(store, table)


def kinds(session: FaultySession, begin: int) -> list[str]:
    """What was sent since, without what a store does by itself."""
    found = []
    for cql in session.sent[begin:]:
        if ".t_" in cql:
            found.append("write" if "SET ver" in cql else "read")
        elif ".g_" in cql:
            found.append("entry out" if cql.startswith("DELETE") else "entry in")
        elif ".dirty" in cql and not cql.startswith("SELECT"):
            found.append("mark out" if cql.startswith("DELETE") else "mark in")
    return found


async def test_statements_of_indexed_writes(
    faulty_store: CassandraStore, session: FaultySession, one_global: Table
) -> None:
    store, table, key = faulty_store, one_global, new_key()

    async def sent(write: Write) -> list[str]:
        begin = len(session.sent)
        assert await store.commit(Batch((write,))) == Committed()
        await store._marks.close()
        return kinds(session, begin)

    first = item(key, g="a", h="1")
    new = ["mark in", "write", "entry in", "mark out"]
    assert await sent(over(table, key, None, first)) == new
    row = await store.get(table, key, consistent=True)
    moved = ["mark in", "write", "entry out", "entry in", "mark out"]
    assert await sent(over(table, key, row, item(key, g="b", h="1"))) == moved
    row = await store.get(table, key, consistent=True)
    # Nothing of a global index changes: one conditional write, as of a table without indexes.
    plain = over(table, key, row, item(key, g="b", h="1"))._replace(entries=())
    assert await sent(plain) == ["write"]
    row = await store.get(table, key, consistent=True)
    assert await sent(over(table, key, row, None)) == ["mark in", "write", "entry out", "mark out"]
    # The version of the delete is found by a first try, which tells it.
    again = await sent(over(table, key, None, first))
    assert again.count("write") == 2
    assert again.count("entry in") == 1


async def test_local_entries_take_no_statement_of_their_own(
    faulty_store: CassandraStore, session: FaultySession, store: CassandraStore
) -> None:
    table = await created(store, indexed(LOCAL))
    key = new_key()
    begin = len(session.sent)
    await faulty_store.commit(Batch((over(table, key, None, item(key, l="x")),)))
    assert kinds(session, begin) == ["write"]


# -- indexes that come and go ---------------------------------------------------------------


async def test_an_index_is_added_and_filled_by_writes_of_the_same_items(
    make_store: MakeStore,
) -> None:
    one, other = await make_store(), await make_store()
    table = await created(one, indexed(LOCAL))
    keys = [new_key() for _ in range(5)]
    for key in keys:
        await attempt(one, table, key, item(key, g="a", h="1", l="x"))
    stale = table
    assert await other.table(table.name) == table
    table = dataclasses.replace(table, indexes=(LOCAL, GLOBAL), version=table.version + 1)
    assert await one.change_table(table)
    await one.settled(table)
    key = new_key()
    with pytest.raises(TableChanged):
        await attempt(other, stale, key, item(key, g="a", h="1"))
    assert await other.table(table.name) == table
    await attempt(other, table, key, item(key, g="a", h="1"))
    # Two backfills at once, while a writer moves the items.
    await asyncio.gather(*(fill(store, table, GLOBAL, keys) for store in (one, other)))
    await compare(one, table)


# A13, B1. `phase` is how far the index had come when a process was stopped, which so does not know
# of the next step; the other one, whose clock is ahead, goes on as far as it may.
@pytest.mark.parametrize("phase", range(4))
async def test_no_two_writers_are_more_than_one_phase_apart(
    make_store: MakeStore, session: FaultySession, phase: int
) -> None:
    options = "&copy_seconds=60"
    one = await make_store(options, clock=SystemClock(offset=50.0))
    other = await make_store(options, session=session)
    leader = await make_store(options)
    table = await created(one, indexed())
    keys = [new_key() for _ in range(5)]
    for key in keys:
        await written(other, table, key, item(key, g="a", h="1"))
    number = table.next_index
    begun = dataclasses.replace(GLOBAL, number=number, status="CREATING", phase=ORDERED)
    with_index = dataclasses.replace(
        table, indexes=(begun,), next_index=number + 1, version=table.version + 1
    )
    job = Indexing(leader, SystemClock(), Metrics(), KeyQueue())
    assert await leader.leads("indexing")
    steps = [lambda: leader.change_table(with_index), *[job.round] * 4]
    for step in steps[:phase]:
        await step()
    now = await one.table(table.name)
    assert now is not None
    assert now.version == table.version + phase
    # From here on `other` learns of nothing.
    await one.settled(now)
    go = asyncio.Event()

    async def stopped(driver: Session, statement: Statement, values: Any, seconds: float) -> Result:
        await go.wait()
        return await driver.execute(statement, values, seconds)

    session.on_next("SELECT DISTINCT part, version", stopped)
    await until(no_faults(session), bool)
    assert await other.table(table.name) == now
    rest = asyncio.create_task(all_of(steps[phase:]))

    async def latest() -> Table:
        found = await until(lambda: one.table(table.name), lambda found: found != now)
        assert found is not None
        return found

    moved, again, back, left, gone = keys
    for key, stores in (
        (moved, (one, other, one, other)),
        (again, (one, other, one)),
        (back, (one, other)),
        (left, (other, one)),
        (gone, (one, other)),
    ):
        for number, store in enumerate(stores):
            new = item(key, g="ab"[number % 2 == 0], h="1", x=str(number))
            last = number + 1 == len(stores)
            # It still counts as one that is there.
            await other._members.beat()
            known = await latest() if store is one else now
            await written(store, known, key, None if last and key in (again, gone) else new)
    await written(one, await latest(), again, item(again, g="a", h="1"))
    go.set()
    await rest
    done = await one.table(table.name)
    assert done is not None
    assert [each.status for each in done.indexes] == ["ACTIVE"]
    await becomes_right(one, done)


async def written(store: CassandraStore, table: Table, key: Key, new: Item | None) -> None:
    """As operations do: blindly where nothing asks for what was there."""
    if table.kept_indexes:
        # The index is filled meanwhile, item by item.
        while (outcome := await attempt(store, table, key, new)) == Conflict():
            pass
        assert outcome == Committed()
    else:
        assert await store.commit(Batch((Write(table, key, ANY, new),))) == Committed()


async def all_of(steps: Sequence[Callable[[], Awaitable[bool]]]) -> None:
    for step in steps:
        await step()


def no_faults(session: FaultySession) -> Callable[[], Awaitable[bool]]:
    async def taken() -> bool:
        return not session._faults

    return taken


async def fill(store: CassandraStore, table: Table, index: Index, keys: list[Key]) -> None:
    for key in keys:
        while True:
            row = await store.get(table, key, consistent=True)
            assert row is not None
            place = place_of(index, row.item)
            entry = EntryChange(index, None, place, None, projected(table, index, row.item))
            write = Write(table, key, row.version, row.item, (entry,))
            if await store.commit(Batch((write,))) == Committed():
                break


async def entry_tables(session: FaultySession, table: Table) -> set[str]:
    statement = Statement("SELECT table_name FROM system_schema.tables", Consistency.LOCAL_QUORUM)
    rows = (await session.driver.execute(statement, (), 5.0)).rows
    return {name for (name,) in rows if table.id in name}


async def test_tables_of_indexes_go_with_their_index_and_with_the_table(
    faulty_store: CassandraStore, session: FaultySession
) -> None:
    store = faulty_store
    table = await created(store, indexed(GLOBAL, KEYS_ONLY))
    assert len(await entry_tables(session, table)) == 3
    fewer = dataclasses.replace(table, indexes=(KEYS_ONLY,), version=table.version + 1)
    assert await store.change_table(fewer)
    assert len(await entry_tables(session, table)) == 2
    with pytest.raises((StoreUnavailable, TableGone)):
        await store.scan_index(table, GLOBAL, WHOLE, limit=1)
    # Somebody else has changed it: nothing is made.
    assert not await store.change_table(table)
    assert len(await entry_tables(session, table)) == 2
    await store.drop_table(fewer)
    async with asyncio.timeout(30):
        while True:
            if not await entry_tables(session, table):
                break
            await asyncio.sleep(0.1)


async def test_settled_waits_until_every_process_has_followed(make_store: MakeStore) -> None:
    one, other = await make_store(), await make_store()
    table = await created(one, indexed())
    assert await other.table(table.name) == table
    changed = dataclasses.replace(table, version=table.version + 1)
    assert await one.change_table(changed)
    generation = other._underway.enter()
    waiting = asyncio.create_task(one.settled(changed))
    await asyncio.sleep(0.6)
    assert not waiting.done()
    other._underway.leave(generation)
    async with asyncio.timeout(30):
        await waiting
    assert other.cached_table(table.name) is None


async def test_a_query_of_a_local_index_sees_every_acknowledged_write(
    store: CassandraStore, table: Table
) -> None:
    partition = uuid.uuid4().hex
    for number in range(5):
        key = Key(partition, f"{number}")
        await attempt(store, table, key, item(key, l=f"{9 - number}"))
        place = place_of(LOCAL, item(key, l="0"))
        assert place is not None
        page = await store.query_index(
            table, LOCAL, place.partition, EVERYTHING, limit=10, consistent=True
        )
        assert [row.key.sort for row in page.rows] == [str(n) for n in range(number, -1, -1)]
