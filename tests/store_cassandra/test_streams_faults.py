"""Records when processes die, stall, or do not know what became of a statement: STREAMS.md."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable, StoreUnknown, TableChanged
from app.jobs.isolation import ordered
from app.model.rows import Key
from app.model.table import Table
from app.store.base import ABSENT, ANY, Batch, Committed, Write
from app.store.cassandra import CassandraStore, outbox, relay, watch
from app.store.cassandra.marks import MICROSECONDS, Mark, slot_of
from app.store.cassandra.patience import Deadline
from app.store.cassandra.session import Result, Session, Statement, Value
from tests.store_cassandra.dying import Died, abandon
from tests.store_cassandra.faults import Late, answer_lost, no_node, request_lost
from tests.store_cassandra.indexing import GLOBAL, LOCAL, becomes_right, item
from tests.store_cassandra.streaming import (
    becomes_complete,
    leftovers,
    records,
    relays,
    replayed,
    scanned,
    streamed,
    write,
)
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    created,
    new_key,
    until,
)
from tests.store_cassandra.undecided import leave_undecided


class At:
    """What happens at one point, once it is armed: the process dies, or stands still."""

    def __init__(self, point: str, *, dies: bool = True) -> None:
        self.point = point
        self.armed = False
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        self._dies = dies

    async def at(self, point: str) -> None:
        if self.armed and point == self.point:
            self.armed = False
            self.reached.set()
            if self._dies:
                raise Died(point)
            await self.go_on.wait()


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LEASE_SECONDS", 2)
    monkeypatch.setattr(watch, "_LOOK_AGAIN_SECONDS", (0.5,))


async def some_writes(store: CassandraStore, table: Table, keys: list[Key], rounds: int) -> None:
    for number in range(rounds):
        for key in keys:
            new = None if number % 3 == 2 else item(key, n=str(number))
            assert await write(store, table, key, new) == Committed()


async def none_left(store: CassandraStore, table: Table) -> None:
    await until(lambda: leftovers(store, table), lambda found: found == 0)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("relay:taken", marks=pytest.mark.long),
        "relay:found",
        "relay:assigned",
        "relay:logged",
        pytest.param("relay:removed", marks=pytest.mark.long),
    ],
)
async def test_a_relay_that_dies_is_replaced(make: MakeStore, point: str) -> None:
    faults = At(point)
    store = await make(faults=faults)
    await relays(store)
    faults.armed = True
    table = await created(store, streamed())
    keys = [new_key() for _ in range(4)]
    await some_writes(store, table, keys, 2)
    async with asyncio.timeout(30):
        await faults.reached.wait()
    await some_writes(store, table, keys, 2)
    await abandon(store)
    other = await make()
    await becomes_complete(other, table)
    assert len(await records(other, table)) == 16
    await some_writes(other, table, keys, 3)
    await becomes_complete(other, table)
    await none_left(other, table)


# It was stopped, another one took over, and now it goes on where it was.
@pytest.mark.parametrize(
    "point",
    [
        pytest.param("relay:taken", marks=pytest.mark.long),
        "relay:found",
        "relay:assigned",
        pytest.param("relay:logged", marks=pytest.mark.long),
    ],
)
async def test_a_relay_that_was_paused_appends_nothing_twice(make: MakeStore, point: str) -> None:
    faults = At(point, dies=False)
    store = await make(faults=faults)
    await relays(store)
    faults.armed = True
    table = await created(store, streamed())
    keys = [new_key() for _ in range(4)]
    await some_writes(store, table, keys, 2)
    async with asyncio.timeout(30):
        await faults.reached.wait()
    other = await make()
    assert await relays(other) is other
    await becomes_complete(other, table)
    await some_writes(other, table, keys, 2)
    await becomes_complete(other, table)
    faults.go_on.set()
    await some_writes(store, table, keys, 1)
    await becomes_complete(other, table)
    assert len(await records(other, table)) == 20
    await none_left(other, table)


@pytest.mark.parametrize("point", ["pending:written", "cas:before", "cas:answered"])
async def test_a_writer_that_dies_leaves_all_or_nothing(make: MakeStore, point: str) -> None:
    faults = At(point)
    store = await make(faults=faults)
    table = await created(store, streamed(LOCAL, GLOBAL))
    key = new_key()
    await write(store, table, key, item(key, g="old", h="1", l="a"))
    faults.armed = True
    with suppress(Died):
        await write(store, table, key, item(key, g="new", h="2", l="b"))
    await abandon(store)
    other = await make()
    await becomes_complete(other, table)
    await becomes_right(other, table)
    await write(other, table, key, None)
    await becomes_complete(other, table)
    await none_left(other, table)


@pytest.mark.parametrize("fault", [answer_lost, pytest.param(request_lost, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "text",
    ["SET seq = ?, base = ?, refs", ".log ", "USING TIMESTAMP ? WHERE pk = ? AND kind = 100"],
)
async def test_an_append_of_unknown_outcome(
    make: MakeStore, own_session: FaultySession, text: str, fault: object
) -> None:
    store = await make(session=own_session)
    await relays(store)
    table = await created(store, streamed())
    keys = [new_key() for _ in range(4)]
    for _ in range(3):
        own_session.on_next(text, fault)  # type: ignore[arg-type]
    await some_writes(store, table, keys, 4)
    await becomes_complete(store, table)
    assert len(await records(store, table)) == 16
    await none_left(store, table)


# The answer stays out until the relay gives up: what became of it shows the head, taken anew.
@pytest.mark.parametrize("first", [answer_lost, request_lost])
async def test_an_append_that_stays_undecided(
    make: MakeStore,
    own_session: FaultySession,
    first: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So that it does not lose its lease meanwhile, and begins anew for that.
    monkeypatch.setattr(relay, "LEASE_SECONDS", 20)
    store = await make(session=own_session, deadline=2.0)
    await relays(store)
    table = await created(store, streamed())
    keys = [new_key() for _ in range(2)]
    own_session.on_next("SET seq = ?, base = ?, refs", first)  # type: ignore[arg-type]
    for _ in range(100):
        own_session.on_next("SET seq = ?, base = ?, refs", no_node)
    await some_writes(store, table, keys, 2)

    own_session.sent.clear()

    async def asked_anew() -> bool:
        return any("SELECT owner, seq, base, refs" in cql for cql in own_session.sent)

    await until(asked_anew, bool)
    # So that the next append is another one.
    await some_writes(store, table, keys, 1)
    own_session.heal()
    await becomes_complete(store, table)
    assert len(await records(store, table)) == 6


# B3: the mark of the first write is not seen, that of the second one is.
async def test_an_item_is_told_in_order_whatever_is_seen_first(make: MakeStore) -> None:
    faults = At("relay:found", dies=False)
    store = await make(faults=faults)
    await relays(store)
    table = await created(store, streamed())
    faults.armed = True
    block, key = new_key(), new_key()
    await write(store, table, block, item(block))
    async with asyncio.timeout(30):
        await faults.reached.wait()
    for number in range(3):
        await write(store, table, key, item(key, n=str(number)))
        marks = await pending(store, table, key)
        if number < 2:
            for mark in marks:
                await store._streams.marks.remove(mark)
    faults.go_on.set()
    await becomes_complete(store, table)
    assert len(await records(store, table)) == 4


async def pending(store: CassandraStore, table: Table, key: Key) -> list[Mark]:
    now = slot_of(store._clock.time() * MICROSECONDS)
    found = await store._streams.marks.read(range(now - 2, now + 3))
    return [mark for mark in found if mark.table_id == table.id and mark.key(table) == key]


# A3: nobody can see it, and yet it will have happened for whoever writes next.
async def test_a_write_that_was_decided_and_not_written_is_told(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session)
    await relays(store)
    table = await created(store, streamed(sort=None))
    done, lost = (Key(f"{name}-{uuid.uuid4().hex}", None) for name in ("done", "lost"))
    await write(store, table, done, item(done))
    await becomes_complete(store, table)
    row = await store.get(table, done, consistent=True)
    assert row is not None
    keyspace = store._address.keyspace
    texts = [str(key.partition) for key in (done, lost)]
    partitions = [text.encode() for text in texts]
    name = f"t_{table.id}"
    await leave_undecided(own_session.driver, keyspace, name, *partitions)
    assert await store.get(table, lost, consistent=True) is None
    mark = outbox.mark_of(table, lost, row.version)
    await store._streams.marks.write(mark, Deadline(SystemClock(), 5.0))

    async def told() -> list[str]:
        return [record.keys["p"]["S"] for record in await records(store, table)]

    await until(told, lambda found: sorted(found) == sorted(texts))
    assert await store.get(table, lost, consistent=True) is not None


# A5: or the one that is done takes the mark away that the other one needs.
async def test_each_attempt_has_a_mark_of_its_record(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session)
    table = await created(store, streamed())
    ids: list[Value] = []

    async def note(
        session: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        ids.append(values[2])
        return await session.execute(statement, values, seconds)

    for _ in range(3):
        own_session.on_next("_catalog.pending (", note)
    own_session.on_next("SET ver", no_node)
    own_session.on_next("SET ver", request_lost)
    key = new_key()
    assert await write(store, table, key, item(key)) == Committed()
    assert len(set(ids)) == 3
    await becomes_complete(store, table)
    assert len(await records(store, table)) == 1


# A4: its client got a 500, and a node that hung executes the write when nobody waits any more.
async def test_a_write_that_comes_late_is_told(make: MakeStore, own_session: FaultySession) -> None:
    store = await make(session=own_session, deadline=2.0)
    await relays(store)
    table = await created(store, streamed())
    key = new_key()
    await write(store, table, key, item(key, n="1"))
    late = Late()
    own_session.on_next("SET ver", late)
    for _ in range(100):
        own_session.on_next("last[?] != ?", no_node)
    with pytest.raises(StoreUnknown):
        await write(store, table, key, item(key, n="2"))
    own_session.heal()

    async def looked() -> bool:
        seen = store._streams.relay._watch.seen.values()
        return any(each.mark.table_id == table.id and each.looks for each in seen)

    # Looked for and not found: the mark must not go for that.
    await until(looked, bool)
    assert (await late.arrive()).rows[0][0]
    await becomes_complete(store, table)
    assert len(await records(store, table)) == 2


# A6: a delete with the time of a slow clock would do nothing.
async def test_rows_go_whatever_the_clock_of_the_relay(make: MakeStore) -> None:
    slow = await make(clock=SystemClock(offset=-30.0))
    await relays(slow)
    fast = await make(clock=SystemClock(offset=25.0))
    table = await created(fast, streamed())
    keys = [new_key() for _ in range(3)]
    await some_writes(fast, table, keys, 2)
    await some_writes(slow, table, keys, 2)
    await becomes_complete(slow, table)
    assert len(await records(slow, table)) == 12
    await none_left(slow, table)


# A13: who has not heard of the stream yet may not write by it.
async def test_a_stale_writer_skips_no_record(make: MakeStore) -> None:
    one, other = await make(), await make()
    without = replace(streamed(), stream=None, latest_stream=None)
    table = await created(one, without)
    known = await other.table(table.name)
    assert known is not None
    enabled = replace(streamed(), id=table.id, name=table.name, version=table.version + 1)
    enabled = replace(enabled, status="ACTIVE", created=table.created)
    assert await one.change_table(enabled)
    await one.settled(enabled)
    key = new_key()
    with pytest.raises(TableChanged):
        await other.commit(Batch((Write(known, key, ABSENT, item(key)),)))
    latest = await other.table(table.name)
    assert latest is not None
    await write(other, latest, key, item(key))
    await becomes_complete(other, latest)
    assert len(await records(other, latest)) == 1


# B1. `other` has been stopped and does not know of the stream; the clock of `fast` is ahead.
async def test_a_stream_begins_when_all_writes_are_in_order(
    make: MakeStore, own_session: FaultySession
) -> None:
    fast, slow = await make(clock=SystemClock(offset=50.0)), await make()
    other = await make(session=own_session)
    other._catalog._copy_seconds = 60.0
    table = await created(slow, replace(streamed(), stream=None, latest_stream=None))
    await slow.settled(table)
    held, go = asyncio.Event(), asyncio.Event()

    async def stopped(
        driver: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        held.set()
        await go.wait()
        return await driver.execute(statement, values, seconds)

    own_session.on_next("SELECT DISTINCT part, version", stopped)
    async with asyncio.timeout(30):
        await held.wait()
    assert await other.table(table.name) == table

    async def begin() -> Table:
        await ordered(slow, table)
        now = await slow.table(table.name)
        assert now is not None
        enabled = replace(now, stream=streamed().stream, version=now.version + 1)
        assert await slow.change_table(enabled)
        await slow.settled(enabled)
        return enabled

    beginning = asyncio.create_task(begin())
    latest = await until(lambda: fast.table(table.name), lambda found: found != table)
    assert latest is not None
    key = new_key()
    assert await write(fast, latest, key, item(key, n="1")) == Committed()
    await other._members.beat()
    blind = Write(table, key, ANY, item(key, n="2"))
    assert await other.commit(Batch((blind,))) == Committed()
    again = await slow.table(table.name)
    assert again is not None
    assert await write(slow, again, key, item(key, n="3")) == Committed()
    go.set()
    enabled = await beginning
    assert await write(slow, enabled, key, item(key, n="4")) == Committed()
    await none_left(slow, enabled)
    told = [record.new for record in await records(slow, enabled)]
    assert told[-1] == item(key, n="4")
    assert told == [item(key, n=str(number)) for number in range(5 - len(told), 5)]


# Its records are in rows of the table itself.
async def test_a_table_goes_when_its_records_are_out(make: MakeStore) -> None:
    faults = At("relay:found", dies=False)
    store = await make(faults=faults)
    await relays(store)
    table = await created(store, streamed())
    faults.armed = True
    keys = [new_key() for _ in range(5)]
    await some_writes(store, table, keys, 2)
    async with asyncio.timeout(30):
        await faults.reached.wait()
    assert await store.drop_table(table)
    left = await store.table(table.name)
    assert left is not None
    assert left.status == "DELETING"
    faults.go_on.set()
    await until(lambda: store.table(table.name), lambda found: found is None)
    assert len(await records(store, table)) == 10


async def test_one_process_relays_at_a_time(make: MakeStore) -> None:
    stores = [await make() for _ in range(3)]
    await relays(*stores)
    for _ in range(20):
        await asyncio.sleep(0.1)
        assert sum(store._streams.relay.relays for store in stores) <= 1


# All of it at random: two processes with clocks apart, statements that fail, relays that change.
async def test_every_write_is_told_once_under_faults(
    make: MakeStore, own_url: str, own_session: FaultySession
) -> None:
    chance = random.Random(6)
    other_session = FaultySession(own_url)
    sessions = [own_session, other_session]
    stores = [
        await make(session=session, clock=SystemClock(offset=offset), deadline=2.0)
        for session, offset in zip(sessions, (-2.0, 3.0), strict=True)
    ]
    table = await created(stores[0], streamed())
    keys = [new_key() for _ in range(4)]
    faults = [answer_lost, request_lost, no_node]
    texts = ["SET ver", "SET seq", ".log ", "kind = 100", ".pending ", "SET owner"]

    async def work(store: CassandraStore) -> None:
        for number in range(30):
            key = chance.choice(keys)
            new = None if chance.random() < 0.2 else item(key, n=f"{number}{id(store)}")
            with suppress(StoreUnknown, StoreUnavailable):
                await write(store, table, key, new)

    async def disturb() -> None:
        while True:
            session = chance.choice(sessions)
            session.on_next(chance.choice(texts), chance.choice(faults))
            await asyncio.sleep(0.03)

    disturber = asyncio.create_task(disturb())
    try:
        async with asyncio.timeout(40):
            await asyncio.gather(*(work(store) for store in stores for _ in range(2)))
    finally:
        disturber.cancel()
        for session in sessions:
            session.heal()
    await becomes_complete(stores[0], table)
    assert await replayed(stores[1], table) == await scanned(stores[1], table)
    await none_left(stores[0], table)
