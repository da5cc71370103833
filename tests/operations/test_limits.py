"""Limits relaxed for one table by its tag `dynaspan:limits`; all others stay DynamoDB's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import INVALID

pytestmark = pytest.mark.own_answer("DynamoDB knows no such tag")

TAG = "dynaspan:limits"
RELAXED = "item=1MB,sort_key=2KB partition_key=4KB page=3MB batch_write=60 batch_get=150"


def tag(text: str) -> list[dict[str, str]]:
    return [{"Key": TAG, "Value": text}]


def arn_of(client: Any, name: str) -> str:
    arn: str = client.describe_table(TableName=name)["Table"]["TableArn"]
    return arn


@pytest.fixture(scope="module")
def wide(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(
        f"test-limits-{uuid.uuid4().hex[:12]}", {"pk": "S", "sk": "S"}, Tags=tag(RELAXED)
    )
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="module")
def strict(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """Like all others: of its own, as it is filled with more than a page."""
    name = create_table(f"test-limits-{uuid.uuid4().hex[:12]}", {"pk": "S", "sk": "S"})
    yield name
    client.delete_table(TableName=name)


def item(key: str, sort: str = "s", **more: str) -> dict[str, Any]:
    texts = {"pk": key, "sk": sort, **more}
    return {name: {"S": text} for name, text in texts.items()}


def test_a_large_item(client: Any, fails: Any, wide: str, strict: str, key: str) -> None:
    large = item(key, data="x" * 900_000)
    client.put_item(TableName=wide, Item=large)
    read = client.get_item(TableName=wide, Key=item(key), ConsistentRead=True)
    assert read["Item"] == large
    message = "Item size has exceeded the maximum allowed size"
    fails("put_item", "ValidationException", message, TableName=strict, Item=large)
    larger = item(key, data="x" * 1_048_576)
    fails("put_item", "ValidationException", message, TableName=wide, Item=larger)


def test_a_large_item_by_other_operations(client: Any, wide: str, strict: str, key: str) -> None:
    large = [{"PutRequest": {"Item": item(key, "batch", data="x" * 500_000)}}]
    client.batch_write_item(RequestItems={wide: large})
    with pytest.raises(client.exceptions.ClientError, match="maximum allowed size"):
        client.batch_write_item(RequestItems={strict: large})
    for name in (wide, strict):
        update = {
            "TableName": name,
            "Key": item(key, "update"),
            "UpdateExpression": "SET d = :d",
            "ExpressionAttributeValues": {":d": {"S": "x" * 500_000}},
        }
        if name == wide:
            client.update_item(**update)
        else:
            with pytest.raises(client.exceptions.ClientError, match="Item size to update"):
                client.update_item(**update)


@pytest.mark.usefixtures("long_sort_keys")
def test_long_keys(client: Any, fails: Any, wide: str, key: str) -> None:
    long = item(key + "p" * 4000, "s" * 2048)
    client.put_item(TableName=wide, Item=long)
    assert client.get_item(TableName=wide, Key=long, ConsistentRead=True)["Item"] == long
    found = client.query(
        TableName=wide,
        KeyConditionExpression="pk = :p AND begins_with(sk, :s)",
        ExpressionAttributeValues={":p": long["pk"], ":s": {"S": "s" * 2000}},
    )
    assert found["Items"] == [long]
    fails(
        "put_item",
        "ValidationException",
        INVALID + "Aggregated size of all range keys has exceeded the size limit of 2048 bytes",
        TableName=wide,
        Item=item(key, "s" * 2049),
    )


def test_a_large_page(client: Any, wide: str, strict: str, key: str) -> None:
    for name in (wide, strict):
        for number in range(5):
            client.put_item(TableName=name, Item=item(key, str(number), data="x" * 390_000))
        found = client.query(
            TableName=name,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": key}},
        )
        assert found["Count"] == (5 if name == wide else 3)


def test_many_writes_in_a_batch(client: Any, fails: Any, wide: str, strict: str, key: str) -> None:
    def puts(count: int) -> list[Any]:
        return [{"PutRequest": {"Item": item(key, f"w{number:03}")}} for number in range(count)]

    answer = client.batch_write_item(RequestItems={wide: puts(60)})
    assert answer["UnprocessedItems"] == {}
    found = client.query(
        TableName=wide,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": key}},
        ConsistentRead=True,
    )
    assert found["Count"] == 60
    # What no table takes is refused before the table is known.
    for name, count, most in ((wide, 61, 60), (strict, 26, 25), (wide, 1001, 25)):
        error = fails(
            "batch_write_item", "ValidationException", None, RequestItems={name: puts(count)}
        )
        assert f"[Member must have length less than or equal to {most}, " in str(error)
    # Together they may be as many as the most patient table takes.
    fails(
        "batch_write_item",
        "ValidationException",
        "Too many items requested for the BatchWriteItem call",
        RequestItems={wide: puts(50), strict: puts(20)},
    )


def test_many_keys_in_a_batch(client: Any, fails: Any, wide: str, strict: str, key: str) -> None:
    keys = [item(key, f"g{number}") for number in range(150)]
    answer = client.batch_get_item(RequestItems={wide: {"Keys": keys}})
    assert answer["Responses"] == {wide: []}
    error = fails(
        "batch_get_item", "ValidationException", None, RequestItems={strict: {"Keys": keys}}
    )
    assert error["Error"]["Message"].endswith("Member must have length less than or equal to 100")


# What is wrong besides is said together with it, as ever.
def test_faults_of_a_large_batch(fails: Any, wide: str) -> None:
    error = fails(
        "batch_write_item",
        "ValidationException",
        None,
        RequestItems={wide: [{"PutRequest": {"Item": {}}}] * 26},
        ReturnConsumedCapacity="ALL",
    )
    assert error["Error"]["Message"].startswith("2 validation errors detected: ")


def test_limits_come_and_go_with_the_tag(client: Any, fails: Any, new_table: Any, key: str) -> None:
    name = new_table({"pk": "S"})
    arn = arn_of(client, name)
    large = {"pk": {"S": key}, "data": {"S": "x" * 410_000}}
    fails("put_item", "ValidationException", None, TableName=name, Item=large)
    client.tag_resource(ResourceArn=arn, Tags=tag("item=500KB"))
    client.put_item(TableName=name, Item=large)
    client.untag_resource(ResourceArn=arn, TagKeys=[TAG])
    fails("put_item", "ValidationException", None, TableName=name, Item=large)
    # What is there stays readable.
    assert client.get_item(TableName=name, Key={"pk": {"S": key}})["Item"] == large


def test_a_tag_that_cannot_be(client: Any, fails: Any, strict: str) -> None:
    arn = arn_of(client, strict)
    fails(
        "tag_resource",
        "ValidationException",
        f"{INVALID}Tag {TAG}: batch_get must be from 100 to 1000, but is 5",
        ResourceArn=arn,
        Tags=tag("batch_get=5"),
    )
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    request = {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    name = f"never-{uuid.uuid4().hex[:8]}"
    fails("create_table", "ValidationException", None, TableName=name, Tags=tag("?"), **request)
    fails("describe_table", "ResourceNotFoundException", None, TableName=name)
