"""ARNs of streams, ids of shards and sequence numbers as the Streams API writes them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .. import errors
from ..model.shards import shard_count, split_of
from ..model.stream import StreamOfTable
from ..model.table import Stream
from .context import Context
from .names import resource_of_arn, table_arn

_STREAM = "/stream/"
_SHARD = re.compile(r"shardId-(\d{20})-([0-9a-f]{8})", re.ASCII)
# A stream has at most 100 shards at a time and more with each split, which makes 5050 in all.
_OF_A_NUMBER = 10**4
_OF_A_SPLIT = 10**15


class StreamName(NamedTuple):
    table: str
    label: str


def stream_arn(ctx: Context, table_name: str, label: str) -> str:
    arn = table_arn(ctx.settings.region, ctx.settings.account_id, table_name)
    return f"{arn}{_STREAM}{label}"


def stream_name(arn: str) -> StreamName | None:
    """None for what is no ARN of a stream. As for tables there is one namespace."""
    table, stream, label = (resource_of_arn(arn) or "").partition(_STREAM)
    return StreamName(table, label) if stream else None


async def named_stream(ctx: Context, arn: str) -> StreamOfTable | None:
    """The stream of this ARN, if it is, or was in the last 24 hours.

    Raises ValidationException for what is no ARN of a stream.
    """
    name = stream_name(arn)
    if name is None:
        raise errors.validation("Invalid StreamArn")
    return await ctx.store.stream(*name)


async def known_stream(ctx: Context, arn: str) -> StreamOfTable:
    """Raises ResourceNotFoundException, or ValidationException for what is no ARN of a stream."""
    stream = await named_stream(ctx, arn)
    if stream is None:
        raise errors.resource_not_found(f"Requested resource not found: Stream: {arn} not found")
    return stream


def shard_id(stream: Stream, number: int) -> str:
    """In the order of their numbers."""
    return f"shardId-{round(stream.created * 1000):020}-{number:08x}"


def shard_number(stream: Stream, id: str) -> int | None:
    """None for the id of no shard of this stream."""
    found = _SHARD.fullmatch(id)
    if found is None:
        return None
    number = int(found[2], 16)
    return number if number < shard_count(stream) and shard_id(stream, number) == id else None


def sequence_number(stream: Stream, shard: int, sequence: int) -> str:
    """No two records of a stream have the same. Of one length, so that they sort as texts, too.
    Those of a shard are behind those of its parent, so that the numbers of an item's records go up
    whatever shards they are in."""
    return f"{(_behind(stream, shard) + sequence) * _OF_A_NUMBER + shard:021}"


def sequence_of(stream: Stream, shard: int, number: int) -> int | None:
    """The inverse of `sequence_number`, None for a number that the shard does not give."""
    sequence, of = divmod(number, _OF_A_NUMBER)
    return sequence - _behind(stream, shard) if of == shard else None


def _behind(stream: Stream, shard: int) -> int:
    return split_of(stream, shard)[0] * _OF_A_SPLIT
