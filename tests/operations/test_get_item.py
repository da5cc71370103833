"""GetItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    CAPACITY,
    INVALID,
    NOT_ATTRIBUTES,
    NOT_BOOLEAN,
    NOT_LIST,
    NOT_SCALAR,
    NOT_STRING,
    SERIALIZATION,
    constraints,
    fault,
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
    misfits(
        TableName=NOT_STRING,
        Key=NOT_ATTRIBUTES,
        AttributesToGet=NOT_LIST,
        ConsistentRead=NOT_BOOLEAN,
        ProjectionExpression=NOT_STRING,
        ReturnConsumedCapacity=NOT_STRING,
    ),
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("GetItem", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    fails(
        "get_item",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            fault("[]", "attributesToGet", "have length greater than or equal to 1"),
            missing("tableName"),
            missing("key"),
        ),
        ReturnConsumedCapacity="a",
        AttributesToGet=[],
    )


OVERLAP = (
    "Invalid ProjectionExpression: Two document paths overlap with each other; "
    "must remove or rewrite one of these paths; "
)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"ProjectionExpression": ""},
            "Invalid ProjectionExpression: The expression can not be empty;",
        ),
        (
            {"ProjectionExpression": "a,,b"},
            'Invalid ProjectionExpression: Syntax error; token: ",", near: ",,b"',
        ),
        (
            {"ProjectionExpression": "a b"},
            'Invalid ProjectionExpression: Syntax error; token: "b", near: "a b"',
        ),
        (
            {"ProjectionExpression": "a[-1]"},
            'Invalid ProjectionExpression: Syntax error; token: "-", near: "[-1"',
        ),
        (
            {"ProjectionExpression": "a[00]"},
            'Invalid ProjectionExpression: Syntax error; token: "0", near: "00]"',
        ),
        (
            {"ProjectionExpression": ":a"},
            'Invalid ProjectionExpression: Syntax error; token: ":a", near: ":a"',
        ),
        (
            {"ProjectionExpression": "name"},
            "Invalid ProjectionExpression: Attribute name is a reserved keyword; "
            "reserved keyword: name",
        ),
        (
            {"ProjectionExpression": "a[99999999999]"},
            "Invalid ProjectionExpression: List index is not within the allowable range; "
            "index: [99999999999]",
        ),
        ({"ProjectionExpression": "a,a"}, OVERLAP + "path one: [a], path two: [a]"),
        ({"ProjectionExpression": "a.b,a"}, OVERLAP + "path one: [a, b], path two: [a]"),
        (
            {"ProjectionExpression": "a[0],a[0].b"},
            OVERLAP + "path one: [a, [0]], path two: [a, [0], b]",
        ),
        (
            {"ProjectionExpression": "a,#a", "ExpressionAttributeNames": {"#a": "a"}},
            OVERLAP + "path one: [a], path two: [a]",
        ),
        (
            {"ProjectionExpression": "a[0],a.b"},
            "Invalid ProjectionExpression: Two document paths conflict with each other; "
            "must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]",
        ),
        (
            {"ProjectionExpression": "#a"},
            "Invalid ProjectionExpression: An expression attribute name used in the document path "
            "is not defined; attribute name: #a",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "c"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
        (
            {"ExpressionAttributeNames": {"#b": "c"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        (
            {"ProjectionExpression": "#b", "ExpressionAttributeNames": {"#b": ""}},
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #b",
        ),
        ({"ProjectionExpression": "pk.a"}, NOT_SCALAR),
        ({"ProjectionExpression": "pk[0]"}, NOT_SCALAR),
        (
            {"ProjectionExpression": "a", "AttributesToGet": ["a"]},
            mixed("AttributesToGet", "ProjectionExpression"),
        ),
        ({"AttributesToGet": [""]}, "Empty attribute name"),
        pytest.param(
            {"AttributesToGet": ["a", "b", "a"]},
            INVALID + "Duplicate value in attribute name: a",
            marks=own_words,
        ),
    ],
)
def test_bad_projections(
    fails: Any, table: str, key: str, parameters: dict[str, Any], message: str
) -> None:
    wanted = {"pk": {"S": key}}
    fails("get_item", "ValidationException", message, TableName=table, Key=wanted, **parameters)


@pytest.fixture(scope="module")
def stored(client: Any, table: str) -> Iterator[dict[str, Any]]:
    item = {
        "pk": {"S": "test_get_item"},
        "n": {"N": "1"},
        "m": {"M": {"x": {"S": "mx"}, "y": {"L": [{"S": "y0"}, {"S": "y1"}]}, "a.b": {"N": "2"}}},
        "l": {"L": [{"S": "l0"}, {"S": "l1"}, {"M": {"x": {"S": "l2x"}}}, {"L": [{"N": "5"}]}]},
        "a.b": {"S": "dotted"},
    }
    client.put_item(TableName=table, Item=item)
    yield item
    client.delete_item(TableName=table, Key={"pk": item["pk"]})


@pytest.mark.parametrize("consistent", [True, False])
def test_the_whole_item(raw: Any, table: str, stored: dict[str, Any], consistent: bool) -> None:
    request = {"TableName": table, "Key": {"pk": stored["pk"]}, "ConsistentRead": consistent}
    assert raw("GetItem", request) == (200, {"Item": stored})


def test_an_item_that_is_not_there_is_no_member_of_the_answer(
    raw: Any, table: str, key: str
) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}}
    assert raw("GetItem", request) == (200, {})
    assert raw("GetItem", {**request, "ProjectionExpression": "a"}) == (200, {})


@pytest.mark.parametrize(
    ("paths", "picked"),
    [
        ("n", {"n": {"N": "1"}}),
        ("pk, n", {"pk": {"S": "test_get_item"}, "n": {"N": "1"}}),
        ("m.x", {"m": {"M": {"x": {"S": "mx"}}}}),
        ("m.y[1]", {"m": {"M": {"y": {"L": [{"S": "y1"}]}}}}),
        # Elements keep their order, whatever the order of the paths, and close up.
        ("l[2].x, l[0]", {"l": {"L": [{"S": "l0"}, {"M": {"x": {"S": "l2x"}}}]}}),
        ("l[3][0]", {"l": {"L": [{"L": [{"N": "5"}]}]}}),
        (
            "m.x, n, m.y[0]",
            {"n": {"N": "1"}, "m": {"M": {"x": {"S": "mx"}, "y": {"L": [{"S": "y0"}]}}}},
        ),
        # Paths that lead nowhere leave nothing behind.
        ("absent", {}),
        ("m.absent", {}),
        ("l[9]", {}),
        ("n.x", {}),
        ("m[0]", {}),
        ("l.x", {}),
        ("n, m.absent", {"n": {"N": "1"}}),
    ],
)
def test_projections(
    raw: Any, table: str, stored: dict[str, Any], paths: str, picked: dict[str, Any]
) -> None:
    request = {"TableName": table, "Key": {"pk": stored["pk"]}, "ProjectionExpression": paths}
    assert raw("GetItem", request) == (200, {"Item": picked})


def test_names_with_dots_go_through_placeholders(
    client: Any, table: str, stored: dict[str, Any]
) -> None:
    answer = client.get_item(
        TableName=table,
        Key={"pk": stored["pk"]},
        ProjectionExpression="#d, m.#d",
        ExpressionAttributeNames={"#d": "a.b"},
    )
    assert answer["Item"] == {"a.b": {"S": "dotted"}, "m": {"M": {"a.b": {"N": "2"}}}}


def test_attributes_to_get_are_names_and_no_paths(
    client: Any, table: str, stored: dict[str, Any]
) -> None:
    answer = client.get_item(
        TableName=table, Key={"pk": stored["pk"]}, AttributesToGet=["a.b", "m.x", "absent", "n"]
    )
    assert answer["Item"] == {"a.b": {"S": "dotted"}, "n": {"N": "1"}}


def test_reserved_words_are_names_in_attributes_to_get(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}, "name": {"S": "x"}})
    answer = client.get_item(TableName=table, Key={"pk": {"S": key}}, AttributesToGet=["name"])
    assert answer["Item"] == {"name": {"S": "x"}}


def test_the_table_may_be_named_by_its_arn(client: Any, table: str, stored: dict[str, Any]) -> None:
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    assert client.get_item(TableName=arn, Key={"pk": stored["pk"]})["Item"] == stored


def test_no_item_of_another_sort_key_is_returned(client: Any, table_ss: str, key: str) -> None:
    client.put_item(TableName=table_ss, Item={"pk": {"S": key}, "sk": {"S": "a"}})
    answer = client.get_item(TableName=table_ss, Key={"pk": {"S": key}, "sk": {"S": "b"}})
    assert "Item" not in answer


@own_words
def test_the_sort_key_is_needed(fails: Any, table_ss: str, key: str) -> None:
    message = "The provided key element does not match the schema"
    fails("get_item", "ValidationException", message, TableName=table_ss, Key={"pk": {"S": key}})


@pytest.mark.parametrize(
    ("size", "units"), [(8, 0.5), (4 * KB, 0.5), (4 * KB + 1, 1), (12 * KB, 1.5)]
)
def test_capacity_is_counted_by_four_kilobytes_and_half_for_eventual_reads(
    client: Any, table: str, key: str, size: int, units: float
) -> None:
    item = {"pk": {"S": key}, "a": {"S": "x" * (size - 3 - len(key))}}
    client.put_item(TableName=table, Item=item)
    request = {
        "TableName": table,
        "Key": {"pk": {"S": key}},
        "ReturnConsumedCapacity": "TOTAL",
        # Counted is what is read, not what is returned.
        "ProjectionExpression": "pk",
    }
    eventual = client.get_item(**request)["ConsumedCapacity"]
    strong = client.get_item(**request, ConsistentRead=True)["ConsumedCapacity"]
    assert eventual == {"TableName": table, "CapacityUnits": units}
    assert strong == {"TableName": table, "CapacityUnits": units * 2}


def test_an_item_that_is_not_there_costs_as_much_as_the_smallest(
    raw: Any, table: str, key: str
) -> None:
    request = {"TableName": table, "Key": {"pk": {"S": key}}, "ReturnConsumedCapacity": "INDEXES"}
    half = {"TableName": table, "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.5}}
    assert raw("GetItem", request) == (200, {"ConsumedCapacity": half})
