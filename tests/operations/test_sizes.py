"""ItemCount, TableSizeBytes and those of indexes, which are counted in the background."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

DEADLINE = 30.0


@pytest.mark.own_answer("the service counts every six hours")
def test_items_and_entries_are_counted(
    client: Any, second_client: Any, new_table: Callable[..., str]
) -> None:
    name = new_table(
        {"pk": "S", "sk": "S"},
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "lk", "gk")
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-lk",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "lk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-gk",
                "KeySchema": [{"AttributeName": "gk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for number in range(3):
        client.put_item(
            TableName=name,
            Item={
                "pk": {"S": "p"},
                "sk": {"S": str(number)},
                "lk": {"S": "l"},
                "more": {"S": "x" * 10},
                **({"gk": {"S": "g"}} if number else {}),
            },
        )
    # pk p: 3, sk 0: 3, lk l: 3, more: 14, gk g: 3 bytes.
    expected = {"table": (3, 3 * 23 + 2 * 3), "by-lk": (3, 3 * 9), "by-gk": (2, 2 * 26)}
    deadline = time.monotonic() + DEADLINE
    # Each server tells the same, whichever has counted.
    for each in (client, second_client):
        while sizes(each, name) != expected:
            assert time.monotonic() < deadline, sizes(each, name)
            time.sleep(0.2)


def sizes(client: Any, name: str) -> dict[str, tuple[int, int]]:
    table = client.describe_table(TableName=name)["Table"]
    found = {"table": (table["ItemCount"], table["TableSizeBytes"])}
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for index in table[member]:
            found[index["IndexName"]] = (index["ItemCount"], index["IndexSizeBytes"])
    return found
