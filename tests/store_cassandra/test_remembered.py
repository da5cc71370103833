"""What two processes that remember items send and answer; here both use one store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.clock import SystemClock
from app.config import Settings
from app.errors import ApiError, validation
from app.metrics import Metrics
from app.model.census import Census, Collection, encode
from app.model.isolation import ALWAYS, LWT, PLAIN, UNSAFE
from app.model.limits import SERVICE
from app.model.rows import Key
from app.model.table import Index, KeyAttribute, Table
from app.operations import execute_transaction, transact_write_items, update_item
from app.operations.context import Context
from app.store.base import Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.dialect import Dialect
from app.store.cassandra.document import Image
from app.store.keyqueue import KeyQueue
from tests.store_cassandra.support import FaultySession, MakeStore, created, new_table


def process(store: CassandraStore) -> Context:
    queue = KeyQueue(by_partition=True)
    return Context(store, Settings(), SystemClock(), Metrics(()), queue)


@dataclass(frozen=True)
class Item:
    """One item {"n": N} of a table."""

    table: Table
    key: str

    @property
    def named(self) -> dict[str, Any]:
        return {"TableName": self.table.name, "Key": {"p": {"S": self.key}}}

    @property
    def put(self) -> dict[str, Any]:
        return {"Put": {"TableName": self.table.name, "Item": self.named["Key"]}}

    async def update(self, ctx: Context, expression: str, n: int, **more: Any) -> Any:
        return await update_item.run(ctx, self.updating(expression, n, **more))

    def updating(self, expression: str, n: int, **more: Any) -> dict[str, Any]:
        values = {":n": {"N": str(n)}}
        return (
            self.named
            | more
            | {
                "UpdateExpression": expression,
                "ExpressionAttributeValues": values,
            }
        )


def new_item(table: Table) -> Item:
    return Item(table, uuid.uuid4().hex)


@pytest.fixture(scope="module")
async def table(store: CassandraStore) -> Table:
    return await created(store, new_table("S", None))


class Small(Dialect):
    """Keeps no item with an n above 5."""

    def admit(self, write: Write, image: Image | None) -> None:
        if write.item is not None and int(write.item["n"]["N"]) > 5:
            raise validation("too much")


# What is removed plainly leaves the version as it was.
async def test_what_was_written_before_plain_writes_is_not_guessed(store: CassandraStore) -> None:
    table = await created(store, replace(new_table("S", None), translator="attributes"))
    one, other, item = process(store), process(store), new_item(table)
    await item.update(one, "SET n = :n, m = :n", 5)
    for isolation, writes in ((UNSAFE, PLAIN), (ALWAYS, LWT)):
        if writes == LWT:
            await update_item.run(other, item.named | {"UpdateExpression": "REMOVE m"})
        table = replace(table, isolation=isolation, writes=writes, version=table.version + 1)
        assert await store.change_table(table)
        await store.settled(table)
    answer = await item.update(one, "ADD n :n", 1, ReturnValues="ALL_NEW")
    assert answer["Attributes"] == item.named["Key"] | {"n": {"N": "6"}}


# Amazon Keyspaces has limits of its own, which are told when the item is written.
async def test_what_is_refused_of_a_guess_is_not_refused(
    make_store: MakeStore, table: Table
) -> None:
    store = await make_store(dialect=Small())
    one, other, item = process(store), process(store), new_item(table)
    await item.update(one, "SET n = :n", 5)
    await item.update(other, "SET n = :n", 0)
    await item.update(one, "ADD n :n", 5)
    with pytest.raises(ApiError, match="too much"):
        await item.update(one, "ADD n :n", 1)


# What the other one of two reasons says is of the item as it is, too.
async def test_a_full_collection_is_not_the_only_reason(
    store: CassandraStore, table: Table
) -> None:
    place = (KeyAttribute("p", "S"),)
    full = replace(
        new_table("S", "S"),
        indexes=(Index(1, "local", True, place, (KeyAttribute("l", "S"),)),),
        next_index=2,
        limits=replace(SERVICE, collection=1),
    )
    await created(store, full)
    await store.keep_census(full, encode(Census(collections=(Collection("full", 2),))))
    one, other, item = process(store), process(store), new_item(table)
    await item.update(one, "SET n = :n", 5)
    await item.update(other, "SET n = :n", 0)
    condition = item.updating("ADD n :n", 5, ConditionExpression="n = :n")
    more = {"Put": {"TableName": full.name, "Item": {"p": {"S": "full"}, "s": {"S": "s"}}}}
    with pytest.raises(ApiError) as caught:
        await transact_write_items.run(one, {"TransactItems": [{"Update": condition}, more]})
    assert caught.value.fields is not None
    codes = [reason["Code"] for reason in caught.value.fields["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed", "ItemCollectionSizeLimitExceeded"]


async def test_a_transaction_reads_neither_what_it_overwrites_nor_what_is_remembered(
    faulty_store: CassandraStore, session: FaultySession
) -> None:
    table = await created(faulty_store, new_table("S", None))
    ctx, item, put, deleted = process(faulty_store), *(new_item(table) for _ in range(3))
    await item.update(ctx, "SET n = :n", 1)
    del session.sent[:]
    actions = [{"Update": item.updating("ADD n :n", 1)}, put.put, {"Delete": deleted.named}]
    await transact_write_items.run(ctx, {"TransactItems": actions})
    statement = f"DELETE FROM \"{table.name}\" WHERE p = '{put.key}'"
    await execute_transaction.run(ctx, {"TransactStatements": [{"Statement": statement}]})
    assert not [cql for cql in session.sent_for(table) if cql.startswith("SELECT")]
    assert await faulty_store.get(table, Key(put.key, None), consistent=True) is None
    # Then what was there is billed.
    answer = await transact_write_items.run(
        ctx, {"TransactItems": [put.put], "ReturnConsumedCapacity": "TOTAL"}
    )
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 2.0
    assert [cql for cql in session.sent_for(table) if cql.startswith("SELECT")]
