"""The tag `dynaspan:translator`: how a table keeps its items."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import create

pytestmark = pytest.mark.own_answer("this tag has a meaning here")

TAG = "dynaspan:translator"


@pytest.fixture(scope="module", params=["document", "attributes"])
def kept(request: pytest.FixtureRequest, client: Any, store_kind: str) -> Iterator[str]:
    """A table whose translator is the parameter."""
    if store_kind == "sqlite" and request.param != "document":
        pytest.skip("SQLite keeps items in one way")
    name = f"kept-{uuid.uuid4().hex[:8]}"
    create(client, name, {"pk": "S"}, Tags=[{"Key": TAG, "Value": request.param}])
    yield name
    client.delete_table(TableName=name)


def test_an_unknown_translator_is_refused(client: Any, fails: Callable[..., None]) -> None:
    name = f"never-{uuid.uuid4().hex[:8]}"
    message = (
        f"One or more parameter values were invalid: Tag {TAG}: this store has no translator nosuch"
    )
    fails(
        "create_table",
        "ValidationException",
        message,
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": TAG, "Value": "nosuch"}],
    )
    assert name not in client.list_tables()["TableNames"]


def test_the_translator_stays(client: Any, fails: Callable[..., None], kept: str) -> None:
    arn = client.describe_table(TableName=kept)["Table"]["TableArn"]
    tags = client.list_tags_of_resource(ResourceArn=arn)["Tags"]
    (mine,) = [tag for tag in tags if tag["Key"] == TAG]
    client.tag_resource(ResourceArn=arn, Tags=[mine])
    message = (
        f"One or more parameter values were invalid: Tag {TAG} is given when a table is made: "
        f"{kept} has {mine['Value']}"
    )
    other = {"Key": TAG, "Value": "other"}
    fails("tag_resource", "ValidationException", message, ResourceArn=arn, Tags=[other])
    fails("untag_resource", "ValidationException", message, ResourceArn=arn, TagKeys=[TAG])


_ONE, _EMPTY = {"N": "1"}, {"L": list[Any]()}


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    ("expression", "values", "returned", "left", "made"),
    [
        ("SET a = :v", {":v": _ONE}, {"a": _ONE}, {"a": _ONE, "b": {"S": "b"}}, {"a": _ONE}),
        ("REMOVE b, zz", None, None, {"a": {"S": "a"}}, None),
        ("SET c = :v REMOVE a, b", {":v": _EMPTY}, {"c": _EMPTY}, {"c": _EMPTY}, {"c": _EMPTY}),
    ],
)
def test_updates_that_read_nothing(
    client: Any,
    kept: str,
    there: bool,
    expression: str,
    values: Any,
    returned: Any,
    left: Any,
    made: Any,
) -> None:
    key = {"pk": {"S": uuid.uuid4().hex}}
    if there:
        client.put_item(TableName=kept, Item=key | {"a": {"S": "a"}, "b": {"S": "b"}})
    answer = client.update_item(
        TableName=kept,
        Key=key,
        UpdateExpression=expression,
        ReturnValues="UPDATED_NEW",
        **({"ExpressionAttributeValues": values} if values else {}),
    )
    assert answer.get("Attributes") == returned
    found = client.get_item(TableName=kept, Key=key, ConsistentRead=True).get("Item")
    expected = left if there else made
    assert found == (None if expected is None else key | expected)


def test_a_blind_update_keeps_the_limit(client: Any, fails: Callable[..., None], kept: str) -> None:
    key = {"pk": {"S": uuid.uuid4().hex}}
    for name in "abc":
        client.update_item(
            TableName=kept,
            Key=key,
            UpdateExpression="SET #n = :v",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues={":v": {"S": "x" * 120_000}},
        )
    fails(
        "update_item",
        "ValidationException",
        "Item size to update has exceeded the maximum allowed size",
        TableName=kept,
        Key=key,
        UpdateExpression="SET d = :v",
        ExpressionAttributeValues={":v": {"S": "x" * 60_000}},
    )
    found = client.get_item(TableName=kept, Key=key, ConsistentRead=True)["Item"]
    assert set(found) == {"pk", "a", "b", "c"}
