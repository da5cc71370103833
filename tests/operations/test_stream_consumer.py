"""A consumer with the assumptions of the Kinesis Client Library: workers lease shards in a table
of their own, begin at TRIM_HORIZON or behind their checkpoint, and are done with a shard when it
gives no NextShardIterator.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.KCLAdapter.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.operations.streaming import SECONDS, arn_of, disabled, specification

END = "SHARD_END"


class Worker:
    """Takes part of the shards; what it has read is in `seen`, in order."""

    def __init__(self, name: str, client: Any, streams: Any, leases: str, arn: str) -> None:
        self.name = name
        self.seen: list[tuple[str, str, str]] = []
        self._client = client
        self._streams = streams
        self._leases = leases
        self._arn = arn
        self._places: dict[str, str | None] = {}

    def find_shards(self) -> None:
        """Page by page; a lease for each shard, unless it has one."""
        more: dict[str, Any] = {}
        while True:
            page = self._streams.describe_stream(StreamArn=self._arn, Limit=3, **more)
            description = page["StreamDescription"]
            for shard in description["Shards"]:
                # All shards begin with the stream, so that none waits for its parent's end.
                assert "ParentShardId" not in shard
                try:
                    self._client.put_item(
                        TableName=self._leases,
                        Item={
                            "pk": {"S": shard["ShardId"]},
                            "owner": {"S": "nobody"},
                            "checkpoint": {"S": "TRIM_HORIZON"},
                        },
                        ConditionExpression="attribute_not_exists(pk)",
                    )
                except self._client.exceptions.ConditionalCheckFailedException:
                    continue
            if "LastEvaluatedShardId" not in description:
                return
            more = {"ExclusiveStartShardId": description["LastEvaluatedShardId"]}

    def take(self, most: int, from_owner: str = "nobody") -> None:
        for lease in self._client.scan(TableName=self._leases)["Items"]:
            if len(self._places) == most:
                return
            if lease["owner"]["S"] == from_owner and lease["checkpoint"]["S"] != END:
                self._client.update_item(
                    TableName=self._leases,
                    Key={"pk": lease["pk"]},
                    UpdateExpression="SET #o = :me",
                    ConditionExpression="#o = :other",
                    ExpressionAttributeNames={"#o": "owner"},
                    ExpressionAttributeValues={
                        ":me": {"S": self.name},
                        ":other": {"S": from_owner},
                    },
                )
                self._places[lease["pk"]["S"]] = self._iterator(lease)

    def read(self, limit: int) -> None:
        """One GetRecords of each shard that has not ended, then a checkpoint."""
        for shard, place in list(self._places.items()):
            if place is None:
                continue
            page = self._streams.get_records(ShardIterator=place, Limit=limit)
            for record in page["Records"]:
                change = record["dynamodb"]
                self.seen.append((shard, change["SequenceNumber"], change["Keys"]["pk"]["S"]))
            self._places[shard] = page.get("NextShardIterator")
            if self._places[shard] is None:
                self._check(shard, END)
            elif page["Records"]:
                self._check(shard, page["Records"][-1]["dynamodb"]["SequenceNumber"])

    @property
    def is_done(self) -> bool:
        return bool(self._places) and all(place is None for place in self._places.values())

    def _iterator(self, lease: dict[str, Any]) -> str:
        checkpoint = lease["checkpoint"]["S"]
        more = {"ShardIteratorType": checkpoint}
        if checkpoint != "TRIM_HORIZON":
            more = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": checkpoint}
        answer = self._streams.get_shard_iterator(
            StreamArn=self._arn, ShardId=lease["pk"]["S"], **more
        )
        place: str = answer["ShardIterator"]
        return place

    def _check(self, shard: str, checkpoint: str) -> None:
        self._client.update_item(
            TableName=self._leases,
            Key={"pk": {"S": shard}},
            UpdateExpression="SET checkpoint = :c",
            ConditionExpression="#o = :me",
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":c": {"S": checkpoint}, ":me": {"S": self.name}},
        )


@pytest.mark.own_answer("the number of shards is a setting here")
def test_two_workers_share_the_shards_and_one_takes_over(
    client: Any, streams: Any, new_table: Callable[..., str]
) -> None:
    table = new_table({"pk": "S"}, StreamSpecification=specification("KEYS_ONLY"))
    leases = new_table({"pk": "S"})
    arn = arn_of(client, table)
    first, second = (Worker(name, client, streams, leases, arn) for name in ("one", "two"))
    for worker in (first, second):
        worker.find_shards()
        worker.take(2)

    def write(start: int) -> None:
        for number in range(start, start + 20):
            client.put_item(TableName=table, Item={"pk": {"S": f"{number:02}"}})

    write(0)
    _until(lambda: len(first.seen) + len(second.seen) == 20, first, second)
    # The second one dies: the first goes on behind its checkpoints.
    write(20)
    first.take(4, from_owner="two")
    client.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    disabled(streams, arn)
    _until(lambda: first.is_done, first)
    assert sorted(key for _, _, key in first.seen + second.seen) == [f"{n:02}" for n in range(40)]
    for shard in {shard for shard, _, _ in first.seen}:
        numbers = [number for at, number, _ in first.seen if at == shard]
        assert numbers == sorted(numbers)
    ends = client.scan(TableName=leases)["Items"]
    assert {lease["checkpoint"]["S"] for lease in ends} == {END}


def _until(done: Callable[[], bool], *workers: Worker) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end
        for worker in workers:
            worker.read(limit=3)
