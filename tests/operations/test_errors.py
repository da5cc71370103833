"""Which of two faults is told, what an error looks like, and that nothing has changed then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    BAD_MAP_KEYS,
    EMPTY_VALUE,
    KEY_MISMATCH,
    NO_TABLE,
    NOT_SCALAR,
    RETURN_VALUES,
    VALIDATION,
    constraints,
    control_name_faults,
    missing,
    mixed,
    name_faults,
    no_coral,
    not_in,
    own_words,
)

KEY = {"pk": {"S": "a"}}
BAD_VALUE = {"a": {}}
SYNTAX = 'Invalid {}: Syntax error; token: "b", near: "a b"'
UNUSED = "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"
NAMES = {"ExpressionAttributeNames": {"#x": "x"}}
TOO_LARGE = {"a": {"S": "x" * 410_000}}
UPDATE = "Invalid UpdateExpression: "
BY_PK = {
    "KeyConditionExpression": "pk = :p",
    "ExpressionAttributeValues": {":p": {"S": "a"}},
}
RANGE_ONLY = [{"AttributeName": "pk", "KeyType": "RANGE"}]
SPECIFIC = (
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
    "SPECIFIC_ATTRIBUTES"
)
text_first = pytest.mark.differs_locally("it looks for the table before it looks at expressions")


def item(**more: Any) -> dict[str, Any]:
    return {"Item": {**KEY, **more}}


# Each request has two faults: the message is that of the first.
PAIRS = [
    pytest.param(
        "put_item",
        {"TableName": "a;", "Item": {}, "ReturnValues": "x"},
        constraints(*name_faults("a;"), not_in(RETURN_VALUES, "x", "returnValues")),
        id="name, constraint",
        marks=no_coral,
    ),
    pytest.param(
        "put_item",
        {"Item": BAD_VALUE, "ReturnValues": "x"},
        constraints(
            not_in("[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]", "x", "returnValues")
        ),
        id="constraint, value",
        marks=no_coral,
    ),
    pytest.param(
        "put_item",
        {"Item": BAD_VALUE, "ConditionExpression": "a b", "Expected": {}},
        mixed("Expected", "ConditionExpression"),
        id="mixed, value",
    ),
    pytest.param(
        "put_item",
        {"Item": BAD_VALUE, "ReturnValues": "ALL_NEW"},
        EMPTY_VALUE,
        id="value, ReturnValues",
        marks=own_words,
    ),
    pytest.param(
        "put_item",
        {**item(), "ConditionExpression": "a b", "ReturnValues": "ALL_NEW"},
        "ReturnValues can only be ALL_OLD or NONE",
        id="ReturnValues, syntax",
        marks=own_words,
    ),
    pytest.param(
        "put_item",
        {**item(**TOO_LARGE), "ConditionExpression": "a b"},
        "Item size has exceeded the maximum allowed size",
        id="size, syntax",
    ),
    pytest.param(
        "put_item",
        {"Item": TOO_LARGE},
        "Item size has exceeded the maximum allowed size",
        id="size, key",
    ),
    pytest.param(
        "put_item",
        {**item(), "ConditionExpression": "a b", "ExpressionAttributeValues": {":v": {}}},
        f"ExpressionAttributeValues contains invalid value: {EMPTY_VALUE} for key :v",
        id="values, syntax",
    ),
    pytest.param(
        "put_item",
        {**item(), "ExpressionAttributeNames": {}, "ExpressionAttributeValues": {}},
        "ExpressionAttributeNames can only be specified when using expressions",
        id="names, values",
    ),
    pytest.param(
        "put_item",
        {"Item": BAD_VALUE, "ReturnValues": "ALL_NEW", **NAMES},
        "ExpressionAttributeNames can only be specified when using expressions",
        id="names, item value and ReturnValues",
        marks=own_words,
    ),
    pytest.param(
        "get_item",
        {"Key": BAD_VALUE, **NAMES},
        "ExpressionAttributeNames can only be specified when using expressions",
        id="names, key value",
    ),
    pytest.param(
        "scan",
        {
            "ProjectionExpression": "a b",
            "TotalSegments": 1,
            "ExclusiveStartKey": BAD_VALUE,
            "ExpressionAttributeValues": {":v": {}},
        },
        "ExpressionAttributeValues can only be specified when using expressions: FilterExpression "
        "is null",
        id="values, segment and start value",
    ),
    pytest.param(
        "put_item",
        {
            **item(),
            **NAMES,
            "ConditionExpression": "attribute_exists(a)",
            "ExpressionAttributeValues": {":v": {"S": "x"}},
        },
        UNUSED,
        id="unused name, unused value",
    ),
    pytest.param(
        "put_item",
        {"Item": {}, **NAMES, "ConditionExpression": "attribute_exists(a)"},
        UNUSED,
        id="unused, key",
        marks=text_first,
    ),
    pytest.param(
        "put_item",
        {"TableName": "not-there", **item(), "ConditionExpression": "a b"},
        SYNTAX.format("ConditionExpression"),
        id="syntax, table",
        marks=text_first,
    ),
    pytest.param(
        "update_item",
        {"Key": BAD_VALUE, "UpdateExpression": "a b"},
        EMPTY_VALUE,
        id="key value, syntax",
    ),
    pytest.param(
        "update_item",
        {"Key": KEY, "UpdateExpression": "a b", "ConditionExpression": "a b"},
        UPDATE + 'Syntax error; token: "a", near: "a b"',
        id="update syntax, condition syntax",
    ),
    pytest.param(
        "update_item",
        {"Key": KEY, "UpdateExpression": "SET a = :v", "ConditionExpression": "a b"},
        UPDATE + "An expression attribute value used in expression is not defined; "
        "attribute value: :v",
        id="update value, condition syntax",
    ),
    pytest.param(
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE a, a", **NAMES},
        UPDATE + "Two document paths overlap with each other; must remove or rewrite one of these "
        "paths; path one: [a], path two: [a]",
        id="overlap, unused",
    ),
    pytest.param(
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE pk", **NAMES},
        UNUSED,
        id="unused, key attribute",
    ),
    pytest.param(
        "update_item",
        {"Key": {"x": {"S": "a"}}, "UpdateExpression": "REMOVE pk"},
        KEY_MISMATCH,
        id="key, key attribute",
        marks=own_words,
    ),
    pytest.param(
        "get_item",
        {"Key": BAD_VALUE, "ProjectionExpression": "a b"},
        EMPTY_VALUE,
        id="key value, projection",
        marks=pytest.mark.differs_locally("the other way round"),
    ),
    pytest.param(
        "query",
        {"FilterExpression": "a b", "ProjectionExpression": "a b", "KeyConditionExpression": "a b"},
        SYNTAX.format("FilterExpression"),
        id="filter, projection, keys",
    ),
    pytest.param(
        "query",
        {
            "Select": "SPECIFIC_ATTRIBUTES",
            "KeyConditionExpression": "a b",
        },
        SYNTAX.format("KeyConditionExpression"),
        id="keys, Select",
    ),
    pytest.param(
        "scan",
        {"Select": "COUNT", "ProjectionExpression": "a b"},
        SYNTAX.format("ProjectionExpression"),
        id="projection, Select",
    ),
    pytest.param(
        "query",
        {"FilterExpression": "attribute_exists(a)", **NAMES},
        UNUSED,
        id="unused, no keys",
    ),
    pytest.param(
        "query",
        {"ProjectionExpression": "a b", "KeyConditionExpression": "a b"},
        SYNTAX.format("ProjectionExpression"),
        id="projection, keys",
    ),
    pytest.param(
        "query",
        {
            "KeyConditionExpression": "pk > :p",
            "ExpressionAttributeValues": {":p": {"S": "a"}},
            **NAMES,
        },
        UNUSED,
        id="unused, key condition",
    ),
    pytest.param(
        "query",
        {
            "IndexName": "by-v",
            "KeyConditionExpression": "pk > :p",
            "ExpressionAttributeValues": {":p": {"S": "a"}},
        },
        "The table does not have the specified index: by-v",
        id="index, key condition",
    ),
    pytest.param(
        "scan",
        {"FilterExpression": "a b", "ScanFilter": {}, "Segment": 1},
        mixed("ScanFilter", "FilterExpression"),
        id="mixed, segment",
    ),
    pytest.param(
        "scan",
        {"FilterExpression": "a b", "ProjectionExpression": "a b"},
        SYNTAX.format("FilterExpression"),
        id="filter, projection",
    ),
    pytest.param(
        "scan",
        {"IndexName": "by-v", "FilterExpression": "a b"},
        SYNTAX.format("FilterExpression"),
        id="filter, index",
        marks=text_first,
    ),
    pytest.param(
        "scan",
        {"IndexName": "by-v", "ProjectionExpression": "a, a"},
        "Invalid ProjectionExpression: Two document paths overlap with each other; "
        "must remove or rewrite one of these paths; path one: [a], path two: [a]",
        id="projection, index",
        marks=text_first,
    ),
    pytest.param(
        "scan",
        {"IndexName": "by-v", "Select": "SPECIFIC_ATTRIBUTES"},
        SPECIFIC,
        id="Select, index",
        marks=text_first,
    ),
    pytest.param(
        "query",
        {**BY_PK, "Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "pk.a"},
        "1 validation error detected: Cannot specify the ProjectionExpression when choosing to "
        "get ALL_PROJECTED_ATTRIBUTES",
        id="Select, path into a key",
        marks=text_first,
    ),
    pytest.param(
        "query",
        {**BY_PK, "Select": "SPECIFIC_ATTRIBUTES", "ExclusiveStartKey": {"x": {"S": "a"}}},
        f"1 validation error detected: {SPECIFIC}",
        id="Select, start",
        marks=text_first,
    ),
    pytest.param(
        "query",
        {**BY_PK, "FilterExpression": "a b", "ExclusiveStartKey": {"pk": {}}},
        f"The provided starting key is invalid: {EMPTY_VALUE}",
        id="start value, filter",
        marks=own_words,
    ),
    pytest.param(
        "scan",
        {"Segment": 1, "FilterExpression": "a b"},
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present",
        id="segment, filter",
        marks=own_words,
    ),
    pytest.param(
        "scan",
        {"IndexName": "by-v", "ExclusiveStartKey": {"x": {"S": "a"}}},
        "The table does not have the specified index: by-v",
        id="index, start",
    ),
    pytest.param(
        "query",
        {"QueryFilter": {}, "FilterExpression": "a b", "ExclusiveStartKey": {"pk": {}}},
        mixed("QueryFilter", "FilterExpression"),
        id="mixed, start value",
    ),
    pytest.param(
        "query",
        {"KeyConditions": {}, "AttributesToGet": ["a"], "ProjectionExpression": "a"},
        mixed("AttributesToGet", "ProjectionExpression"),
        id="mixed, KeyConditions may be",
    ),
    pytest.param(
        "query",
        {"KeyConditions": {}, **BY_PK},
        mixed("KeyConditions", "KeyConditionExpression"),
        id="mixed key conditions",
    ),
    pytest.param(
        "query",
        {"TableName": "not-there", **BY_PK, "Select": "SPECIFIC_ATTRIBUTES"},
        f"1 validation error detected: {SPECIFIC}",
        id="Select, table",
        marks=text_first,
    ),
    pytest.param(
        "get_item",
        {"Key": {"x": {"S": "a"}}, "ProjectionExpression": "pk.a"},
        NOT_SCALAR,
        id="path into the key, key",
        marks=own_words,
    ),
    pytest.param(
        "get_item",
        {"Key": {}, "ProjectionExpression": "a", **NAMES},
        UNUSED,
        id="unused, key of get",
        marks=text_first,
    ),
    pytest.param(
        "get_item",
        {"Key": BAD_VALUE, "ProjectionExpression": "a", "AttributesToGet": ["a"]},
        mixed("AttributesToGet", "ProjectionExpression"),
        id="mixed, key value",
    ),
    pytest.param(
        "delete_item",
        {"Key": BAD_VALUE, "ReturnValues": "ALL_NEW"},
        EMPTY_VALUE,
        id="key value, ReturnValues of delete",
        marks=own_words,
    ),
    pytest.param(
        "delete_item",
        {"Key": {}, "ConditionExpression": "a b"},
        SYNTAX.format("ConditionExpression"),
        id="syntax, key of delete",
        marks=text_first,
    ),
    pytest.param(
        "delete_item",
        {"Key": {"pk": {"S": ""}}, "ConditionExpression": "attribute_exists(a)", **NAMES},
        UNUSED,
        id="unused, empty key",
        marks=text_first,
    ),
    pytest.param(
        "update_item",
        {"Key": KEY, "UpdateExpression": "a b", "AttributeUpdates": {}, "ReturnValues": "x"},
        constraints(
            not_in("[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]", "x", "returnValues")
        ),
        id="constraint, mixed",
        marks=no_coral,
    ),
    pytest.param(
        "update_item",
        {"Key": BAD_VALUE, "UpdateExpression": "a b", "AttributeUpdates": {}},
        mixed("AttributeUpdates", "UpdateExpression"),
        id="mixed, key value of update",
    ),
    pytest.param(
        "update_item",
        {"Key": KEY, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {"v": {}}},
        'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"',
        id="name of a value, undefined value",
    ),
    pytest.param(
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET pk = :v",
            "ConditionExpression": "attribute_exists(absent)",
            "ExpressionAttributeValues": {":v": {"S": "x"}},
        },
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is "
        "part of the key",
        id="key attribute, condition",
        marks=pytest.mark.differs_locally("the other way round"),
    ),
    pytest.param(
        "put_item",
        {
            "Item": {"pk": {"N": "1"}},
            "ConditionExpression": "attribute_exists(absent)",
        },
        "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N",
        id="key type, condition",
        marks=own_words,
    ),
    pytest.param(
        "batch_write_item",
        {"TableName": None, "RequestItems": {"a;": [{}]}},
        "1 validation error detected: Value '{a;=[WriteRequest(putRequest=null, deleteRequest=null)"
        f"]}}' at 'requestItems' {BAD_MAP_KEYS}",
        id="name in a batch, empty write",
        marks=no_coral,
    ),
    pytest.param(
        "batch_write_item",
        {
            "TableName": None,
            "RequestItems": {"not-there": [{"PutRequest": {"Item": BAD_VALUE}}]},
        },
        EMPTY_VALUE,
        id="value in a batch, table",
    ),
    pytest.param(
        "batch_get_item",
        {
            "TableName": None,
            "RequestItems": {"not-there": {"Keys": [KEY], "ProjectionExpression": "a b"}},
        },
        SYNTAX.format("ProjectionExpression"),
        id="projection in a batch, table",
        marks=text_first,
    ),
    pytest.param(
        "transact_write_items",
        {
            "TableName": None,
            "TransactItems": [
                {"Update": {"TableName": "not-there", "Key": KEY, "UpdateExpression": "a b"}}
            ],
        },
        UPDATE + 'Syntax error; token: "a", near: "a b"',
        id="update in a transaction, table",
    ),
    pytest.param(
        "transact_get_items",
        {
            "TableName": None,
            "TransactItems": [
                {"Get": {"TableName": "not-there", "Key": KEY, "ProjectionExpression": "a b"}}
            ],
        },
        SYNTAX.format("ProjectionExpression"),
        id="projection in a transaction, table",
        marks=text_first,
    ),
    pytest.param(
        "create_table",
        {"TableName": "never-made", "KeySchema": RANGE_ONLY, "AttributeDefinitions": []},
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must "
        "both be specified when BillingMode is PROVISIONED",
        id="throughput, key schema",
        marks=own_words,
    ),
    pytest.param(
        "create_table",
        {
            "TableName": "never-made",
            "KeySchema": RANGE_ONLY,
            "AttributeDefinitions": [],
            "BillingMode": "PAY_PER_REQUEST",
        },
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        id="kind of key, definition",
        marks=own_words,
    ),
    pytest.param(
        "create_table",
        {"TableName": "a;", "BillingMode": "FREE"},
        constraints(
            missing("attributeDefinitions"),
            *control_name_faults("a;"),
            not_in("[PROVISIONED, PAY_PER_REQUEST]", "FREE", "billingMode"),
            missing("keySchema"),
        ),
        id="name of a table, constraint",
        marks=no_coral,
    ),
    pytest.param(
        "update_table",
        {"TableName": "a;", "BillingMode": "FREE"},
        constraints(
            *control_name_faults("a;"),
            not_in("[PROVISIONED, PAY_PER_REQUEST]", "FREE", "billingMode"),
        ),
        id="name in UpdateTable, constraint",
        marks=no_coral,
    ),
]


@pytest.mark.parametrize(("operation", "request_", "message"), PAIRS)
def test_one_of_two_faults(
    request: pytest.FixtureRequest,
    fails: Any,
    table: str,
    operation: str,
    request_: dict[str, Any],
    message: str,
) -> None:
    if operation.startswith("transact"):
        request.getfixturevalue("transactions")
    members = {"TableName": table, **request_}
    given = {member: value for member, value in members.items() if value is not None}
    fails(operation, "ValidationException", message, **given)


@own_words
def test_the_table_comes_before_the_key(fails: Any) -> None:
    for operation, named in (("put_item", {"Item": {}}), ("get_item", {"Key": {}})):
        fails(
            operation,
            "ResourceNotFoundException",
            NO_TABLE,
            TableName="not-there",
            **named,
        )


@no_coral
def test_a_request_of_nothing(raw: Any) -> None:
    for operation, members in (
        ("GetItem", ["tableName", "key"]),
        ("Query", ["tableName"]),
        ("BatchGetItem", ["requestItems"]),
        ("DeleteTable", ["tableName"]),
    ):
        message = constraints(*map(missing, members))
        assert raw(operation, {}) == (400, {"__type": VALIDATION, "message": message})


@pytest.mark.differs_locally("it answers 500")
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"{}}", b"\xff\xfe"])
def test_a_body_that_is_no_object(raw: Any, body: bytes) -> None:
    expected = {"__type": "com.amazon.coral.service#SerializationException"}
    assert raw("GetItem", body) == (400, expected)


@pytest.mark.parametrize(
    ("operation", "request_", "type"),
    [
        ("GetItem", {"TableName": "not-there", "Key": KEY}, "ResourceNotFoundException"),
        ("DeleteTable", {"TableName": "not-there"}, "ResourceNotFoundException"),
    ],
)
def test_the_family_of_errors_of_tables(
    raw: Any, operation: str, request_: dict[str, Any], type: str
) -> None:
    status, answer = raw(operation, request_)
    assert (status, answer["__type"]) == (400, f"com.amazonaws.dynamodb.v20120810#{type}")


@pytest.mark.differs_locally("the member is Message")
def test_a_failed_condition_in_whole(raw: Any, table: str, key: str) -> None:
    request = {
        "TableName": table,
        "Key": {"pk": {"S": key}},
        "ConditionExpression": "attribute_exists(a)",
    }
    assert raw("DeleteItem", request) == (
        400,
        {
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "message": "The conditional request failed",
        },
    )


# Each would change the item if it were not refused; NEW is a value that may not appear.
NEW = {"N": "2"}
REFUSED = [
    ("put_item", {"Item": {"v": NEW, "w": {}}}),
    ("put_item", {"Item": {"v": NEW, "w": {"N": "x"}}}),
    ("put_item", {"Item": {"v": NEW, "w": {"SS": []}}}),
    ("put_item", {"Item": {"v": NEW, **TOO_LARGE}}),
    ("put_item", {"Item": {"v": NEW}, "ReturnValues": "ALL_NEW"}),
    ("put_item", {"Item": {"v": NEW}, "ConditionExpression": "attribute_not_exists(v)"}),
    ("put_item", {"Item": {"v": NEW}, "ConditionExpression": "v = :x"}),
    ("put_item", {"Item": {"v": NEW}, "Expected": {"v": {"Exists": False}}}),
    ("put_item", {"Item": {"v": NEW}, "ReturnConsumedCapacity": "MUCH"}),
    ("delete_item", {"Key": {}, "ConditionExpression": "attribute_not_exists(v)"}),
    ("delete_item", {"Key": {}, "ReturnValues": "ALL_NEW"}),
    ("delete_item", {"Key": {"v": {"N": "1"}}}),
    ("update_item", {"Key": {}, "UpdateExpression": "REMOVE v, w[0].x"}),
    ("update_item", {"Key": {}, "UpdateExpression": "SET v = n, u = absent"}),
    ("update_item", {"Key": {}, "UpdateExpression": "REMOVE v SET pk = n"}),
    ("update_item", {"Key": {}, "UpdateExpression": "REMOVE v, v"}),
    ("update_item", {"Key": {}, "UpdateExpression": "REMOVE v", **NAMES}),
    (
        "update_item",
        {"Key": {}, "AttributeUpdates": {"v": {"Action": "DELETE"}, "n": {"Action": "ADD"}}},
    ),
]


@pytest.mark.parametrize(("operation", "request_"), REFUSED)
def test_what_is_refused_changes_nothing(
    client: Any, table: str, key: str, operation: str, request_: dict[str, Any]
) -> None:
    named = {"pk": {"S": key}}
    stored = {**named, "v": {"N": "1"}, "n": {"N": "5"}, "w": {"L": [{"S": "x"}]}}
    client.put_item(TableName=table, Item=stored)
    member = "Item" if operation == "put_item" else "Key"
    with pytest.raises(client.exceptions.ClientError):
        getattr(client, operation)(
            TableName=table, **{**request_, member: {**named, **request_[member]}}
        )
    found = client.get_item(TableName=table, Key=named, ConsistentRead=True)
    assert found["Item"] == stored


BATCHES = [
    [{"PutRequest": {"Item": {"w": {}}}}],
    [{"PutRequest": {"Item": TOO_LARGE}}],
    [{"PutRequest": {"Item": {"pk": {"N": "1"}}}}],
    [{"DeleteRequest": {"Key": {"pk": {"S": "x"}, "sk": {"S": "x"}}}}],
    [{}],
    [{"PutRequest": {"Item": {"pk": {"S": "x"}}}}] * 2,
]


@pytest.mark.parametrize("bad", BATCHES)
def test_a_batch_with_a_bad_write_writes_nothing(
    client: Any, table: str, key: str, bad: list[dict[str, Any]]
) -> None:
    good = {"PutRequest": {"Item": {"pk": {"S": key}}}}
    with pytest.raises(client.exceptions.ClientError):
        client.batch_write_item(RequestItems={table: [good, *bad]})
    found = client.get_item(TableName=table, Key={"pk": {"S": key}}, ConsistentRead=True)
    assert "Item" not in found


def test_a_batch_with_a_table_that_is_not_there_writes_nothing(
    client: Any, table: str, key: str
) -> None:
    good = [{"PutRequest": {"Item": {"pk": {"S": key}}}}]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.batch_write_item(RequestItems={table: good, "not-there": good})
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": key}})


@pytest.mark.parametrize("attempt", [{"BillingMode": "PROVISIONED"}, {"BillingMode": "FREE"}, {}])
def test_a_refused_change_of_a_table_changes_nothing(
    client: Any, table: str, attempt: dict[str, Any]
) -> None:
    def described() -> dict[str, Any]:
        found = client.describe_table(TableName=table)["Table"]
        # Counted now and then, and others write.
        counted = ("ItemCount", "TableSizeBytes")
        return {member: value for member, value in found.items() if member not in counted}

    before = described()
    with pytest.raises(client.exceptions.ClientError):
        client.update_table(TableName=table, **attempt)
    assert described() == before


def test_a_refused_table_is_not_there(client: Any, fails: Any) -> None:
    with pytest.raises(client.exceptions.ClientError):
        client.create_table(
            TableName="refused-table",
            AttributeDefinitions=[],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    fails("describe_table", "ResourceNotFoundException", None, TableName="refused-table")
