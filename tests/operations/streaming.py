"""What tests of streams share: specifications, places and records."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

SECONDS = 30.0
VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


# By which the numbers of a shard go up: what is below tells the shard.
STEP = 10**4


def sequence_number(shard: str, sequence: int) -> str:
    """Of the record with this number in its shard, from 1."""
    return f"{sequence * STEP + int(shard[-8:], 16):021}"


def specification(view: str = "NEW_AND_OLD_IMAGES") -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": view}


def arn_of(client: Any, table: str) -> str:
    arn: str = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    return arn


def shards_of(streams: Any, arn: str) -> list[dict[str, Any]]:
    shards: list[dict[str, Any]] = streams.describe_stream(StreamArn=arn)["StreamDescription"][
        "Shards"
    ]
    return shards


def iterator(streams: Any, arn: str, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    answer = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more
    )
    text: str = answer["ShardIterator"]
    return text


def read_all(streams: Any, arn: str, **more: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """All records that are there now, with the id of their shard."""
    for shard in shards_of(streams, arn):
        place = iterator(streams, arn, shard["ShardId"])
        while place is not None:
            answer = streams.get_records(ShardIterator=place, **more)
            for record in answer["Records"]:
                yield shard["ShardId"], record
            place = answer.get("NextShardIterator") if answer["Records"] else None


def records_of(streams: Any, arn: str, key: str, count: int) -> list[dict[str, Any]]:
    """The records of items with this partition key `pk`, once there are `count`: they may appear a
    moment after their write."""
    end = time.monotonic() + SECONDS
    while True:
        found = [
            record
            for _, record in read_all(streams, arn)
            if record["dynamodb"]["Keys"]["pk"]["S"] == key
        ]
        if len(found) >= count:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.02)


def disabled(streams: Any, arn: str) -> dict[str, Any]:
    """The description of a stream, once it is DISABLED."""
    end = time.monotonic() + SECONDS
    while True:
        found: dict[str, Any] = streams.describe_stream(StreamArn=arn)["StreamDescription"]
        if found["StreamStatus"] == "DISABLED":
            return found
        assert found["StreamStatus"] == "DISABLING"
        assert time.monotonic() < end
        time.sleep(0.02)
