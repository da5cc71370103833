"""GetShardIterator: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""

from __future__ import annotations

from .. import errors
from ..model.stream import FIRST_SEQUENCE, LoggedRecord, StreamOfTable
from ..store.base import Trimmed
from .context import Context
from .registry import Answer, Request
from .shard_iterators import ShardIterator, encode_iterator
from .stream_names import named_stream, sequence_of, shard_number

_NOT_FOUND = "Requested resource not found: "
_AT_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


async def run(ctx: Context, request: Request) -> Answer:
    kind, number = request["ShardIteratorType"], request.get("SequenceNumber")
    moment: float | None = request.get("Timestamp")
    if kind not in _AT_NUMBER and number is not None:
        raise errors.invalid_parameters(
            "SequenceNumber should not be passed for this iterator type"
        )
    if kind in _AT_NUMBER and number is None:
        raise errors.invalid_parameters("Invalid SequenceNumber")
    if kind != "AT_TIMESTAMP" and moment is not None:
        raise errors.invalid_parameters("Timestamp should not be passed for this iterator type")
    now = ctx.clock.time()
    if kind == "AT_TIMESTAMP" and (moment is None or moment > now):
        raise errors.invalid_parameters("Invalid Timestamp")
    stream = await named_stream(ctx, request["StreamArn"])
    if stream is None:
        raise errors.resource_not_found(f"{_NOT_FOUND}Stream does not exist")
    shard = shard_number(stream.stream, request["ShardId"])
    following = None if shard is None else await _next(ctx, stream, shard)
    if shard is None or following is None:
        raise errors.resource_not_found(f"{_NOT_FOUND}Shard does not exist")
    start: int | None = None
    if number is not None:
        if not (number.isascii() and number.isdigit()):
            raise errors.invalid_parameters("Invalid SequenceNumber")
        start = sequence_of(stream.stream, shard, int(number))
        # DescribeStream names the first number of a shard before there is a record of it.
        if start is None or not 0 < start < max(following, FIRST_SEQUENCE + 1):
            raise errors.invalid_parameters("Invalid SequenceNumber")
        start += kind == _AT_NUMBER[1] and start < following
        if isinstance(await ctx.store.read_stream(stream, shard, start=start, limit=1), Trimmed):
            raise errors.trimmed_data_access()
    elif moment is not None:
        start = await _at_time(ctx, stream, shard, moment, following)
    elif kind == "LATEST":
        start = following
    iterator = ShardIterator(request["StreamArn"], shard, start, round(now, 3))
    return {"ShardIterator": encode_iterator(iterator)}


async def _next(ctx: Context, stream: StreamOfTable, shard: int) -> int | None:
    """None for a shard that was split more than a day ago."""
    shards = await ctx.store.shards(stream)
    return next((each.next for each in shards if each.number == shard), None)


async def _at_time(
    ctx: Context, stream: StreamOfTable, shard: int, moment: float, high: int
) -> int:
    """The first record kept that was made at `moment` or later, by bisection of their numbers,
    which are below `high`."""
    oldest = await _one(ctx, stream, shard, None)
    low = high if oldest is None else oldest.sequence
    while low < high:
        middle = (low + high) // 2
        record = await _one(ctx, stream, shard, middle)
        if record is None or record.at < moment:
            low = middle + 1
        else:
            high = middle
    return low


async def _one(
    ctx: Context, stream: StreamOfTable, shard: int, start: int | None
) -> LoggedRecord | None:
    """None for one that has been trimmed."""
    page = await ctx.store.read_stream(stream, shard, start=start, limit=1)
    return None if isinstance(page, Trimmed) or not page.records else page.records[0]
