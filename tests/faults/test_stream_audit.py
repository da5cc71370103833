"""Stream audit: replaying a stream from TRIM_HORIZON gives exactly its table, after a load with
kills. None missing, none twice, each item's in order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.operations.streaming import STEP
from tools.server import Server

WRITERS = 4
KEYS = 12
# A relay that died is replaced in so much; its lease is 5 s.
COMPLETE_SECONDS = 30.0
# Who leads the job that splits was killed; its lease is 10 s.
SPLIT_SECONDS = 60.0

Item = dict[str, Any]


class Pair:
    """Two servers of one store, of which one at a time is killed and replaced."""

    def __init__(self, start: Callable[[], Server], connect: Callable[..., Any]) -> None:
        self._start = start
        self._connect = connect
        self._servers = [start(), start()]
        self.clients = [connect(server.url) for server in self._servers]

    def replace(self, which: int) -> None:
        self._servers[which].kill()
        self._servers[which] = self._start()
        self.clients[which] = self._connect(self._servers[which].url)

    @property
    def url(self) -> str:
        return self._servers[0].url


def _write(pair: Pair, table: str, seed: int, stop: threading.Event, acked: list[int]) -> None:
    chance = random.Random(seed)
    while not stop.is_set():
        client = pair.clients[chance.randrange(2)]
        key = {"pk": {"S": str(chance.randrange(KEYS))}}
        value = {"N": str(chance.randrange(10**6))}
        kind = chance.randrange(5)
        try:
            if kind == 0:
                client.delete_item(TableName=table, Key=key)
            elif kind == 1:
                put = {"PutRequest": {"Item": key | {"v": value}}}
                client.batch_write_item(RequestItems={table: [put]})
            elif kind == 2:
                two = chance.sample(range(KEYS), 2)
                puts = [{"Item": {"pk": {"S": str(each)}, "v": value}} for each in two]
                client.transact_write_items(
                    TransactItems=[{"Put": put | {"TableName": table}} for put in puts]
                )
            elif kind == 3:
                client.put_item(TableName=table, Item=key | {"v": value, "w": {"S": "x" * 100}})
            else:
                client.update_item(
                    TableName=table,
                    Key=key,
                    UpdateExpression="ADD n :one SET v = :v",
                    ExpressionAttributeValues={":one": {"N": "1"}, ":v": value},
                )
            acked[seed] += 1
        except (BotoCoreError, ClientError):
            # Its server was killed, or others wrote this item all the time.
            continue


def _records(streams: Any, arn: str) -> list[dict[str, Any]]:
    """Parents are before their children, as they are described."""
    found = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        place = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        expected = int(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        while place is not None:
            page = streams.get_records(ShardIterator=place)
            for record in page["Records"]:
                assert int(record["dynamodb"]["SequenceNumber"]) == expected
                expected += STEP
            found += page["Records"]
            place = page.get("NextShardIterator") if page["Records"] else None
    assert len({record["eventID"] for record in found}) == len(found)
    return found


def _replay(records: list[dict[str, Any]]) -> dict[str, Item]:
    """Fails for a record that does not follow from those before it."""
    items: dict[str, Item] = {}
    for record in records:
        change = record["dynamodb"]
        key = change["Keys"]["pk"]["S"]
        assert change.get("OldImage") == items.pop(key, None), record
        kind = {(False, True): "INSERT", (True, True): "MODIFY", (True, False): "REMOVE"}
        assert record["eventName"] == kind["OldImage" in change, "NewImage" in change]
        if "NewImage" in change:
            items[key] = change["NewImage"]
    return items


def _scan(client: Any, table: str) -> dict[str, Item]:
    items = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return {item["pk"]["S"]: item for item in items}


@pytest.mark.parametrize("kills", [3, pytest.param(14, marks=pytest.mark.long)])
def test_a_replay_gives_the_table(
    start_server: Callable[..., Server],
    durable_store_url: str,
    connect: Callable[..., Any],
    tell: Callable[[str], None],
    kills: int,
) -> None:
    pair = Pair(lambda: start_server("--store", durable_store_url), connect)

    def kill(pair: Pair) -> None:
        for number in range(kills):
            time.sleep(1.0)
            pair.replace(number % 2)
        time.sleep(1.0)

    _audit(pair, connect, tell, f"{kills} kills", kill)


# Servers are restarted one by one with another number of shards, under load.
def test_a_replay_gives_the_table_when_shards_are_split(
    start_server: Callable[..., Server],
    durable_store_url: str,
    connect: Callable[..., Any],
    tell: Callable[[str], None],
) -> None:
    shards = 2
    pair = Pair(
        lambda: start_server("--store", durable_store_url, "--stream-shards", str(shards)), connect
    )

    def restart(pair: Pair) -> None:
        nonlocal shards
        time.sleep(1.0)
        shards = 5
        for which in (0, 1):
            pair.replace(which)
        end = time.monotonic() + SPLIT_SECONDS
        streams = streams_client(pair.url)
        arn = streams.list_streams()["Streams"][0]["StreamArn"]
        while True:
            found = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
            if len(found) == 7 and all(_is_closed(shard) for shard in found[:2]):
                break
            assert time.monotonic() < end, found
            time.sleep(0.1)
        parents = [found[number]["ShardId"] for number in (0, 1, 0, 1, 0)]
        assert [shard.get("ParentShardId") for shard in found] == [None, None, *parents]
        assert not any(_is_closed(shard) for shard in found[2:])
        for parent in set(parents):
            wanted = {"Type": "CHILD_SHARDS", "ShardId": parent}
            children = streams.describe_stream(StreamArn=arn, ShardFilter=wanted)
            assert children["StreamDescription"]["Shards"] == [
                shard for shard in found if shard.get("ParentShardId") == parent
            ]
        streams.close()
        time.sleep(1.0)

    records = _audit(pair, connect, tell, "two shards split into five", restart)
    # Of one item the numbers go up, whichever shards its records are in.
    last: dict[str, int] = {}
    for record in records:
        key, number = (record["dynamodb"][name] for name in ("Keys", "SequenceNumber"))
        assert int(number) > last.get(key["pk"]["S"], 0)
        last[key["pk"]["S"]] = int(number)


def _is_closed(shard: dict[str, Any]) -> bool:
    return "EndingSequenceNumber" in shard["SequenceNumberRange"]


def _audit(
    pair: Pair,
    connect: Callable[..., Any],
    tell: Callable[[str], None],
    what: str,
    disturb: Callable[[Pair], None],
) -> list[dict[str, Any]]:
    """The records of a table that was written to while it was disturbed."""
    table = "audited"
    pair.clients[0].create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    pair.clients[0].get_waiter("table_exists").wait(
        TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    stop = threading.Event()
    acked = [0] * WRITERS
    threads = [
        threading.Thread(target=_write, args=(pair, table, seed, stop, acked))
        for seed in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    try:
        disturb(pair)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    client = connect(pair.url, attempts=5)
    arn = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = streams_client(pair.url)
    begin = time.monotonic()
    while True:
        # Not at one moment: a write of unknown outcome may be finished in between.
        records = _records(streams, arn)
        if _replay(records) == _scan(client, table):
            break
        assert time.monotonic() - begin < COMPLETE_SECONDS
        time.sleep(0.1)
    took = time.monotonic() - begin
    streams.close()
    tell(
        f"stream audit: {len(records)} records of {sum(acked)} acknowledged requests, {what}, "
        f"complete {took:.1f} s after the load"
    )
    assert len(records) > 100
    return records


def streams_client(url: str) -> Any:
    return boto3.client(
        "dynamodbstreams",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 5}),
    )
