"""Large item collections, as they were counted last: their range, and the limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.clock import SystemClock
from app.config import Settings
from app.errors import ApiError
from app.metrics import Metrics
from app.model.census import GIGABYTE, Census, Collection, encode
from app.model.limits import SERVICE
from app.model.table import Index, KeyAttribute, Table
from app.operations import delete_item, put_item, transact_write_items
from app.operations.context import Context
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore

P = KeyAttribute("p", "S")
TABLE = Table(
    id="5" * 32,
    name="things",
    partition_key=P,
    sort_key=KeyAttribute("s", "S"),
    created=0.0,
    indexes=(Index(1, "local", True, (P,), (KeyAttribute("l", "S"),)),),
    next_index=2,
)


@pytest.fixture
async def ctx() -> AsyncIterator[Context]:
    clock = SystemClock()
    store = SqliteStore("sqlite://", clock=clock)
    await store.open()
    yield Context(store, Settings(), clock, Metrics(()), KeyQueue())
    await store.close()


async def made(ctx: Context, table: Table = TABLE) -> None:
    """The table, whose partition "large" has 10.5 GB and "small" less than is told."""
    assert await ctx.store.create_table(table)
    large = Collection("large", 21 * GIGABYTE // 2)
    await ctx.store.keep_census(table, encode(Census(collections=(large,))))


async def put(ctx: Context, partition: str, **more: str) -> dict[str, Any]:
    values = {"p": partition, "s": "s", **more}
    item = {name: {"S": value} for name, value in values.items()}
    request = {"TableName": "things", "Item": item, "ReturnItemCollectionMetrics": "SIZE"}
    answer = await put_item.run(ctx, request)
    assert isinstance(answer, dict)
    return answer


async def test_the_range_is_of_the_last_count(ctx: Context) -> None:
    await made(ctx, replace(TABLE, limits=replace(SERVICE, collection=20 * GIGABYTE)))
    found = (await put(ctx, "large"))["ItemCollectionMetrics"]
    assert found["SizeEstimateRangeGB"] == [10.0, 11.0]
    found = (await put(ctx, "small"))["ItemCollectionMetrics"]
    assert found["SizeEstimateRangeGB"] == [0.0, 1.0]


async def test_a_collection_over_its_limit_takes_nothing_more(ctx: Context) -> None:
    await made(ctx)
    with pytest.raises(ApiError) as caught:
        await put(ctx, "large")
    assert caught.value.code == "ItemCollectionSizeLimitExceededException"
    assert caught.value.message == "Collection size exceeded."
    await put(ctx, "small")


async def test_it_is_why_a_transaction_is_canceled(ctx: Context) -> None:
    await made(ctx)
    puts = [
        {"Put": {"TableName": "things", "Item": {"p": {"S": name}, "s": {"S": "s"}}}}
        for name in ("small", "large")
    ]
    with pytest.raises(ApiError) as caught:
        await transact_write_items.run(ctx, {"TransactItems": puts})
    assert caught.value.fields is not None
    assert caught.value.fields["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."},
    ]


async def test_it_may_become_smaller(ctx: Context) -> None:
    wide = replace(TABLE, limits=replace(SERVICE, collection=20 * GIGABYTE))
    await made(ctx, wide)
    await put(ctx, "large", l="some more")
    current = await ctx.store.table("things")
    assert current is not None
    narrow = replace(current, limits=SERVICE, version=current.version + 1)
    assert await ctx.store.change_table(narrow)
    await put(ctx, "large", l="less")
    key = {"p": {"S": "large"}, "s": {"S": "s"}}
    await delete_item.run(ctx, {"TableName": "things", "Key": key})


# It costs the writes of other tables nothing, not even a look.
async def test_tables_without_local_indexes_have_no_collections(ctx: Context) -> None:
    await made(ctx, replace(TABLE, indexes=()))
    assert await put(ctx, "large") == {}
    assert ctx.collections == {}
