"""The real Kinesis Client Library, with its adapter for DynamoDB Streams and its multi-language
daemon, which keeps its leases in a table beside the one it follows.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.KCLAdapter.html
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from app.clock import SystemClock
from app.config import load_settings
from app.metrics import Metrics
from app.model.shards import with_more_shards
from app.store.open import open_store
from tests.operations.streaming import STEP
from tools.process import Process
from tools.runtime import Unavailable, jars, java
from tools.server import ROOT

ADAPTER = "com.amazonaws:dynamodb-streams-kinesis-adapter:1.6.1"
DAEMON = "com.amazonaws.services.dynamodbv2.streamsadapter.StreamsMultiLangDaemon"
SECONDS = 120.0
END = "SHARD_END"


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _until(done: Callable[[], bool], daemon: Process) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert daemon.returncode is None, daemon.log()
        assert time.monotonic() < end, daemon.log()[-4000:]
        time.sleep(0.2)


@pytest.mark.long
def test_it_delivers_every_record_once_and_in_order(
    start_server: Callable[..., Any], store_url: str, tmp_path: Path
) -> None:
    try:
        binary, library = java(), jars(ADAPTER)
    except Unavailable as missing:
        pytest.skip(str(missing))
    url = start_server("--store", store_url).url
    client = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    table = f"followed-{uuid.uuid4().hex[:8]}"
    client.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})

    def write(value: int) -> None:
        for number in range(20):
            item = {"pk": {"S": str(number)}, "v": {"N": str(value)}}
            client.put_item(TableName=table, Item=item)

    delivered, properties = tmp_path / "delivered", tmp_path / "daemon.properties"
    settings = {
        "executableName": f"{sys.executable} {ROOT}/tests/clients/kcl_processor.py {delivered}",
        "streamName": client.describe_table(TableName=table)["Table"]["LatestStreamArn"],
        "applicationName": f"{table}-leases",
        "AWSCredentialsProvider": "DefaultAWSCredentialsProviderChain",
        "regionName": "us-east-1",
        "kinesisEndpoint": url,
        "dynamoDBEndpoint": url,
        "initialPositionInStream": "TRIM_HORIZON",
        "metricsLevel": "NONE",
        "idleTimeBetweenReadsInMillis": "200",
        "shardSyncIntervalMillis": "1000",
        "failoverTimeMillis": "3000",
    }
    properties.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    write(1)
    daemon = Process(
        [binary, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{library}/*", DAEMON, properties],
        log_path=tmp_path / "daemon.log",
        cwd=tmp_path,
        env=os.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    )
    try:
        _until(lambda: len(_lines(delivered)) >= 20, daemon)
        write(2)
        asyncio.run(_split(store_url, table, 6))
        write(3)
        client.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})

        def ends() -> list[str]:
            leases = client.scan(TableName=f"{table}-leases", ConsistentRead=True)["Items"]
            return [lease["checkpoint"]["S"] for lease in leases]

        _until(lambda: ends() == [END] * (4 + 6), daemon)
    finally:
        daemon.stop()
        client.close()
    found: dict[str, list[str]] = {}
    numbers: dict[str, list[str]] = {}
    for shard, number, record in _lines(delivered):
        numbers.setdefault(shard, []).append(number)
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        found.setdefault(key, []).append(record["dynamodb"]["NewImage"]["v"]["N"])
    # Also of items that went on in another shard.
    assert found == {str(number): ["1", "2", "3"] for number in range(20)}
    for each in numbers.values():
        steps = range(int(each[0]), int(each[0]) + len(each) * STEP, STEP)
        assert each == [f"{number:021}" for number in steps]
    assert len(numbers) > 4


async def _split(store_url: str, name: str, shards: int) -> None:
    """As a server does that was started with a larger number."""
    store = open_store(load_settings({"store": store_url}), SystemClock(), Metrics())
    await store.open()
    try:
        table = await store.table(name)
        assert table is not None
        changed = with_more_shards(table, shards)
        assert await store.change_table(changed)
        await store.settled(changed)
    finally:
        await store.close()
