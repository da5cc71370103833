"""Parameters from before expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.operations.texts import EMPTY_VALUE, INVALID, empty_key, own_words

S, N = {"S": "x"}, {"N": "1"}
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")


def compare(operator: str, *values: dict[str, Any]) -> dict[str, Any]:
    """A condition; without values it has no list of them."""
    condition: dict[str, Any] = {"ComparisonOperator": operator}
    return condition | ({"AttributeValueList": list(values)} if values else {})


ARGUMENTS = "Invalid number of argument(s) for the {} ComparisonOperator"
NOT_VALID = "ComparisonOperator {} is not valid for {} AttributeValue type"

# What is wrong with a condition whatever it stands in.
BAD_CONDITIONS = [
    (compare("EQ"), ARGUMENTS.format("EQ")),
    (compare("EQ", S, S), ARGUMENTS.format("EQ")),
    (compare("NULL", S), ARGUMENTS.format("NULL")),
    (compare("NOT_NULL", S), ARGUMENTS.format("NOT_NULL")),
    (compare("BETWEEN", S), ARGUMENTS.format("BETWEEN")),
    (compare("BETWEEN", S, S, S), ARGUMENTS.format("BETWEEN")),
    ({"ComparisonOperator": "IN", "AttributeValueList": []}, ARGUMENTS.format("IN")),
    (compare("BEGINS_WITH", N), NOT_VALID.format("BEGINS_WITH", "N")),
    (compare("CONTAINS", {"SS": ["x"]}), NOT_VALID.format("CONTAINS", "SS")),
    (compare("LT", {"BOOL": True}), NOT_VALID.format("LT", "BOOL")),
    (compare("GE", {"L": []}), NOT_VALID.format("GE", "L")),
    (compare("IN", {"M": {}}), NOT_VALID.format("IN", "M")),
    (compare("BETWEEN", S, N), "AttributeValues inside AttributeValueList must be of same type"),
    # One value after the other.
    (
        compare("IN", S, N, {"M": {}}),
        "AttributeValues inside AttributeValueList must be of same type",
    ),
    (compare("IN", S, {"M": {}}, N), NOT_VALID.format("IN", "M")),
]


@pytest.mark.parametrize(("condition", "message"), BAD_CONDITIONS)
def test_bad_filters(fails: Any, table: str, condition: dict[str, Any], message: str) -> None:
    request = {"TableName": table, "ScanFilter": {"a": condition}}
    fails("scan", "ValidationException", INVALID + message, **request)


def test_a_value_in_a_filter_is_a_value(fails: Any, table: str) -> None:
    condition = compare("EQ", {})
    fails("scan", "ValidationException", EMPTY_VALUE, TableName=table, ScanFilter={"a": condition})


def test_a_range_is_not_upside_down(fails: Any, table: str) -> None:
    fails(
        "scan",
        "ValidationException",
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
        "upper bound",
        TableName=table,
        ScanFilter={"a": compare("BETWEEN", {"N": "2"}, {"N": "1"})},
    )


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({}, "Value must be provided when Exists is null for Attribute: a"),
        ({"Exists": True}, "Value must be provided when Exists is true for Attribute: a"),
        (
            {"Exists": False, "Value": S},
            "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            {"AttributeValueList": [S]},
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            {"ComparisonOperator": "EQ"},
            "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
        ),
        (
            {"ComparisonOperator": "EQ", "Exists": True},
            "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            {"ComparisonOperator": "EQ", "Value": S, "AttributeValueList": [S]},
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        *[(bad, message) for bad, message in BAD_CONDITIONS if "AttributeValueList" in bad],
    ],
)
def test_bad_expectations(
    fails: Any, table: str, key: str, condition: dict[str, Any], message: str
) -> None:
    item = {"pk": {"S": key}}
    for operation, named in (("put_item", {"Item": item}), ("delete_item", {"Key": item})):
        fails(
            operation,
            "ValidationException",
            INVALID + message,
            TableName=table,
            Expected={"a": condition},
            **named,
        )


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (None, "ConditionalOperator cannot be used without Filter or Expected"),
        ({}, "ConditionalOperator cannot be used without Filter or Expected"),
        (
            {"a": compare("NULL")},
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
    ],
)
def test_a_conditional_operator_joins_at_least_two(
    fails: Any, table: str, key: str, conditions: Any, message: str
) -> None:
    for operation, named in (
        ("put_item", {"Item": {"pk": {"S": key}}}),
        ("scan", {}),
        ("query", {"KeyConditions": {"pk": compare("EQ", {"S": key})}}),
    ):
        filter_ = {"put_item": "Expected", "scan": "ScanFilter", "query": "QueryFilter"}[operation]
        given = {} if conditions is None else {filter_: conditions}
        answer = fails(
            operation,
            "ValidationException",
            None,
            TableName=table,
            ConditionalOperator="AND",
            **named,
            **given,
        )
        assert answer["Error"]["Message"].endswith(message)


ITEM = {
    "n": {"N": "5"},
    "s": {"S": "text"},
    "b": {"B": b"abc"},
    "ss": {"SS": ["x", "y"]},
    "l": {"L": [{"N": "1"}, {"S": "x"}]},
    "t": {"BOOL": True},
}

# Condition on an attribute of ITEM, and whether it holds.
CONDITIONS = [
    ("n", compare("EQ", {"N": "5.0"}), True),
    ("n", compare("EQ", {"S": "5"}), False),
    ("n", compare("NE", {"N": "6"}), True),
    ("n", compare("NE", {"S": "5"}), True),
    ("n", compare("LT", {"N": "5"}), False),
    ("n", compare("LE", {"N": "5"}), True),
    ("n", compare("GT", {"N": "-1"}), True),
    ("n", compare("GT", {"S": "4"}), False),
    ("n", compare("GE", {"N": "5.1"}), False),
    ("s", compare("LT", {"S": "tf"}), True),
    ("n", compare("BETWEEN", {"N": "5"}, {"N": "7"}), True),
    ("n", compare("BETWEEN", {"N": "6"}, {"N": "7"}), False),
    ("n", compare("IN", {"N": "1"}, {"N": "5"}), True),
    ("n", compare("IN", {"N": "1"}), False),
    ("s", compare("BEGINS_WITH", {"S": "te"}), True),
    ("s", compare("BEGINS_WITH", {"S": "ex"}), False),
    ("b", compare("BEGINS_WITH", {"B": b"ab"}), True),
    ("s", compare("CONTAINS", {"S": "ex"}), True),
    ("b", compare("CONTAINS", {"B": b"bc"}), True),
    ("ss", compare("CONTAINS", {"S": "x"}), True),
    ("ss", compare("CONTAINS", {"S": "z"}), False),
    ("l", compare("CONTAINS", {"N": "1"}), True),
    ("s", compare("NOT_CONTAINS", {"S": "zz"}), True),
    ("s", compare("NOT_CONTAINS", {"S": "te"}), False),
    ("ss", compare("NOT_CONTAINS", {"S": "z"}), True),
    ("ss", compare("EQ", {"SS": ["y", "x"]}), True),
    ("t", compare("EQ", {"BOOL": True}), True),
    ("n", compare("NULL"), False),
    ("n", compare("NOT_NULL"), True),
    ("absent", compare("NULL"), True),
    ("absent", compare("NOT_NULL"), False),
    ("absent", compare("EQ", N), False),
    ("absent", compare("NE", N), True),
    ("absent", compare("LT", N), False),
    # Names, not paths.
    ("l[0]", compare("NOT_NULL"), False),
]


@pytest.fixture(scope="module")
def stored(client: Any, table: str) -> Iterator[dict[str, Any]]:
    """The key of an item with the attributes of ITEM."""
    key = {"pk": {"S": f"legacy-{uuid.uuid4().hex[:8]}"}}
    client.put_item(TableName=table, Item={**key, **ITEM})
    yield key
    client.delete_item(TableName=table, Key=key)


@pytest.mark.parametrize(("name", "condition", "holds"), CONDITIONS)
def test_conditions_in_filters(
    client: Any, table: str, stored: dict[str, Any], name: str, condition: Any, holds: bool
) -> None:
    answer = client.query(
        TableName=table,
        KeyConditions={"pk": compare("EQ", stored["pk"])},
        QueryFilter={name: condition},
    )
    assert (answer["Count"], answer["ScannedCount"]) == (int(holds), 1)


@pytest.mark.parametrize(("name", "condition", "holds"), CONDITIONS)
def test_conditions_in_expectations(
    client: Any, table: str, stored: dict[str, Any], name: str, condition: Any, holds: bool
) -> None:
    request = {"TableName": table, "Key": stored, "Expected": {name: condition}}
    if holds:
        client.update_item(**request)
    else:
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.update_item(**request)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Value": {"N": "5"}}, True),
        ({"Value": {"N": "6"}}, False),
        ({"Exists": True, "Value": {"N": "5"}}, True),
        ({"Exists": False}, False),
        ({"ComparisonOperator": "GT", "Value": {"N": "4"}}, True),
    ],
)
def test_values_and_existence(
    client: Any, table: str, stored: dict[str, Any], condition: Any, holds: bool
) -> None:
    request = {"TableName": table, "Key": stored, "Expected": {"n": condition}}
    if holds:
        client.update_item(**request)
    else:
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.update_item(**request)


@pytest.mark.parametrize(
    ("operator", "first", "second", "holds"),
    [
        (None, "5", "text", True),
        (None, "5", "other", False),
        ("AND", "6", "text", False),
        ("OR", "6", "text", True),
        ("OR", "6", "other", False),
    ],
)
def test_conditions_are_joined(
    client: Any,
    table: str,
    stored: dict[str, Any],
    operator: str | None,
    first: str,
    second: str,
    holds: bool,
) -> None:
    joined = {} if operator is None else {"ConditionalOperator": operator}
    conditions = {"n": compare("EQ", {"N": first}), "s": compare("EQ", {"S": second})}
    request = {"TableName": table, "Key": stored, "Expected": conditions, **joined}
    if holds:
        client.update_item(**request)
    else:
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.update_item(**request)
    found = client.query(
        TableName=table,
        KeyConditions={"pk": compare("EQ", stored["pk"])},
        QueryFilter=conditions,
        **joined,
    )
    assert found["Count"] == int(holds)


def test_an_expectation_that_fails_changes_nothing(
    client: Any, fails: Any, table: str, stored: dict[str, Any]
) -> None:
    wanted = {"n": {"Value": {"N": "6"}}}
    for operation, named in (
        ("put_item", {"Item": {**stored, "n": {"N": "7"}}}),
        ("delete_item", {"Key": stored}),
        (
            "update_item",
            {"Key": stored, "AttributeUpdates": {"n": {"Action": "PUT", "Value": {"N": "7"}}}},
        ),
    ):
        fails(operation, *FAILED, TableName=table, Expected=wanted, **named)
    found = client.get_item(TableName=table, Key=stored)["Item"]
    assert found["n"] == {"N": "5"}


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({}, "Only DELETE action is allowed when no attribute value is specified"),
        ({"Action": "ADD"}, "Only DELETE action is allowed when no attribute value is specified"),
        *[
            pytest.param(
                {"Action": "ADD", "Value": value},
                f"ADD action is not supported for the type {kind}",
                marks=own_words,
            )
            for kind, value in (("S", S), ("B", {"B": b"x"}), ("M", {"M": {}}))
        ],
        *[
            pytest.param(
                {"Action": "DELETE", "Value": value},
                f"DELETE action with value is not supported for the type {kind}",
                marks=own_words,
            )
            for kind, value in (("S", S), ("N", N), ("L", {"L": []}))
        ],
    ],
)
def test_bad_updates(
    fails: Any, table: str, key: str, update: dict[str, Any], message: str
) -> None:
    fails(
        "update_item",
        "ValidationException",
        INVALID + message,
        TableName=table,
        Key={"pk": {"S": key}},
        AttributeUpdates={"a": update},
    )


@pytest.mark.differs_locally("it holds the first against the item before it looks at the second")
def test_types_of_all_updates_come_before_the_item(
    client: Any, fails: Any, table: str, key: str
) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "a": {"S": "x"}})
    fails(
        "update_item",
        "ValidationException",
        INVALID + "ADD action is not supported for the type M",
        TableName=table,
        Key={"pk": {"S": key}},
        AttributeUpdates={
            "a": {"Action": "ADD", "Value": {"N": "1"}},
            "b": {"Action": "ADD", "Value": {"M": {}}},
        },
    )


def test_the_key_cannot_be_updated(fails: Any, table: str, key: str) -> None:
    fails(
        "update_item",
        "ValidationException",
        INVALID + "Cannot update attribute pk. This attribute is part of the key",
        TableName=table,
        Key={"pk": {"S": key}},
        AttributeUpdates={"pk": {"Action": "PUT", "Value": S}},
    )


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("update_item", {"AttributeUpdates": {"": {"Action": "ADD"}}}),
        ("update_item", {"Expected": {"": {"Exists": False}}}),
        ("get_item", {"AttributesToGet": ["a", "", ""]}),
        ("scan", {"ScanFilter": {"": compare("NULL")}}),
        ("query", {"KeyConditions": {"": compare("EQ", S)}}),
    ],
)
def test_an_attribute_has_a_name(
    fails: Any, table: str, key: str, operation: str, parameters: dict[str, Any]
) -> None:
    named = {"Key": {"pk": {"S": key}}} if operation.endswith("item") else {}
    message = "Empty attribute name"
    fails(operation, "ValidationException", message, TableName=table, **named, **parameters)


@pytest.mark.parametrize(
    ("update", "old", "new"),
    [
        ({"Value": S}, None, S),
        ({"Action": "PUT", "Value": S}, N, S),
        ({"Action": "DELETE"}, N, None),
        ({"Action": "DELETE"}, None, None),
        ({"Action": "ADD", "Value": {"N": "2"}}, None, {"N": "2"}),
        ({"Action": "ADD", "Value": {"N": "2"}}, {"N": "5"}, {"N": "7"}),
        ({"Action": "ADD", "Value": {"SS": ["b"]}}, None, {"SS": ["b"]}),
        ({"Action": "ADD", "Value": {"NS": ["2"]}}, {"NS": ["2.0"]}, {"NS": ["2"]}),
        # Only here may ADD take a list: it is appended.
        ({"Action": "ADD", "Value": {"L": [N]}}, {"L": [S]}, {"L": [S, N]}),
        ({"Action": "ADD", "Value": {"L": [N]}}, None, {"L": [N]}),
        ({"Action": "DELETE", "Value": {"SS": ["b"]}}, {"SS": ["a", "b"]}, {"SS": ["a"]}),
        ({"Action": "DELETE", "Value": {"SS": ["a"]}}, {"SS": ["a"]}, None),
        ({"Action": "DELETE", "Value": {"SS": ["a"]}}, None, None),
    ],
)
def test_updates(client: Any, table: str, key: str, update: Any, old: Any, new: Any) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    item = {"pk": {"S": key}, "other": S}
    client.put_item(TableName=table, Item=item | ({} if old is None else {"a": old}))
    answer = client.update_item(**wanted, AttributeUpdates={"a": update}, ReturnValues="ALL_NEW")
    expected = item | ({} if new is None else {"a": new})
    assert answer["Attributes"] == expected
    assert client.get_item(**wanted)["Item"] == expected


@pytest.mark.parametrize(
    ("update", "old"),
    [
        ({"Action": "ADD", "Value": N}, S),
        ({"Action": "ADD", "Value": {"SS": ["a"]}}, {"NS": ["1"]}),
        ({"Action": "DELETE", "Value": {"SS": ["a"]}}, {"NS": ["1"]}),
    ],
)
def test_updates_of_another_type(
    client: Any, fails: Any, table: str, key: str, update: Any, old: Any
) -> None:
    item = {"pk": {"S": key}, "a": old}
    client.put_item(TableName=table, Item=item)
    fails(
        "update_item",
        "ValidationException",
        "Type mismatch for attribute to update",
        TableName=table,
        Key={"pk": {"S": key}},
        AttributeUpdates={"a": update},
    )
    assert client.get_item(TableName=table, Key={"pk": {"S": key}})["Item"] == item


@pytest.mark.differs_locally("it makes an item of the key alone")
def test_deleting_from_an_item_that_is_not_there_makes_none(
    client: Any, table: str, key: str
) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    client.update_item(**wanted, AttributeUpdates={"a": {"Action": "DELETE"}})
    assert "Item" not in client.get_item(**wanted)


def test_an_update_makes_an_item(client: Any, table: str, key: str) -> None:
    wanted = {"TableName": table, "Key": {"pk": {"S": key}}}
    updates = {"a.b": {"Action": "ADD", "Value": N}, "gone": {"Action": "DELETE"}}
    client.update_item(**wanted, AttributeUpdates=updates)
    assert client.get_item(**wanted)["Item"] == {"pk": {"S": key}, "a.b": N}


@pytest.fixture(scope="module")
def partition(client: Any, table_ss: str) -> str:
    """A partition with the sort keys a, ab, b and c."""
    name = f"legacy-{uuid.uuid4().hex[:8]}"
    for sort in ("a", "ab", "b", "c"):
        client.put_item(TableName=table_ss, Item={"pk": {"S": name}, "sk": {"S": sort}, "v": S})
    return name


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (None, ["a", "ab", "b", "c"]),
        (compare("EQ", {"S": "ab"}), ["ab"]),
        (compare("LT", {"S": "b"}), ["a", "ab"]),
        (compare("LE", {"S": "b"}), ["a", "ab", "b"]),
        (compare("GT", {"S": "ab"}), ["b", "c"]),
        (compare("GE", {"S": "ab"}), ["ab", "b", "c"]),
        (compare("BETWEEN", {"S": "ab"}, {"S": "b"}), ["ab", "b"]),
        (compare("BEGINS_WITH", {"S": "a"}), ["a", "ab"]),
    ],
)
def test_key_conditions(
    client: Any, table_ss: str, partition: str, condition: Any, found: list[str]
) -> None:
    conditions = {"pk": compare("EQ", {"S": partition})}
    if condition is not None:
        conditions["sk"] = condition
    items = client.query(TableName=table_ss, KeyConditions=conditions)["Items"]
    assert [item["sk"]["S"] for item in items] == found


PK = {"pk": compare("EQ", S)}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({}, "Conditions can be of length 1 or 2 only"),
        (
            PK | {"sk": compare("EQ", S), "v": compare("EQ", S)},
            "Conditions can be of length 1 or 2 only",
        ),
        ({"pk": compare("GT", S)}, "Query key condition not supported"),
        pytest.param(
            PK | {"sk": compare("NE", S)},
            "Attempted conditional constraint is not an indexable operation",
            marks=pytest.mark.differs_locally("it answers 500"),
        ),
        (
            PK | {"sk": compare("IN", S, S)},
            "Attempted conditional constraint is not an indexable operation",
        ),
        (
            PK | {"sk": compare("CONTAINS", S)},
            "Attempted conditional constraint is not an indexable operation",
        ),
        (PK | {"sk": compare("EQ")}, INVALID + ARGUMENTS.format("EQ")),
        (
            PK | {"sk": compare("NE", N)},
            INVALID + "Condition parameter type does not match schema type",
        ),
        (
            {"pk": compare("EQ", N)},
            INVALID + "Condition parameter type does not match schema type",
        ),
        ({"pk": compare("EQ", {"S": ""})}, empty_key("pk")),
        pytest.param(
            {"sk": compare("EQ", S)},
            "Query condition missed key schema element: pk",
            marks=own_words,
        ),
        pytest.param(
            PK | {"v": compare("EQ", S)},
            "Query condition missed key schema element: sk",
            marks=own_words,
        ),
    ],
)
def test_bad_key_conditions(
    fails: Any, table_ss: str, conditions: dict[str, Any], message: str
) -> None:
    fails("query", "ValidationException", message, TableName=table_ss, KeyConditions=conditions)


def test_a_filter_on_keys(fails: Any, table_ss: str) -> None:
    fails(
        "query",
        "ValidationException",
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
        TableName=table_ss,
        KeyConditions=PK,
        QueryFilter={"sk": compare("EQ", S)},
    )


# FilterExpression and ProjectionExpression are older than KeyConditionExpression.
def test_key_conditions_go_with_a_filter_expression(
    client: Any, table_ss: str, partition: str
) -> None:
    answer = client.query(
        TableName=table_ss,
        KeyConditions={"pk": compare("EQ", {"S": partition}), "sk": compare("LE", {"S": "b"})},
        FilterExpression="v <> :x",
        ProjectionExpression="sk",
        ExpressionAttributeValues={":x": {"N": "0"}},
    )
    assert [item["sk"]["S"] for item in answer["Items"]] == ["a", "ab", "b"]


def test_filter_and_attributes_of_a_query(client: Any, table_ss: str, partition: str) -> None:
    answer = client.query(
        TableName=table_ss,
        KeyConditions={"pk": compare("EQ", {"S": partition})},
        QueryFilter={"v": compare("EQ", S)},
        AttributesToGet=["sk"],
        ScanIndexForward=False,
        Limit=2,
    )
    assert answer["Items"] == [{"sk": {"S": "c"}}, {"sk": {"S": "b"}}]
    assert answer["LastEvaluatedKey"] == {"pk": {"S": partition}, "sk": {"S": "b"}}


def test_filter_and_attributes_of_a_scan(client: Any, table_ss: str, partition: str) -> None:
    # Others have items in this table, more than a page of them.
    pages = client.get_paginator("scan").paginate(
        TableName=table_ss,
        ScanFilter={"pk": compare("EQ", {"S": partition}), "sk": compare("GT", {"S": "ab"})},
        AttributesToGet=["sk"],
    )
    found = [item for page in pages for item in page["Items"]]
    assert found == [{"sk": {"S": "b"}}, {"sk": {"S": "c"}}]
