"""PutItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    CAPACITY,
    EMPTY_VALUE,
    INVALID,
    METRICS,
    NO_TABLE,
    NOT_ATTRIBUTES,
    NOT_SCALAR,
    NOT_STRING,
    RETURN_VALUES,
    SERIALIZATION,
    bad_name,
    constraints,
    empty_key,
    misfits,
    missing,
    mixed,
    no_coral,
    not_in,
    own_words,
)

KB = 1024


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    [
        *misfits(
            TableName=NOT_STRING,
            Item=NOT_ATTRIBUTES,
            ConditionExpression=NOT_STRING,
            ReturnValues=NOT_STRING,
            ExpressionAttributeValues=NOT_ATTRIBUTES,
        ),
        ({"Expected": {"a": "x"}}, "Unexpected value type in payload"),
        ({"Expected": {"a": {"Exists": "true"}}}, "Unexpected token received from parser"),
        ({"ExpressionAttributeNames": {"#a": 5}}, "NUMBER_VALUE cannot be converted to String"),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("PutItem", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    fails(
        "put_item",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            missing("tableName"),
            missing("item"),
            not_in(METRICS, "b", "returnItemCollectionMetrics"),
            not_in(RETURN_VALUES, "c", "returnValues"),
            not_in("[OR, AND]", "d", "conditionalOperator"),
            not_in("[ALL_OLD, NONE]", "e", "returnValuesOnConditionCheckFailure"),
        ),
        ReturnConsumedCapacity="a",
        ReturnItemCollectionMetrics="b",
        ReturnValues="c",
        ConditionalOperator="d",
        ReturnValuesOnConditionCheckFailure="e",
    )


@no_coral
@pytest.mark.parametrize("name", ["", "ab", "x" * 256, "a;bc", "a bc", "ä-table"])
def test_table_names(fails: Any, name: str) -> None:
    fails(
        "put_item", "ValidationException", bad_name(name), TableName=name, Item={"pk": {"S": "a"}}
    )


@own_words
@pytest.mark.parametrize("mode", ["ALL_NEW", "UPDATED_NEW", "UPDATED_OLD"])
def test_it_returns_all_old_or_nothing(fails: Any, table: str, key: str, mode: str) -> None:
    message = "ReturnValues can only be ALL_OLD or NONE"
    item = {"pk": {"S": key}}
    fails("put_item", "ValidationException", message, TableName=table, Item=item, ReturnValues=mode)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"ConditionExpression": ""},
            "Invalid ConditionExpression: The expression can not be empty;",
        ),
        (
            {"ConditionExpression": "a b"},
            'Invalid ConditionExpression: Syntax error; token: "b", near: "a b"',
        ),
        (
            {"ConditionExpression": "a = :v"},
            "Invalid ConditionExpression: An expression attribute value used in expression is not "
            "defined; attribute value: :v",
        ),
        (
            {"ConditionExpression": "attribute_exists(#a)"},
            "Invalid ConditionExpression: An expression attribute name used in the document path "
            "is not defined; attribute name: #a",
        ),
        (
            {"ConditionExpression": "attribute_exists(status)"},
            "Invalid ConditionExpression: Attribute name is a reserved keyword; "
            "reserved keyword: status",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "b"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ExpressionAttributeValues": {":a": {"S": "b"}}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeNames": {"#a": "b", "#b": "b"},
            },
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeValues": {":a": {"S": "b"}},
            },
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
        ),
        (
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        (
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeValues": {}},
            "ExpressionAttributeValues must not be empty",
        ),
        (
            {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {"a": "b"}},
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
        ),
        (
            {"ConditionExpression": "attribute_exists(#a)", "ExpressionAttributeNames": {"#a": ""}},
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeValues": {"a": {"S": "b"}},
            },
            'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"',
        ),
        (
            {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {}}},
            f"ExpressionAttributeValues contains invalid value: {EMPTY_VALUE} for key :a",
        ),
        ({"ConditionExpression": "attribute_exists(pk.a)"}, NOT_SCALAR),
        (
            {"ConditionExpression": "attribute_exists(a)", "Expected": {}},
            mixed("Expected", "ConditionExpression"),
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "Expected": {"a": {"Exists": False}},
                "ConditionalOperator": "AND",
            },
            mixed("Expected, ConditionalOperator", "ConditionExpression"),
        ),
    ],
)
def test_bad_conditions(
    fails: Any, table: str, key: str, parameters: dict[str, Any], message: str
) -> None:
    item = {"pk": {"S": key}}
    fails("put_item", "ValidationException", message, TableName=table, Item=item, **parameters)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        pytest.param({}, INVALID + "Missing the key pk in the item", marks=own_words),
        pytest.param(
            {"a": {"S": "x"}}, INVALID + "Missing the key pk in the item", marks=own_words
        ),
        pytest.param(
            {"pk": {"N": "1"}},
            INVALID + "Type mismatch for key pk expected: S actual: N",
            marks=own_words,
        ),
        ({"pk": {"S": ""}}, empty_key("pk")),
        pytest.param(
            {"pk": {"S": "x" * 2049}},
            INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
            marks=own_words,
        ),
    ],
)
def test_items_without_a_good_key(
    fails: Any, table: str, item: dict[str, Any], message: str
) -> None:
    fails("put_item", "ValidationException", message, TableName=table, Item=item)


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    item = {"pk": {"S": "a"}}
    fails("put_item", "ResourceNotFoundException", NO_TABLE, TableName="not-there", Item=item)


def test_what_was_put_is_got(client: Any, table: str, key: str) -> None:
    item = {"pk": {"S": key}, "a": {"M": {"b": {"L": [{"N": "1"}, {"BOOL": False}]}}}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == item


def test_the_whole_item_is_replaced(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x"}, "b": {"S": "x"}})
    client.put_item(TableName=table, Item={"pk": {"S": key}, "b": {"S": "y"}})
    item = client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"]
    assert item == {"pk": {"S": key}, "b": {"S": "y"}}


def test_a_put_answers_an_empty_object(raw: Any, table: str, key: str) -> None:
    request = {"TableName": table, "Item": {"pk": {"S": key}}}
    assert raw("PutItem", request) == (200, {})
    assert raw("PutItem", {**request, "ReturnValues": "NONE"}) == (200, {})


def test_all_old_returns_the_item_that_was_there(raw: Any, table: str, key: str) -> None:
    request = {"TableName": table, "Item": {"pk": {"S": key}, "a": {"S": "x"}}}
    request["ReturnValues"] = "ALL_OLD"
    assert raw("PutItem", request) == (200, {})
    assert raw("PutItem", {**request, "Item": {"pk": {"S": key}}}) == (
        200,
        {"Attributes": {"pk": {"S": key}, "a": {"S": "x"}}},
    )


def test_the_table_may_be_named_by_its_arn(client: Any, table: str, key: str) -> None:
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    client.put_item(TableName=arn, Item={"pk": {"S": key}})
    assert "Item" in client.get_item(TableName=table, Key={"pk": {"S": key}})


def test_a_condition_that_holds(client: Any, table: str, key: str) -> None:
    condition = "attribute_not_exists(pk)"
    client.put_item(TableName=table, Item={"pk": {"S": key}}, ConditionExpression=condition)
    assert "Item" in client.get_item(TableName=table, Key={"pk": {"S": key}})


def test_a_condition_that_fails_changes_nothing(
    client: Any, fails: Any, table: str, key: str
) -> None:
    old, new = {"pk": {"S": key}, "a": {"N": "1"}}, {"pk": {"S": key}, "a": {"N": "2"}}
    client.put_item(TableName=table, Item=old)
    fails(
        "put_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        TableName=table,
        Item=new,
        # It is held against the old item: against the new one it would hold.
        ConditionExpression="a = :two",
        ExpressionAttributeValues={":two": {"N": "2"}},
    )
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == old


@pytest.mark.parametrize(("mode", "shown"), [(None, False), ("NONE", False), ("ALL_OLD", True)])
def test_a_failed_condition_shows_the_item_when_asked(
    client: Any, fails: Any, table: str, key: str, mode: str | None, shown: bool
) -> None:
    item = {"pk": {"S": key}, "a": {"N": "1"}}
    client.put_item(TableName=table, Item=item)
    asked = {} if mode is None else {"ReturnValuesOnConditionCheckFailure": mode}
    answer = fails(
        "put_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        TableName=table,
        Item=item,
        ConditionExpression="attribute_not_exists(pk)",
        **asked,
    )
    assert answer.get("Item") == (item if shown else None)


def test_a_failed_condition_has_no_item_to_show_where_there_is_none(
    fails: Any, table: str, key: str
) -> None:
    answer = fails(
        "put_item",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        TableName=table,
        Item={"pk": {"S": key}},
        ConditionExpression="attribute_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert "Item" not in answer


# `pk` and `a` are three bytes, so is the key's value here.
@pytest.mark.parametrize(("size", "units"), [(6, 1), (KB, 1), (KB + 1, 2), (3 * KB, 3)])
def test_capacity_is_counted_in_whole_kilobytes(
    client: Any, table: str, key: str, size: int, units: float
) -> None:
    item = {"pk": {"S": key}, "a": {"S": "x" * (size - 3 - len(key))}}
    answer = client.put_item(TableName=table, Item=item, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": units}


def test_the_larger_of_the_old_and_the_new_item_is_counted(
    client: Any, table: str, key: str
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x" * 3 * KB}})
    answer = client.put_item(
        TableName=table, Item={"pk": {"S": key}}, ReturnConsumedCapacity="TOTAL"
    )
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 4


def test_capacity_by_index_names_the_table_apart(client: Any, table: str, key: str) -> None:
    answer = client.put_item(
        TableName=table, Item={"pk": {"S": key}}, ReturnConsumedCapacity="INDEXES"
    )
    assert answer["ConsumedCapacity"] == {
        "TableName": table,
        "CapacityUnits": 1,
        "Table": {"CapacityUnits": 1},
    }


def test_a_table_without_local_index_has_no_collection_metrics(
    raw: Any, table: str, key: str
) -> None:
    request = {"TableName": table, "Item": {"pk": {"S": key}}}
    assert raw("PutItem", {**request, "ReturnItemCollectionMetrics": "SIZE"}) == (200, {})
