"""Tables whose indexes are being made or deleted take no other change of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.clock import SystemClock
from app.config import Settings
from app.errors import ApiError
from app.metrics import Metrics
from app.model.table import Index, KeyAttribute, Table
from app.operations import delete_table, update_table
from app.operations.context import Context
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore

MAKING = Index(1, "making", False, (KeyAttribute("g", "S"),), status="CREATING")
TABLE = Table(
    id="6" * 32,
    name="things",
    partition_key=KeyAttribute("p", "S"),
    sort_key=None,
    created=0.0,
    billing_mode="PAY_PER_REQUEST",
    indexes=(MAKING,),
    next_index=2,
)
IN_USE = "ResourceInUseException: Attempt to change a resource which is still in use: {}"
ONE_ONLINE = (
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per "
    "table"
)


@pytest.fixture
async def ctx() -> AsyncIterator[Context]:
    clock = SystemClock()
    store = SqliteStore("sqlite://", clock=clock)
    await store.open()
    yield Context(store, Settings(), clock, Metrics(()), KeyQueue())
    await store.close()


def filling() -> Table:
    return replace(TABLE, indexes=(replace(MAKING, backfilling=True),))


def create(name: str) -> dict[str, Any]:
    schema = [{"AttributeName": "h", "KeyType": "HASH"}]
    index = {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
    return {"Create": index}


def request(*updates: dict[str, Any]) -> dict[str, Any]:
    definitions = [{"AttributeName": "h", "AttributeType": "S"}]
    return {
        "TableName": "things",
        "AttributeDefinitions": definitions,
        "GlobalSecondaryIndexUpdates": list(updates),
    }


async def refusal(ctx: Context, asked: dict[str, Any], operation: Any = update_table) -> str:
    with pytest.raises(ApiError) as caught:
        await operation.run(ctx, asked)
    return f"{caught.value.code}: {caught.value.message}"


async def test_until_all_writers_keep_an_index_nothing_may_change(ctx: Context) -> None:
    assert await ctx.store.create_table(TABLE)
    limit = f"LimitExceededException: {ONE_ONLINE}"
    assert await refusal(ctx, request(create("second"))) == limit
    assert await refusal(ctx, {"TableName": "things", "TableClass": "STANDARD"}) == IN_USE.format(
        "Table is being updated: things"
    )
    assert await refusal(ctx, {"TableName": "things"}, delete_table) == IN_USE.format(
        "Cannot delete table while indexes are being created, updated, or deleted."
    )
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    provisioned = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    assert await refusal(ctx, {"TableName": "things", **provisioned}) == IN_USE.format(
        "Can't change table IOPS when an index is being created. Table: things Indexes: [making]"
    )
    assert await refusal(ctx, request({"Delete": {"IndexName": "making"}})) == IN_USE.format(
        "Index creation is in resource allocation phase. Retry deletion during backfilling phase "
        "or when the index is active. Table: things Index: making"
    )
    # That does not touch the index.
    asked = {"TableName": "things", "DeletionProtectionEnabled": True}
    answer = await update_table.run(ctx, asked)
    assert isinstance(answer, dict)
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"


async def test_an_index_is_deleted_once(ctx: Context) -> None:
    assert await ctx.store.create_table(
        replace(TABLE, indexes=(replace(MAKING, status="DELETING"),))
    )
    for again in ({"Delete": {"IndexName": "making"}}, create("making")):
        assert await refusal(ctx, request(again)) == IN_USE.format(
            "Index is being deleted. Table: things Index: making"
        )
    limit = f"LimitExceededException: {ONE_ONLINE}"
    assert await refusal(ctx, request(create("second"))) == limit


async def test_local_indexes_and_too_many_global_ones(ctx: Context) -> None:
    local = replace(MAKING, number=30, name="local", local=True, status="ACTIVE")
    many = [replace(MAKING, number=n, name=f"many-{n}", status="ACTIVE") for n in range(20)]
    assert await ctx.store.create_table(replace(TABLE, indexes=(local, *many), next_index=31))
    for kind in ("Update", "Delete"):
        assert await refusal(ctx, request({kind: {"IndexName": "local"}})) == (
            f"ValidationException: Cannot {kind.lower()} an index that is not a "
            "GlobalSecondaryIndex: local"
        )
    assert await refusal(ctx, request(create("many-1"))) == (
        "ValidationException: Attempting to create an index which already exists"
    )
    assert await refusal(ctx, request(create("one-more"))) == (
        "LimitExceededException: Subscriber limit exceeded: Number of global secondary indexes "
        "exceeds per-table limit of 20"
    )
    for update in (
        {},
        {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
    ):
        assert (
            await refusal(ctx, request({"Update": {"IndexName": "many-1", **update}}))
        ).endswith(
            "The only Updates for index: many-1 when TableThroughputMode is PAY_PER_REQUEST can be "
            "to OnDemandThroughput, WarmThroughput"
        )


# Whatever a request defines beside what its new index needs is not looked at.
async def test_definitions_that_nothing_needs(ctx: Context) -> None:
    assert await ctx.store.create_table(replace(TABLE, indexes=()))
    asked = request(create("second"))
    for name in ("unused", "p"):
        asked["AttributeDefinitions"].append({"AttributeName": name, "AttributeType": "B"})
    answer = await update_table.run(ctx, asked)
    assert isinstance(answer, dict)
    told = answer["TableDescription"]
    assert told["AttributeDefinitions"] == [
        {"AttributeName": name, "AttributeType": "S"} for name in ("h", "p")
    ]
    (index,) = told["GlobalSecondaryIndexes"]
    assert (index["IndexStatus"], index["Backfilling"]) == ("CREATING", False)


async def test_while_one_is_filled_no_other_is_made(ctx: Context) -> None:
    assert await ctx.store.create_table(filling())
    limit = f"LimitExceededException: {ONE_ONLINE}"
    assert await refusal(ctx, request(create("second"))) == limit
    # It may itself be deleted, and so may the table.
    answer = await update_table.run(ctx, request({"Delete": {"IndexName": "making"}}))
    assert isinstance(answer, dict)
    (index,) = answer["TableDescription"]["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "DELETING"


async def test_a_table_may_go_while_an_index_is_filled(ctx: Context) -> None:
    assert await ctx.store.create_table(filling())
    await delete_table.run(ctx, {"TableName": "things"})
    assert await ctx.store.table("things") is None


async def test_two_at_once(ctx: Context) -> None:
    # That is told of the request alone.
    asked = request(create("one"), {"Delete": {"IndexName": "one"}})
    assert (await refusal(ctx, asked)).endswith("simultaneously. Index: one")
    assert await ctx.store.create_table(replace(TABLE, indexes=()))
    asked = request(create("one"), create("two"))
    assert await refusal(ctx, asked) == f"LimitExceededException: {ONE_ONLINE}"
