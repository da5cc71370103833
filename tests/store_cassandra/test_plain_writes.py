"""Writes that compare nothing, and the ways from and to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable, StoreUnknown
from app.jobs.isolation import moved
from app.model.isolation import ALWAYS, FORBID, LWT, ONLY_RMW, PLAIN, TO_LWT, UNSAFE, held
from app.model.plans import Delta
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ANY, Batch, Committed, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.session import OutcomeUnknown, Result, Session, Statement, Value
from tests.store_cassandra.faults import answer_lost, request_lost
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    created,
    delete,
    item_of,
    new_key,
    new_table,
    put,
)

QUICK = "&write_seconds=2&copy_seconds=1&skew_seconds=0.2"


async def plain_table(store: CassandraStore, isolation: str = FORBID) -> Table:
    return await created(store, replace(new_table(), isolation=isolation, writes=PLAIN))


async def found(store: CassandraStore, table: Table, key: Key) -> object:
    row = await store.get(table, key, consistent=True)
    return None if row is None else row.item


# What the rules of speed ask for, and what forbid_rmw is chosen for.
async def test_a_plain_write_is_one_statement_without_a_condition(
    faulty_store: CassandraStore, session: FaultySession
) -> None:
    table = await plain_table(faulty_store)
    key = new_key()
    session.sent.clear()
    await put(faulty_store, table, key)
    assert await found(faulty_store, table, key) == item_of(key)
    await delete(faulty_store, table, key)
    assert await found(faulty_store, table, key) is None
    puts, _, deletes, _ = session.sent_for(table)
    for statement in (puts, deletes):
        assert statement.startswith("UPDATE")
        assert " IF " not in statement
        # A12: ballots and plain writes take their time from the same clocks.
        assert "TIMESTAMP" not in statement


# What sets asks for the size that the item has at most: without a condition no bound holds that a
# process has only remembered.
async def test_a_plain_delta_reads_no_item(
    faulty_store: CassandraStore, session: FaultySession
) -> None:
    store, key = faulty_store, new_key()
    table = new_table()
    table = replace(table, isolation=FORBID, writes=PLAIN, translator="attributes")
    table = await created(store, table)

    async def change(delta: Delta) -> None:
        write = Write(table, key, ANY, None, delta=delta)
        assert await store.commit(Batch((write,))) == Committed()

    session.sent.clear()
    await change(Delta({"a": {"S": "1"}, "b": {"S": "2"}}, frozenset(), 1000))
    await change(Delta({}, frozenset({"b"}), 1000))
    kinds = [statement.split(" FROM")[0] for statement in session.sent_for(table)]
    assert [kind.split()[0] for kind in kinds] == ["SELECT", "UPDATE", "UPDATE"]
    assert kinds[0] == "SELECT size, live"
    assert await found(store, table, key) == item_of(key, a="1")

    async def meanwhile(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        there = await driver.execute(statement, values, seconds)
        await delete(store, table, key)
        return there

    # An item without its key could not be told from any other.
    session.on_next("SELECT size, live", meanwhile)
    await change(Delta({"c": {"S": "3"}}, frozenset(), 1000))
    assert await found(store, table, key) == item_of(key, c="3")


async def test_only_read_modify_writes_are_lwts(
    faulty_store: CassandraStore, session: FaultySession
) -> None:
    table = await plain_table(faulty_store, ONLY_RMW)
    key = new_key()
    await put(faulty_store, table, key)
    row = await faulty_store.get(table, key, consistent=True)
    assert row is not None
    session.sent.clear()
    await put(faulty_store, table, key, expected=row.version, item=item_of(key, a="1"))
    (statement,) = session.sent_for(table)
    assert "IF ver = ?" in statement


async def test_nothing_is_compared_where_that_is_unsafe(store: CassandraStore) -> None:
    table = await plain_table(store, UNSAFE)
    key = new_key()
    await put(store, table, key)
    assert await put(store, table, key, expected=1, item=item_of(key, a="1")) == Committed()
    assert await found(store, table, key) == item_of(key, a="1")


@pytest.mark.parametrize("fault", [answer_lost, request_lost])
async def test_a_write_without_an_answer_is_sent_again(
    faulty_store: CassandraStore, session: FaultySession, fault: object
) -> None:
    table = await plain_table(faulty_store)
    key = new_key()
    session.on_next(f"t_{table.id} SET", fault)  # type: ignore[arg-type]
    assert await put(faulty_store, table, key) == Committed()
    assert await found(faulty_store, table, key) == item_of(key)
    # Else it would end as if it had fallen silent, and other tests would wait for it.
    await faulty_store._plain.close()


async def _never(
    session: Session, statement: Statement, values: Sequence[Value], seconds: float
) -> Result:
    raise OutcomeUnknown("no answer")


# It is neither a success nor a failure. And it may still come, so that a change of the table waits
# for as long as that may take.
async def test_an_unknown_outcome_keeps_the_table_from_changing(
    make_store: MakeStore, session: FaultySession
) -> None:
    store = await make_store(QUICK, session=session, deadline=0.5)
    table = await plain_table(store)
    for _ in range(100):
        session.on_next(f"t_{table.id} SET", _never)
    with pytest.raises(StoreUnknown):
        await put(store, table, new_key())
    session.heal()
    begun = SystemClock().monotonic()
    changed = replace(table, isolation=ALWAYS, version=table.version + 1)
    assert await store.change_table(changed)
    await moved(store, changed, LWT)
    assert SystemClock().monotonic() - begun > 2 - 0.5


async def test_who_is_5_s_off_writes_no_plain_write(make_store: MakeStore) -> None:
    store = await make_store(clock=SystemClock(offset=5))
    table = await plain_table(store)
    with pytest.raises(StoreUnavailable, match="clock"):
        await put(store, table, new_key())


async def test_a_held_table_takes_no_write(make_store: MakeStore) -> None:
    store = await make_store(QUICK, deadline=1.0)
    table = await plain_table(store)
    holding = held(table, LWT)
    assert await store.change_table(holding)
    with pytest.raises(StoreUnavailable, match="changing"):
        await put(store, holding, new_key())
    assert holding.writes == TO_LWT
    done = await moved(store, holding, LWT)
    assert await put(store, done, new_key()) == Committed()


# B7: an LWT whose ballot is behind a plain write's time would say applied and not be seen.
async def test_writes_of_both_kinds_see_each_other(make_store: MakeStore) -> None:
    store = await make_store(QUICK, deadline=2.0)
    other = await make_store(QUICK, deadline=2.0)
    table = await plain_table(store)
    keys = [new_key() for _ in range(20)]
    for turn in range(4):
        to = LWT if table.writes == PLAIN else PLAIN
        await asyncio.gather(
            *[put(store, table, key, item=item_of(key, turn=str(turn))) for key in keys]
        )
        table = await moved(store, table, to)
        for key in keys:
            assert await found(other, table, key) == item_of(key, turn=str(turn))
        await asyncio.gather(
            *[put(other, table, key, item=item_of(key, turn=f"{turn}b")) for key in keys]
        )
        for key in keys:
            assert await found(store, table, key) == item_of(key, turn=f"{turn}b")


# Else its row would be written by whoever meets the lock, over what was written plainly since.
async def test_transactions_are_finished_before_plain_writes(
    make_store: MakeStore,
) -> None:
    store = await make_store(QUICK, deadline=2.0)
    table = await created(store, new_table())
    keys = [new_key(), new_key()]
    for key in keys:
        await put(store, table, key)
    # One that was prepared and committed, and whose process died before it was applied.
    died = _Dying("txn:committed")
    dying = await make_store(QUICK, faults=died, deadline=2.0)
    writes = tuple(Write(table, key, ANY, item_of(key, by="txn")) for key in keys)
    task = asyncio.create_task(dying.commit(Batch(writes)))
    await asyncio.wait_for(died.reached.wait(), 30)
    changed = replace(table, isolation=FORBID, version=table.version + 1)
    assert await store.change_table(changed)
    table = await _moved_without(store, dying, changed)
    for key in keys:
        assert await found(store, table, key) == item_of(key, by="txn")
        await put(store, table, key, item=item_of(key, by="plain"))
        assert await found(store, table, key) == item_of(key, by="plain")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class _Dying:
    """Stops for ever at one place."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.reached = asyncio.Event()

    async def at(self, place: str) -> None:
        if place == self._place:
            self.reached.set()
            await asyncio.Event().wait()


async def _moved_without(store: CassandraStore, dead: CassandraStore, table: Table) -> Table:
    """`dead` neither acknowledges nor stays registered."""
    for task in dead._tasks:
        task.cancel()
    await dead._members.leave()
    return await moved(store, table, PLAIN)
