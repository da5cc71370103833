"""Requests and items that are worked on beside the event loop answer as all others do."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

KB = 1024
# More than 128 KB of JSON, and less than 400 KB as items are measured.
WIDE = {f"a{number}": {"N": f"{number}.50"} for number in range(12_000)}
CANONICAL = {name: {"N": value["N"].rstrip("0").rstrip(".")} for name, value in WIDE.items()}


@pytest.fixture(scope="module")
def wide(client: Any, table: str) -> str:
    """The key of an item of many attributes; tests do not change it."""
    key = uuid.uuid4().hex
    client.put_item(TableName=table, Item={"pk": {"S": key}, **WIDE})
    return key


def test_a_large_item_is_normalized(client: Any, table: str, wide: str) -> None:
    found = client.get_item(TableName=table, Key={"pk": {"S": wide}})
    assert found["Item"] == {"pk": {"S": wide}, **CANONICAL}


def test_a_part_of_a_large_item(client: Any, table: str, wide: str) -> None:
    key = {"pk": {"S": wide}}
    shown = {"ProjectionExpression": "a7", "ReturnConsumedCapacity": "TOTAL"}
    found = client.get_item(TableName=table, Key=key, **shown)
    assert found["Item"] == {"a7": {"N": "7.5"}}
    several = client.batch_get_item(
        RequestItems={table: {"Keys": [key], "ProjectionExpression": "a7"}},
        ReturnConsumedCapacity="TOTAL",
    )
    assert several["Responses"] == {table: [{"a7": {"N": "7.5"}}]}
    units = found["ConsumedCapacity"]["CapacityUnits"]
    assert several["ConsumedCapacity"][0]["CapacityUnits"] == units > 10


def test_faults_of_a_large_item(fails: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, **WIDE}
    fails(
        "put_item",
        "ValidationException",
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        TableName=table,
        Item=item | {"b": {}},
    )
    fails(
        "put_item",
        "ValidationException",
        "Item size has exceeded the maximum allowed size",
        TableName=table,
        Item=item | {"b": {"S": "x" * 400 * KB}},
    )
    fails("put_item", "SerializationException", None, TableName=table, Item=item | {"b": {"S": 5}})


def test_a_large_item_is_updated(client: Any, table: str, key: str) -> None:
    place = {"pk": {"S": key}}
    client.put_item(TableName=table, Item=place | WIDE)
    values = {":one": {"N": "1"}, ":list": {"L": list(WIDE.values())}}
    changed = client.update_item(
        TableName=table,
        Key=place,
        UpdateExpression="SET a1 = a1 + :one REMOVE a2",
        ConditionExpression="a3 <> :list",
        ExpressionAttributeValues=values,
        ReturnValues="UPDATED_NEW",
        ReturnConsumedCapacity="TOTAL",
    )
    assert changed["Attributes"] == {"a1": {"N": "2.5"}}
    assert changed["ConsumedCapacity"]["CapacityUnits"] > 50
    found = client.get_item(TableName=table, Key=place, ConsistentRead=True)["Item"]
    assert len(found) == len(WIDE)
    assert found["a1"] == {"N": "2.5"}


def test_a_condition_on_a_large_item(client: Any, fails: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, **WIDE}
    client.put_item(TableName=table, Item=item)
    wanted = {"ConditionExpression": "a1 = :v", "ExpressionAttributeValues": {":v": {"N": "2"}}}
    refused = "The conditional request failed"
    fails(
        "put_item", "ConditionalCheckFailedException", refused, TableName=table, Item=item, **wanted
    )
    wanted["ExpressionAttributeValues"] = {":v": {"N": "1.5"}}
    old = client.delete_item(
        TableName=table, Key={"pk": {"S": key}}, ReturnValues="ALL_OLD", **wanted
    )
    assert old["Attributes"] == {"pk": {"S": key}, **CANONICAL}


def test_a_large_batch(client: Any, table_ss: str, key: str) -> None:
    items = [
        {"pk": {"S": key}, "sk": {"S": f"{number:02}"}, "n": {"N": "1.0"}, "t": {"S": "x" * 60_000}}
        for number in range(25)
    ]
    entries = [{"PutRequest": {"Item": item}} for item in items]
    assert client.batch_write_item(RequestItems={table_ss: entries})["UnprocessedItems"] == {}
    keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
    found = client.batch_get_item(RequestItems={table_ss: {"Keys": keys}})["Responses"][table_ss]
    assert sorted(item["sk"]["S"] for item in found) == [item["sk"]["S"] for item in items]
    assert {(item["n"]["N"], len(item["t"]["S"])) for item in found} == {("1", 60_000)}


@pytest.mark.usefixtures("transactions")
def test_a_large_transaction(client: Any, table_ss: str, key: str) -> None:
    puts = [
        {
            "Put": {
                "TableName": table_ss,
                "Item": {"pk": {"S": key}, "sk": {"S": f"{number}"}, **WIDE},
            }
        }
        for number in range(2)
    ]
    client.transact_write_items(TransactItems=puts)
    update = {
        "TableName": table_ss,
        "Key": {"pk": {"S": key}, "sk": {"S": "0"}},
        "UpdateExpression": "SET a1 = a2",
        "ConditionExpression": "a3 = :v",
        "ExpressionAttributeValues": {":v": {"N": "3.5"}},
    }
    client.transact_write_items(TransactItems=[{"Update": update}])
    gets = [{"Get": {"TableName": table_ss, "Key": update["Key"], "ProjectionExpression": "a1"}}]
    assert client.transact_get_items(TransactItems=gets)["Responses"] == [
        {"Item": {"a1": {"N": "2.5"}}}
    ]


@pytest.fixture(scope="module")
def long_partition(client: Any, table_ss: str) -> str:
    """The key of 25 items, together more than a page."""
    key = uuid.uuid4().hex
    entries = [
        {
            "PutRequest": {
                "Item": {
                    "pk": {"S": key},
                    "sk": {"S": f"{number:02}"},
                    "n": {"N": str(number)},
                    "t": {"S": "x" * 50_000},
                }
            }
        }
        for number in range(25)
    ]
    assert client.batch_write_item(RequestItems={table_ss: entries})["UnprocessedItems"] == {}
    return key


def test_a_large_page_is_cut_filtered_and_projected(
    client: Any, table_ss: str, long_partition: str
) -> None:
    asked = {
        "TableName": table_ss,
        "KeyConditionExpression": "pk = :p",
        "FilterExpression": "n > :n",
        "ProjectionExpression": "sk",
        "ExpressionAttributeValues": {":p": {"S": long_partition}, ":n": {"N": "17"}},
        "ReturnConsumedCapacity": "TOTAL",
        "ConsistentRead": True,
    }
    first = client.query(**asked)
    # 21 items of 50,014 bytes cross 1 MB.
    assert first["ScannedCount"] == 21
    assert [item["sk"]["S"] for item in first["Items"]] == ["18", "19", "20"]
    assert first["LastEvaluatedKey"]["sk"] == {"S": "20"}
    assert first["ConsumedCapacity"]["CapacityUnits"] == -(-21 * 50_014 // 4096)
    rest = client.query(**asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [item["sk"]["S"] for item in rest["Items"]] == ["21", "22", "23", "24"]
    assert "LastEvaluatedKey" not in rest


def test_a_large_page_of_partiql(client: Any, table_ss: str, long_partition: str) -> None:
    statement = f'SELECT sk FROM "{table_ss}" WHERE pk = ? AND n > 17'
    parameters = [{"S": long_partition}]
    first = client.execute_statement(Statement=statement, Parameters=parameters)
    assert [item["sk"]["S"] for item in first["Items"]] == ["18", "19", "20"]
    rest = client.execute_statement(
        Statement=statement, Parameters=parameters, NextToken=first["NextToken"]
    )
    assert [item["sk"]["S"] for item in rest["Items"]] == ["21", "22", "23", "24"]
