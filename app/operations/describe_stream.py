"""DescribeStream: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""

from __future__ import annotations

from typing import Any

from .. import errors
from ..model.stream import FIRST_SEQUENCE, Shard
from ..model.table import Stream
from .context import Context
from .registry import Answer, Request
from .stream_names import known_stream, sequence_number, shard_id, stream_arn

MOST_SHARDS = 100
_KINDS = ("HASH", "RANGE")


async def run(ctx: Context, request: Request) -> Answer:
    limit = request.get("Limit", MOST_SHARDS)
    if limit > MOST_SHARDS:
        raise errors.validation(
            "One or more parameter values were invalid: "
            f"Limit cannot be greater than the maximum: {MOST_SHARDS}"
        )
    found = await known_stream(ctx, request["StreamArn"])
    stream = found.stream
    after = request.get("ExclusiveStartShardId", "")
    shards = [
        _described(stream, shard)
        for shard in await ctx.store.shards(found)
        if shard_id(stream, shard.number) > after
    ]
    if request.get("ShardFilter"):
        # CHILD_SHARDS: shards live as long as their stream, so that none has a child.
        shards = []
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
    numbers = {"StartingSequenceNumber": sequence_number(FIRST_SEQUENCE)}
    if shard.closed:
        last = max(shard.next - 1, FIRST_SEQUENCE)
        numbers["EndingSequenceNumber"] = sequence_number(last)
    return {"ShardId": shard_id(stream, shard.number), "SequenceNumberRange": numbers}
