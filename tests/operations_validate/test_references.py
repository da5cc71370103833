"""Names of tables are constraints, their ARNs are looked at before those, and after types."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import ApiError
from app.operations.validate import validator

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/abc"
KEY = {"a": {"S": "x"}}


def fault(operation: str, body: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as caught:
        validator(operation)(body)
    assert caught.value.code == "ValidationException"
    return caught.value.message or ""


SIGNS = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
THREE = "have length greater than or equal to 3"
LONGEST = "have length less than or equal to 255"


# Where it is not items that are asked for, another service answers.
@pytest.mark.parametrize(
    ("name", "rules", "control"),
    [
        ("", ["have length greater than or equal to 1"], [THREE, SIGNS]),
        ("ab", [THREE], [THREE]),
        ("abc;", [SIGNS], [SIGNS]),
        ("x" * 256, [LONGEST], [LONGEST]),
        (";", [SIGNS, THREE], [THREE, SIGNS]),
    ],
)
@pytest.mark.parametrize("operation", ["UpdateTable", "DescribeTable", "Scan"])
def test_a_bad_table_name(operation: str, name: str, rules: list[str], control: list[str]) -> None:
    told = [
        f"Value '{name}' at 'tableName' failed to satisfy constraint: Member must {rule}"
        for rule in (rules if operation == "Scan" else control)
    ]
    errors = "errors" if len(told) > 1 else "error"
    expected = f"{len(told)} validation {errors} detected: {'; '.join(told)}"
    assert fault(operation, {"TableName": name}) == expected


def test_a_bad_table_name_is_told_with_other_constraints() -> None:
    assert fault("GetItem", {"TableName": "ab"}).startswith("2 validation errors detected: ")


def test_a_malformed_arn() -> None:
    assert fault("DescribeTable", {"TableName": "arn:foo"}).startswith("Valid ARN format is 'arn:")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("DescribeTable", {"TableName": ARN}),
        (
            "CreateTable",
            {
                "TableName": ARN,
                "AttributeDefinitions": [],
                "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            },
        ),
        ("BatchGetItem", {"RequestItems": {ARN: {"Keys": [KEY]}}}),
        ("BatchWriteItem", {"RequestItems": {ARN: [{"DeleteRequest": {"Key": KEY}}]}}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": ARN, "Key": KEY}}]}),
    ],
)
def test_an_arn_is_as_good_as_a_name(operation: str, body: dict[str, Any]) -> None:
    validator(operation)(body)


@pytest.mark.parametrize(
    ("operation", "body", "told"),
    [
        (
            "BatchGetItem",
            {"RequestItems": {"abc": {"Keys": [KEY]}, "ab": {}}},
            ", attributesToGet=null, consistentRead=null, projectionExpression=null, "
            "expressionAttributeNames=null), ab=KeysAndAttributes(keys=null, ",
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"ab": [{"PutRequest": {"Item": {}}}]}},
            "Value '{ab=[WriteRequest(putRequest=PutRequest(item={}, workloadProfileName=null), "
            "deleteRequest=null)]}' at 'requestItems' failed to satisfy constraint: Map keys must "
            "satisfy constraint: [Member must have length less than or equal to 255, Member must "
            "have length greater than or equal to 3, ",
        ),
        (
            "TransactWriteItems",
            {"TransactItems": [{}, {"Put": {"TableName": "ab"}}]},
            "Value 'ab' at 'transactItems.2.member.put.tableName' failed to satisfy constraint: ",
        ),
    ],
)
def test_table_names_inside(operation: str, body: dict[str, Any], told: str) -> None:
    assert told in fault(operation, body)


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsOfResource"])
def test_a_tagged_resource_must_be_a_table(operation: str) -> None:
    assert fault(operation, {}) == "Invalid TableArn"
    assert fault(operation, {"ResourceArn": ""}) == "Invalid TableArn"
    assert fault(operation, {"ResourceArn": "abcd"}) == (
        "One or more parameter values were invalid: ARNs must start with 'arn:': abcd"
    )


def test_a_resource_policy_may_be_of_a_stream() -> None:
    validator("GetResourcePolicy")({"ResourceArn": f"{ARN}/stream/2026-01-01T00:00:00.000"})


def test_names_that_cannot_be_arns_are_constraints() -> None:
    assert fault("ListTables", {"ExclusiveStartTableName": "a"}) == (
        "1 validation error detected: "
        "Value 'a' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )
