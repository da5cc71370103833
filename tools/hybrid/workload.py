"""Operations of all kinds on one table, and whether two tables are equal."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

TABLE = "orders"
LARGE = 300 * 1024
_PARTITIONS = 40
_HOT = 4


def create(client: Any, *, streamed: bool) -> str:
    """Makes the table; the ARN of its stream, or an empty text."""
    names = [("customer", "S", "HASH"), ("number", "N", "RANGE")]
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind, _ in names
        ],
        KeySchema=[{"AttributeName": name, "KeyType": role} for name, _, role in names],
        BillingMode="PAY_PER_REQUEST",
        **({"StreamSpecification": view} if streamed else {}),
    )
    wait = {"Delay": 1, "MaxAttempts": 60}
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig=wait)
    arn: str = client.describe_table(TableName=TABLE)["Table"].get("LatestStreamArn", "")
    return arn


def operate(client: Any, chance: random.Random, number: int) -> None:
    """The operation of that number: a put, an update or a delete, a third of them of hot items."""
    key = _key(chance)
    kind = chance.random()
    if kind < 0.45:
        client.put_item(TableName=TABLE, Item=key | _attributes(chance, number))
    elif kind < 0.75:
        client.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET written = :number ADD changes :one, seen :seen",
            ExpressionAttributeValues={
                ":number": {"N": str(number)},
                ":one": {"N": "1"},
                ":seen": {"SS": [f"n{number % 7}"]},
            },
        )
    else:
        client.delete_item(TableName=TABLE, Key=key)


def _key(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.33:
        return {"customer": {"S": "hot"}, "number": {"N": str(chance.randrange(_HOT))}}
    customer = f"customer-{chance.randrange(_PARTITIONS)}"
    return {"customer": {"S": customer}, "number": {"N": str(chance.randrange(20) / 4)}}


def _attributes(chance: random.Random, number: int) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "written": {"N": str(number)},
        "text": {"S": "Grüße, 世界 " * chance.randrange(1, 20)},
        "photo": {"B": chance.randbytes(30)},
        "more": {"M": {"list": {"L": [{"BOOL": True}, {"NULL": True}, {"N": "-0.25"}]}}},
    }
    if chance.random() < 0.01:
        attributes["large"] = {"S": "x" * LARGE}
    return attributes


def items(client: Any) -> dict[tuple[str, str], Any]:
    """All of the table, by key; sets in one order."""
    return {
        (item["customer"]["S"], item["number"]["N"]): {
            name: _ordered(value) for name, value in item.items()
        }
        for item in _scanned(client)
    }


def _scanned(client: Any) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {}
    while True:
        page = client.scan(TableName=TABLE, ConsistentRead=True, **more)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _ordered(value: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: sorted(content) if kind in ("SS", "NS", "BS") else content
        for kind, content in value.items()
    }
