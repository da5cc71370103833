"""The tag `system:write_isolation`: which requests a table takes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import create

pytestmark = pytest.mark.own_answer("this tag has a meaning here")

TAG = "system:write_isolation"
NAMES = {
    "a": "always_use_lwt",
    "always": "always_use_lwt",
    "always_use_lwt": "always_use_lwt",
    "o": "only_rmw_uses_lwt",
    "only_rmw_uses_lwt": "only_rmw_uses_lwt",
    "f": "forbid_rmw",
    "forbid": "forbid_rmw",
    "forbid_rmw": "forbid_rmw",
    "u": "unsafe_rmw",
    "unsafe": "unsafe_rmw",
    "unsafe_rmw": "unsafe_rmw",
}
Fails = Callable[..., None]


@pytest.fixture(scope="module")
def make_table(client: Any) -> Iterator[Callable[..., str]]:
    """`make_table("f", **more)`: a table with this tag, gone at the end."""
    made = []

    def make(policy: str, **more: Any) -> str:
        name = f"isolated-{uuid.uuid4().hex[:8]}"
        made.append(name)
        return create(
            client, name, {"pk": "S"}, **{"Tags": [{"Key": TAG, "Value": policy}], **more}
        )

    yield make
    for name in made:
        client.delete_table(TableName=name)


@pytest.fixture(scope="module")
def forbidding(make_table: Callable[..., str]) -> str:
    return make_table("forbid")


@pytest.fixture(scope="module", params=["o", "u"])
def lax(request: pytest.FixtureRequest, make_table: Callable[..., str]) -> str:
    return make_table(request.param)


def key_of(text: str | None = None) -> dict[str, Any]:
    return {"pk": {"S": text or uuid.uuid4().hex}}


def item(client: Any, table: str, key: Any) -> Any:
    return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def arn_of(client: Any, table: str) -> str:
    arn: str = client.describe_table(TableName=table)["Table"]["TableArn"]
    return arn


@pytest.mark.parametrize("text", ["", "never", "ALWAYS", "forbid "])
def test_another_value_is_refused(client: Any, fails: Fails, forbidding: str, text: str) -> None:
    message = (
        f"One or more parameter values were invalid: Tag {TAG} is one of always_use_lwt, "
        "only_rmw_uses_lwt, forbid_rmw, unsafe_rmw"
    )
    given = {"ResourceArn": arn_of(client, forbidding), "Tags": [{"Key": TAG, "Value": text}]}
    fails("tag_resource", "ValidationException", message, **given)
    tags = client.list_tags_of_resource(ResourceArn=given["ResourceArn"])["Tags"]
    assert {"Key": TAG, "Value": "forbid"} in tags


def test_plain_puts_and_deletes(client: Any, forbidding: str, lax: str) -> None:
    for table in (forbidding, lax):
        key, other = key_of(), key_of()
        client.put_item(TableName=table, Item=key | {"a": {"S": "1"}})
        assert item(client, table, key) == key | {"a": {"S": "1"}}
        client.put_item(TableName=table, Item=key | {"b": {"S": "2"}})
        assert item(client, table, key) == key | {"b": {"S": "2"}}
        client.delete_item(TableName=table, Key=key)
        assert item(client, table, key) is None
        puts = [{"PutRequest": {"Item": each}} for each in (key, other)]
        client.batch_write_item(RequestItems={table: puts})
        pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        found = [each["pk"]["S"] for page in pages for each in page["Items"]]
        assert found.count(key["pk"]["S"]) == found.count(other["pk"]["S"]) == 1


# What was consumed is told all the same, as if there had been nothing before.
def test_consumed_capacity_is_no_read_modify_write(client: Any, forbidding: str) -> None:
    answer = client.put_item(
        TableName=forbidding,
        Item=key_of() | {"a": {"S": "x" * 1500}},
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 2.0


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("put_item", {"ReturnValues": "ALL_OLD"}),
        ("put_item", {"ConditionExpression": "attribute_not_exists(pk)"}),
        ("put_item", {"Expected": {"a": {"Exists": False}}}),
        ("delete_item", {"ReturnValues": "ALL_OLD"}),
        ("delete_item", {"ConditionExpression": "attribute_exists(pk)"}),
        (
            "update_item",
            {
                "UpdateExpression": "ADD a :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            },
        ),
        (
            "update_item",
            {
                "UpdateExpression": "SET a = :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
                "ReturnValues": "ALL_NEW",
            },
        ),
        ("update_item", {}),
    ],
)
def test_what_reads_is_forbidden(
    client: Any, fails: Fails, forbidding: str, operation: str, more: Any
) -> None:
    key = key_of()
    client.put_item(TableName=forbidding, Item=key | {"a": {"N": "1"}})
    what = {"Item": key} if operation == "put_item" else {"Key": key}
    message = (
        f"Read-modify-write is forbidden for table {forbidding} by its tag {TAG}: neither "
        "conditions nor old values, nor updates that need them"
    )
    fails(operation, "ValidationException", message, TableName=forbidding, **what, **more)
    assert item(client, forbidding, key) == key | {"a": {"N": "1"}}


def test_updates_of_the_whole_item_are_forbidden(
    client: Any, fails: Fails, make_table: Callable[..., str]
) -> None:
    table = make_table("f", Tags=[{"Key": TAG, "Value": "f"}, _kept("document")])
    message = (
        f"Read-modify-write is forbidden for table {table} by its tag {TAG}: translator "
        "document reads an item to update it"
    )
    fails(
        "update_item",
        "ValidationException",
        message,
        TableName=table,
        Key=key_of(),
        UpdateExpression="REMOVE a",
    )


def test_updates_of_attributes_are_plain_writes(
    client: Any, make_table: Callable[..., str], store_kind: str
) -> None:
    if store_kind != "cassandra":
        pytest.skip("on this store every update reads its item")
    for policy in ("o", "f"):
        table = make_table(policy, Tags=[{"Key": TAG, "Value": policy}, _kept("attributes")])
        key = key_of()

        def update(expression: str, table: str = table, key: Any = key, **values: Any) -> None:
            given = {f":{name}": value for name, value in values.items()}
            client.update_item(
                TableName=table,
                Key=key,
                UpdateExpression=expression,
                **({"ExpressionAttributeValues": given} if given else {}),
            )

        update("REMOVE a")
        assert item(client, table, key) is None
        update("SET a = :a, b = :b", a={"S": "1"}, b={"L": []})
        assert item(client, table, key) == key | {"a": {"S": "1"}, "b": {"L": []}}
        update("SET c = :c REMOVE a", c={"N": "7"})
        assert item(client, table, key) == key | {"b": {"L": []}, "c": {"N": "7"}}
        update("REMOVE b")
        assert item(client, table, key) == key | {"c": {"N": "7"}}


def _kept(translator: str) -> dict[str, str]:
    return {"Key": "dynaspan:translator", "Value": translator}


def test_read_modify_writes_elsewhere(client: Any, lax: str) -> None:
    key = key_of()
    for number in range(1, 4):
        answer = client.update_item(
            TableName=lax,
            Key=key,
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )
        assert answer["Attributes"] == key | {"n": {"N": str(number)}}
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName=lax,
            Key=key,
            ConditionExpression="n = :zero",
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )
    client.delete_item(
        TableName=lax,
        Key=key,
        ConditionExpression="n = :three",
        ExpressionAttributeValues={":three": {"N": "3"}},
    )
    assert item(client, lax, key) is None


@pytest.mark.usefixtures("transactions")
def test_transactions_need_always(client: Any, fails: Fails, forbidding: str, lax: str) -> None:
    for table, policy in ((forbidding, "forbid_rmw"), (lax, None)):
        name = policy or NAMES[_tag_of(client, table)]
        message = (
            f"Transactions are refused for table {table}, whose tag {TAG} is {name}: they need "
            "always_use_lwt"
        )
        key = key_of()
        fails(
            "transact_write_items",
            "ValidationException",
            message,
            TransactItems=[{"Put": {"TableName": table, "Item": key}}],
        )
        fails(
            "transact_get_items",
            "ValidationException",
            message,
            TransactItems=[{"Get": {"TableName": table, "Key": key}}],
        )
        fails(
            "execute_transaction",
            "ValidationException",
            message,
            TransactStatements=[
                {"Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': '{key['pk']['S']}'}}"}
            ],
        )
        assert item(client, table, key) is None


def _tag_of(client: Any, table: str) -> str:
    tags = client.list_tags_of_resource(ResourceArn=arn_of(client, table))["Tags"]
    (text,) = [tag["Value"] for tag in tags if tag["Key"] == TAG]
    return str(text)


# Each spelling, one after another on one table, with what it forbids at once.
def test_the_policy_is_changed(
    client: Any, second_client: Any, fails: Fails, make_table: Callable[..., str]
) -> None:
    table = make_table("always")
    arn = arn_of(client, table)
    key = key_of()
    for text in ("f", "always_use_lwt", "unsafe", "forbid_rmw"):
        client.tag_resource(ResourceArn=arn, Tags=[{"Key": TAG, "Value": text}])
        for each in (client, second_client):
            each.put_item(TableName=table, Item=key | {"by": {"S": text}})
            assert item(client, table, key) == key | {"by": {"S": text}}
            if NAMES[text] == "forbid_rmw":
                with pytest.raises(each.exceptions.ClientError, match="is forbidden"):
                    each.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
            else:
                each.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    client.untag_resource(ResourceArn=arn, TagKeys=[TAG])
    client.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")


# An index, a stream and the time to live need to know what was there, whatever the tag says.
def test_a_plain_table_gets_an_index_and_a_stream(
    client: Any, make_table: Callable[..., str], store_kind: str
) -> None:
    if store_kind == "keyspaces":
        pytest.skip("this store has no streams")
    table = make_table("u")
    keys = [key_of() for _ in range(5)]
    for key in keys:
        client.put_item(TableName=table, Item=key | {"place": {"S": "here"}, "at": {"N": "1"}})
    client.update_table(
        TableName=table,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "end", "Enabled": True}
    )
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    client.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "place", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-place",
                    "KeySchema": [{"AttributeName": "place", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    client.put_item(TableName=table, Item=keys[0] | {"place": {"S": "there"}})
    query = {
        "TableName": table,
        "IndexName": "by-place",
        "KeyConditionExpression": "place = :p",
        "ExpressionAttributeValues": {":p": {"S": "here"}},
    }
    assert eventually_items(client, query, 4) == sorted(key["pk"]["S"] for key in keys[1:])


def eventually_items(client: Any, query: dict[str, Any], count: int) -> list[str]:
    end = time.monotonic() + 60
    while True:
        try:
            found = client.query(**query)["Items"]
        except client.exceptions.ClientError:
            found = []
        if len(found) == count or time.monotonic() > end:
            return sorted(each["pk"]["S"] for each in found)
        time.sleep(0.1)
