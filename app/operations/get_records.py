"""GetRecords: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate
from typing import Any

import orjson

from .. import errors
from ..model.stream import LoggedRecord, StreamOfTable
from ..store.base import Trimmed
from .answer_budget import fitting
from .context import Context
from .registry import Answer, Request
from .shard_iterators import ShardIterator, decode_iterator, encode_iterator
from .stream_names import known_stream, sequence_number

MOST_RECORDS = 1000
MOST_BYTES = 1024 * 1024
_SERVICE = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


async def run(ctx: Context, request: Request) -> Answer:
    limit = request.get("Limit", MOST_RECORDS)
    now = ctx.clock.time()
    iterator = decode_iterator(request["ShardIterator"], now)
    if limit > MOST_RECORDS:
        raise errors.invalid_parameters(f"Limit should be less than or equal to {MOST_RECORDS}")
    stream = await known_stream(ctx, iterator.arn)
    page = await ctx.store.read_stream(stream, iterator.shard, start=iterator.start, limit=limit)
    if isinstance(page, Trimmed):
        raise errors.trimmed_data_access()
    sizes = accumulate(each.record.size for each in page.records)
    # One record is returned however large it is: its images may have 400 KB each.
    count = max(1, sum(size <= MOST_BYTES for size in sizes))
    records = page.records[:count]
    shown = [_shown(ctx, stream, iterator.shard, each) for each in records]
    if ctx.answer_bytes is not None:
        shown = shown[: fitting(map(orjson.dumps, shown), ctx.answer_bytes)]
        records = records[: len(shown)]
    after = page.next if len(records) == len(page.records) else records[-1].sequence + 1
    result: dict[str, Any] = {"Records": shown}
    if after is not None:
        following = ShardIterator(iterator.arn, iterator.shard, after, round(now, 3))
        result["NextShardIterator"] = encode_iterator(following)
    return result


def _shown(ctx: Context, stream: StreamOfTable, shard: int, logged: LoggedRecord) -> dict[str, Any]:
    record = logged.record
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(logged.at),
        "Keys": record.keys,
    }
    if record.new is not None:
        change["NewImage"] = record.new
    if record.old is not None:
        change["OldImage"] = record.old
    change["SequenceNumber"] = sequence_number(stream.stream, shard, logged.sequence)
    change["SizeBytes"] = record.size
    change["StreamViewType"] = stream.stream.view
    place = f"{stream.table_id}/{stream.stream.label}/{shard}/{logged.sequence}"
    shown = {
        "eventID": blake2b(place.encode(), digest_size=16).hexdigest(),
        "eventName": record.event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": ctx.settings.region,
        "dynamodb": change,
    }
    if record.by_service:
        shown["userIdentity"] = _SERVICE
    return shown
