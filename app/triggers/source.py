"""A stream, read through the DynamoDB Streams API of whatever endpoint.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Record = dict[str, Any]
MOST_RECORDS = 1000


class SourceFailed(Exception):
    """An endpoint did not do what it was asked; later it may."""


class IteratorExpired(SourceFailed):
    """The iterator is too old: take another one."""


class RecordsTrimmed(SourceFailed):
    """What was to be read next is not kept any more."""


@dataclass(frozen=True, slots=True)
class Shard:
    """`closed`: it gets no more records."""

    id: str
    parent: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Records as Lambda is given them. `next` is None at the end of a closed shard."""

    records: tuple[Record, ...]
    next: str | None


class Source:
    """`client` is boto3's of dynamodbstreams."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self.arn = arn

    async def shards(self) -> list[Shard]:
        """All that the stream has. Raises SourceFailed."""
        found: list[Shard] = []
        more: dict[str, str] = {}
        while True:
            answer = await asked(self._client.describe_stream, StreamArn=self.arn, **more)
            told = answer["StreamDescription"]
            for shard in told["Shards"]:
                closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
                found.append(Shard(shard["ShardId"], shard.get("ParentShardId"), closed))
            last = told.get("LastEvaluatedShardId")
            if last is None:
                return found
            more = {"ExclusiveStartShardId": last}

    async def iterator(self, shard: str, after: str | None) -> str:
        """Behind the record `after`, or at the oldest."""
        place = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        answer = await asked(
            self._client.get_shard_iterator, StreamArn=self.arn, ShardId=shard, **place
        )
        iterator: str = answer["ShardIterator"]
        return iterator

    async def read(self, iterator: str, limit: int) -> Page:
        answer = await asked(self._client.get_records, ShardIterator=iterator, Limit=limit)
        records = tuple(self._event(record) for record in answer["Records"])
        return Page(records, answer.get("NextShardIterator"))

    def _event(self, record: Record) -> Record:
        plain: Record = _plain(record)
        if (identity := plain.get("userIdentity")) is not None:
            # The API begins its members with capitals, an event does not.
            plain["userIdentity"] = {
                name[0].lower() + name[1:]: identity[name] for name in identity
            }
        return {**plain, "eventSourceARN": self.arn}


async def asked(call: Callable[..., Any], **parameters: Any) -> Any:
    """The answer of a method of a boto3 client. Raises SourceFailed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return await asyncio.to_thread(call, **parameters)
    except (BotoCoreError, ClientError) as fault:
        raise _KINDS.get(_code(fault), SourceFailed)(str(fault)) from fault


def error_code(fault: SourceFailed) -> str:
    """That of the service, or an empty text."""
    return "" if fault.__cause__ is None else _code(fault.__cause__)


_KINDS: dict[str, type[SourceFailed]] = {
    "ExpiredIteratorException": IteratorExpired,
    "TrimmedDataAccessException": RecordsTrimmed,
}


def _code(fault: BaseException) -> str:
    response = getattr(fault, "response", {})
    code: str = response.get("Error", {}).get("Code", "")
    return code


def _plain(value: Any) -> Any:
    """As the JSON of an event has it: binaries in base64, times in epoch seconds."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value
