"""KeyConditionExpression of Query.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.operations.texts import INVALID, empty_key, own_words

P, A, B = {":p": {"S": "a"}}, {":a": {"S": "a"}}, {":b": {"S": "b"}}
N = {":a": {"N": "1"}}
ONE_OF_TWO = INVALID + "Condition parameter type does not match schema type"
# The service says it in other words than it did in former years.
ONE_PER_KEY, NESTED, INSIDE = (
    f"Invalid KeyConditionExpression: KeyConditionExpressions {what}"
    for what in (
        "must only contain one condition per key",
        "cannot contain nested operations",
        "cannot have conditions on nested attributes",
    )
)
BETWEEN = "Invalid KeyConditionExpression: The BETWEEN operator requires "


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("", {}, "Invalid KeyConditionExpression: The expression can not be empty;"),
        (
            "pk",
            {},
            'Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "pk"',
        ),
        (
            "((pk = :p))",
            {},
            "Invalid KeyConditionExpression: The expression has redundant parentheses;",
        ),
        (
            "pk = :p AND sk = :p AND v = :p",
            {},
            "Conditions can be of length 1 or 2 only",
        ),
        pytest.param(
            "pk = :p AND pk = :p",
            {},
            ONE_PER_KEY,
            marks=own_words,
        ),
        pytest.param(
            "pk = :p AND sk > :a AND sk < :b",
            A | B,
            ONE_PER_KEY,
            marks=own_words,
        ),
        ("pk > :p", {}, "Query key condition not supported"),
        ("begins_with(pk, :p)", {}, "Query key condition not supported"),
        ("pk BETWEEN :p AND :p", {}, "Query key condition not supported"),
        ("pk = :p OR sk = :p", {}, "Invalid operator used in KeyConditionExpression: OR"),
        ("NOT pk = :p", {}, "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk = :p AND sk <> :p", {}, "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :p AND sk IN (:p)", {}, "Invalid operator used in KeyConditionExpression: IN"),
        (
            "pk = :p AND contains(sk, :p)",
            {},
            "Invalid operator used in KeyConditionExpression: contains",
        ),
        (
            "pk = :p AND attribute_exists(sk)",
            {},
            "Invalid operator used in KeyConditionExpression: attribute_exists",
        ),
        (
            "pk = :p AND further(sk, :p)",
            {},
            "Invalid KeyConditionExpression: Invalid function name; function: further",
        ),
        pytest.param(
            "pk = :p AND size(sk) > :p",
            {},
            NESTED,
            marks=own_words,
        ),
        pytest.param(
            "pk = :p AND size(sk) BETWEEN :p AND :p",
            {},
            NESTED,
            marks=own_words,
        ),
        (
            "pk = :p AND sk = pk",
            {},
            "Invalid condition in KeyConditionExpression: "
            "Multiple attribute names used in one condition",
        ),
        (
            "pk = :p AND :p = :p",
            {},
            "Invalid condition in KeyConditionExpression: No key attribute specified",
        ),
        (
            "pk = :p AND begins_with(:p, sk)",
            {},
            "Invalid condition in KeyConditionExpression: "
            "begins_with operator must have the key attribute as its first operand",
        ),
        (
            "pk = :p AND begins_with(sk, :a)",
            N,
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
            "operator or function: begins_with, operand type: N",
        ),
        (
            "pk = :p AND sk BETWEEN :b AND :a",
            A | B,
            BETWEEN + "upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {S:b}, "
            "upper bound operand: AttributeValue: {S:a}",
        ),
        (
            "pk = :p AND sk BETWEEN :b AND :a",
            N | B,
            BETWEEN + "same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {S:b}, "
            "upper bound operand: AttributeValue: {N:1}",
        ),
        ("pk = :a", N, ONE_OF_TWO),
        ("pk = :p AND sk = :a", N, ONE_OF_TWO),
        ("pk = :p AND sk = :a", {":a": {"BOOL": True}}, ONE_OF_TWO),
        # Of each key its values come before what they are compared by, and pk before sk.
        ("pk > :a", N, ONE_OF_TWO),
        ("pk = :a AND v = :a", N, ONE_OF_TWO),
        ("pk > :p AND sk = :a", N, "Query key condition not supported"),
        ("pk > :a", {":a": {"S": ""}}, empty_key("pk")),
        ("pk = :a", {":a": {"S": ""}}, empty_key("pk")),
        ("pk = :p AND begins_with(sk, :a)", {":a": {"S": ""}}, empty_key("sk")),
        (
            "pk = :c",
            {},
            "Invalid KeyConditionExpression: An expression attribute value used in expression is "
            "not defined; attribute value: :c",
        ),
        (
            "#p = :p",
            {},
            "Invalid KeyConditionExpression: An expression attribute name used in the document "
            "path is not defined; attribute name: #p",
        ),
        (
            "pk = :p",
            A,
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
        ),
        pytest.param(
            "pk.a = :p",
            {},
            INSIDE,
            marks=own_words,
        ),
        pytest.param(
            "sk = :p", {}, "Query condition missed key schema element: pk", marks=own_words
        ),
        pytest.param(
            "pk = :p AND v = :p",
            {},
            "Query condition missed key schema element: sk",
            marks=own_words,
        ),
    ],
)
def test_bad_key_conditions(
    fails: Any, table_ss: str, text: str, values: dict[str, Any], message: str
) -> None:
    fails(
        "query",
        "ValidationException",
        message,
        TableName=table_ss,
        KeyConditionExpression=text,
        # Only values that are used may be given, and :p is used almost everywhere.
        ExpressionAttributeValues=(P if ":p" in text or not values else {}) | values,
    )


SORTS = ["a", "ab", "abc", "b", "ba", "c"]


@pytest.fixture(scope="module")
def rows(client: Any, table_ss: str) -> Iterator[list[dict[str, Any]]]:
    items = [
        {"pk": {"S": "test_key_conditions"}, "sk": {"S": sort}, "v": {"N": str(number)}}
        for number, sort in enumerate(SORTS)
    ]
    for item in reversed(items):
        client.put_item(TableName=table_ss, Item=item)
    # A neighbour that no query may return.
    client.put_item(TableName=table_ss, Item={**items[0], "pk": {"S": "test_key_conditions2"}})
    yield items
    for item in items:
        key = {name: item[name] for name in ("pk", "sk")}
        client.delete_item(TableName=table_ss, Key=key)


def query(client: Any, table: str, text: str = "pk = :p", **more: Any) -> dict[str, Any]:
    values = {":p": {"S": "test_key_conditions"}} | more.pop("values", {})
    answer: dict[str, Any] = client.query(
        TableName=table,
        KeyConditionExpression=text,
        ExpressionAttributeValues=values,
        **more,
    )
    return answer


def sorts(answer: dict[str, Any]) -> list[str]:
    return [item["sk"]["S"] for item in answer["Items"]]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("text", "values", "found"),
    [
        ("pk = :p", {}, SORTS),
        (":p = pk", {}, SORTS),
        ("pk = :p AND sk = :a", {":a": {"S": "ab"}}, ["ab"]),
        ("sk = :a AND pk = :p", {":a": {"S": "ab"}}, ["ab"]),
        ("pk = :p AND sk = :a", {":a": {"S": "absent"}}, []),
        ("pk = :p AND sk < :a", {":a": {"S": "ab"}}, ["a"]),
        ("pk = :p AND sk <= :a", {":a": {"S": "ab"}}, ["a", "ab"]),
        ("pk = :p AND sk > :a", {":a": {"S": "b"}}, ["ba", "c"]),
        ("pk = :p AND sk >= :a", {":a": {"S": "b"}}, ["b", "ba", "c"]),
        ("pk = :p AND :a < sk", {":a": {"S": "b"}}, ["ba", "c"]),
        ("(pk = :p) AND (sk > :a)", {":a": {"S": "b"}}, ["ba", "c"]),
        (
            "pk = :p AND sk BETWEEN :a AND :b",
            {":a": {"S": "ab"}, ":b": {"S": "b"}},
            ["ab", "abc", "b"],
        ),
        ("pk = :p AND sk BETWEEN :a AND :a", {":a": {"S": "b"}}, ["b"]),
        ("pk = :p AND begins_with(sk, :a)", {":a": {"S": "ab"}}, ["ab", "abc"]),
        ("pk = :p AND begins_with(sk, :a)", {":a": {"S": "d"}}, []),
        ("pk = :p AND begins_with ( sk , :a )", {":a": {"S": "b"}}, ["b", "ba"]),
    ],
)
def test_key_conditions(
    client: Any, table_ss: str, text: str, values: dict[str, Any], found: list[str]
) -> None:
    assert sorts(query(client, table_ss, text, values=values)) == found
