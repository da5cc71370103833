"""Table names are looked at before constraints, and after types."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import ApiError
from app.operations.validate import validator

BAD_NAME = "Invalid table/index name.  Table/index names must be between 3 and 255 "
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/abc"
KEY = {"a": {"S": "x"}}


def fault(operation: str, body: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as caught:
        validator(operation)(body)
    assert caught.value.code == "ValidationException"
    return caught.value.message or ""


@pytest.mark.parametrize("name", ["", "ab", "abc;", "x" * 256, "x" * 2000])
@pytest.mark.parametrize(
    ("operation", "rest"),
    [
        ("PutItem", {"ReturnValues": "hi"}),
        ("GetItem", {"Key": KEY}),
        ("CreateTable", {}),
        ("DescribeTable", {}),
        ("UpdateTimeToLive", {}),
    ],
)
def test_a_bad_table_name_comes_before_constraints(
    operation: str, rest: dict[str, Any], name: str
) -> None:
    assert fault(operation, {"TableName": name, **rest}).startswith(BAD_NAME)


def test_a_malformed_arn() -> None:
    assert fault("DescribeTable", {"TableName": "arn:foo"}).startswith("Valid ARN format is 'arn:")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("DescribeTable", {"TableName": ARN}),
        ("CreateTable", {"TableName": ARN}),
        ("BatchGetItem", {"RequestItems": {ARN: {"Keys": [KEY]}}}),
        ("BatchWriteItem", {"RequestItems": {ARN: [{"DeleteRequest": {"Key": KEY}}]}}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": ARN, "Key": KEY}}]}),
    ],
)
def test_an_arn_is_as_good_as_a_name(operation: str, body: dict[str, Any]) -> None:
    validator(operation)(body)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("BatchGetItem", {"RequestItems": {"abc": {"Keys": [KEY]}, "ab": {}}}),
        ("BatchWriteItem", {"RequestItems": {"ab": []}}),
        ("TransactWriteItems", {"TransactItems": [{}, {"Put": {"TableName": "ab"}}]}),
    ],
)
def test_table_names_inside(operation: str, body: dict[str, Any]) -> None:
    assert fault(operation, body).startswith(BAD_NAME)


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsOfResource"])
def test_a_tagged_resource_must_be_a_table(operation: str) -> None:
    assert fault(operation, {}) == "Invalid TableArn"
    assert fault(operation, {"ResourceArn": ""}) == "Invalid TableArn"
    assert fault(operation, {"ResourceArn": "abcd"}) == (
        "Invalid TableArn: Invalid ResourceArn provided as input abcd"
    )


def test_a_resource_policy_may_be_of_a_stream() -> None:
    validator("GetResourcePolicy")({"ResourceArn": f"{ARN}/stream/2026-01-01T00:00:00.000"})


def test_names_that_cannot_be_arns_are_constraints() -> None:
    assert fault("ListTables", {"ExclusiveStartTableName": "a"}) == (
        "1 validation error detected: "
        "Value 'a' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )
