"""WRITE_SAFETY A3 to A5, B1, B9: global entries when processes die, stall, or disagree on time."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from app.clock import SystemClock
from app.errors import StoreUnavailable, StoreUnknown
from app.model.index import EntryChange, entry_changes, place_of
from app.model.rows import Item, Key
from app.model.table import Table
from app.store.base import Committed
from app.store.cassandra import CassandraStore, watch
from app.store.cassandra.document import encode
from app.store.cassandra.marks import MICROSECONDS, Mark, mark_of, slot_of
from app.store.cassandra.patience import Deadline
from app.store.cassandra.session import Result, Session, Statement, Value
from tests.store_cassandra.dying import DieAt, Died, abandon, die
from tests.store_cassandra.faults import Late, answer_lost, no_node, request_lost
from tests.store_cassandra.indexing import (
    GLOBAL,
    LOCAL,
    actual,
    attempt,
    becomes_right,
    compare,
    expected,
    indexed,
    item,
)
from tests.store_cassandra.support import (
    FaultySession,
    MakeStore,
    created,
    new_key,
)
from tests.store_cassandra.undecided import leave_undecided

WRITE = "SET ver"
FENCE = "last[?] != ?"


async def marks(store: CassandraStore, table: Table) -> list[Mark]:
    """Those of a table, of the last and the next two minutes."""
    now = slot_of(time.time() * MICROSECONDS)
    found = []
    for first in range(now - 12, now + 13, 5):
        found += await store._marks.read(range(first, first + 5))
    return [mark for mark in found if mark.table_id == table.id]


async def no_marks(store: CassandraStore, table: Table) -> None:
    # A write that is not visible is looked for again after 15 s.
    async with asyncio.timeout(30):
        while True:
            if not await marks(store, table):
                return
            await asyncio.sleep(0.1)


# What each operation finds, and what it writes.
OPERATIONS: list[tuple[dict[str, str] | None, dict[str, str] | None]] = [
    (None, {"g": "new", "h": "1", "l": "a"}),
    ({"g": "old", "h": "1", "l": "a"}, {"g": "new", "h": "2", "l": "b"}),
    ({"g": "old", "h": "1", "l": "a"}, {"g": "old", "h": "1", "l": "a", "x": "new"}),
    ({"g": "old", "h": "1", "l": "a"}, {"x": "sparse"}),
    ({"g": "old", "h": "1", "l": "a"}, None),
]


async def crash_in_each(
    store: CassandraStore, table: Table, before: Callable[[], None]
) -> list[Key]:
    keys = [new_key() for _ in OPERATIONS]
    for key, (old, _) in zip(keys, OPERATIONS, strict=True):
        if old is not None:
            await attempt(store, table, key, item(key, **old))
    await store._marks.close()
    for key, (_, new) in zip(keys, OPERATIONS, strict=True):
        before()
        with suppress(Died):
            await attempt(store, table, key, None if new is None else item(key, **new))
    await abandon(store)
    return keys


@pytest.mark.parametrize("point", ["mark:written", "cas:before", "cas:answered", "entries:written"])
async def test_after_a_crash_another_process_makes_the_index_right(
    make: MakeStore, point: str
) -> None:
    faults = DieAt(point)
    store = await make(faults=faults)
    table = await created(store, indexed(LOCAL, GLOBAL))

    def arm() -> None:
        faults.armed = True

    await crash_in_each(store, table, arm)
    if point == "cas:answered":
        assert await actual(store, table) != await expected(store, table)
    assert await marks(store, table)
    other = await make()
    await becomes_right(other, table)
    if point in ("cas:answered", "entries:written"):
        await no_marks(other, table)


@pytest.mark.parametrize("text", ["INSERT INTO {}.g_", "DELETE FROM {}.g_"])
async def test_after_a_crash_between_two_entries(
    make: MakeStore, own_session: FaultySession, text: str
) -> None:
    store = await make(session=own_session)
    table = await created(store, indexed(LOCAL, GLOBAL))

    def arm() -> None:
        own_session.heal()
        own_session.on_next(text.format(store._address.keyspace), die)

    await crash_in_each(store, table, arm)
    own_session.heal()
    assert await actual(store, table) != await expected(store, table)
    other = await make()
    await becomes_right(other, table)
    await no_marks(other, table)


# The one that sweeps dies with a write under way: with the waits as they are in production.
async def test_a_sweeper_that_dies_is_replaced(own_url: str, make: MakeStore) -> None:
    faults = DieAt("cas:answered")
    store = await make(faults=faults, patience=5.0)
    async with asyncio.timeout(30):
        while True:
            if store._sweeper.sweeps:
                break
            await asyncio.sleep(0.05)
    table = await created(store, indexed(GLOBAL))
    other = await make(patience=5.0)
    faults.armed = True
    key = new_key()
    with pytest.raises(Died):
        await attempt(store, table, key, item(key, g="a", h="1"))
    await abandon(store)
    assert await becomes_right(other, table, 15.0) > 4.0
    assert await actual(other, table) != {"global": {}}


async def test_one_process_sweeps_at_a_time(make: MakeStore) -> None:
    stores = [await make() for _ in range(3)]
    for _ in range(20):
        await asyncio.sleep(0.1)
        assert sum(store._sweeper.sweeps for store in stores) <= 1
    assert any(store._sweeper.sweeps for store in stores)


# -- entries that cannot be written ---------------------------------------------------------


async def test_a_write_is_acknowledged_when_only_its_entries_fail(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session, deadline=0.5)
    table = await created(store, indexed(GLOBAL))
    key = new_key()
    for _ in range(200):
        own_session.on_next(".g_", no_node)
    assert await attempt(store, table, key, item(key, g="a", h="1")) == Committed()
    own_session.heal()
    assert await marks(store, table)
    await becomes_right(store, table)
    await no_marks(store, table)


# A5: nothing is sent before the mark is acknowledged.
async def test_without_its_mark_no_write_is_sent(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session, deadline=0.5)
    table = await created(store, indexed(GLOBAL))
    for _ in range(200):
        own_session.on_next("INSERT INTO " + store._address.keyspace + "_catalog.dirty", no_node)
    key = new_key()
    with pytest.raises(StoreUnavailable):
        await attempt(store, table, key, item(key, g="a", h="1"))
    assert not [cql for cql in own_session.sent_for(table) if WRITE in cql]


# A5: each attempt has its own, and one that was not applied leaves none.
async def test_each_attempt_has_a_mark_of_its_own(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session)
    table = await created(store, indexed(GLOBAL))
    ids: list[object] = []

    async def note(
        session: Session, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        ids.append(values[2])
        return await session.execute(statement, values, seconds)

    for _ in range(3):
        own_session.on_next("_catalog.dirty (", note)
    own_session.on_next(WRITE, no_node)
    own_session.on_next(WRITE, request_lost)
    key = new_key()
    assert await attempt(store, table, key, item(key, g="a", h="1")) == Committed()
    assert len(set(ids)) == 3
    await store._marks.close()
    assert not await marks(store, table)
    await compare(store, table)


# -- unknown outcomes -----------------------------------------------------------------------


@pytest.mark.parametrize("fault", [answer_lost, request_lost])
@pytest.mark.parametrize("decided", [answer_lost, request_lost, None])
async def test_a_write_that_nobody_answered_for_is_followed_by_its_entries(
    make: MakeStore, own_session: FaultySession, fault: object, decided: object
) -> None:
    store = await make(session=own_session)
    table = await created(store, indexed(LOCAL, GLOBAL))
    key = new_key()
    steps: list[Item | None] = [
        item(key, g="a", h="1", l="x"),
        item(key, g="b", h="1", l="y"),
        None,
        item(key, g="c", h="1", l="z"),
    ]
    for step in steps:
        own_session.on_next(WRITE, fault)  # type: ignore[arg-type]
        if decided is not None:
            own_session.on_next(FENCE, decided)  # type: ignore[arg-type]
        assert await attempt(store, table, key, step) == Committed()
        await compare(store, table)


# The client got a 500; a node that hung executes the write when nobody waits for it any more.
async def test_a_write_that_comes_late_is_found_by_the_sweeper(
    make: MakeStore, own_session: FaultySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_LOOK_AGAIN_SECONDS", (0.5,))
    store = await make(session=own_session, deadline=0.5)
    table = await created(store, indexed(LOCAL, GLOBAL))
    key = new_key()
    await attempt(store, table, key, item(key, g="old", h="1", l="x"))
    late = Late()
    own_session.on_next(WRITE, late)
    for _ in range(100):
        own_session.on_next(FENCE, no_node)
    with pytest.raises(StoreUnknown):
        await attempt(store, table, key, item(key, g="new", h="1", l="y"))
    own_session.heal()
    await looked(store, table, 2)
    # Looked at and not found: the mark must not go for that (A4).
    assert (await late.arrive()).rows[0][0]
    assert await actual(store, table) != await expected(store, table)
    await becomes_right(store, table)
    await no_marks(store, table)


async def looked(store: CassandraStore, table: Table, times: int) -> None:
    """Until the sweeper has looked for the one write under way so often."""
    async with asyncio.timeout(30):
        while True:
            seen = [
                each
                for each in store._sweeper._watch.seen.values()
                if each.mark.table_id == table.id
            ]
            if seen and seen[0].looks >= times:
                return
            await asyncio.sleep(0.05)


class PausedClock(SystemClock):
    """Jumps ahead as a process's does that was stopped for a while."""

    __slots__ = ("paused",)

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "paused", 0.0)

    def monotonic(self) -> float:
        return super().monotonic() + self.paused  # type: ignore[no-any-return]


class PauseAt:
    def __init__(self, clock: PausedClock, seconds: float, point: str = "mark:written") -> None:
        self._clock = clock
        self._point = point
        self.seconds = seconds

    async def at(self, point: str) -> None:
        if point == self._point:
            object.__setattr__(self._clock, "paused", self._clock.paused + self.seconds)  # type: ignore[attr-defined]


# A4: by then the sweeper may have taken it for dead.
async def test_a_writer_that_was_paused_behind_its_mark_sends_nothing(
    make: MakeStore, own_session: FaultySession
) -> None:
    clock = PausedClock()
    faults = PauseAt(clock, 0.0)
    store = await make(session=own_session, clock=clock, faults=faults)
    table = await created(store, indexed(GLOBAL))
    key = new_key()
    await attempt(store, table, key, item(key, g="a", h="1"))
    faults.seconds = 10.5
    before = len(own_session.sent_for(table))
    with pytest.raises(StoreUnavailable, match="held up"):
        await attempt(store, table, key, item(key, g="b", h="1"))
    assert not [cql for cql in own_session.sent_for(table)[before:] if WRITE in cql]
    await compare(store, table)


# Its entries may be older by then than what Cassandra remembers of deletes.
async def test_a_writer_that_was_paused_behind_its_write_leaves_the_entries_to_the_sweeper(
    make: MakeStore, own_session: FaultySession
) -> None:
    clock = PausedClock()
    faults = PauseAt(clock, 0.0, "cas:answered")
    store = await make(session=own_session, clock=clock, faults=faults)
    table = await created(store, indexed(GLOBAL))
    key = new_key()
    await attempt(store, table, key, item(key, g="a", h="1"))
    own_session.sent.clear()
    faults.seconds = 10.5
    assert await attempt(store, table, key, item(key, g="b", h="1")) == Committed()
    faults.seconds = 0.0
    assert await marks(store, table)
    await becomes_right(store, table)
    await no_marks(store, table)


# -- clocks ---------------------------------------------------------------------------------


# B1. The second of each two comes from a process five seconds behind.
async def test_entries_are_right_whatever_the_clocks(make: MakeStore) -> None:
    stores = [await make(clock=SystemClock(offset=offset)) for offset in (5.0, 0.0)]
    table = await created(stores[0], indexed(LOCAL, GLOBAL))
    keys = [new_key() for _ in range(3)]
    chance = random.Random(1)
    for number in range(200):
        key = chance.choice(keys)
        new = item(key, g=chance.choice("ab"), h=chance.choice("12"), l=chance.choice("xy"))
        step = chance.choice([new, new, None, item(key, x=f"{number}")])
        assert await attempt(stores[number % 2], table, key, step) == Committed()
        await compare(stores[0], table)


# B1: the new item's entry stands where the tombstone of a later time is.
async def test_an_item_made_again_by_a_slower_clock_has_its_entry(make: MakeStore) -> None:
    fast, slow = await make(clock=SystemClock(offset=5.0)), await make()
    table = await created(fast, indexed(GLOBAL))
    key = new_key()
    for step in (item(key, g="a", h="1"), None):
        await attempt(fast, table, key, step)
    await attempt(slow, table, key, item(key, g="a", h="1"))
    await compare(slow, table)
    assert (await actual(slow, table))["global"]


async def test_entries_are_right_when_processes_race(make: MakeStore) -> None:
    stores = [await make(clock=SystemClock(offset=offset)) for offset in (5.0, 0.0)]
    table = await created(stores[0], indexed(LOCAL, GLOBAL))
    keys = [new_key() for _ in range(2)]

    async def writes(store: CassandraStore, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(60):
            key = chance.choice(keys)
            new = item(key, g=chance.choice("ab"), h="1", l=chance.choice("xy"))
            step = chance.choice([new, new, None])
            while True:
                if await attempt(store, table, key, step) == Committed():
                    break

    await asyncio.gather(*(writes(store, seed) for seed, store in enumerate(stores)))
    await compare(stores[0], table)


# A mark from a fast clock, of a write that never was: nothing may be deleted with its time, as the
# next item of the key is written by a slower clock.
async def test_a_mark_without_a_write_hides_no_later_entry(
    make: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_LOOK_AGAIN_SECONDS", (0.5,))
    faults = DieAt("cas:before")
    fast = await make(clock=SystemClock(offset=55.0), faults=faults)
    table = await created(fast, indexed(GLOBAL))
    key = new_key()
    faults.armed = True
    with pytest.raises(Died):
        await attempt(fast, table, key, item(key, g="a", h="1"))
    await abandon(fast)
    await fast._sweeper.close()
    store = await make()
    await looked(store, table, 1)
    assert await attempt(store, table, key, item(key, g="a", h="1")) == Committed()
    await compare(store, table)
    await looked(store, table, 4)
    await compare(store, table)


# A3: what was decided and not yet written must be seen before a write is taken for lost.
async def test_a_write_that_was_decided_and_not_written_has_its_entry(
    make: MakeStore, own_session: FaultySession
) -> None:
    store = await make(session=own_session)
    table = await created(store, indexed(GLOBAL, sort=None))
    done, lost = (Key(f"{name}-{uuid.uuid4().hex}", None) for name in ("done", "lost"))
    await attempt(store, table, done, item(done, g="a", h="1"))
    row = await store.get(table, done, consistent=True)
    assert row is not None
    partitions = [str(key.partition).encode() for key in (done, lost)]
    name = f"t_{table.id}"
    await leave_undecided(own_session.driver, store._address.keyspace, name, *partitions)
    assert len((await actual(store, table))[GLOBAL.name]) == 1
    mark = mark_of(table, lost, row.version, entry_changes(table, None, row.item))
    await store._marks.write(mark, Deadline(SystemClock(), 5.0))
    await no_marks(store, table)
    assert len((await actual(store, table))[GLOBAL.name]) == 2
    await compare(store, table)


# -- long stops -----------------------------------------------------------------------------


async def leave_behind(store: CassandraStore, table: Table, age: float) -> Key:
    """An entry and a mark as old as this, of an item that has been deleted and forgotten."""
    key = new_key()
    image = item(key, g="a", h="1")
    place = place_of(GLOBAL, image)
    assert place is not None
    version = int((time.time() - age) * MICROSECONDS)
    statement, values = store._table(table).entry_writes(2).put(place, key, encode(image), version)
    await store._patient.execute(statement, values)
    change = EntryChange(GLOBAL, place, None, image, None)
    await store._patient.execute(
        store._sweeper._watch._statements.set_swept, (slot_of(version) - 1,)
    )
    mark = mark_of(table, key, version, [change])
    values = (mark.slot, mark.shard, mark.id, version, mark.table_name, mark.table_id)
    row = (*values, mark.partition, mark.sort, mark.places, version)
    await store._patient.execute(store._marks._statements.insert, row)
    return key


# All processes were stopped for longer than a delete's marker lives, and than anybody looks back.
async def test_what_was_left_before_a_long_stop_is_found(make: MakeStore) -> None:
    store = await make()
    await abandon(store)
    await store._sweeper.close()
    table = await created(store, indexed(GLOBAL))
    await leave_behind(store, table, 8 * 3600)
    assert (await actual(store, table))["global"]
    other = await make()
    await becomes_right(other, table)


async def test_marks_of_a_table_that_is_gone_go_too(make: MakeStore) -> None:
    faults = DieAt("cas:before")
    store = await make(faults=faults)
    table = await created(store, indexed(GLOBAL))
    key = new_key()
    faults.armed = True
    with pytest.raises(Died):
        await attempt(store, table, key, item(key, g="a", h="1"))
    assert await marks(store, table)
    await store.drop_table(table)
    await no_marks(store, table)
