"""ReturnConsumedCapacity of a table with indexes: what each write and read costs, and where.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.differs_locally("it bills indexes otherwise")

Units = dict[str, float]
GLOBALS, LOCALS = "GlobalSecondaryIndexes", "LocalSecondaryIndexes"


def index(name: str, keys: dict[str, str], kind: str, *included: str) -> dict[str, Any]:
    projection = {"ProjectionType": kind, **({"NonKeyAttributes": included} if included else {})}
    schema = [{"AttributeName": key, "KeyType": role} for key, role in keys.items()]
    return {"IndexName": name, "KeySchema": schema, "Projection": projection}


@pytest.fixture(scope="module")
def indexed(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """`all` and `keys` by g, `some` by l within pk, which holds a."""
    name = create_table(
        f"test-capacity-{uuid.uuid4().hex[:12]}",
        {"pk": "S", "sk": "S"},
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "g", "l")
        ],
        LocalSecondaryIndexes=[index("some", {"pk": "HASH", "l": "RANGE"}, "INCLUDE", "a")],
        GlobalSecondaryIndexes=[
            index("all", {"g": "HASH"}, "ALL"),
            index("keys", {"g": "HASH"}, "KEYS_ONLY"),
        ],
    )
    yield name
    client.delete_table(TableName=name)


def units_of(consumed: dict[str, Any]) -> Units:
    """`consumed` as {"table": units, index: units, ...}, which must make up its total."""
    found = {"table": consumed["Table"]["CapacityUnits"]}
    for member in (GLOBALS, LOCALS):
        for name, each in consumed.get(member, {}).items():
            assert (name == "some") == (member == LOCALS)
            found[name] = each["CapacityUnits"]
    assert consumed["CapacityUnits"] == sum(found.values())
    assert not {"ReadCapacityUnits", "WriteCapacityUnits"} & consumed.keys()
    return found


INDEXES = {"ReturnConsumedCapacity": "INDEXES"}


def test_writes_cost_what_they_change(client: Any, indexed: str, key: str) -> None:
    keys = {"pk": {"S": key}, "sk": {"S": "s"}}
    item = {**keys, "g": {"S": key}, "l": {"S": "l"}, "a": {"S": "a"}}

    def put() -> Units:
        answer = client.put_item(TableName=indexed, Item=item, **INDEXES)
        return units_of(answer["ConsumedCapacity"])

    def update(expression: str, value: str | None = None) -> Units:
        values = {} if value is None else {"ExpressionAttributeValues": {":v": {"S": value}}}
        answer = client.update_item(
            TableName=indexed, Key=keys, UpdateExpression=expression, **values, **INDEXES
        )
        return units_of(answer["ConsumedCapacity"])

    def delete() -> Units:
        answer = client.delete_item(TableName=indexed, Key=keys, **INDEXES)
        return units_of(answer["ConsumedCapacity"])

    assert put() == {"table": 1, "all": 1, "keys": 1, "some": 1}
    # The same again is a write of the table, of no index.
    assert put() == {"table": 1}
    # Only `all` holds it.
    assert update("SET rest = :v", "x") == {"table": 1, "all": 1}
    assert update("SET a = :v", "b") == {"table": 1, "all": 1, "some": 1}
    # An entry that moves is deleted and put.
    assert update("SET g = :v", f"{key}-2") == {"table": 1, "all": 2, "keys": 2}
    assert update("SET l = :v", "m") == {"table": 1, "all": 1, "some": 2}
    assert update("REMOVE g") == {"table": 1, "all": 1, "keys": 1}
    assert update("SET big = :v", "x" * 1500) == {"table": 2}
    assert update("SET g = :v", key) == {"table": 2, "all": 2, "keys": 1}
    # The larger image counts.
    assert update("REMOVE big") == {"table": 2, "all": 2}
    assert update("SET big = :v", "x" * 2500) == {"table": 3, "all": 3}
    assert delete() == {"table": 3, "all": 3, "keys": 1, "some": 1}
    assert delete() == {"table": 1}


def test_a_batch_adds_up_by_table(client: Any, indexed: str, table_ss: str, key: str) -> None:
    def puts(size: int, **more: str) -> list[Any]:
        return [
            {
                "PutRequest": {
                    "Item": {
                        name: {"S": text}
                        for name, text in {"pk": key, "sk": sort, "x": "x" * size, **more}.items()
                    }
                }
            }
            for sort in "ab"
        ]

    requests = {indexed: puts(10, g=key), table_ss: puts(1500)}
    answer = client.batch_write_item(RequestItems=requests, **INDEXES)
    found = {each["TableName"]: units_of(each) for each in answer["ConsumedCapacity"]}
    assert found == {indexed: {"table": 2, "all": 2, "keys": 2}, table_ss: {"table": 4}}
    keys = {"Keys": [{"pk": {"S": key}, "sk": {"S": sort}} for sort in "abc"]}
    answer = client.batch_get_item(
        RequestItems={indexed: keys, table_ss: {**keys, "ConsistentRead": True}}, **INDEXES
    )
    found = {each["TableName"]: units_of(each) for each in answer["ConsumedCapacity"]}
    # What is not there is read, too.
    assert found == {indexed: {"table": 1.5}, table_ss: {"table": 3}}


def test_reads_cost_the_bytes_that_are_read(client: Any, indexed: str, key: str) -> None:
    for number in range(5):
        texts = {"pk": key, "sk": str(number), "g": key, "l": str(number), "x": "x" * 2000}
        client.put_item(TableName=indexed, Item={name: {"S": each} for name, each in texts.items()})

    def query(condition: str, **more: Any) -> Units:
        answer = client.query(
            TableName=indexed,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={":v": {"S": key}},
            **more,
            **INDEXES,
        )
        return units_of(answer["ConsumedCapacity"])

    # Five items of a little more than 2,000 bytes: three blocks.
    assert query("pk = :v") == {"table": 1.5}
    assert query("pk = :v", ConsistentRead=True) == {"table": 3}
    assert query("pk = :v", Limit=1) == {"table": 0.5}
    # Neither a filter nor a projection makes it cheaper.
    assert query("pk = :v", FilterExpression="x = :v", ProjectionExpression="sk") == {"table": 1.5}
    assert query("pk = :v", Select="COUNT") == {"table": 1.5}
    assert query("pk = :v AND begins_with(sk, :v)") == {"table": 0.5}
    # An index that holds little is read at little cost.
    by_index = query("pk = :v", IndexName="some", ConsistentRead=True)
    assert by_index == {"table": 0, "some": 1}
    # What it does not hold is fetched, each item for itself.
    whole = query("pk = :v", IndexName="some", Select="ALL_ATTRIBUTES", ConsistentRead=True)
    assert whole == {"table": 5, "some": 1}


# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
def test_a_table_is_called_what_the_request_calls_it(client: Any, table_ss: str, key: str) -> None:
    arn = client.describe_table(TableName=table_ss)["Table"]["TableArn"]
    total = {"ReturnConsumedCapacity": "TOTAL"}
    item = {"pk": {"S": key}, "sk": {"S": "s"}}
    for name in (table_ss, arn):
        answers = [
            client.put_item(TableName=name, Item=item, **total),
            client.get_item(TableName=name, Key=item, **total),
            client.scan(TableName=name, Limit=1, **total),
            client.query(
                TableName=name,
                KeyConditionExpression="pk = :v",
                ExpressionAttributeValues={":v": {"S": key}},
                **total,
            ),
        ]
        assert [each["ConsumedCapacity"]["TableName"] for each in answers] == [name] * 4
        put = [{"PutRequest": {"Item": item}}]
        batches = [
            client.batch_write_item(RequestItems={name: put}, **total),
            client.batch_get_item(RequestItems={name: {"Keys": [item]}}, **total),
        ]
        assert [each["ConsumedCapacity"][0]["TableName"] for each in batches] == [name] * 2


@pytest.mark.differs_locally("it counts nothing then")
@pytest.mark.parametrize(("consistent", "least"), [(False, 0.5), (True, 1.0)])
def test_a_query_that_finds_nothing_counts_the_least(
    client: Any, indexed: str, key: str, consistent: bool, least: float
) -> None:
    answer = client.query(
        TableName=indexed,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": key}},
        ConsistentRead=consistent,
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Count"] == 0
    assert answer["ConsumedCapacity"] == {"TableName": indexed, "CapacityUnits": least}


def test_total_and_none(client: Any, indexed: str, key: str) -> None:
    item = {"pk": {"S": key}, "sk": {"S": "s"}, "g": {"S": key}}
    answer = client.put_item(TableName=indexed, Item=item, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": indexed, "CapacityUnits": 3}
    answer = client.put_item(TableName=indexed, Item=item, ReturnConsumedCapacity="NONE")
    assert "ConsumedCapacity" not in answer


@pytest.mark.usefixtures("transactions")
def test_a_transaction_costs_twice_and_says_of_what(client: Any, table_ss: str, key: str) -> None:
    item = {"pk": {"S": key}, "sk": {"S": "s"}, "x": {"S": "x" * 1500}}
    answer = client.transact_write_items(
        TransactItems=[{"Put": {"TableName": table_ss, "Item": item}}], **INDEXES
    )
    units = {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": table_ss, **units, "Table": units}]
