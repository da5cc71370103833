"""ListStreams: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html"""

from __future__ import annotations

from typing import Any

from .. import errors
from .context import Context
from .registry import Answer, Request
from .stream_names import stream_arn, stream_name

MOST_STREAMS = 100


async def run(ctx: Context, request: Request) -> Answer:
    limit = request.get("Limit", MOST_STREAMS)
    if limit > MOST_STREAMS:
        raise errors.invalid_parameters(
            f"Limit cannot be greater than the maximum allowed size: {MOST_STREAMS}"
        )
    found = await ctx.store.streams(request.get("TableName"))
    start = request.get("ExclusiveStartStreamArn")
    if start is not None:
        after = stream_name(start)
        found = [each for each in found if after and (each.table_name, each.stream.label) > after]
    streams = [
        {
            "StreamArn": stream_arn(ctx, each.table_name, each.stream.label),
            "TableName": each.table_name,
            "StreamLabel": each.stream.label,
        }
        for each in found[:limit]
    ]
    result: dict[str, Any] = {"Streams": streams}
    if len(found) > limit:
        result["LastEvaluatedStreamArn"] = streams[-1]["StreamArn"]
    return result
