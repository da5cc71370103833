"""WRITE_SAFETY A2: a write that nobody answered for is applied once, or reported, never twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable, StoreUnknown
from app.metrics import Metrics
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, Committed, Conflict, Store
from app.store.cassandra import CassandraStore
from app.store.cassandra.session import OutcomeUnknown, Result, Session, Statement, Value
from tests.store_cassandra.faults import Late, answer_lost, no_node, request_lost
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    delete,
    item_of,
    new_key,
    put,
)

WRITE = "SET ver"
FENCE = "last[?] != ?"


async def text_of(store: Store, table: Table, key: Key) -> str | None:
    row = await store.get(table, key, consistent=True)
    return None if row is None else row.item["t"]["S"]


def writes(session: FaultySession, table: Table) -> int:
    return len([cql for cql in session.sent_for(table) if WRITE in cql])


async def test_an_applied_write_whose_answer_is_lost_is_committed_and_not_sent_again(
    make_store: MakeStore, session: FaultySession, sorted_table: Table
) -> None:
    metrics = Metrics()
    store = await make_store(session=session, metrics=metrics)
    key = new_key()
    session.on_next(WRITE, answer_lost)
    assert await put(store, sorted_table, key, expected=ABSENT) == Committed()
    assert writes(session, sorted_table) == 1
    assert metrics.value("UnknownOutcomes") == 1
    assert metrics.value("UnknownOutcomesResolved") == 1


@pytest.mark.parametrize("expected", [-1, ABSENT])
async def test_a_write_that_was_lost_is_sent_once_more(
    faulty_store: CassandraStore, session: FaultySession, sorted_table: Table, expected: int
) -> None:
    key = new_key()
    session.on_next(WRITE, request_lost)
    assert await put(faulty_store, sorted_table, key, expected=expected) == Committed()
    assert writes(session, sorted_table) == 2


async def test_a_delete_whose_answer_is_lost(
    faulty_store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()
    await put(faulty_store, sorted_table, key)
    row = await faulty_store.get(sorted_table, key, consistent=True)
    assert row is not None
    session.on_next(WRITE, answer_lost)
    outcome = await delete(faulty_store, sorted_table, key, expected=row.version)
    assert outcome == Committed()
    assert await faulty_store.get(sorted_table, key, consistent=True) is None


# The hard half of A2: by then the version in the row is neither the old one nor one's own.
async def test_an_applied_write_is_recognised_under_later_ones(
    faulty_store: CassandraStore, store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()

    async def overtaken(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        await driver.execute(statement, values, seconds)
        for text in ("later", "latest"):
            await put(store, sorted_table, key, item=item_of(key, t=text))
        raise OutcomeUnknown("late")

    session.on_next(WRITE, overtaken)
    assert await put(faulty_store, sorted_table, key, expected=ABSENT) == Committed()
    assert await text_of(store, sorted_table, key) == "latest"


async def test_a_lost_write_meets_what_was_written_meanwhile(
    faulty_store: CassandraStore, store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()

    async def overtaken(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        await put(store, sorted_table, key, item=item_of(key, t="other"))
        raise OutcomeUnknown("lost")

    session.on_next(WRITE, overtaken)
    assert await put(faulty_store, sorted_table, key, expected=ABSENT) == Conflict()
    assert await text_of(store, sorted_table, key) == "other"


# A node that hung executes the first attempt when all is long decided. Without the fence the
# blind write would come back over the acknowledged one of somebody else.
async def test_an_attempt_that_was_given_up_can_never_be_applied(
    faulty_store: CassandraStore, store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()
    late = Late()
    session.on_next(WRITE, late)
    await put(faulty_store, sorted_table, key, item=item_of(key, t="first"))
    await put(store, sorted_table, key, item=item_of(key, t="second"))
    assert not (await late.arrive()).rows[0][0]
    assert await text_of(store, sorted_table, key) == "second"


# The same for an ADD: the retry was applied, so the late attempt must fail, and the other way
# round the retry must not count again.
async def test_a_late_attempt_is_not_counted_twice(
    faulty_store: CassandraStore, store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()
    await put(store, sorted_table, key)
    row = await store.get(sorted_table, key, consistent=True)
    assert row is not None
    late = Late()
    session.on_next(WRITE, late)
    assert await put(faulty_store, sorted_table, key, expected=row.version) == Committed()
    assert not (await late.arrive()).rows[0][0]


# What decides may itself go unanswered, on either side of its execution.
@pytest.mark.parametrize("first", [answer_lost, request_lost])
@pytest.mark.parametrize("second", [answer_lost, request_lost, no_node])
async def test_deciding_may_be_repeated(
    faulty_store: CassandraStore,
    session: FaultySession,
    sorted_table: Table,
    first: object,
    second: object,
) -> None:
    key = new_key()
    session.on_next(WRITE, first)  # type: ignore[arg-type]
    session.on_next(FENCE, second)  # type: ignore[arg-type]
    session.on_next(FENCE, answer_lost)
    assert await put(faulty_store, sorted_table, key, expected=ABSENT) == Committed()
    assert writes(session, sorted_table) == (1 if first is answer_lost else 2)


async def test_an_outcome_that_cannot_be_found_out_is_said_to_be_unknown(
    make_store: MakeStore, session: FaultySession, sorted_table: Table
) -> None:
    store = await make_store(session=session, deadline=0.5)
    key = new_key()
    session.on_next(WRITE, answer_lost)
    for _ in range(1000):
        session.on_next(FENCE, request_lost)
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnknown):
            await put(store, sorted_table, key)
    assert writes(session, sorted_table) == 1


# Nothing was applied, and that is known: the client is told to try again.
async def test_a_lost_write_that_cannot_be_repeated_is_unavailable(
    make_store: MakeStore, session: FaultySession, sorted_table: Table
) -> None:
    store = await make_store(session=session, deadline=0.5)
    session.on_next(WRITE, request_lost)
    for _ in range(1000):
        session.on_next(WRITE, no_node)
    with pytest.raises(StoreUnavailable):
        await put(store, sorted_table, new_key())


async def leave_undecided(
    store: CassandraStore, session: FaultySession, table: Table, key: Key
) -> Late:
    """A blind write that a node still holds when its client has been told that nobody knows."""
    late = Late()
    session.on_next(WRITE, late)
    for _ in range(1000):
        session.on_next(FENCE, no_node)
    with pytest.raises(StoreUnknown):
        await put(store, table, key, item=item_of(key, t="undecided"))
    session.heal()
    return late


# `last[writer]` then says what the late write left there. With the same writer id the next write
# would be taken for lost, and done twice.
async def test_a_write_behind_an_undecided_one_is_decided_for_itself(
    make_store: MakeStore, session: FaultySession, sorted_table: Table
) -> None:
    store = await make_store(session=session, deadline=0.5)
    key = new_key()
    late = await leave_undecided(store, session, sorted_table, key)

    async def overtaken(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        await driver.execute(statement, values, seconds)
        await late.arrive()
        raise OutcomeUnknown("late")

    before = writes(session, sorted_table)
    session.on_next(WRITE, overtaken)
    outcome = await put(store, sorted_table, key, item=item_of(key, t="next"))
    assert outcome == Committed()
    assert writes(session, sorted_table) == before + 1


# The client has gone away while its write was under way; the next write of the key is another's.
async def test_a_write_behind_a_cancelled_one_is_decided_for_itself(
    make_store: MakeStore, session: FaultySession, sorted_table: Table
) -> None:
    store = await make_store(session=session)
    key = new_key()
    sent = asyncio.Event()
    released = asyncio.Event()
    held: list[asyncio.Task[Result]] = []

    async def hold(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        async def execute_late() -> Result:
            await released.wait()
            return await driver.execute(statement, values, seconds)

        held.append(asyncio.create_task(execute_late()))
        sent.set()
        return await asyncio.shield(held[0])

    session.on_next(WRITE, hold)
    cancelled = asyncio.create_task(put(store, sorted_table, key, item=item_of(key, t="gone")))
    await sent.wait()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled

    async def overtaken(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        await driver.execute(statement, values, seconds)
        released.set()
        await held[0]
        raise OutcomeUnknown("late")

    before = writes(session, sorted_table)
    session.on_next(WRITE, overtaken)
    outcome = await put(store, sorted_table, key, item=item_of(key, t="next"))
    assert outcome == Committed()
    assert writes(session, sorted_table) == before + 1


async def add(store: Store, table: Table, key: Key) -> None:
    """What UpdateItem with ADD does: read, add one, write if nobody else did, else again."""
    while True:
        row = await store.get(table, key, consistent=True)
        count = 0 if row is None else int(row.item["t"]["S"])
        version = ABSENT if row is None else row.version
        item = item_of(key, t=str(count + 1))
        if await put(store, table, key, expected=version, item=item) == Committed():
            return


# Two processes five seconds apart, one item, and every third statement meets some fault.
async def test_increments_are_exact_under_faults(
    make_store: MakeStore, url: str, sorted_table: Table
) -> None:
    key = new_key()
    chance = random.Random(7)
    sessions = [FaultySession(url), FaultySession(url)]
    stores = [
        await make_store(session=session, clock=SystemClock(offset=offset))
        for session, offset in zip(sessions, (0.0, 5.0), strict=True)
    ]

    async def adds(store: CassandraStore, session: FaultySession) -> None:
        for _ in range(25):
            fault = chance.choice([answer_lost, request_lost, no_node, Late()])
            if chance.random() < 0.5:
                session.on_next(chance.choice([WRITE, FENCE]), fault)
            await add(store, sorted_table, key)

    await asyncio.gather(
        *(adds(store, session) for store, session in zip(stores, sessions, strict=True))
    )
    assert await text_of(stores[0], sorted_table, key) == "50"


# Without the key queue above the store, as any caller may use it.
async def test_writes_of_one_key_at_once_are_decided_one_by_one(
    faulty_store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()
    for fault in (answer_lost, request_lost, answer_lost):
        session.on_next(WRITE, fault)
    await asyncio.gather(*(add(faulty_store, sorted_table, key) for _ in range(6)))
    assert await text_of(faulty_store, sorted_table, key) == "6"


# A second write of the key by the same process, while the first is in doubt, leaves its own trace.
async def test_two_writes_of_one_key_do_not_hide_each_other(
    faulty_store: CassandraStore, session: FaultySession, sorted_table: Table
) -> None:
    key = new_key()

    async def overtaken(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        await driver.execute(statement, values, seconds)
        await put(faulty_store, sorted_table, key, item=item_of(key, t="second"))
        raise OutcomeUnknown("late")

    session.on_next(WRITE, overtaken)
    await put(faulty_store, sorted_table, key, item=item_of(key, t="first"))
    assert writes(session, sorted_table) == 2
    assert await text_of(faulty_store, sorted_table, key) == "second"
