"""Time to live: what is deleted, what is kept, and what must not be lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.jobs.expiry import Expiry
from app.metrics import Metrics
from app.model.expiry import entry_of, expired, index_for, partitions
from app.model.index import entry_changes
from app.model.rows import WHOLE, Item, Key
from app.model.table import KEPT, Index, KeyAttribute, Table, TimeToLive
from app.store.base import ANY, Batch, Store, Write
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore

NOW = 1_800_000_000.0
YEAR = 365.25 * 86400


@dataclass
class FixedClock:
    """Its owner moves it."""

    now: float = NOW

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore("sqlite://", clock=FixedClock())
    await store.open()
    yield store
    await store.close()


INDEX = Index(1, "by-kind", False, (KeyAttribute("kind", "S"),))
TABLE = Table(
    id="0" * 31 + "1",
    name="things",
    partition_key=KeyAttribute("pk", "S"),
    sort_key=None,
    created=NOW,
    indexes=(INDEX,),
    next_index=2,
)
EXPIRY = replace(index_for(TABLE, "expires"), status="ACTIVE", phase=KEPT)
TIMED = replace(TABLE, ttl=TimeToLive("expires", EXPIRY), next_index=3)


async def make(store: Store, table: Table = TIMED) -> Table:
    assert await store.create_table(table)
    made = await store.table(table.name)
    assert made is not None
    return made


async def put(store: Store, table: Table, name: str, value: dict[str, Any]) -> Key:
    item: Item = {"pk": {"S": name}, "kind": {"S": "k"}, "expires": value}
    key = Key(name, None)
    entries = entry_changes(table, None, item)
    await store.commit(Batch((Write(table, key, ANY if not entries else 0, item, entries),)))
    return key


def job(store: Store) -> Expiry:
    return Expiry(store, FixedClock(), Metrics(), KeyQueue(), interval=1, pause=0)


@pytest.mark.parametrize(
    ("value", "gone"),
    [
        ({"N": str(int(NOW - 1))}, True),
        ({"N": str(int(NOW))}, True),
        ({"N": str(int(NOW + 1))}, False),
        ({"N": "1799999999.5"}, True),
        # Milliseconds by mistake lie far in the future, zero lies more than five years back.
        ({"N": str(int(NOW * 1000))}, False),
        ({"N": "0"}, False),
        ({"N": str(int(NOW - 5 * YEAR - 10))}, False),
        ({"N": str(int(NOW - 5 * YEAR + 10))}, True),
        ({"N": "-5"}, False),
        ({"N": "1" + "0" * 125}, False),
        ({"S": str(int(NOW - 1))}, False),
        ({"NULL": True}, False),
    ],
)
def test_what_counts_as_expired(value: dict[str, Any], gone: bool) -> None:
    assert expired({"expires": value}, "expires", NOW) is gone
    assert not expired({"other": value}, "expires", NOW)


async def test_expired_items_go_and_their_index_entries_with_them(store: SqliteStore) -> None:
    table = await make(store)
    for number in range(5):
        await put(store, table, f"old-{number}", {"N": str(int(NOW - 10))})
    kept = await put(store, table, "new", {"N": str(int(NOW + 10))})
    expiry = job(store)
    assert await expiry.round() == 5
    page = await store.scan(table, WHOLE, limit=100)
    assert [row.key for row in page.rows] == [kept]
    entries = await store.scan_index(table, INDEX, WHOLE, limit=100)
    assert [row.key for row in entries.rows] == [kept]
    assert await expiry.round() == 0


async def test_nothing_goes_where_ttl_is_off(store: SqliteStore) -> None:
    table = await make(store, TABLE)
    await put(store, table, "old", {"N": str(int(NOW - 10))})
    assert await job(store).round() == 0


async def test_an_item_changed_after_it_was_seen_is_kept(store: SqliteStore) -> None:
    table = await make(store)
    key = await put(store, table, "old", {"N": str(int(NOW - 10))})
    row = await store.get(table, key, consistent=True)
    assert row is not None
    renewed: Item = {"pk": {"S": "old"}, "expires": {"N": str(int(NOW + 10))}}
    entries = entry_changes(table, row.item, renewed)
    await store.commit(Batch((Write(table, key, row.version, renewed, entries),)))
    # The delete is for the version that was expired, which is not there any more.
    assert not await job(store)._delete_row(table, row)
    assert (await store.get(table, key, consistent=True)) is not None


async def test_what_a_new_leader_finds(store: SqliteStore) -> None:
    table = await make(store)
    for name, age in (("hours", 5 * 3600), ("days", 9 * 86400)):
        await put(store, table, name, {"N": str(int(NOW - age))})
    clock = FixedClock()
    expiry = Expiry(store, clock, Metrics(), KeyQueue(), interval=1, pause=0)
    assert await expiry.round() == 1
    # What lies further back is found when everything is gone through.
    clock.now += 7 * 3600
    assert await expiry.round() == 1


async def test_what_was_written_overdue_goes_at_once(store: SqliteStore) -> None:
    table = await make(store)
    key = await put(store, table, "old", {"N": str(int(NOW - YEAR))})
    kept = await put(store, table, "new", {"N": str(int(NOW + 10))})
    expiry = job(store)
    expiry.overdue.extend([(table.name, key), (table.name, kept), ("not-there", key)])
    assert await expiry.round() == 1
    assert await store.get(table, kept, consistent=True) is not None


async def test_a_table_without_such_an_index_is_scanned(store: SqliteStore) -> None:
    table = await make(store, replace(TABLE, ttl=TimeToLive("expires")))
    await put(store, table, "old", {"N": str(int(NOW - YEAR))})
    assert await job(store).round() == 1


@pytest.mark.parametrize("second", [0, 3599, 3600, NOW - 0.5, NOW])
def test_an_entry_is_where_it_is_looked_for(second: float) -> None:
    item = {"pk": {"S": "a"}, "expires": {"N": str(second)}}
    entry = entry_of(EXPIRY, item)
    assert entry is not None
    assert entry[0] in set(partitions(second, second))
    assert entry[0] not in set(partitions(second + 3600, second + 7200))


@pytest.mark.parametrize("value", [{"N": "-1"}, {"N": "1e100"}, {"S": "5"}, {"NULL": True}])
def test_what_never_expires_has_no_entry(value: dict[str, Any]) -> None:
    assert entry_of(EXPIRY, {"pk": {"S": "a"}, "expires": value}) is None
