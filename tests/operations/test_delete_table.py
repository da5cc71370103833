"""DeleteTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.operations.texts import (
    NOT_STRING,
    SERIALIZATION,
    bad_control_name,
    constraints,
    misfits,
    missing,
    no_coral,
    own_words,
)


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(("member", "message"), misfits(TableName=NOT_STRING))
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("DeleteTable", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_a_name_is_needed(fails: Any) -> None:
    fails("delete_table", "ValidationException", constraints(missing("tableName")))


@no_coral
@pytest.mark.parametrize("name", ["ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    fails("delete_table", "ValidationException", bad_control_name(name), TableName=name)


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    message = "Requested resource not found: Table: not-there not found"
    fails("delete_table", "ResourceNotFoundException", message, TableName="not-there")


def wait_until_gone(client: Any, name: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            status = client.describe_table(TableName=name)["Table"]["TableStatus"]
        except client.exceptions.ResourceNotFoundException:
            return
        assert status == "DELETING"
        assert time.monotonic() < deadline, f"{name} is still {status}"
        time.sleep(0.05)


def test_a_deleted_table_is_gone(
    client: Any, second_client: Any, fails: Any, new_table: Callable[..., str]
) -> None:
    name = new_table({"pk": "S"})
    item = {"pk": {"S": "a"}}
    client.put_item(TableName=name, Item=item)
    second_client.put_item(TableName=name, Item=item)

    answer = client.delete_table(TableName=name)["TableDescription"]
    assert answer["TableName"] == name
    assert answer["TableStatus"] in ("DELETING", "ACTIVE")
    for each in (client, second_client):
        wait_until_gone(each, name)
        assert name not in each.list_tables()["TableNames"]
        with pytest.raises(each.exceptions.ResourceNotFoundException):
            each.put_item(TableName=name, Item=item)
        with pytest.raises(each.exceptions.ResourceNotFoundException):
            each.get_item(TableName=name, Key=item)
    fails("delete_table", "ResourceNotFoundException", None, TableName=name)


def test_a_table_of_the_same_name_begins_empty(
    client: Any, second_client: Any, new_table: Callable[..., str], create_table: Callable[..., str]
) -> None:
    name = new_table({"pk": "S"})
    client.put_item(TableName=name, Item={"pk": {"S": "a"}})
    # The other server knows the table that goes.
    assert second_client.scan(TableName=name)["Count"] == 1
    before = client.describe_table(TableName=name)["Table"]["CreationDateTime"]
    client.delete_table(TableName=name)
    wait_until_gone(client, name)
    create_table(name, {"pk": "S", "sk": "N"})
    assert client.describe_table(TableName=name)["Table"]["CreationDateTime"] > before
    wait_until_usable(second_client, name)
    assert second_client.scan(TableName=name, ConsistentRead=True)["Count"] == 0
    second_client.put_item(TableName=name, Item={"pk": {"S": "a"}, "sk": {"N": "1"}})
    assert client.scan(TableName=name, ConsistentRead=True)["Count"] == 1


def wait_until_usable(client: Any, name: str) -> None:
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def test_a_protected_table_stays(client: Any, fails: Any, new_table: Callable[..., str]) -> None:
    name = new_table({"pk": "S"}, DeletionProtectionEnabled=True)
    fails(
        "delete_table",
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first.",
        TableName=name,
    )
    assert client.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
    client.put_item(TableName=name, Item={"pk": {"S": "a"}})


def test_by_arn(client: Any, create_table: Callable[..., str]) -> None:
    name = create_table(f"own-{uuid.uuid4().hex[:12]}", {"pk": "S"})
    arn = client.describe_table(TableName=name)["Table"]["TableArn"]
    client.delete_table(TableName=arn)
    wait_until_gone(client, name)
