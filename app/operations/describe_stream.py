"""DescribeStream: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""

from __future__ import annotations

from typing import Any

from .. import errors
from ..model.shards import parent_of
from ..model.stream import FIRST_SEQUENCE, Shard
from ..model.table import Stream
from .context import Context
from .registry import Answer, Request
from .stream_names import known_stream, sequence_number, shard_id, shard_number, stream_arn

MOST_SHARDS = 100
_KINDS = ("HASH", "RANGE")


async def run(ctx: Context, request: Request) -> Answer:
    limit = request.get("Limit", MOST_SHARDS)
    if limit > MOST_SHARDS:
        raise errors.invalid_parameters(f"Limit cannot be greater than the maximum: {MOST_SHARDS}")
    found = await known_stream(ctx, request["StreamArn"])
    stream = found.stream
    after = request.get("ExclusiveStartShardId", "")
    kept = await ctx.store.shards(found)
    if wanted := request.get("ShardFilter"):
        # CHILD_SHARDS is all there is.
        parent = shard_number(stream, wanted["ShardId"]) if "ShardId" in wanted else None
        kept = [] if parent is None else [s for s in kept if parent_of(stream, s.number) == parent]
    shards = [_described(stream, shard) for shard in kept if shard_id(stream, shard.number) > after]
    result: dict[str, Any] = {
        "StreamArn": stream_arn(ctx, found.table_name, stream.label),
        "StreamLabel": stream.label,
        "StreamStatus": found.status,
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created,
        "TableName": found.table_name,
        "KeySchema": [
            {"AttributeName": key.name, "KeyType": kind}
            for key, kind in zip(found.keys, _KINDS, strict=False)
        ],
        "Shards": shards[:limit],
    }
    if len(shards) > limit:
        result["LastEvaluatedShardId"] = shards[limit - 1]["ShardId"]
    return {"StreamDescription": result}


def _described(stream: Stream, shard: Shard) -> dict[str, Any]:
    """A parent is named although its day may be over, and it not be described any more."""
    first = sequence_number(stream, shard.number, FIRST_SEQUENCE)
    numbers = {"StartingSequenceNumber": first}
    if shard.closed:
        last = max(shard.next - 1, FIRST_SEQUENCE)
        numbers["EndingSequenceNumber"] = sequence_number(stream, shard.number, last)
    described = {"ShardId": shard_id(stream, shard.number), "SequenceNumberRange": numbers}
    parent = parent_of(stream, shard.number)
    return described if parent is None else described | {"ParentShardId": shard_id(stream, parent)}
