"""Query: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html

Key conditions are in test_key_conditions, pages in test_paging, parameters older than expressions
in test_legacy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    CAPACITY,
    EMPTY_VALUE,
    NO_TABLE,
    NOT_ATTRIBUTES,
    NOT_BOOLEAN,
    NOT_INTEGER,
    NOT_LIST,
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
    [
        *misfits(
            TableName=NOT_STRING,
            KeyConditionExpression=NOT_STRING,
            ExclusiveStartKey=NOT_ATTRIBUTES,
            Limit=NOT_INTEGER,
            ScanIndexForward=NOT_BOOLEAN,
            AttributesToGet=NOT_LIST,
        ),
        (
            {"KeyConditions": {"a": []}},
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.Condition",
        ),
        (
            {"QueryFilter": {"a": {"AttributeValueList": {}}}},
            "Start of structure or map found where not expected.",
        ),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("Query", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_all_broken_constraints_are_reported_in_the_order_of_the_service(fails: Any) -> None:
    at_least = "greater than or equal to"
    fails(
        "query",
        "ValidationException",
        constraints(
            not_in(CAPACITY, "a", "returnConsumedCapacity"),
            fault("[]", "attributesToGet", f"have length {at_least} 1"),
            missing("tableName"),
            not_in(SELECT, "b", "select"),
            fault(";", "indexName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
            fault(";", "indexName", f"have length {at_least} 3"),
            fault("0", "limit", f"have value {at_least} 1"),
            missing("keyConditions.a.member.comparisonOperator"),
            not_in("[OR, AND]", "c", "conditionalOperator"),
        ),
        ReturnConsumedCapacity="a",
        AttributesToGet=[],
        Select="b",
        IndexName=";",
        Limit=0,
        KeyConditions={"a": {}},
        ConditionalOperator="c",
    )


P, B = {":p": {"S": "a"}}, {":b": {"S": "b"}}

FILTERED_KEY = (
    "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty;"),
        (
            {"FilterExpression": "v"},
            'Invalid FilterExpression: Syntax error; token: "<EOF>", near: "v"',
        ),
        ({"FilterExpression": "pk = :p"}, FILTERED_KEY + "pk"),
        ({"FilterExpression": "attribute_exists(v) OR NOT sk = :p"}, FILTERED_KEY + "sk"),
        (
            {"FilterExpression": "#s = :p", "ExpressionAttributeNames": {"#s": "sk"}},
            FILTERED_KEY + "sk",
        ),
        (
            {"ProjectionExpression": ""},
            "Invalid ProjectionExpression: The expression can not be empty;",
        ),
        ({"ProjectionExpression": "v, pk.a"}, NOT_SCALAR),
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            {"QueryFilter": {"v": {"ComparisonOperator": "NULL"}}},
            mixed("QueryFilter", "KeyConditionExpression"),
        ),
        (
            {
                "FilterExpression": "v = :p",
                "ProjectionExpression": "v",
                "AttributesToGet": ["v"],
                "QueryFilter": {},
                "KeyConditions": {},
                "ConditionalOperator": "OR",
            },
            mixed(
                "AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions",
                "ProjectionExpression, FilterExpression, KeyConditionExpression",
            ),
        ),
        *[
            # A Scan is refused without what is put before it here.
            pytest.param(given, f"1 validation error detected: {message}", marks=own_words)
            for given, message in (
                (
                    {"Select": "COUNT", "ProjectionExpression": "v"},
                    "Cannot specify the ProjectionExpression when choosing to get only the Count",
                ),
                (
                    {"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "v"},
                    "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES",
                ),
                (
                    {"Select": "SPECIFIC_ATTRIBUTES"},
                    "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                    "SPECIFIC_ATTRIBUTES",
                ),
                (
                    {"Select": "ALL_PROJECTED_ATTRIBUTES"},
                    "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
                ),
            )
        ],
        ({"IndexName": "by-v"}, "The table does not have the specified index: by-v"),
    ],
)
def test_bad_parameters(
    fails: Any, table_ss: str, parameters: dict[str, Any], message: str
) -> None:
    fails(
        "query",
        "ValidationException",
        message,
        TableName=table_ss,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues=P,
        **parameters,
    )


def test_a_key_condition_is_needed(fails: Any, table_ss: str) -> None:
    message = (
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
        "the request."
    )
    fails("query", "ValidationException", message, TableName=table_ss)


def test_a_table_without_sort_key_takes_one_condition(fails: Any, table: str) -> None:
    fails(
        "query",
        "ValidationException",
        "Query key condition not supported",
        TableName=table,
        KeyConditionExpression="pk = :p AND sk = :p",
        ExpressionAttributeValues=P,
    )


@no_coral
@pytest.mark.parametrize("name", ["ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    fails("query", "ValidationException", bad_name(name), TableName=name)


@own_words
def test_a_table_that_is_not_there(fails: Any) -> None:
    fails(
        "query",
        "ResourceNotFoundException",
        NO_TABLE,
        TableName="not-there",
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues=P,
    )


START = "The provided starting key is invalid"


@pytest.mark.parametrize(
    ("start", "message"),
    [
        pytest.param({}, START, marks=own_words),
        pytest.param({"pk": {"S": "a"}}, START, marks=own_words),
        pytest.param({"pk": {"S": "a"}, "sk": {"S": "b"}, "v": {"S": "c"}}, START, marks=own_words),
        ({"pk": {"S": "a"}, "v": {"S": "b"}}, START),
        pytest.param({"pk": {"S": "a"}, "sk": {"N": "1"}}, START, marks=own_words),
        pytest.param({"pk": {"S": "a"}, "sk": {}}, f"{START}: {EMPTY_VALUE}", marks=own_words),
        ({"pk": {"S": "a"}, "sk": {"S": ""}}, f"{START}: {empty_key('sk')}"),
        pytest.param(
            {"pk": {"S": "other"}, "sk": {"S": "m"}},
            "The provided starting key is outside query boundaries based on provided conditions",
            marks=own_words,
        ),
        (
            {"pk": {"S": "a"}, "sk": {"S": "a"}},
            "The provided starting key does not match the range key predicate",
        ),
    ],
)
def test_bad_starting_keys(fails: Any, table_ss: str, start: dict[str, Any], message: str) -> None:
    fails(
        "query",
        "ValidationException",
        message,
        TableName=table_ss,
        KeyConditionExpression="pk = :p AND sk > :b",
        ExpressionAttributeValues=P | B,
        ExclusiveStartKey=start,
    )


@pytest.mark.differs_locally("it answers an empty page")
def test_a_query_of_a_table_without_sort_key_cannot_be_restarted(fails: Any, table: str) -> None:
    fails(
        "query",
        "ValidationException",
        "The query can return at most one row and cannot be restarted",
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues=P,
        ExclusiveStartKey={"pk": {"S": "a"}},
    )


SORTS = ["a", "ab", "abc", "b", "ba", "c"]


@pytest.fixture(scope="module")
def rows(client: Any, table_ss: str) -> Iterator[list[dict[str, Any]]]:
    items = [
        {"pk": {"S": "test_query"}, "sk": {"S": sort}, "v": {"N": str(number)}}
        for number, sort in enumerate(SORTS)
    ]
    for item in reversed(items):
        client.put_item(TableName=table_ss, Item=item)
    # A neighbour that no query may return.
    client.put_item(TableName=table_ss, Item={**items[0], "pk": {"S": "test_query2"}})
    yield items
    for item in items:
        key = {name: item[name] for name in ("pk", "sk")}
        client.delete_item(TableName=table_ss, Key=key)


def query(client: Any, table: str, text: str = "pk = :p", **more: Any) -> dict[str, Any]:
    values = {":p": {"S": "test_query"}} | more.pop("values", {})
    answer: dict[str, Any] = client.query(
        TableName=table,
        KeyConditionExpression=text,
        ExpressionAttributeValues=values,
        **more,
    )
    return answer


def sorts(answer: dict[str, Any]) -> list[str]:
    return [item["sk"]["S"] for item in answer["Items"]]


def test_the_whole_answer(raw: Any, table_ss: str, rows: list[dict[str, Any]]) -> None:
    request = {
        "TableName": table_ss,
        "KeyConditionExpression": "#p = :p",
        "ExpressionAttributeNames": {"#p": "pk"},
        "ExpressionAttributeValues": {":p": {"S": "test_query"}},
    }
    assert raw("Query", request) == (200, {"Items": rows, "Count": 6, "ScannedCount": 6})


def test_backwards(client: Any, table_ss: str, rows: list[dict[str, Any]]) -> None:
    assert query(client, table_ss, ScanIndexForward=False)["Items"] == rows[::-1]


@pytest.mark.usefixtures("rows")
def test_a_filter_drops_items_after_they_were_counted(client: Any, table_ss: str) -> None:
    answer = query(client, table_ss, FilterExpression="v > :v", values={":v": {"N": "3"}})
    assert sorts(answer) == ["ba", "c"]
    assert (answer["Count"], answer["ScannedCount"]) == (2, 6)


@pytest.mark.usefixtures("rows")
def test_a_projection_after_a_filter(client: Any, table_ss: str) -> None:
    answer = query(
        client,
        table_ss,
        FilterExpression="v = :v",
        ProjectionExpression="sk, absent",
        values={":v": {"N": "3"}},
    )
    assert answer["Items"] == [{"sk": {"S": "b"}}]


def test_a_partition_that_is_not_there_is_empty(raw: Any, table_ss: str, key: str) -> None:
    request = {
        "TableName": table_ss,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": key}},
    }
    assert raw("Query", request) == (200, {"Items": [], "Count": 0, "ScannedCount": 0})


def test_a_table_without_sort_key_has_one_item(client: Any, table: str, key: str) -> None:
    client.put_item(TableName=table, Item={"pk": {"S": key}})
    answer = query(client, table, values={":p": {"S": key}})
    assert answer["Items"] == [{"pk": {"S": key}}]


def test_capacity_is_of_all_items_together(client: Any, table_ss: str, key: str) -> None:
    for sort in "abc":
        item = {"pk": {"S": key}, "sk": {"S": sort}, "v": {"S": "x" * 2000}}
        client.put_item(TableName=table_ss, Item=item)
    values = {":p": {"S": key}}
    total = query(client, table_ss, values=values, ReturnConsumedCapacity="TOTAL")
    strong = query(
        client, table_ss, values=values, ReturnConsumedCapacity="INDEXES", ConsistentRead=True
    )
    # 6,000 bytes are two blocks of 4 KB together, though three apart.
    assert total["ConsumedCapacity"] == {"TableName": table_ss, "CapacityUnits": 1}
    assert strong["ConsumedCapacity"] == {
        "TableName": table_ss,
        "CapacityUnits": 2,
        "Table": {"CapacityUnits": 2},
    }
