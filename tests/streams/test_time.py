"""What time does to streams: records are trimmed, streams forgotten, iterators expire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.config import Settings
from app.errors import ApiError
from app.jobs.expiry import Expiry
from app.metrics import Metrics
from app.model.rows import Key
from app.model.stream import record_of, with_new_stream
from app.model.table import KeyAttribute, Table, TimeToLive
from app.operations import describe_stream, get_records, get_shard_iterator, list_streams
from app.operations.context import Context
from app.operations.shard_iterators import ShardIterator, decode_iterator, encode_iterator
from app.operations.stream_names import stream_arn
from app.store.base import ABSENT, Batch, Write
from app.store.keyqueue import KeyQueue
from app.store.sqlite import SqliteStore
from tests.operations.streaming import sequence_number

NOW = 1_800_000_000.0
DAY = 86_400.0
MINUTE = 60.0


@dataclass
class SetClock:
    now: float = NOW

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
async def ctx() -> AsyncIterator[Context]:
    clock = SetClock()
    store = SqliteStore("sqlite://", clock=clock)
    await store.open()
    yield Context(store, Settings(), clock, Metrics(), KeyQueue())
    await store.close()


async def make(ctx: Context) -> Table:
    table = Table("0" * 32, "things", KeyAttribute("pk", "S"), None, NOW)
    table = replace(table, ttl=TimeToLive("expires"))
    assert await ctx.store.create_table(with_new_stream(table, "NEW_IMAGE", 1, NOW))
    made = await ctx.store.table("things")
    assert made is not None
    return made


async def put(ctx: Context, table: Table, name: str, **more: Any) -> None:
    item = {"pk": {"S": name}} | more
    write = Write(table, Key(name, None), ABSENT, item, (), record_of(table, None, item))
    await ctx.store.commit(Batch((write,)))


def set_time(ctx: Context, now: float) -> None:
    assert isinstance(ctx.clock, SetClock)
    ctx.clock.now = now


def arn_of(ctx: Context, table: Table) -> str:
    assert table.stream is not None
    return stream_arn(ctx, table.name, table.stream.label)


async def iterator(ctx: Context, table: Table, kind: str, number: int | None = None) -> str:
    arn = arn_of(ctx, table)
    described: Any = await describe_stream.run(ctx, {"StreamArn": arn})
    shard = described["StreamDescription"]["Shards"][0]["ShardId"]
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind}
    if number is not None:
        request["SequenceNumber"] = sequence_number(shard, number)
    answer: Any = await get_shard_iterator.run(ctx, request)
    place: str = answer["ShardIterator"]
    return place


async def names(ctx: Context, place: str) -> list[str]:
    answer: Any = await get_records.run(ctx, {"ShardIterator": place})
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in answer["Records"]]


async def test_iterators_expire_after_15_minutes(ctx: Context) -> None:
    place = await iterator(ctx, await make(ctx), "TRIM_HORIZON")
    set_time(ctx, NOW + 15 * MINUTE)
    assert await names(ctx, place) == []
    set_time(ctx, NOW + 15 * MINUTE + 1)
    with pytest.raises(ApiError) as caught:
        await names(ctx, place)
    assert caught.value.code == "ExpiredIteratorException"
    assert caught.value.message == "Shard iterator has expired"


def test_an_iterator_comes_back_as_it_was() -> None:
    for start in (None, 1, 10**18):
        given = ShardIterator("arn:ü", 3, start, NOW)
        assert decode_iterator(encode_iterator(given), NOW) == given


@pytest.mark.parametrize("trims", [False, True])
async def test_records_are_kept_for_a_day(ctx: Context, trims: bool) -> None:
    table = await make(ctx)
    await put(ctx, table, "first")
    set_time(ctx, NOW + 100)
    await put(ctx, table, "second")
    set_time(ctx, NOW + DAY - 1)
    late = [await iterator(ctx, table, kind) for kind in ("TRIM_HORIZON", "LATEST")]
    exact = await iterator(ctx, table, "AT_SEQUENCE_NUMBER", 1)
    assert await names(ctx, exact) == ["first", "second"]
    set_time(ctx, NOW + DAY + 1)
    assert isinstance(ctx.store, SqliteStore)
    if trims:
        await ctx.store.trim()
    assert [await names(ctx, place) for place in late] == [["second"], []]
    for read in (names(ctx, exact), iterator(ctx, table, "AT_SEQUENCE_NUMBER", 1)):
        with pytest.raises(ApiError) as caught:
            await read
        assert caught.value.code == "TrimmedDataAccessException"
    # Numbers go on where they were.
    set_time(ctx, NOW + 2 * DAY)
    if trims:
        await ctx.store.trim()
    place = await iterator(ctx, table, "TRIM_HORIZON")
    await put(ctx, table, "third")
    assert await names(ctx, place) == ["third"]
    assert await names(ctx, await iterator(ctx, table, "AFTER_SEQUENCE_NUMBER", 2)) == ["third"]


@pytest.mark.parametrize("trims", [False, True])
async def test_a_stream_of_a_deleted_table_is_kept_for_a_day(ctx: Context, trims: bool) -> None:
    table = await make(ctx)
    await put(ctx, table, "first")
    assert await ctx.store.drop_table(table)
    set_time(ctx, NOW + DAY - 1)
    assert await names(ctx, await iterator(ctx, table, "TRIM_HORIZON")) == ["first"]
    set_time(ctx, NOW + DAY)
    assert isinstance(ctx.store, SqliteStore)
    if trims:
        await ctx.store.trim()
    assert await list_streams.run(ctx, {}) == {"Streams": []}
    with pytest.raises(ApiError) as caught:
        await describe_stream.run(ctx, {"StreamArn": arn_of(ctx, table)})
    assert caught.value.code == "ResourceNotFoundException"


async def test_who_deletes_expired_items_is_told(ctx: Context) -> None:
    table = await make(ctx)
    await put(ctx, table, "short-lived", expires={"N": str(int(NOW) - 1)})
    expiry = Expiry(ctx.store, ctx.clock, ctx.metrics, ctx.queue, interval=1, pause=0)
    assert await expiry.round() == 1
    place = await iterator(ctx, table, "TRIM_HORIZON")
    answer: Any = await get_records.run(ctx, {"ShardIterator": place})
    inserted, removed = answer["Records"]
    assert "userIdentity" not in inserted
    assert (removed["eventName"], removed["userIdentity"]) == (
        "REMOVE",
        {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
    )
