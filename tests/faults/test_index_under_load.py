"""An index made while two servers write: afterwards it says exactly what the items say."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def _scan(client: Any, **request: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    while True:
        answer = client.scan(**request)
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return items
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _base(client: Any, table: str) -> dict[str, Any]:
    items = _scan(client, TableName=table, ConsistentRead=True)
    return {item["pk"]["S"]: item for item in items if "g" in item}


def _entries(client: Any, table: str) -> list[tuple[str, Any]]:
    items = _scan(client, TableName=table, IndexName="by-g")
    return sorted((item["pk"]["S"], item) for item in items)


def _hammer(client: Any, table: str, seed: int, stop: threading.Event) -> None:
    chance = random.Random(seed)
    while not stop.is_set():
        key = {"pk": {"S": str(chance.randrange(60))}}
        value = {"N": str(chance.randrange(1000))}
        group = {"S": f"g{chance.randrange(4)}"}
        kind = chance.randrange(4)
        try:
            if kind == 0:
                client.delete_item(TableName=table, Key=key)
            elif kind == 1:
                client.update_item(TableName=table, Key=key, UpdateExpression="REMOVE g")
            elif kind == 2:
                client.put_item(TableName=table, Item={**key, "g": group, "v": value})
            else:
                client.update_item(
                    TableName=table,
                    Key=key,
                    UpdateExpression="SET g = :g, v = :v",
                    ExpressionAttributeValues={":g": group, ":v": value},
                )
        except ClientError as fault:
            # Nothing was applied: a race lost too often, which the next request makes good.
            if fault.response["Error"]["Code"] != "ThrottlingException":
                raise


def test_an_index_made_under_load_matches_its_table(
    start_server: Callable[..., Any],
    durable_store_url: str,
    connect: Callable[..., Any],
    make_table: Callable[..., str],
) -> None:
    clients = [connect(start_server("--store", durable_store_url).url) for _ in range(2)]
    table = make_table(clients[0])
    for number in range(60):
        item = {"pk": {"S": str(number)}, "g": {"S": "g0"}, "v": {"N": "0"}}
        clients[0].put_item(TableName=table, Item=item)
    stop = threading.Event()
    threads = [
        threading.Thread(target=_hammer, args=(clients[number % 2], table, number, stop))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        clients[0].update_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "by-g",
                        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                }
            ],
        )
        end = time.monotonic() + 60
        status = ""
        while status != "ACTIVE" and time.monotonic() < end:
            described = clients[1].describe_table(TableName=table)["Table"]
            status = described["GlobalSecondaryIndexes"][0]["IndexStatus"]
            time.sleep(0.05)
        assert status == "ACTIVE"
        time.sleep(0.5)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    base = sorted(_base(clients[0], table).items())
    assert base
    end = time.monotonic() + 60
    while (entries := _entries(clients[1], table)) != base and time.monotonic() < end:
        time.sleep(0.2)
    assert entries == base
