"""WRITE_SAFETY A1, A9, A10, B4 to B6: transactions when processes die, stall, or hear no answer."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress

import pytest

from app.clock import SystemClock
from app.metrics import Metrics
from app.model.index import entry_changes
from app.model.rows import WHOLE, Item, Key
from app.model.stream import record_of
from app.model.table import Table
from app.store.base import (
    ABSENT,
    ANY,
    Batch,
    Committed,
    Conflict,
    InProgress,
    Locked,
    Outcome,
    Replayed,
    Token,
    Write,
)
from app.store.cassandra import CassandraStore, resolution, transactions
from app.store.cassandra.dialect import CASSANDRA
from app.store.cassandra.items import ItemTable
from app.store.cassandra.marks import MICROSECONDS, slot_of
from app.store.cassandra.session import (
    Consistency,
    OutcomeUnknown,
    Result,
    Session,
    Statement,
    Value,
)
from app.store.cassandra.statements import row_of
from tests.store_cassandra.dying import DieAt, Died, abandon
from tests.store_cassandra.faults import Late, answer_lost, request_lost
from tests.store_cassandra.indexing import GLOBAL, LOCAL, becomes_right, compare, indexed, item
from tests.store_cassandra.streaming import becomes_complete, streamed
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    created,
    new_key,
    new_table,
    put,
)
from tests.store_cassandra.undecided import leave_undecided

BEGIN = "SET state = 'P'"
PREPARE = "SET txid = ?"
COMMIT = "SET state = 'C'"
APPLY = "txid = null, txp = null"
TOGETHER = "IF NOT EXISTS USING TTL"


class HoldAt:
    """Keeps who reaches the point the first time, until `go` is set."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.there = asyncio.Event()
        self.go = asyncio.Event()

    async def at(self, point: str) -> None:
        if point == self.point and not self.there.is_set():
            self.there.set()
            await self.go.wait()


@pytest.fixture
async def make(own_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeStore]:
    """`await make(sweeps=False)`: a store that leaves what others left behind to its readers."""
    monkeypatch.setattr(resolution, "PATIENCE_SECONDS", 0.3)
    async with AsyncExitStack() as stack:

        async def make(*, sweeps: bool = True, **arguments: object) -> CassandraStore:
            patience = 0.4 if sweeps else 1000.0
            settings = {"clock": SystemClock(), "metrics": Metrics(), "patience": patience}
            store = CassandraStore(own_url, **(settings | arguments))  # type: ignore[arg-type]
            stack.push_async_callback(store.close)
            await store.open()
            return store

        yield make


def over(table: Table, key: Key, old: Item | None, version: int, new: Item | None) -> Write:
    entries, record = entry_changes(table, old, new), record_of(table, old, new)
    return Write(table, key, version, new, entries, record)


async def writes_of(store: CassandraStore, table: Table, new: dict[Key, Item | None]) -> Batch:
    """What an operation would commit: every new item over what is there now."""
    writes = []
    for key, image in new.items():
        row = await store.get(table, key, consistent=True)
        old, version = (None, ABSENT) if row is None else (row.item, row.version)
        writes.append(over(table, key, old, version, image))
    return Batch(tuple(writes))


async def two_old(store: CassandraStore) -> tuple[Table, list[Key]]:
    """A new table with two items, "old", each in a partition of its own."""
    table = await created(store, new_table())
    keys = keys_apart(2)
    for key in keys:
        await put(store, table, key, item=item(key, g="old"))
    return table, keys


async def values(store: CassandraStore, table: Table, keys: list[Key]) -> list[str | None]:
    rows = [await store.get(table, key, consistent=True) for key in keys]
    return [None if row is None else row.item["g"]["S"] for row in rows]


async def commit_soon(store: CassandraStore, batch: Batch) -> Outcome:
    """As an operation does: again while rows are held by somebody who may be dead."""
    async with asyncio.timeout(30):
        while True:
            outcome = await store.commit(batch)
            if not isinstance(outcome, Locked | InProgress):
                return outcome
            await asyncio.sleep(0.02)


async def records(store: CassandraStore) -> list[str]:
    """States of the transactions that are not finished."""
    name = f"{store._address.keyspace}_catalog.transactions"
    found = await store._session.execute(
        Statement(f"SELECT state FROM {name}", Consistency.LOCAL_QUORUM), (), 5.0
    )
    return [state for (state,) in found.rows if state in ("P", "C")]


def keys_apart(count: int = 3) -> list[Key]:
    return [new_key() for _ in range(count)]


# -- deaths ---------------------------------------------------------------------------------

POINTS = ["txn:begun", "txn:prepared", "txn:committed", "txn:applied", "txn:entries"]
DONE = ("txn:committed", "txn:applied", "txn:entries")


@pytest.mark.parametrize(
    ("point", "sweeps"),
    [*((point, True) for point in POINTS), ("txn:prepared", False), ("txn:committed", False)],
)
async def test_after_a_death_all_of_it_is_there_or_nothing(
    make: MakeStore, point: str, sweeps: bool
) -> None:
    faults = DieAt(point)
    store = await make(faults=faults)
    table = await created(store, streamed(LOCAL, GLOBAL))
    one, other, gone, new = keys = keys_apart(4)
    for key in (one, other, gone):
        batch = await writes_of(store, table, {key: item(key, g="old", h="1", l="a")})
        assert await store.commit(batch) == Committed()
    batch = await writes_of(
        store,
        table,
        {
            one: item(one, g="new", h="2", l="b"),
            other: item(other, g="new", h="1", l="a"),
            gone: None,
            new: item(new, g="new", h="1", l="a"),
        },
    )
    faults.armed = True
    with pytest.raises(Died):
        await store.commit(batch)
    await abandon(store)
    reader = await make(sweeps=sweeps)
    before, after = ["old", "old", "old", None], ["new", "new", None, "new"]
    expected = after if point in DONE else before
    # Readers do not wait for the sweeper: what was decided is what they see.
    assert await values(reader, table, keys) == expected
    if sweeps:
        await becomes_right(reader, table)
        async with asyncio.timeout(30):
            while True:
                if not await records(reader):
                    break
                await asyncio.sleep(0.1)
        assert await values(reader, table, keys) == expected
    # Nothing stays locked.
    again = await writes_of(reader, table, {key: item(key, g="x", h="1", l="a") for key in keys})
    outcome = await commit_soon(reader, again)
    if outcome == Conflict():
        again = await writes_of(reader, table, {k: item(k, g="x", h="1", l="a") for k in keys})
        outcome = await commit_soon(reader, again)
    assert outcome == Committed()
    assert await values(reader, table, keys) == ["x"] * 4
    if sweeps:
        # Each write is in the stream once, in its place.
        await becomes_complete(reader, table)


# A single write that meets the lock of a dead process ends its transaction, without a sweeper.
@pytest.mark.parametrize("expected", [ANY, None])
async def test_a_writer_ends_a_transaction_that_was_left_behind(
    make: MakeStore, expected: int | None
) -> None:
    faults = DieAt("txn:prepared")
    store = await make(faults=faults)
    table, keys = await two_old(store)
    faults.armed = True
    with pytest.raises(Died):
        await store.commit(await writes_of(store, table, {key: item(key, g="new") for key in keys}))
    await abandon(store)
    other = await make(sweeps=False)
    row = await other.get(table, keys[0], consistent=True)
    assert row is not None
    version = row.version if expected is None else expected
    write = Write(table, keys[0], version, item(keys[0], g="mine"))
    assert await other.commit(Batch((write,))) == Locked((keys[0],))
    assert await commit_soon(other, Batch((write,))) == Committed()
    assert await values(other, table, keys) == ["mine", "old"]


# A9: who was taken for dead finds out that its transaction is over.
async def test_a_process_that_wakes_up_cannot_commit_what_was_aborted(make: MakeStore) -> None:
    hold = HoldAt("txn:prepared")
    store = await make(faults=hold, sweeps=False)
    table, keys = await two_old(store)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    sleeper = asyncio.create_task(store.commit(batch))
    await hold.there.wait()
    other = await make(sweeps=False)
    mine = Batch((Write(table, keys[0], ANY, item(keys[0], g="mine")),))
    assert await commit_soon(other, mine) == Committed()
    hold.go.set()
    assert await sleeper == Conflict()
    assert await values(other, table, keys) == ["mine", "old"]


# A1, B5: until it is decided a transaction keeps writers off, and readers see what was before.
async def test_a_transaction_under_way_locks_and_hides(
    make: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow this machine is, nobody takes it for left behind.
    monkeypatch.setattr(resolution, "PATIENCE_SECONDS", 30.0)
    hold = HoldAt("txn:prepared")
    store = await make(faults=hold, sweeps=False)
    table, keys = await two_old(store)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    sleeper = asyncio.create_task(store.commit(batch))
    await hold.there.wait()
    other = await make(sweeps=False)
    for key in keys:
        assert await put(other, table, key, item=item(key, g="mine")) == Locked((key,))
    places = [(table, key) for key in keys]
    seen = await other.snapshot(places)
    assert not isinstance(seen, Conflict)
    assert [row and row.item["g"]["S"] for row in seen] == ["old", "old"]
    third = await writes_of(other, table, {keys[1]: item(keys[1], g="x"), new_key(): None})
    assert isinstance(await other.commit(third), Locked)
    hold.go.set()
    assert await sleeper == Committed()
    seen = await other.snapshot(places)
    assert not isinstance(seen, Conflict)
    assert [row and row.item["g"]["S"] for row in seen] == ["new", "new"]


# A11: a lock on an absent item is no item, and who has the answer finds every entry.
@pytest.mark.parametrize("point", ["txn:prepared", "txn:committed"])
async def test_pages_show_no_lock_and_an_answer_is_behind_all_entries(
    make: MakeStore, point: str
) -> None:
    hold = HoldAt(point)
    store = await make(faults=hold, sweeps=False)
    table = await created(store, indexed(LOCAL))
    new = {key: item(key, g="new", l="place") for key in keys_apart(2)}
    sleeper = asyncio.create_task(store.commit(await writes_of(store, table, new)))
    await hold.there.wait()
    other = await make(sweeps=False)
    page = await other.scan(table, WHOLE, limit=10, consistent=True)
    assert (page.rows, page.more) == ((), False)
    assert not sleeper.done()
    hold.go.set()
    assert await sleeper == Committed()
    page = await other.scan(table, WHOLE, limit=10, consistent=True)
    assert {row.key for row in page.rows} == set(new)
    await compare(other, table)


# B5: the one row is read before a transaction, the other one after it.
async def test_a_snapshot_shows_no_half_of_a_transaction(
    make: MakeStore, own_session: FaultySession
) -> None:
    store, other = await make(session=own_session, sweeps=False), await make(sweeps=False)
    table, keys = await two_old(store)
    batch = await writes_of(other, table, {key: item(key, g="new") for key in keys})

    async def behind_it(
        session: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        assert await other.commit(batch) == Committed()
        return await session.execute(statement, values, seconds)

    own_session.on_next("SELECT item, ver, txid", behind_it)
    seen = await store.snapshot([(table, key) for key in keys])
    assert not isinstance(seen, Conflict)
    assert [row and row.item["g"]["S"] for row in seen] == ["new", "new"]


# B4: the mark of its record, made when it was prepared, may have been given up meanwhile.
async def test_whoever_applies_a_row_makes_a_mark_of_its_record(make: MakeStore) -> None:
    faults = DieAt("txn:committed")
    store = await make(faults=faults, sweeps=False)
    table = await created(store, streamed())
    keys = keys_apart(2)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    faults.armed = True
    with pytest.raises(Died):
        await store.commit(batch)
    await abandon(store)
    pending = store._streams.marks
    now = slot_of(time.time() * MICROSECONDS)
    for mark in await pending.read(range(now - 2, now + 3)):
        await pending.remove(mark)
    reader = await make(sweeps=False)
    assert await values(reader, table, keys) == ["new", "new"]
    assert await becomes_complete(reader, table)


# -- answers that do not come ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault", "outcome"),
    [
        (BEGIN, answer_lost, Conflict()),
        (BEGIN, request_lost, Conflict()),
        (PREPARE, answer_lost, Conflict()),
        (PREPARE, request_lost, Conflict()),
        (COMMIT, answer_lost, Committed()),
        (COMMIT, request_lost, Conflict()),
        (APPLY, answer_lost, Committed()),
        (APPLY, request_lost, Committed()),
    ],
)
async def test_a_lost_answer_leaves_nothing_open(
    make: MakeStore, own_session: FaultySession, text: str, fault: object, outcome: Outcome
) -> None:
    store = await make(session=own_session, sweeps=False)
    table, keys = await two_old(store)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    own_session.on_next(text, fault)  # type: ignore[arg-type]
    before = await records(store)
    assert await store.commit(batch) == outcome
    expected = "new" if outcome == Committed() else "old"
    assert await values(store, table, keys) == [expected] * 2
    if outcome == Conflict():
        assert await records(store) == before
    if outcome == Conflict():
        assert await store.commit(batch) == Committed()


# A9: what a node executes late does no harm, whatever it is.
@pytest.mark.parametrize("text", [BEGIN, PREPARE, COMMIT])
async def test_a_request_that_arrives_late_changes_nothing(
    make: MakeStore, own_session: FaultySession, text: str
) -> None:
    store = await make(session=own_session, sweeps=False)
    table, keys = await two_old(store)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    late = Late()
    own_session.on_next(text, late)
    assert await store.commit(batch) == Conflict()
    assert (await late.arrive()).rows[0][0] == (text == PREPARE)
    assert await values(store, table, keys) == ["old", "old"]
    # Readers have removed the lock of a transaction that has no record.
    for key in keys:
        assert await put(store, table, key, item=item(key, g="mine")) == Committed()
    await late.arrive()
    assert await values(store, table, keys) == ["mine", "mine"]


async def begun_without_a_round(
    session: Session, statement: Statement, values: Sequence[Value], seconds: float
) -> Result:
    """The record, written so that its partition has no Paxos state yet."""
    plain = statement.cql.replace(" IF state = null", "")
    await session.execute(Statement(plain, Consistency.LOCAL_QUORUM), values, seconds)
    return Result(("[applied]",), [(True,)])


async def holders(store: CassandraStore, table: Table, keys: list[Key]) -> set[bytes]:
    """The transactions that hold these rows."""
    locks = ItemTable(store._address.keyspace, table, CASSANDRA).locks
    found = [await store._session.execute(locks.holder, row_of(key), 5.0) for key in keys]
    return {txid for result in found for (txid,) in result.rows if txid is not None}


async def committed_records(store: CassandraStore) -> set[bytes]:
    name = f"{store._address.keyspace}_catalog.transactions"
    statement = Statement(f"SELECT id, state FROM {name}", Consistency.LOCAL_QUORUM)
    rows = (await store._session.execute(statement, (), 5.0)).rows
    return {id for id, state in rows if state == "C"}


async def commit_left_undecided(make: MakeStore, session: FaultySession, id: bytes) -> None:
    """The round that commits the transaction `id` was accepted, and its leader died.

    It is that of another transaction, under another key.
    """
    hold = HoldAt("txn:committed")
    twin = await make(faults=hold, sweeps=False)
    before = await committed_records(twin)
    table = await created(twin, new_table())
    writes = [Write(table, key, ABSENT, item(key, g="x")) for key in keys_apart(2)]
    work = asyncio.create_task(twin.commit(Batch(tuple(writes))))
    try:
        async with asyncio.timeout(30):
            await hold.there.wait()
        (done,) = await committed_records(twin) - before
        catalog = f"{twin._address.keyspace}_catalog"
        await leave_undecided(session.driver, catalog, "transactions", done, id)
    finally:
        hold.go.set()
    assert await work == Committed()


class TimesOut:
    """Never executed; that nothing is known of it is said when `go` is set."""

    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.go = asyncio.Event()
        self.values: Sequence[Value] = ()

    async def __call__(
        self, session: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        self.values = values
        self.there.set()
        await self.go.wait()
        raise OutcomeUnknown("the round timed out")


# A2, A9: a round that was accepted and not written is seen by a serial read or a lightweight
# transaction, and by no other read: whoever ends the transaction finds the same.
@pytest.mark.parametrize("ends", ["committer", "writer", "sweeper"])
@pytest.mark.parametrize("accepted", [True, False])
async def test_an_undecided_commit_is_the_same_to_all(
    make: MakeStore, own_session: FaultySession, ends: str, accepted: bool
) -> None:
    store = await make(session=own_session, sweeps=False)
    table, keys = await two_old(store)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    commit = TimesOut()
    own_session.on_next(BEGIN, begun_without_a_round)
    own_session.on_next(COMMIT, commit)
    committer = asyncio.create_task(store.commit(batch))
    try:
        async with asyncio.timeout(30):
            await commit.there.wait()
        (id,) = commit.values
        assert isinstance(id, bytes)
        if accepted:
            await commit_left_undecided(make, own_session, id)
        reader = await make(sweeps=False)
        assert await values(reader, table, keys) == ["old", "old"]
        expected = "new" if accepted else "old"
        if ends == "writer":
            # Who is kept off ends it when it has taken too long.
            mine = Write(table, keys[0], ANY, item(keys[0], g="mine"))
            assert await commit_soon(reader, Batch((mine,))) == Committed()
            assert await values(reader, table, keys) == ["mine", expected]
        elif ends == "sweeper":
            mark = resolution.transaction_mark(id, int(time.time() * MICROSECONDS))
            assert await reader._sweeper._repair.settle(mark, old=False)
            assert await holders(store, table, keys) == set()
            assert await values(reader, table, keys) == [expected] * 2
    finally:
        commit.go.set()
    assert await committer == (Committed() if accepted else Conflict())
    if ends != "writer":
        assert await values(store, table, keys) == [expected] * 2
        assert await values(reader, table, keys) == [expected] * 2


# A driver, or whatever is between, may send a statement again after all.
async def test_a_commit_that_was_executed_twice_is_one(
    make: MakeStore, own_session: FaultySession
) -> None:
    async def twice(
        session: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        await session.execute(statement, values, seconds)
        return await session.execute(statement, values, seconds)

    store = await make(session=own_session, sweeps=False)
    table = await created(store, new_table())
    keys = keys_apart(2)
    batch = await writes_of(store, table, {key: item(key, g="new") for key in keys})
    own_session.on_next(COMMIT, twice)
    assert await store.commit(batch) == Committed()
    assert await values(store, table, keys) == ["new", "new"]


# -- one partition, and tokens --------------------------------------------------------------


def token() -> Token:
    return Token(uuid.uuid4().hex, b"request")


def additions(table: Table, keys: list[Key], token: Token) -> Batch:
    writes = tuple(Write(table, key, ABSENT, item(key, g="new")) for key in keys)
    return Batch(writes, token)


def keys_of(together: bool) -> list[Key]:
    partition = uuid.uuid4().hex
    return [Key(partition, "a"), Key(partition if together else uuid.uuid4().hex, "b")]


@pytest.mark.parametrize(
    ("fault", "outcome"), [(answer_lost, Committed()), (request_lost, Conflict())]
)
async def test_a_lost_answer_of_one_batch(
    make: MakeStore, own_session: FaultySession, fault: object, outcome: Outcome
) -> None:
    store = await make(session=own_session, sweeps=False)
    table = await created(store, new_table())
    keys = keys_of(together=True)
    batch = additions(table, keys, token())
    own_session.on_next("BEGIN BATCH", fault)  # type: ignore[arg-type]
    assert await store.commit(batch) == outcome
    assert await values(store, table, keys) == ["new" if outcome == Committed() else None] * 2
    assert await store.commit(batch) == (Replayed() if outcome == Committed() else Committed())


# A10: the batch was given up, so that it can never be applied.
async def test_a_batch_that_arrives_late_is_refused(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session, sweeps=False)
    table = await created(store, new_table())
    keys = keys_of(together=True)
    late = Late()
    own_session.on_next("BEGIN BATCH", late)
    assert await store.commit(additions(table, keys, token())) == Conflict()
    await late.arrive()
    assert await values(store, table, keys) == [None, None]


# A10: whoever asks again with the token of a dead process finds out what became of it.
@pytest.mark.parametrize(
    ("together", "point", "done"),
    [
        (True, "token:taken", False),
        (True, "together:before", False),
        (True, "together:answered", True),
        (True, "together:applied", True),
        (False, "txn:begun", False),
        (False, "txn:prepared", False),
        (False, "txn:committed", True),
        (False, "txn:applied", True),
        (False, "txn:spent", True),
    ],
)
async def test_a_token_of_a_dead_process(
    make: MakeStore, together: bool, point: str, done: bool
) -> None:
    faults = DieAt(point)
    store = await make(faults=faults)
    table = await created(store, new_table())
    keys = keys_of(together)
    batch = additions(table, keys, token())
    faults.armed = True
    with suppress(Died):
        await store.commit(batch)
    await abandon(store)
    other = await make(sweeps=False)
    assert await commit_soon(other, batch) == (Replayed() if done else Committed())
    assert await values(other, table, keys) == ["new", "new"]
    assert batch.token is not None
    assert await other.spent(batch.token) == Replayed()


# A10: it may not be dead, only slow; its own attempt is over all the same.
@pytest.mark.parametrize("point", ["together:before", "txn:begun", "txn:prepared"])
async def test_a_process_whose_token_was_taken_over_applies_nothing(
    make: MakeStore, point: str
) -> None:
    hold = HoldAt(point)
    store = await make(faults=hold, sweeps=False)
    table = await created(store, new_table())
    keys = keys_of(together=point == "together:before")
    mine = token()
    sleeper = asyncio.create_task(store.commit(additions(table, keys, mine)))
    await hold.there.wait()
    other = await make(sweeps=False)
    assert await other.commit(additions(table, keys, mine)) == InProgress()
    assert await commit_soon(other, additions(table, keys, mine)) == Committed()
    batch = await writes_of(other, table, dict.fromkeys(keys))
    assert await other.commit(batch) == Committed()
    hold.go.set()
    assert await sleeper == Conflict()
    assert await values(other, table, keys) == [None, None]
    assert await other.spent(mine) == Replayed()


# B6: what is too large for one mutation is prepared row by row.
async def test_a_large_transaction_of_one_partition(
    make: MakeStore, own_session: FaultySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await make(session=own_session, sweeps=False)
    table = await created(store, new_table())
    keys = keys_of(together=True)
    monkeypatch.setattr(transactions, "MOST_TOGETHER_BYTES", 10)
    assert await store.commit(additions(table, keys, token())) == Committed()
    assert await values(store, table, keys) == ["new", "new"]
    assert sum(PREPARE in cql for cql in own_session.sent) == 2


# One round of consensus for a transaction of one partition, and none that plain requests pay.
async def test_statements_of_transactions(make: MakeStore, own_session: FaultySession) -> None:
    store = await make(session=own_session, sweeps=False)
    table = await created(store, new_table())
    keys = keys_of(together=True)
    own_session.sent.clear()
    writes = tuple(Write(table, key, ABSENT, item(key, g="new")) for key in keys)
    await store.commit(Batch(writes))
    assert len(own_session.sent_for(table)) == 1
    own_session.sent.clear()
    await store.get(table, keys[0], consistent=True)
    await put(store, table, keys[0])
    assert len(own_session.sent_for(table)) == 2
