"""What a request that passes is made into."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from app.errors import ApiError
from app.operations.validate import validator


def read(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    validator(operation)(body)
    return body


def test_null_members_count_as_absent() -> None:
    body = {"TableName": "abc", "Key": {"a": {"S": "x"}}, "AttributesToGet": None}
    assert read("GetItem", body) == {"TableName": "abc", "Key": {"a": {"S": "x"}}}


def test_a_required_member_that_is_null_is_missing() -> None:
    with pytest.raises(ApiError, match="Value null at 'key'"):
        validator("GetItem")({"TableName": "abc", "Key": None})


def test_unknown_members_are_ignored_whatever_they_hold() -> None:
    body = {"TableName": "abc", "Foo": {"S": [5]}, "Key": {"a": {"S": "x", "Z": {}}}}
    assert read("GetItem", body) == {"TableName": "abc", "Key": {"a": {"S": "x"}}}


def test_nulls_inside_attribute_values() -> None:
    # An empty attribute value is refused later, in the words for it.
    item = {"a": None, "b": {"S": None}, "c": {"L": [None]}, "d": {"M": {"e": None}, "N": None}}
    assert read("PutItem", {"TableName": "abc", "Item": item})["Item"] == {
        "a": {},
        "b": {},
        "c": {"L": [{}]},
        "d": {"M": {"e": {}}},
    }


def test_a_null_in_a_set_is_refused_after_everything_else() -> None:
    with pytest.raises(ApiError) as caught:
        validator("PutItem")({"TableName": "abc", "Item": {"a": {"SS": ["x", None]}}})
    assert caught.value.message == (
        "One or more parameter values were invalid: "
        "An string set may not have a null string as a member"
    )
    with pytest.raises(ApiError, match="1 validation error detected: Value 'x' at 'returnValues'"):
        validator("PutItem")(
            {"TableName": "abc", "Item": {"a": {"NS": [None]}}, "ReturnValues": "x"}
        )
    with pytest.raises(ApiError, match="NUMBER_VALUE cannot be converted to String"):
        validator("PutItem")({"TableName": "abc", "Item": {"a": {"NS": [None, 5]}}})


# There the service says of each value which one it is.
def test_a_null_in_a_set_among_expression_values() -> None:
    values = {":ok": {"S": "x"}, ":bad": {"SS": [None]}}
    with pytest.raises(ApiError) as caught:
        validator("PutItem")({"TableName": "abc", "Item": {}, "ExpressionAttributeValues": values})
    assert caught.value.message == (
        "ExpressionAttributeValues contains invalid value: One or more parameter values were "
        "invalid: An string set may not have a null string as a member for key :bad"
    )


@pytest.mark.parametrize(
    ("given", "taken"),
    [(5, "5"), (5.0, "5"), (5.9, "5"), (2**31, "2147483647"), (1e300, "2147483647")],
)
def test_integers_are_cut_to_their_range(given: float, taken: str) -> None:
    # As Java converts a number, and into an int also for who reads the request afterwards.
    body = read("Scan", {"TableName": "abc", "Limit": given})
    assert orjson.dumps(body["Limit"]) == taken.encode()


def test_a_fraction_below_one_is_no_positive_integer() -> None:
    with pytest.raises(ApiError, match="Value '0' at 'limit'"):
        validator("Scan")({"TableName": "abc", "Limit": 0.9})
    with pytest.raises(ApiError, match="Value '0' at 'limit'"):
        validator("Scan")({"TableName": "abc", "Limit": -0.9})


def test_longs_have_64_bits() -> None:
    units = {"ReadCapacityUnits": 2**40, "WriteCapacityUnits": 1e19}
    body = read("UpdateTable", {"TableName": "abc", "ProvisionedThroughput": units})
    assert body["ProvisionedThroughput"] == {
        "ReadCapacityUnits": 2**40,
        "WriteCapacityUnits": 2**63 - 1,
    }


def test_what_is_wrong_with_a_value_beyond_json_types_is_not_asked_here() -> None:
    item = {"a": {"N": "x"}, "b": {"SS": []}, "c": {}, "d": {"S": "", "N": ""}, "": {"S": ""}}
    read("PutItem", {"TableName": "abc", "Item": item})


@pytest.mark.parametrize("depth", [32, 100, 500])
@pytest.mark.parametrize("kind", ["L", "M"])
def test_deep_nesting_is_read_without_recursion(kind: str, depth: int) -> None:
    # That it is too deep is said later; that a type deep inside is wrong is said here. The JSON
    # parser gives at most 1024 levels of objects and arrays, two for each of these.
    value: Any = {"NULL": True}
    wrong: Any = {"NULL": "x"}
    for _ in range(depth):
        value = {kind: [value] if kind == "L" else {"a": value}}
        wrong = {kind: [wrong] if kind == "L" else {"a": wrong}}
    validator("PutItem")({"TableName": "abc", "Item": {"a": value}})
    with pytest.raises(ApiError, match="Unexpected token received from parser"):
        validator("PutItem")({"TableName": "abc", "Item": {"a": wrong}})
    with pytest.raises(ApiError, match="1 validation error detected"):
        validator("BatchGetItem")({"RequestItems": {"abc": {"Keys": [{"a": value}] * 101}}})


def test_sixteen_megabytes() -> None:
    text = b'{"TableName":"abc","Item":{"a":{"L":[' + b'{"S":"x"},' * 1_600_000 + b"null]}}}"
    body = read("PutItem", orjson.loads(text))
    assert body["Item"]["a"]["L"][-2:] == [{"S": "x"}, {}]
