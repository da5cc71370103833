"""Items compared with index entries: what is a difference, what is not, and how it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from app.clock import SystemClock
from app.jobs.drift import DriftWatch
from app.jobs.verification import Kind, Report, Verification
from app.metrics import Metrics
from app.model.index import EntryChange, Place, Position, encode, entry_changes, place_of
from app.model.rows import WHOLE, Item, Key, Row
from app.model.table import Index, KeyAttribute, Table
from app.store.base import ABSENT, Batch, Committed, Store, Write
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore

GLOBAL = Index(1, "by-g", False, (KeyAttribute("g", "S"),))
KEYS = Index(2, "keys", False, (KeyAttribute("n", "N"),), projection="KEYS_ONLY")
LOCAL = Index(3, "local", True, (KeyAttribute("p", "S"),), (KeyAttribute("l", "S"),))
TABLE = Table(
    id="0" * 31 + "2",
    name="things",
    partition_key=KeyAttribute("p", "S"),
    sort_key=KeyAttribute("s", "S"),
    created=0.0,
    indexes=(GLOBAL, KEYS, LOCAL),
    next_index=4,
)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore("sqlite://", clock=SystemClock())
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def table(store: Store) -> Table:
    """With seven items, of which the last is in no index."""
    assert await store.create_table(TABLE)
    made = await store.table(TABLE.name)
    assert made is not None
    for number in range(6):
        item = item_of(number, g={"S": "g"}, n={"N": str(number)}, l={"S": "x"})
        await write(store, made, number, item)
    await write(store, made, 6, item_of(6))
    return made


def key_of(number: int) -> Key:
    return Key("p", str(number))


def item_of(number: int, **attributes: object) -> Item:
    return {"p": {"S": "p"}, "s": {"S": str(number)}, **attributes}


async def write(store: Store, table: Table, number: int, item: Item | None) -> None:
    row = await store.get(table, key_of(number), consistent=True)
    entries = entry_changes(table, None if row is None else row.item, item)
    await commit(store, table, number, row, item, entries)


async def commit(
    store: Store,
    table: Table,
    number: int,
    row: Row | None,
    item: Item | None,
    entries: Sequence[EntryChange],
) -> None:
    version = ABSENT if row is None else row.version
    one = Write(table, key_of(number), version, item, tuple(entries))
    assert await store.commit(Batch((one,))) == Committed()


async def spoil(store: Store, table: Table, number: int, *changes: EntryChange) -> None:
    """Entries change, and the item does not."""
    row = await store.get(table, key_of(number), consistent=True)
    await commit(store, table, number, row, None if row is None else row.item, changes)


async def compare(
    store: Store, table: Table, *, repair: bool = False, patience: float = 0.0
) -> Report:
    return await Verification(
        *(store, SystemClock(), Metrics(), KeyQueue(), table),
        repair=repair,
        patience=patience,
        pause=0,
    ).run()


def found(report: Report) -> dict[tuple[str, str], Kind]:
    """(index, sort key) -> what is wrong."""
    return {(each.index.name, str(each.position.key.sort)): each.kind for each in report.first}


def away(index: Index, item: Item) -> EntryChange:
    return EntryChange(index, place_of(index, item), None, None, None)


def stray(index: Index, sort: str, item: Item) -> EntryChange:
    return EntryChange(index, None, Place(encode(["elsewhere"]), encode([sort])), None, item)


async def test_what_agrees(store: SqliteStore, table: Table) -> None:
    report = await compare(store, table)
    assert report.clean
    assert report.items == 7
    assert report.entries == {"by-g": 6, "keys": 6, "local": 6}
    assert not report.first


@pytest.mark.parametrize("index", [GLOBAL, KEYS, LOCAL])
async def test_an_entry_that_is_missing(store: SqliteStore, table: Table, index: Index) -> None:
    item = item_of(2, g={"S": "g"}, n={"N": "2"}, l={"S": "x"})
    await spoil(store, table, 2, away(index, item))
    assert found(await compare(store, table)) == {(index.name, "2"): Kind.MISSING}


@pytest.mark.parametrize("number", [2, 6, 7])
async def test_an_entry_where_no_item_stands(store: SqliteStore, table: Table, number: int) -> None:
    """Of an item that stands elsewhere, of one without entry, of none."""
    ghost = item_of(number, g={"S": "elsewhere"})
    await spoil(store, table, number, stray(GLOBAL, "", ghost))
    assert found(await compare(store, table)) == {("by-g", str(number)): Kind.GHOST}


# Its contents are those of the item, so that only where it stands betrays it.
async def test_a_second_entry_of_an_item(store: SqliteStore, table: Table) -> None:
    row = await store.get(table, key_of(2), consistent=True)
    assert row is not None
    await spoil(store, table, 2, stray(GLOBAL, "", row.item))
    assert found(await compare(store, table)) == {("by-g", "2"): Kind.GHOST}


async def test_an_entry_with_other_contents(store: SqliteStore, table: Table) -> None:
    item = item_of(2, g={"S": "g"}, n={"N": "2"}, l={"S": "x"})
    change = EntryChange(GLOBAL, None, place_of(GLOBAL, item), None, item | {"l": {"S": "old"}})
    await spoil(store, table, 2, change)
    assert found(await compare(store, table)) == {("by-g", "2"): Kind.CONTENTS}


async def test_all_of_it_is_mended(store: SqliteStore, table: Table) -> None:
    before = [row.item for row in (await store.scan(table, WHOLE, limit=100)).rows]
    items = {row["s"]["S"]: row for row in before}
    await spoil(store, table, 1, away(GLOBAL, items["1"]), away(LOCAL, items["1"]))
    await spoil(store, table, 2, stray(GLOBAL, "", items["2"]))
    await spoil(store, table, 6, stray(GLOBAL, "", items["6"]))
    await spoil(store, table, 9, stray(LOCAL, "l", item_of(9)))
    wrong = items["3"] | {"l": {"S": "old"}}
    at = place_of(GLOBAL, items["3"])
    await spoil(store, table, 3, EntryChange(GLOBAL, None, at, None, wrong))
    assert not (await compare(store, table)).clean
    report = await compare(store, table, repair=True)
    assert (report.differences, report.mended) == (6, 6)
    assert report.clean
    assert (await compare(store, table)).differences == 0
    assert [row.item for row in (await store.scan(table, WHOLE, limit=100)).rows] == before


# An index that is being filled lacks entries, as it should.
async def test_an_index_that_is_being_made_is_left_out(store: SqliteStore, table: Table) -> None:
    making = tuple(replace(each, status="CREATING") for each in table.indexes[:1])
    changed = replace(table, version=table.version + 1, indexes=making + table.indexes[1:])
    assert await store.change_table(changed)
    await spoil(store, changed, 2, away(GLOBAL, item_of(2, g={"S": "g"})))
    report = await compare(store, changed)
    assert report.clean
    assert report.skipped == ["by-g"]


# A table is in use while it is compared: an entry may come later than its item.
async def test_what_comes_right_in_time_is_no_difference(store: SqliteStore, table: Table) -> None:
    item = item_of(2, g={"S": "g"}, n={"N": "2"}, l={"S": "x"})
    await spoil(store, table, 2, away(GLOBAL, item))
    comparing = asyncio.create_task(compare(store, table, patience=20.0))
    await asyncio.sleep(0.2)
    assert not comparing.done()
    await spoil(store, table, 2, EntryChange(GLOBAL, None, place_of(GLOBAL, item), None, item))
    assert (await comparing).differences == 0


# Tags, for example, change the table as well: what is written then is written anew.
async def test_a_table_that_changes_while_it_is_mended(store: SqliteStore, table: Table) -> None:
    item = item_of(2, g={"S": "g"}, n={"N": "2"}, l={"S": "x"})
    await spoil(store, table, 2, away(GLOBAL, item))
    assert await store.change_table(replace(table, version=table.version + 1))
    assert (await compare(store, table, repair=True)).clean


async def test_the_watch_counts_drift_and_tells_of_it(
    store: SqliteStore, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics()
    watch = DriftWatch(store, SystemClock(), metrics, KeyQueue(), interval=1, patience=0)
    assert await watch.round() == 0
    await spoil(store, table, 2, stray(GLOBAL, "", item_of(2)))
    assert await watch.round() == 1
    assert "dynaspan tables verify things --repair" in caplog.text
    assert "dynaspan_index_drift_total 1.0" in metrics.prometheus().decode()
    entry = await store.inspect(table).entry(
        GLOBAL, Position(Place(encode(["elsewhere"]), encode([""])), key_of(2))
    )
    assert entry is not None


async def test_the_watch_goes_round_by_itself(store: SqliteStore, table: Table) -> None:
    await spoil(store, table, 2, stray(GLOBAL, "", item_of(2)))
    metrics = Metrics()
    watch = DriftWatch(store, SystemClock(), metrics, KeyQueue(), interval=0.01, patience=0)
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(30):
        while True:
            if metrics.value("IndexDrift") >= 2:
                break
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
