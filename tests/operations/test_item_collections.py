"""ItemCollectionMetrics: of tables with local indexes, of the partitions that were written."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.differs_locally("it tells of no collections")


@pytest.fixture(scope="module")
def collected(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(
        f"test-collections-{uuid.uuid4().hex[:12]}",
        {"pk": "S", "sk": "S"},
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "lk")
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-lk",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "lk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    yield name
    client.delete_table(TableName=name)


def of(key: str) -> dict[str, Any]:
    return {"ItemCollectionKey": {"pk": {"S": key}}, "SizeEstimateRangeGB": [0.0, 1.0]}


def item(key: str, sort: str = "s") -> dict[str, Any]:
    return {"pk": {"S": key}, "sk": {"S": sort}}


SIZE = {"ReturnItemCollectionMetrics": "SIZE"}


def test_of_each_write(client: Any, collected: str, key: str) -> None:
    put = client.put_item(TableName=collected, Item=item(key), **SIZE)
    update = client.update_item(TableName=collected, Key=item(key), **SIZE)
    delete = client.delete_item(TableName=collected, Key=item(key), **SIZE)
    for answer in (put, update, delete):
        assert answer["ItemCollectionMetrics"] == of(key)


def test_only_where_it_is_asked_for(client: Any, collected: str, key: str) -> None:
    for more in ({}, {"ReturnItemCollectionMetrics": "NONE"}):
        answer = client.put_item(TableName=collected, Item=item(key), **more)
        assert "ItemCollectionMetrics" not in answer


# Items of one partition key are no collection without a local index.
def test_not_of_other_tables(client: Any, table_ss: str, key: str) -> None:
    answer = client.put_item(TableName=table_ss, Item=item(key), **SIZE)
    assert "ItemCollectionMetrics" not in answer


def test_of_a_batch_each_collection_once(
    client: Any, collected: str, table_ss: str, key: str
) -> None:
    puts = [{"PutRequest": {"Item": item(f"{key}{p}", s)}} for p in "ab" for s in "12"]
    answer = client.batch_write_item(RequestItems={collected: puts, table_ss: puts[:1]}, **SIZE)
    assert answer["ItemCollectionMetrics"] == {collected: [of(f"{key}a"), of(f"{key}b")]}


# A check affects none.
@pytest.mark.usefixtures("transactions")
def test_of_a_transaction_what_it_writes(client: Any, collected: str, key: str) -> None:
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    actions = [
        {"ConditionCheck": {"TableName": collected, "Key": item(f"{key}a"), **condition}},
        {"Put": {"TableName": collected, "Item": item(f"{key}b")}},
        {"Delete": {"TableName": collected, "Key": item(f"{key}b", "t")}},
    ]
    answer = client.transact_write_items(TransactItems=actions, **SIZE)
    assert answer["ItemCollectionMetrics"] == {collected: [of(f"{key}b")]}


def test_of_a_failed_condition_there_is_none(client: Any, collected: str, key: str) -> None:
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.put_item(
            TableName=collected,
            Item=item(key),
            ConditionExpression="attribute_exists(pk)",
            **SIZE,
        )
    assert "ItemCollectionMetrics" not in caught.value.response
