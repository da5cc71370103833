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
IN_USE = "Attempt to change a resource which is still in use: Table is being updated: things"
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
    in_use = f"ResourceInUseException: {IN_USE}"
    assert await refusal(ctx, request(create("second"))) == in_use
    assert await refusal(ctx, {"TableName": "things", "TableClass": "STANDARD"}) == in_use
    assert await refusal(ctx, {"TableName": "things"}, delete_table) == in_use


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


# That is told of the request alone.
async def test_two_at_once(ctx: Context) -> None:
    asked = request(create("one"), create("two"))
    assert await refusal(ctx, asked) == f"LimitExceededException: {ONE_ONLINE}"
    asked = request(create("one"), {"Delete": {"IndexName": "one"}})
    assert (await refusal(ctx, asked)).endswith("simultaneously. Index: one")
    assert "must be specified" in await refusal(ctx, request({}))
