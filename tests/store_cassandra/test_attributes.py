"""Translator `attributes`: what is kept, and updates of items that nobody has read."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson
import pytest

from app.model.plans import Delta
from app.model.rows import Item, Key
from app.model.table import Table
from app.store.base import ABSENT, ANY, Batch, Committed, Conflict, Locked, Outcome, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.attributes import Attributes
from app.store.cassandra.document import COMPRESS_FROM, Image
from app.store.cassandra.session import Consistency, Statement
from app.values import item_size
from tests.store_cassandra.faults import answer_lost, request_lost
from tests.store_cassandra.support import FaultySession, created, item_of, new_key, new_table, put

LIMIT = 400 * 1024


@pytest.fixture(scope="session")
async def table(store: CassandraStore) -> Table:
    return await created(store, replace(new_table(), translator="attributes"))


async def change(
    store: CassandraStore, table: Table, key: Key, *remove: str, most: int = LIMIT, **set: str
) -> Outcome:
    delta = Delta({name: {"S": text} for name, text in set.items()}, frozenset(remove), most)
    return await store.commit(Batch((Write(table, key, ANY, None, delta=delta),)))


async def item(store: CassandraStore, table: Table, key: Key) -> Item | None:
    row = await store.get(table, key, consistent=True)
    return None if row is None else row.item


async def columns(store: CassandraStore, table: Table, key: Key) -> dict[str, object]:
    cql = f"SELECT attrs, size, live FROM {store._keyspace}.t_{table.id} WHERE pk = ? AND kind = 0"
    statement = Statement(cql, Consistency.LOCAL_QUORUM)
    (found,) = (await store._session.execute(statement, (key.partition,), 5.0)).records()
    return found


def test_an_item_is_what_it_was() -> None:
    big = {"S": "word " * COMPRESS_FROM}
    given: Item = {"p": {"S": "é\u2028"}, 'quote"d': {"L": [{"NULL": True}]}, "big": big}
    translator = Attributes()
    stored, size = translator.values(Image(given))
    assert isinstance(stored, dict)
    assert orjson.loads(translator.json(stored)) == given
    assert size == item_size(given)
    assert len(stored["big"]) < COMPRESS_FROM


# What somebody with CQL sees.
async def test_each_attribute_is_an_element(store: CassandraStore, table: Table) -> None:
    key = new_key()
    await put(store, table, key, item=item_of(key, a="1"))
    found = await columns(store, table, key)
    assert dict(found["attrs"]) == {  # type: ignore[call-overload]
        "p": orjson.dumps({"S": key.partition}),
        "s": b'{"S":"s"}',
        "a": b'{"S":"1"}',
    }
    assert (found["size"], found["live"]) == (item_size(item_of(key, a="1")), True)


async def test_a_put_leaves_nothing_of_the_item_before(store: CassandraStore, table: Table) -> None:
    key = new_key()
    await put(store, table, key, item=item_of(key, a="1", b="2"))
    await put(store, table, key, item=item_of(key, c="3"))
    assert await item(store, table, key) == item_of(key, c="3")


@pytest.mark.parametrize(
    ("set", "remove", "left"),
    [
        ({"b": "new", "d": "4"}, (), {"a": "1", "b": "new", "c": "3", "d": "4"}),
        ({}, ("a", "none"), {"b": "2", "c": "3"}),
        ({"a": "new"}, ("b", "c"), {"a": "new"}),
    ],
)
async def test_a_delta_is_one_statement(
    faulty_store: CassandraStore,
    session: FaultySession,
    table: Table,
    set: dict[str, str],
    remove: tuple[str, ...],
    left: dict[str, str],
) -> None:
    key = new_key()
    await put(faulty_store, table, key, item=item_of(key, a="1", b="2", c="3"))
    before = len(session.sent_for(table))
    assert await change(faulty_store, table, key, *remove, **set) == Committed()
    assert len(session.sent_for(table)) == before + 1
    assert await item(faulty_store, table, key) == item_of(key, **left)


@pytest.mark.parametrize("deleted", [False, True])
async def test_an_item_that_is_not_there_must_be_read(
    store: CassandraStore, table: Table, deleted: bool
) -> None:
    key = new_key()
    if deleted:
        await put(store, table, key)
        await store.commit(Batch((Write(table, key, ANY, None),)))
    assert isinstance(await change(store, table, key, a="1"), Conflict)
    assert isinstance(await change(store, table, key, "a"), Conflict)
    assert await item(store, table, key) is None


# The version changes, so that whoever has read the item before cannot write over the delta.
async def test_who_read_before_a_delta_loses(store: CassandraStore, table: Table) -> None:
    key = new_key()
    await put(store, table, key)
    row = await store.get(table, key, consistent=True)
    assert row is not None
    await change(store, table, key, a="1")
    outcome = await put(store, table, key, expected=row.version, item=item_of(key, b="2"))
    assert isinstance(outcome, Conflict)
    assert await item(store, table, key) == item_of(key, a="1")


# Each write adds 100 bytes of another name; the bound forbids what might not fit, long before and
# whoever else writes.
async def test_items_do_not_grow_over_the_limit(
    store: CassandraStore, faulty_store: CassandraStore, table: Table
) -> None:
    key = new_key()
    await put(store, table, key)
    done = 0
    for number in range(100):
        one = (store, faulty_store)[number % 2]
        outcome = await change(one, table, key, most=20_000, **{f"a{number:04}": "x" * 995})
        done += isinstance(outcome, Committed)
    found = await item(store, table, key)
    assert found is not None
    assert 0 < done < 20
    assert len(found) == done + 2
    assert item_size(found) <= 20_000


# Setting the same attribute again and again uses the bound up, and reading it once restores it.
async def test_a_write_of_the_whole_item_knows_its_size_again(
    store: CassandraStore, table: Table
) -> None:
    key = new_key()
    await put(store, table, key)

    async def until_it_must_be_read() -> int:
        for number in range(100):
            if isinstance(await change(store, table, key, most=20_000, a="x" * 999), Conflict):
                return number
        raise AssertionError("the bound is not kept")

    assert await until_it_must_be_read() > 0
    await put(store, table, key, item=item_of(key, a="x" * 999))
    assert await until_it_must_be_read() > 0


async def test_deltas_of_other_attributes_do_not_undo_each_other(
    store: CassandraStore, faulty_store: CassandraStore, table: Table
) -> None:
    key = new_key()
    await put(store, table, key)
    names = [f"a{number}" for number in range(20)]
    outcomes = await asyncio.gather(
        *[
            change(each, table, key, **{name: name})
            for each, name in zip((store, faulty_store) * 10, names, strict=True)
        ]
    )
    assert set(map(type, outcomes)) == {Committed}
    assert await item(store, table, key) == item_of(key, **dict(zip(names, names, strict=True)))


@pytest.mark.parametrize("fault", [answer_lost, request_lost])
async def test_an_unknown_outcome_of_a_delta_is_decided(
    faulty_store: CassandraStore, session: FaultySession, table: Table, fault: object
) -> None:
    key = new_key()
    await put(faulty_store, table, key)
    session.on_next("attrs = attrs +", fault)  # type: ignore[arg-type]
    assert await change(faulty_store, table, key, "none", a="1") == Committed()
    assert await item(faulty_store, table, key) == item_of(key, a="1")


# A1: what a transaction has prepared is not written over.
async def test_a_locked_item_takes_no_delta(store: CassandraStore, table: Table) -> None:
    key = new_key()
    await put(store, table, key)
    name = f"{store._keyspace}.t_{table.id}"
    lock = Statement(
        f"UPDATE {name} SET txid = ? WHERE pk = ? AND kind = 0 AND ik = 0x00 AND sk = ? "
        "IF txid = null",
        Consistency.LOCAL_QUORUM,
        conditional=True,
    )
    # A transaction that is nowhere written down is found to be aborted after a while.
    await store._session.execute(lock, (b"0" * 16, *key), 5.0)
    assert isinstance(await change(store, table, key, a="1"), Locked)


async def test_a_transaction_keeps_attributes(store: CassandraStore, table: Table) -> None:
    keys = [new_key(), new_key()]
    writes = [Write(table, key, ABSENT, item_of(key, a="1")) for key in keys]
    assert await store.commit(Batch(tuple(writes))) == Committed()
    for key in keys:
        assert await item(store, table, key) == item_of(key, a="1")
        assert (await columns(store, table, key))["size"] == item_size(item_of(key, a="1"))
        assert await change(store, table, key, b="2") == Committed()
        assert await item(store, table, key) == item_of(key, a="1", b="2")
