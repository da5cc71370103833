"""UpdateItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html

What update expressions do is in test_update_expressions, parameters older than them in test_legacy.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    CAPACITY,
    EMPTY_VALUE,
    INVALID,
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
)

KB = 1024
S, N = {"S": "x"}, {"N": "1"}


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    [
        *misfits(
            TableName=NOT_STRING,
            Key=NOT_ATTRIBUTES,
            UpdateExpression=NOT_STRING,
            ConditionExpression=NOT_STRING,
            ReturnValues=NOT_STRING,
            ExpressionAttributeValues=NOT_ATTRIBUTES,
        ),
        ({"AttributeUpdates": {"a": "x"}}, "Unexpected value type in payload"),
        (
            {"AttributeUpdates": {"a": {"Action": 5}}},
            "NUMBER_VALUE cannot be converted to String",
        ),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("UpdateItem", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    fails(
        "update_item",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            missing("tableName"),
            missing("key"),
            not_in(METRICS, "b", "returnItemCollectionMetrics"),
            not_in(RETURN_VALUES, "c", "returnValues"),
            not_in("[ADD, DELETE, PUT]", "d", "attributeUpdates.a.member.action"),
        ),
        ReturnConsumedCapacity="a",
        ReturnItemCollectionMetrics="b",
        ReturnValues="c",
        AttributeUpdates={"a": {"Action": "d"}},
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"ExpressionAttributeValues": {":v": S}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "UpdateExpression and ConditionExpression are null",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "b"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": S, ":w": S}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
        ),
        (
            {"UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {"#a": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"SS": []}}},
            "ExpressionAttributeValues contains invalid value: One or more parameter values were "
            "invalid: An string set  may not be empty for key :v",
        ),
        (
            {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {}}},
            f"ExpressionAttributeValues contains invalid value: {EMPTY_VALUE} for key :v",
        ),
        (
            {"UpdateExpression": "REMOVE #a", "ExpressionAttributeNames": {"#a": ""}},
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a",
        ),
        (
            {
                "UpdateExpression": "REMOVE a",
                "AttributeUpdates": {"a": {"Action": "DELETE"}},
                "Expected": {},
            },
            mixed("AttributeUpdates, Expected", "UpdateExpression"),
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "AttributeUpdates": {"a": {"Action": "DELETE"}},
            },
            mixed("AttributeUpdates", "ConditionExpression"),
        ),
        (
            {"UpdateExpression": "REMOVE a", "ConditionExpression": "a"},
            'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "a"',
        ),
        ({"ConditionExpression": "attribute_exists(pk.a)"}, NOT_SCALAR),
        ({"UpdateExpression": "SET a = if_not_exists(pk[0], b)"}, NOT_SCALAR),
    ],
)
def test_bad_parameters(
    fails: Any, table: str, key: str, parameters: dict[str, Any], message: str
) -> None:
    wanted = {"pk": {"S": key}}
    fails("update_item", "ValidationException", message, TableName=table, Key=wanted, **parameters)


@pytest.mark.parametrize("text", ["SET pk = :v", "SET pk.a = :v", "ADD pk :v"])
def test_the_key_cannot_be_updated(fails: Any, table: str, key: str, text: str) -> None:
    message = INVALID + "Cannot update attribute pk. This attribute is part of the key"
    fails(
        "update_item",
        "ValidationException",
        message,
        TableName=table,
        Key={"pk": {"S": key}},
        UpdateExpression=text,
        ExpressionAttributeValues={":v": N},
    )


def test_the_sort_key_cannot_be_removed(fails: Any, table_ss: str, key: str) -> None:
    message = INVALID + "Cannot update attribute sk. This attribute is part of the key"
    fails(
        "update_item",
        "ValidationException",
        message,
        TableName=table_ss,
        Key={"pk": {"S": key}, "sk": S},
        UpdateExpression="REMOVE a, sk",
    )


ITEM = {
    "n": {"N": "5"},
    "s": {"S": "text"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"M": {"c": {"S": "deep"}}}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
}


@pytest.fixture
def stored(client: Any, table: str, key: str) -> dict[str, Any]:
    """The arguments that name an item with the attributes of ITEM."""
    client.put_item(TableName=table, Item={"pk": {"S": key}, **ITEM})
    return {"TableName": table, "Key": {"pk": {"S": key}}}


def test_an_item_that_is_not_there_is_made(client: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.update_item(**wanted, UpdateExpression="SET a = :v", ExpressionAttributeValues={":v": S})
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}, "a": S}


def test_an_update_of_nothing_makes_an_item_of_its_key(client: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.update_item(**wanted)
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}}


def test_an_update_of_nothing_keeps_the_item(client: Any, stored: dict[str, Any]) -> None:
    client.update_item(**stored)
    assert client.get_item(**stored)["Item"] == {**stored["Key"], **ITEM}


# "DELETE - Causes nothing to happen; there is no attribute to delete", says the documentation.
@pytest.mark.differs_locally("it makes an item of the key alone")
@pytest.mark.parametrize(
    "parameters",
    [
        {"UpdateExpression": "REMOVE a, b"},
        {
            "UpdateExpression": "DELETE a :v",
            "ExpressionAttributeValues": {":v": {"SS": ["x"]}},
        },
    ],
)
def test_removing_from_an_item_that_is_not_there_makes_none(
    raw: Any, table: str, key: str, parameters: dict[str, Any]
) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    assert raw("UpdateItem", {**wanted, **parameters, "ReturnValues": "ALL_NEW"}) == (200, {})
    assert raw("GetItem", wanted) == (200, {})


def test_removing_inside_an_item_that_is_not_there(fails: Any, table: str, key: str) -> None:
    fails(
        "update_item",
        "ValidationException",
        "The document path provided in the update expression is invalid for update",
        TableName=table,
        Key={"pk": {"S": key}},
        UpdateExpression="REMOVE a.b",
    )


def test_the_sort_key_is_in_the_item_that_is_made(client: Any, table_sn: str, key: str) -> None:
    wanted = {"TableName": table_sn, "Key": {"pk": {"S": key}, "sk": {"N": "7.0"}}}
    client.update_item(**wanted)
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}, "sk": {"N": "7"}}


@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("NONE", None),
        ("ALL_OLD", ITEM),
        ("ALL_NEW", {**ITEM, "n": {"N": "6"}, "s": None, "a": S}),
        ("UPDATED_OLD", {"n": {"N": "5"}, "s": {"S": "text"}}),
        ("UPDATED_NEW", {"n": {"N": "6"}, "a": S}),
    ],
)
def test_return_values(
    raw: Any, stored: dict[str, Any], mode: str, attributes: dict[str, Any] | None
) -> None:
    request = {
        **stored,
        "UpdateExpression": "SET n = n + :n, a = :a REMOVE s",
        "ExpressionAttributeValues": {":n": N, ":a": S},
        "ReturnValues": mode,
    }
    expected = None
    if attributes is not None:
        key = stored["Key"] if mode.startswith("ALL") else {}
        expected = {**key, **{name: value for name, value in attributes.items() if value}}
    status, answer = raw("UpdateItem", request)
    assert (status, answer) == (200, {} if expected is None else {"Attributes": expected})


@pytest.mark.parametrize(
    ("mode", "key_only"), [("ALL_OLD", False), ("UPDATED_OLD", False), ("ALL_NEW", True)]
)
def test_return_values_of_an_item_that_was_not_there(
    raw: Any, table: str, key: str, mode: str, key_only: bool
) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnValues": mode}
    expected = {"Attributes": {"pk": {"S": key}}} if key_only else {}
    assert raw("UpdateItem", request) == (200, expected)


@pytest.mark.differs_locally("it returns the whole attribute a nested path is in")
@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("UPDATED_OLD", {"m": {"M": {"b": {"M": {"c": {"S": "deep"}}}}}, "l": {"L": [{"N": "1"}]}}),
        ("UPDATED_NEW", {"m": {"M": {"b": {"M": {"c": S}}}}, "l": {"L": [S]}}),
    ],
)
def test_updated_values_are_those_of_the_paths(
    raw: Any, stored: dict[str, Any], mode: str, attributes: dict[str, Any]
) -> None:
    request = {
        **stored,
        "UpdateExpression": "SET m.b.c = :a, l[1] = :a",
        "ExpressionAttributeValues": {":a": S},
        "ReturnValues": mode,
    }
    assert raw("UpdateItem", request) == (200, {"Attributes": attributes})


def test_a_condition_is_held_against_the_old_item(client: Any, stored: dict[str, Any]) -> None:
    client.update_item(
        **stored,
        UpdateExpression="SET n = :six",
        ConditionExpression="n = :five",
        ExpressionAttributeValues={":five": {"N": "5"}, ":six": {"N": "6"}},
    )
    assert client.get_item(**stored)["Item"]["n"] == {"N": "6"}


def test_a_condition_that_fails_changes_nothing(
    client: Any, fails: Any, stored: dict[str, Any]
) -> None:
    answer = fails(
        "update_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        **stored,
        UpdateExpression="SET n = :six",
        ConditionExpression="n = :six",
        ExpressionAttributeValues={":six": {"N": "6"}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert answer["Item"] == {**stored["Key"], **ITEM}
    assert client.get_item(**stored)["Item"] == {**stored["Key"], **ITEM}


def test_a_condition_that_fails_makes_no_item(
    client: Any, fails: Any, table: str, key: str
) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    fails(
        "update_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        **wanted,
        UpdateExpression="SET a = :v",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":v": S},
    )
    assert "Item" not in client.get_item(**wanted)


@pytest.mark.differs_locally("it is the other way round")
@pytest.mark.parametrize("update", ["SET pk = n", "SET pk.a = n", "REMOVE pk[0]", "ADD pk :v"])
def test_a_change_of_the_key_is_found_before_the_condition(
    fails: Any, stored: dict[str, Any], update: str
) -> None:
    fails(
        "update_item",
        "ValidationException",
        f"{INVALID}Cannot update attribute pk. This attribute is part of the key",
        **stored,
        UpdateExpression=update,
        ConditionExpression="attribute_exists(absent)",
        **({"ExpressionAttributeValues": {":v": N}} if ":v" in update else {}),
    )


def test_the_condition_comes_before_faults_of_the_item(fails: Any, stored: dict[str, Any]) -> None:
    fails(
        "update_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        **stored,
        UpdateExpression="SET a = absent",
        ConditionExpression="attribute_exists(absent)",
    )


def test_an_update_may_not_outgrow_an_item(client: Any, fails: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 300 * KB}})
    fails(
        "update_item",
        "ValidationException",
        "Item size to update has exceeded the maximum allowed size",
        **wanted,
        UpdateExpression="SET b = :b",
        ExpressionAttributeValues={":b": {"S": "x" * 100 * KB}},
    )
    assert "b" not in client.get_item(**wanted)["Item"]


def test_a_hundred_increments_are_a_hundred(client: Any, table: str, key: str) -> None:
    for _ in range(100):
        answer = client.update_item(
            TableName=table,
            Key={"pk": {"S": key}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": N},
            ReturnValues="UPDATED_NEW",
        )
    assert answer["Attributes"] == {"n": {"N": "100"}}


def test_the_larger_of_the_old_and_the_new_item_is_counted(
    client: Any, table: str, key: str
) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnConsumedCapacity": "TOTAL"}
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 3 * KB}})
    shrunk = client.update_item(**request, UpdateExpression="REMOVE a")["ConsumedCapacity"]
    small = client.update_item(**request, UpdateExpression="REMOVE a")["ConsumedCapacity"]
    assert shrunk == {"TableName": table, "CapacityUnits": 4}
    assert small == {"TableName": table, "CapacityUnits": 1}
