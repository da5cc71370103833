"""Scan: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html

Pages and segments are in test_paging; parameters older than expressions in test_legacy.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    CAPACITY,
    EMPTY_VALUE,
    KEY_MISMATCH,
    NO_TABLE,
    NOT_ATTRIBUTES,
    NOT_BOOLEAN,
    NOT_INTEGER,
    NOT_SCALAR,
    NOT_STRING,
    SERIALIZATION,
    bad_name,
    constraints,
    empty_key,
    fault,
    misfits,
    missing,
    mixed,
    no_coral,
    not_in,
    own_words,
)

SELECT = "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    misfits(
        TableName=NOT_STRING,
        ExclusiveStartKey=NOT_ATTRIBUTES,
        Limit=NOT_INTEGER,
        Segment=NOT_INTEGER,
        ConsistentRead=NOT_BOOLEAN,
        FilterExpression=NOT_STRING,
    ),
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("Scan", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    at_least = "greater than or equal to"
    fails(
        "scan",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            fault("1000001", "totalSegments", "have value less than or equal to 1000000"),
            missing("tableName"),
            not_in(SELECT, "b", "select"),
            fault("-1", "segment", f"have value {at_least} 0"),
            fault("ab", "indexName", f"have length {at_least} 3"),
            fault("0", "limit", f"have value {at_least} 1"),
            not_in("[OR, AND]", "c", "conditionalOperator"),
        ),
        ReturnConsumedCapacity="a",
        TotalSegments=1000001,
        Select="b",
        Segment=-1,
        IndexName="ab",
        Limit=0,
        ConditionalOperator="c",
    )


START = "The provided starting key is invalid: "


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        pytest.param(
            {"Segment": 0},
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present",
            marks=own_words,
        ),
        pytest.param(
            {"TotalSegments": 1},
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present",
            marks=own_words,
        ),
        pytest.param(
            {"Segment": 2, "TotalSegments": 2},
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 2 is not less than TotalSegments: 2",
            marks=own_words,
        ),
        (
            {"Select": "SPECIFIC_ATTRIBUTES"},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES",
        ),
        (
            {"Select": "COUNT", "ProjectionExpression": "a"},
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            {"Select": "ALL_ATTRIBUTES", "AttributesToGet": ["a"]},
            "Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES",
        ),
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES"},
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
        ({"IndexName": "by-v"}, "The table does not have the specified index: by-v"),
        ({"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty;"),
        (
            {"FilterExpression": "a = a"},
            "Invalid FilterExpression: The first operand must be distinct from the remaining "
            "operands for this operator or function; operator: =, first operand: [a]",
        ),
        (
            {"FilterExpression": "a = :a"},
            "Invalid FilterExpression: An expression attribute value used in expression is not "
            "defined; attribute value: :a",
        ),
        (
            {"ExpressionAttributeValues": {":a": {"S": "a"}}, "ProjectionExpression": "a"},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "FilterExpression is null",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"FilterExpression": "a = b", "ExpressionAttributeNames": {"#a": "a"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        ({"FilterExpression": "attribute_exists(pk.a)"}, NOT_SCALAR),
        ({"ProjectionExpression": "pk[3]"}, NOT_SCALAR),
        (
            {"FilterExpression": "a = b", "ScanFilter": {}, "AttributesToGet": ["a"]},
            mixed("AttributesToGet, ScanFilter", "FilterExpression"),
        ),
        pytest.param({"ExclusiveStartKey": {}}, START + KEY_MISMATCH, marks=own_words),
        pytest.param(
            {"ExclusiveStartKey": {"pk": {"N": "1"}}}, START + KEY_MISMATCH, marks=own_words
        ),
        pytest.param(
            {"ExclusiveStartKey": {"pk": {"S": "a"}, "v": {"S": "a"}}},
            START + KEY_MISMATCH,
            marks=own_words,
        ),
        pytest.param({"ExclusiveStartKey": {"pk": {}}}, START + EMPTY_VALUE, marks=own_words),
        pytest.param(
            {"ExclusiveStartKey": {"pk": {"S": ""}}}, START + empty_key("pk"), marks=own_words
        ),
    ],
)
def test_bad_parameters(fails: Any, table: str, parameters: dict[str, Any], message: str) -> None:
    fails("scan", "ValidationException", message, TableName=table, **parameters)


@no_coral
@pytest.mark.parametrize("name", ["ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    fails("scan", "ValidationException", bad_name(name), TableName=name)


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    fails("scan", "ResourceNotFoundException", NO_TABLE, TableName="not-there")


# Scans see the whole table, so that this module cannot use one that others write to.
@pytest.fixture(scope="module")
def scanned(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(f"test-scan-{uuid.uuid4().hex[:8]}", {"pk": "S", "sk": "N"})
    for partition in "abc":
        for sort in range(4):
            item = {
                "pk": {"S": partition},
                "sk": {"N": str(sort)},
                "v": {"S": f"{partition}{sort}"},
            }
            client.put_item(TableName=name, Item=item)
    yield name
    client.delete_table(TableName=name)


def found(answer: dict[str, Any]) -> list[str]:
    return sorted(item["v"]["S"] for item in answer["Items"])


ALL = sorted(f"{partition}{sort}" for partition in "abc" for sort in range(4))


@pytest.mark.parametrize("consistent", [True, False])
def test_every_item_once(client: Any, scanned: str, consistent: bool) -> None:
    answer = client.scan(TableName=scanned, ConsistentRead=consistent)
    assert found(answer) == ALL
    assert (answer["Count"], answer["ScannedCount"]) == (12, 12)
    assert "LastEvaluatedKey" not in answer


def test_items_of_a_partition_come_together_and_in_order(client: Any, scanned: str) -> None:
    order = [item["v"]["S"] for item in client.scan(TableName=scanned)["Items"]]
    partitions = [order[start : start + 4] for start in (0, 4, 8)]
    assert sorted(partitions) == [ALL[:4], ALL[4:8], ALL[8:]]


@pytest.mark.parametrize(
    ("text", "values", "left"),
    [
        ("v = :a", {":a": {"S": "b1"}}, ["b1"]),
        # Unlike a query's, a scan's filter may ask for key attributes.
        ("pk = :a AND sk > :b", {":a": {"S": "b"}, ":b": {"N": "1"}}, ["b2", "b3"]),
        ("begins_with(v, :a)", {":a": {"S": "c"}}, ["c0", "c1", "c2", "c3"]),
        ("contains(v, :a)", {":a": {"S": "3"}}, ["a3", "b3", "c3"]),
        ("sk IN (:a, :b)", {":a": {"N": "7"}, ":b": {"N": "0.0"}}, ["a0", "b0", "c0"]),
        (
            "sk BETWEEN :a AND :b AND NOT pk = :c",
            {":a": {"N": "1"}, ":b": {"N": "1"}, ":c": {"S": "a"}},
            ["b1", "c1"],
        ),
        ("size(v) > :a", {":a": {"N": "2"}}, []),
        ("attribute_type(sk, :a) AND attribute_not_exists(w)", {":a": {"S": "N"}}, ALL),
    ],
)
def test_filters(
    client: Any, scanned: str, text: str, values: dict[str, Any], left: list[str]
) -> None:
    answer = client.scan(TableName=scanned, FilterExpression=text, ExpressionAttributeValues=values)
    assert found(answer) == left
    assert (answer["Count"], answer["ScannedCount"]) == (len(left), 12)


def test_a_projection(client: Any, scanned: str) -> None:
    answer = client.scan(
        TableName=scanned,
        FilterExpression="v = :v",
        ProjectionExpression="sk",
        ExpressionAttributeValues={":v": {"S": "b1"}},
    )
    assert answer["Items"] == [{"sk": {"N": "1"}}]


def test_a_filter_that_drops_all_leaves_an_empty_list(raw: Any, scanned: str) -> None:
    request = {"TableName": scanned, "FilterExpression": "attribute_exists(w)"}
    assert raw("Scan", request) == (200, {"Items": [], "Count": 0, "ScannedCount": 12})


def test_capacity_is_of_what_was_read_whatever_the_filter_leaves(client: Any, scanned: str) -> None:
    request = {
        "TableName": scanned,
        "FilterExpression": "attribute_exists(w)",
        "ReturnConsumedCapacity": "TOTAL",
    }
    eventual = client.scan(**request)["ConsumedCapacity"]
    strong = client.scan(**request, ConsistentRead=True)["ConsumedCapacity"]
    assert eventual == {"TableName": scanned, "CapacityUnits": 0.5}
    assert strong == {"TableName": scanned, "CapacityUnits": 1}
