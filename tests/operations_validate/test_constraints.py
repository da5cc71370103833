"""Faults against the model, in the texts of the service."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import ApiError
from app.operations.validate import validator

CAPACITY = (
    "Value 'hi' at 'returnConsumedCapacity' failed to satisfy constraint: "
    "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
)
METRICS = (
    "Value 'hi' at 'returnItemCollectionMetrics' failed to satisfy constraint: "
    "Member must satisfy enum value set: [SIZE, NONE]"
)
KEYS = "Member must have length less than or equal to"
KEY = {"a": {"S": "x"}}
SCHEMA = [{"AttributeName": "a", "KeyType": "HASH"}]
DEFINED = {"AttributeDefinitions": [], "KeySchema": SCHEMA}


def fault(operation: str, body: dict[str, Any]) -> str | None:
    with pytest.raises(ApiError) as caught:
        validator(operation)(body)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_one_fault_is_an_error_two_are_errors() -> None:
    assert fault("ListTables", {"Limit": 0}) == (
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    assert fault("ListTables", {"Limit": 101, "ExclusiveStartTableName": "ab"}) == (
        "2 validation errors detected: "
        "Value 'ab' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3; "
        "Value '101' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 100"
    )


def test_put_item_reports_in_the_order_of_the_service() -> None:
    assert fault(
        "PutItem",
        {
            "ReturnValues": "hi",
            "ReturnItemCollectionMetrics": "hi",
            "ReturnConsumedCapacity": "hi",
        },
    ) == (
        f"5 validation errors detected: {CAPACITY}; "
        "Value null at 'tableName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'item' failed to satisfy constraint: Member must not be null; "
        f"{METRICS}; "
        "Value 'hi' at 'returnValues' failed to satisfy constraint: Member must satisfy enum "
        "value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    )


def test_get_item() -> None:
    assert fault("GetItem", {"ReturnConsumedCapacity": "hi", "AttributesToGet": []}) == (
        f"4 validation errors detected: {CAPACITY}; "
        "Value '[]' at 'attributesToGet' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value null at 'tableName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'key' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("operation", "member", "values"),
    [
        ("Query", "Select", "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES"),
        ("Scan", "ConditionalOperator", "OR, AND"),
        ("UpdateItem", "ReturnValuesOnConditionCheckFailure", "ALL_OLD, NONE"),
        ("CreateTable", "BillingMode", "PROVISIONED, PAY_PER_REQUEST"),
        ("CreateTable", "TableClass", "STANDARD_INFREQUENT_ACCESS, STANDARD"),
    ],
)
def test_enums_list_their_values(operation: str, member: str, values: str) -> None:
    body = {"TableName": "abc", "Key": KEY, **DEFINED, member: "hi"}
    assert fault(operation, body) == (
        f"1 validation error detected: Value 'hi' at '{member[0].lower()}{member[1:]}' "
        f"failed to satisfy constraint: Member must satisfy enum value set: [{values}]"
    )


def test_a_member_can_break_two_constraints() -> None:
    assert fault("Scan", {"TableName": "abc", "IndexName": "a;"}) == (
        "2 validation errors detected: Value 'a;' at 'indexName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        "Value 'a;' at 'indexName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )


def test_a_name_of_a_new_index_is_told_of_its_length_first() -> None:
    body = {"TableName": "abc", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": ""}}]}
    where = "'globalSecondaryIndexUpdates.1.member.delete.indexName'"
    assert fault("UpdateTable", body) == (
        f"2 validation errors detected: Value '' at {where} failed to satisfy constraint: "
        f"Member must have length greater than or equal to 3; Value '' at {where} failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    )


def test_segments_have_two_sided_ranges() -> None:
    assert fault("Scan", {"TableName": "abc", "Segment": -1, "TotalSegments": 1000001}) == (
        "2 validation errors detected: "
        "Value '1000001' at 'totalSegments' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000000; "
        "Value '-1' at 'segment' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0"
    )


def test_paths_into_lists_of_structures() -> None:
    assert fault(
        "CreateTable",
        {
            "TableName": "abc",
            "KeySchema": SCHEMA,
            "AttributeDefinitions": [
                {"AttributeName": "a", "AttributeType": "S"},
                {"AttributeType": "a"},
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "abc",
                    "KeySchema": [],
                    "Projection": {"NonKeyAttributes": [], "ProjectionType": "x"},
                }
            ],
        },
    ) == (
        "5 validation errors detected: "
        "Value 'a' at 'attributeDefinitions.2.member.attributeType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [B, N, S]; "
        "Value null at 'attributeDefinitions.2.member.attributeName' failed to satisfy "
        "constraint: Member must not be null; "
        "Value 'x' at 'globalSecondaryIndexes.1.member.projection.projectionType' failed to "
        "satisfy constraint: Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]; "
        "Value '[]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to "
        "satisfy constraint: Member must have length greater than or equal to 1; "
        "Value '[]' at 'globalSecondaryIndexes.1.member.keySchema' failed to satisfy "
        "constraint: Member must have length greater than or equal to 1"
    )


def test_a_table_is_told_all_it_lacks_at_once() -> None:
    assert fault("CreateTable", {"BillingMode": "FREE"}) == (
        "4 validation errors detected: "
        "Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be "
        "null; "
        "Value null at 'tableName' failed to satisfy constraint: Member must not be null; "
        "Value 'FREE' at 'billingMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]; "
        "Value null at 'keySchema' failed to satisfy constraint: Member must not be null"
    )


def test_paths_into_structures() -> None:
    throughput = {"ReadCapacityUnits": 0, "WriteCapacityUnits": -1}
    body = {"TableName": "abc", **DEFINED, "ProvisionedThroughput": throughput}
    assert fault("CreateTable", body) == (
        "2 validation errors detected: "
        "Value '-1' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1; "
        "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_paths_into_maps() -> None:
    body = {"TableName": "abc", "KeyConditions": {"a": {"AttributeValueList": []}}}
    assert fault("Query", body) == (
        "1 validation error detected: "
        "Value null at 'keyConditions.a.member.comparisonOperator' failed to satisfy "
        "constraint: Member must not be null"
    )
    updates = {"a": {"Action": "hi"}}
    assert fault("UpdateItem", {"TableName": "abc", "Key": KEY, "AttributeUpdates": updates}) == (
        "1 validation error detected: "
        "Value 'hi' at 'attributeUpdates.a.member.action' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ADD, DELETE, PUT]"
    )


def test_comparison_operators() -> None:
    body = {"TableName": "abc", "Expected": {"a": {"ComparisonOperator": "hi"}}, "Item": KEY}
    assert fault("PutItem", body) == (
        "1 validation error detected: "
        "Value 'hi' at 'expected.a.member.comparisonOperator' failed to satisfy constraint: "
        "Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, "
        "NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"
    )


# Only of what is read the service speaks as of other members, in its younger manner.
def test_an_empty_batch() -> None:
    assert fault("BatchGetItem", {"RequestItems": {}, "ReturnConsumedCapacity": "hi"}) == (
        f"2 validation errors detected: {CAPACITY}; Value at 'RequestItems' failed to satisfy "
        "constraint: Member must have length greater than or equal to 1"
    )
    validator("BatchWriteItem")({"RequestItems": {}})


@pytest.mark.parametrize("count", [0, 26])
def test_a_batch_write_takes_1_to_25_requests_for_each_table(count: int) -> None:
    message = fault("BatchWriteItem", {"RequestItems": {"abc": [{}] * count}})
    assert message is not None
    start = "1 validation error detected: Value '{abc=["
    if count:
        start += "WriteRequest(putRequest=null, deleteRequest=null), "
    assert message.startswith(start)
    assert message.endswith(
        "]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 25, "
        "Member must have length greater than or equal to 1]"
    )


def test_paths_into_a_batch() -> None:
    requests = [{"PutRequest": {"Item": KEY}}, {"PutRequest": {}}, {"DeleteRequest": {}}]
    assert fault("BatchWriteItem", {"RequestItems": {"abc": requests}}) == (
        "2 validation errors detected: "
        "Value null at 'requestItems.abc.member.2.member.putRequest.item' failed to satisfy "
        "constraint: Member must not be null; "
        "Value null at 'requestItems.abc.member.3.member.deleteRequest.key' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_a_batch_get_takes_1_to_100_keys_for_each_table() -> None:
    assert fault("BatchGetItem", {"RequestItems": {"abc": {}, "def": {"Keys": []}}}) == (
        "2 validation errors detected: "
        "Value null at 'requestItems.abc.member.keys' failed to satisfy constraint: "
        "Member must not be null; "
        "Value '[]' at 'requestItems.def.member.keys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    message = fault("BatchGetItem", {"RequestItems": {"abc": {"Keys": [KEY] * 101}}})
    assert message is not None
    assert message.startswith(
        "1 validation error detected: Value '[{a=com.amazonaws.dynamodb.v20120810.AttributeValue@"
    )
    assert message.endswith(
        "}]' at 'requestItems.abc.member.keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_elements_of_a_list_are_reported_as_one_fault_of_the_list() -> None:
    body = {
        "TableName": "abc",
        **DEFINED,
        "LocalSecondaryIndexes": [
            {
                "IndexName": "abc",
                "KeySchema": SCHEMA,
                "Projection": {"NonKeyAttributes": ["ok", "", "x" * 256]},
            }
        ],
    }
    assert fault("CreateTable", body) == (
        f"1 validation error detected: Value '[ok, , {'x' * 256}]' at "
        "'localSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to satisfy "
        "constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 255, "
        "Member must have length greater than or equal to 1, Member must not be null]"
    )


@pytest.mark.parametrize(
    ("body", "start"),
    [
        ({"AttributesToGet": ["a", None]}, "Value '[a, null]' at 'attributesToGet' failed to "),
        (
            {"ExpressionAttributeNames": {"#a": None}},
            "Value '{#a=null}' at 'expressionAttributeNames' failed to ",
        ),
        ({"KeyConditions": {"a": None}}, "Value '{a=null}' at 'keyConditions' failed to "),
    ],
)
def test_null_elements(body: dict[str, Any], start: str) -> None:
    message = fault("Query", {"TableName": "abc", **body})
    assert message is not None
    assert message.startswith("1 validation error detected: " + start)
    assert message.endswith("Member must not be null]")


def test_names_in_maps_that_hold_no_item() -> None:
    long = "x" * 65536
    message = fault(
        "Query", {"TableName": "abc", "KeyConditions": {long: {"ComparisonOperator": "EQ"}}}
    )
    assert message is not None
    assert message.endswith(
        "at 'keyConditions' failed to satisfy constraint: Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 65535, Member must not be null]"
    )


def test_names_of_attributes_are_measured_elsewhere() -> None:
    validator("PutItem")({"TableName": "abc", "Item": {"x" * 65536: {"S": "x"}}})


def test_at_most_ten_faults_are_reported() -> None:
    body = {"RequestItems": {"abc": [{"PutRequest": {}}] * 25}}
    message = fault("BatchWriteItem", body)
    assert message is not None
    assert message.startswith("10 validation errors detected: ")
    assert message.count("Member must not be null") == 10


def test_nested_table_names_in_transactions() -> None:
    assert fault("TransactWriteItems", {"TransactItems": [{"Put": {"Item": KEY}}]}) == (
        "1 validation error detected: "
        "Value null at 'transactItems.1.member.put.tableName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_a_message_does_not_outgrow_a_huge_request() -> None:
    message = fault("BatchGetItem", {"RequestItems": {"abc": {"Keys": [{"a": {}}] * 100_000}}})
    assert message is not None
    assert len(message) < 100_000
