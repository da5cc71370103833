"""DeleteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html"""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    CAPACITY,
    METRICS,
    NOT_ATTRIBUTES,
    NOT_SCALAR,
    NOT_STRING,
    RETURN_VALUES,
    SERIALIZATION,
    constraints,
    misfits,
    missing,
    mixed,
    no_coral,
    not_in,
    own_words,
)


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    misfits(
        TableName=NOT_STRING,
        Key=NOT_ATTRIBUTES,
        ConditionExpression=NOT_STRING,
        ReturnValues=NOT_STRING,
        ExpressionAttributeValues=NOT_ATTRIBUTES,
    ),
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("DeleteItem", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    fails(
        "delete_item",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            missing("tableName"),
            missing("key"),
            not_in(METRICS, "b", "returnItemCollectionMetrics"),
            not_in(RETURN_VALUES, "c", "returnValues"),
        ),
        ReturnConsumedCapacity="a",
        ReturnItemCollectionMetrics="b",
        ReturnValues="c",
    )


@own_words
@pytest.mark.parametrize("mode", ["ALL_NEW", "UPDATED_NEW", "UPDATED_OLD"])
def test_it_returns_all_old_or_nothing(fails: Any, table: str, key: str, mode: str) -> None:
    message = "ReturnValues can only be ALL_OLD or NONE"
    wanted = {"pk": {"S": key}}
    fails(
        "delete_item",
        "ValidationException",
        message,
        TableName=table,
        Key=wanted,
        ReturnValues=mode,
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"ConditionExpression": ""},
            "Invalid ConditionExpression: The expression can not be empty;",
        ),
        (
            {"ConditionExpression": "a = b AND"},
            'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"',
        ),
        (
            {"ExpressionAttributeValues": {":a": {"S": "b"}}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null",
        ),
        (
            {
                "ConditionExpression": "a = :a",
                "ExpressionAttributeValues": {":a": {"S": "b"}, ":b": {"S": "b"}},
            },
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}",
        ),
        ({"ConditionExpression": "attribute_exists(pk.a)"}, NOT_SCALAR),
        (
            {"ConditionExpression": "attribute_exists(a)", "Expected": {}},
            mixed("Expected", "ConditionExpression"),
        ),
    ],
)
def test_bad_conditions(
    fails: Any, table: str, key: str, parameters: dict[str, Any], message: str
) -> None:
    wanted = {"pk": {"S": key}}
    fails("delete_item", "ValidationException", message, TableName=table, Key=wanted, **parameters)


def test_the_item_is_gone(raw: Any, client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}})
    request = {"TableName": table, "Key": {"pk": {"S": key}}}
    assert raw("DeleteItem", request) == (200, {})
    assert raw("GetItem", {**request, "ConsistentRead": True}) == (200, {})


def test_only_the_item_of_the_key_is_gone(client: Any, table_ss: str, key: str) -> None:
    for sort in ("a", "b"):
        client.put_item(TableName=table_ss, Item={"pk": {"S": key}, "sk": {"S": sort}})
    client.delete_item(TableName=table_ss, Key={"pk": {"S": key}, "sk": {"S": "a"}})
    left = client.query(
        TableName=table_ss,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": key}},
    )
    assert left["Items"] == [{"pk": {"S": key}, "sk": {"S": "b"}}]


@pytest.mark.differs_locally("it answers a ConsumedCapacity nobody asked for")
def test_deleting_what_is_not_there_is_no_fault(raw: Any, table: str, key: str) -> None:
    assert raw("DeleteItem", {"TableName": table, "Key": {"pk": {"S": key}}}) == (200, {})


@pytest.mark.differs_locally("it answers a ConsumedCapacity nobody asked for")
def test_all_old_of_what_is_not_there_is_nothing(raw: Any, table: str, key: str) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnValues": "ALL_OLD"}
    assert raw("DeleteItem", request) == (200, {})


def test_all_old_returns_the_item(raw: Any, client: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, "a": {"SS": ["x"]}}
    client.put_item(TableName=table, Item=item)
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnValues": "ALL_OLD"}
    assert raw("DeleteItem", request) == (200, {"Attributes": item})


def test_a_condition_that_holds(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"N": "1"}})
    client.delete_item(
        TableName=table,
        Key={"pk": {"S": key}},
        ConditionExpression="a = :one",
        ExpressionAttributeValues={":one": {"N": "1.0"}},
    )
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": key}})


def test_a_condition_that_fails_changes_nothing(
    client: Any, fails: Any, table: str, key: str
) -> None:
    item = {"pk": {"S": key}, "a": {"N": "1"}}
    client.put_item(TableName=table, Item=item)
    answer = fails(
        "delete_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        TableName=table,
        Key={"pk": {"S": key}},
        ConditionExpression="attribute_not_exists(a)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert answer["Item"] == item
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == item


def test_a_condition_may_fail_where_there_is_no_item(fails: Any, table: str, key: str) -> None:
    answer = fails(
        "delete_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        TableName=table,
        Key={"pk": {"S": key}},
        ConditionExpression="attribute_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert "Item" not in answer


def test_the_deleted_item_is_what_is_counted(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 2048}})
    request = {
        "TableName": table,
        "Key": {"pk": {"S": key}},
        "ReturnConsumedCapacity": "TOTAL",
    }
    first = client.delete_item(**request)["ConsumedCapacity"]
    again = client.delete_item(**request)["ConsumedCapacity"]
    assert first == {"TableName": table, "CapacityUnits": 3}
    assert again == {"TableName": table, "CapacityUnits": 1}
