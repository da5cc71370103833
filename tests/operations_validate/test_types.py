"""JSON of the wrong type, for every member of the operations most in use."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import ApiError
from app.operations.validate import validator

MAP = "Start of structure or map found where not expected."
CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')"
)
AMAZON = "com.amazonaws.dynamodb.v20120810."
AV = AMAZON + "AttributeValue"
SCALARS = ("23", True, False, 23, -(2**31), 2**31, 34.56)


def wrong(kind: str) -> list[tuple[Any, str]]:
    """Values that are not of `kind`, each with the service's answer."""
    name, _, java = kind.partition(" ")
    match name:
        case "String" | "Boolean" | "Integer" | "Long":
            text = (
                ("23", "Unexpected token received from parser")
                if name == "Boolean"
                else ("23", f"STRING_VALUE cannot be converted to {name}")
            )
            tokens = [
                (True, "TRUE_VALUE"),
                (False, "FALSE_VALUE"),
                (23, "NUMBER_VALUE"),
                (-(2**31), "NUMBER_VALUE"),
                (1e30, "NUMBER_VALUE"),
                (34.56, "DECIMAL_VALUE"),
            ]
            fitting = {"String": (), "Boolean": (bool,)}.get(name, (int, float))
            return [
                *([] if name == "String" else [text]),
                *[
                    (value, f"{token} cannot be converted to {name}")
                    for value, token in tokens
                    if type(value) not in fitting
                ],
                ([], f"Unrecognized collection type class java.lang.{name}"),
                ({}, MAP),
            ]
        case "Blob":
            return [
                *[
                    (value, "only base-64-encoded strings are convertible to bytes")
                    for value in SCALARS[1:]
                ],
                ("23456", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
                ("a;aa", "Invalid Base64 character: ';'"),
                ("YR==", "Invalid last non-pad Base64 character dectected"),
                ([], "Unrecognized collection type class java.nio.ByteBuffer"),
                ({}, MAP),
            ]
        case "List":
            return [*[(value, "Unexpected field type") for value in SCALARS], ({}, MAP)]
        case "ListInside":
            return [*[(value, CAST) for value in SCALARS], ({}, MAP)]
    scalar, collection = {
        "Map": ("Unexpected field type", f"java.util.Map<java.lang.String, {java}>"),
        "MapInside": (CAST, f"java.util.Map<java.lang.String, {java}>"),
        "Field": ("Unexpected field type", f"class {AMAZON}{java}"),
        "Value": ("Unexpected value type in payload", f"class {AMAZON}{java}"),
    }[name]
    return [
        *[(value, scalar) for value in SCALARS],
        ([], f"Unrecognized collection type {collection}"),
    ]


def attribute(path: str, position: str = "Value") -> list[tuple[str, str]]:
    """An attribute value and everything that may stand in it."""
    below = [
        ("", f"{position} AttributeValue"),
        (".S", "String"),
        (".N", "String"),
        (".B", "Blob"),
        (".BOOL", "Boolean"),
        (".NULL", "Boolean"),
        (".SS", "List"),
        (".SS.0", "String"),
        (".NS", "List"),
        (".NS.0", "String"),
        (".BS", "List"),
        (".BS.0", "Blob"),
        (".L", "List"),
        (".L.0", "Value AttributeValue"),
        (".L.0.BS.0", "Blob"),
        (".M", f"Map {AV}"),
        (".M.a", "Value AttributeValue"),
        (".M.a.L.0.N", "String"),
    ]
    return [(path + rest, kind) for rest, kind in below]


def strings(*names: str) -> list[tuple[str, str]]:
    return [(name, "String") for name in names]


def condition_map(path: str, name: str) -> list[tuple[str, str]]:
    return [
        (path, f"Map {AMAZON}{name}"),
        (f"{path}.a", f"Value {name}"),
        (f"{path}.a.ComparisonOperator", "String"),
        (f"{path}.a.AttributeValueList", "List"),
        *attribute(f"{path}.a.AttributeValueList.0"),
    ]


NAMES_AND_VALUES = [
    ("ExpressionAttributeNames", "Map java.lang.String"),
    ("ExpressionAttributeNames.a", "String"),
    ("ExpressionAttributeValues", f"Map {AV}"),
    *attribute("ExpressionAttributeValues.a"),
]
KEY = [("Key", f"Map {AV}"), *attribute("Key.a")]
EXPECTED = [
    *condition_map("Expected", "ExpectedAttributeValue"),
    ("Expected.a.Exists", "Boolean"),
    *attribute("Expected.a.Value", "Field"),
]
WRITE = strings(
    "TableName",
    "ReturnValues",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
    "ConditionalOperator",
    "ConditionExpression",
    "ReturnValuesOnConditionCheckFailure",
)
READ = [
    *strings(
        "TableName",
        "IndexName",
        "Select",
        "ConditionalOperator",
        "ReturnConsumedCapacity",
        "ProjectionExpression",
        "FilterExpression",
    ),
    ("AttributesToGet", "List"),
    ("AttributesToGet.0", "String"),
    ("Limit", "Integer"),
    ("ConsistentRead", "Boolean"),
    ("ExclusiveStartKey", f"Map {AV}"),
    *attribute("ExclusiveStartKey.a"),
    *NAMES_AND_VALUES,
]
THROUGHPUT = [
    ("ProvisionedThroughput", "Field ProvisionedThroughput"),
    ("ProvisionedThroughput.ReadCapacityUnits", "Long"),
    ("ProvisionedThroughput.WriteCapacityUnits", "Long"),
]
SETTINGS = [
    ("TableName", "String"),
    ("BillingMode", "String"),
    ("TableClass", "String"),
    ("DeletionProtectionEnabled", "Boolean"),
    ("AttributeDefinitions", "List"),
    ("AttributeDefinitions.0", "Value AttributeDefinition"),
    ("AttributeDefinitions.0.AttributeName", "String"),
    ("AttributeDefinitions.0.AttributeType", "String"),
    *THROUGHPUT,
    ("StreamSpecification", "Field StreamSpecification"),
    ("StreamSpecification.StreamEnabled", "Boolean"),
    ("StreamSpecification.StreamViewType", "String"),
    ("SSESpecification", "Field SSESpecification"),
    ("SSESpecification.Enabled", "Boolean"),
    ("OnDemandThroughput", "Field OnDemandThroughput"),
    ("OnDemandThroughput.MaxReadRequestUnits", "Long"),
    ("WarmThroughput", "Field WarmThroughput"),
    ("WarmThroughput.WriteUnitsPerSecond", "Long"),
]


def index(path: str, name: str) -> list[tuple[str, str]]:
    return [
        (f"{path}.IndexName", "String"),
        (f"{path}.KeySchema", "List"),
        (f"{path}.KeySchema.0", "Value KeySchemaElement"),
        (f"{path}.KeySchema.0.AttributeName", "String"),
        (f"{path}.KeySchema.0.KeyType", "String"),
        (f"{path}.Projection", "Field Projection"),
        (f"{path}.Projection.ProjectionType", "String"),
        (f"{path}.Projection.NonKeyAttributes", "List"),
        (f"{path}.Projection.NonKeyAttributes.0", "String"),
        (path, f"{'Value' if path.endswith('.0') else 'Field'} {name}"),
    ]


OPERATIONS = {
    "PutItem": [*WRITE, ("Item", f"Map {AV}"), *attribute("Item.a"), *EXPECTED, *NAMES_AND_VALUES],
    "GetItem": [
        *strings("TableName", "ReturnConsumedCapacity", "ProjectionExpression"),
        ("AttributesToGet", "List"),
        ("AttributesToGet.0", "String"),
        ("ConsistentRead", "Boolean"),
        ("ExpressionAttributeNames", "Map java.lang.String"),
        ("ExpressionAttributeNames.a", "String"),
        *KEY,
    ],
    "UpdateItem": [
        *WRITE,
        ("UpdateExpression", "String"),
        *KEY,
        *EXPECTED,
        *NAMES_AND_VALUES,
        ("AttributeUpdates", f"Map {AMAZON}AttributeValueUpdate"),
        ("AttributeUpdates.a", "Value AttributeValueUpdate"),
        ("AttributeUpdates.a.Action", "String"),
        *attribute("AttributeUpdates.a.Value", "Field"),
    ],
    "Query": [
        *READ,
        ("KeyConditionExpression", "String"),
        ("ScanIndexForward", "Boolean"),
        *condition_map("KeyConditions", "Condition"),
        *condition_map("QueryFilter", "Condition"),
    ],
    "Scan": [
        *READ,
        ("Segment", "Integer"),
        ("TotalSegments", "Integer"),
        *condition_map("ScanFilter", "Condition"),
    ],
    "BatchWriteItem": [
        *strings("ReturnConsumedCapacity", "ReturnItemCollectionMetrics"),
        ("RequestItems", f"Map java.util.List<{AMAZON}WriteRequest>"),
        ("RequestItems.abc", "ListInside"),
        ("RequestItems.abc.0", "Value WriteRequest"),
        ("RequestItems.abc.0.PutRequest", "Field PutRequest"),
        ("RequestItems.abc.0.PutRequest.Item", f"Map {AV}"),
        *attribute("RequestItems.abc.0.PutRequest.Item.a"),
        ("RequestItems.abc.0.DeleteRequest", "Field DeleteRequest"),
        ("RequestItems.abc.0.DeleteRequest.Key", f"Map {AV}"),
        *attribute("RequestItems.abc.0.DeleteRequest.Key.a"),
    ],
    "BatchGetItem": [
        ("ReturnConsumedCapacity", "String"),
        ("RequestItems", f"Map {AMAZON}KeysAndAttributes"),
        ("RequestItems.abc", "Value KeysAndAttributes"),
        ("RequestItems.abc.Keys", "List"),
        ("RequestItems.abc.Keys.0", f"MapInside {AV}"),
        *attribute("RequestItems.abc.Keys.0.a"),
        ("RequestItems.abc.AttributesToGet", "List"),
        ("RequestItems.abc.AttributesToGet.0", "String"),
        ("RequestItems.abc.ConsistentRead", "Boolean"),
        ("RequestItems.abc.ProjectionExpression", "String"),
        ("RequestItems.abc.ExpressionAttributeNames", "Map java.lang.String"),
        ("RequestItems.abc.ExpressionAttributeNames.a", "String"),
    ],
    "CreateTable": [
        *SETTINGS,
        ("KeySchema", "List"),
        ("KeySchema.0", "Value KeySchemaElement"),
        ("KeySchema.0.AttributeName", "String"),
        ("KeySchema.0.KeyType", "String"),
        ("LocalSecondaryIndexes", "List"),
        *index("LocalSecondaryIndexes.0", "LocalSecondaryIndex"),
        ("GlobalSecondaryIndexes", "List"),
        *index("GlobalSecondaryIndexes.0", "GlobalSecondaryIndex"),
        *[(f"GlobalSecondaryIndexes.0.{path}", kind) for path, kind in THROUGHPUT],
        ("Tags", "List"),
        ("Tags.0", "Value Tag"),
        ("Tags.0.Key", "String"),
        ("ResourcePolicy", "String"),
    ],
    "UpdateTable": [
        *SETTINGS,
        ("GlobalSecondaryIndexUpdates", "List"),
        ("GlobalSecondaryIndexUpdates.0", "Value GlobalSecondaryIndexUpdate"),
        *index("GlobalSecondaryIndexUpdates.0.Create", "CreateGlobalSecondaryIndexAction"),
        ("GlobalSecondaryIndexUpdates.0.Update", "Field UpdateGlobalSecondaryIndexAction"),
        ("GlobalSecondaryIndexUpdates.0.Update.IndexName", "String"),
        ("GlobalSecondaryIndexUpdates.0.Delete", "Field DeleteGlobalSecondaryIndexAction"),
        ("GlobalSecondaryIndexUpdates.0.Delete.IndexName", "String"),
        ("ReplicaUpdates", "List"),
        ("ReplicaUpdates.0", "Value ReplicationGroupUpdate"),
        ("ReplicaUpdates.0.Create.RegionName", "String"),
    ],
    "TagResource": [
        ("ResourceArn", "String"),
        ("Tags", "List"),
        ("Tags.0", "Value Tag"),
        ("Tags.0.Key", "String"),
        ("Tags.0.Value", "String"),
    ],
}


def at(path: str, value: Any) -> Any:
    """A body with `value` at `path`; a number in the path is an element of a list."""
    for name in reversed(path.split(".")):
        value = [value] if name.isdigit() else {name: value}
    return value


CASES = [
    (operation, path, kind) for operation, members in OPERATIONS.items() for path, kind in members
]


@pytest.mark.parametrize(("operation", "path", "kind"), CASES)
def test_wrong_json_type(operation: str, path: str, kind: str) -> None:
    for value, message in wrong(kind):
        with pytest.raises(ApiError) as caught:
            validator(operation)(at(path, value))
        assert caught.value.code == "SerializationException"
        assert (value, caught.value.message) == (value, message)


@pytest.mark.parametrize("body", [None, True, 5, 1.5, "x", []])
def test_a_body_that_is_no_object_answers_without_a_message(body: Any) -> None:
    with pytest.raises(ApiError) as caught:
        validator("GetItem")(body)
    assert caught.value.code == "SerializationException"
    assert caught.value.message is None


def test_the_first_wrong_type_in_the_text_is_reported() -> None:
    # Not in the order of the model: the body is read as it comes.
    with pytest.raises(ApiError, match="DECIMAL_VALUE cannot be converted to String"):
        validator("GetItem")({"ConsistentRead": True, "ProjectionExpression": 1.5, "TableName": 5})
    with pytest.raises(ApiError, match="NUMBER_VALUE cannot be converted to String"):
        validator("GetItem")({"TableName": 5, "ProjectionExpression": 1.5})


def test_a_value_before_is_reported_before_a_deeper_one_after_it() -> None:
    with pytest.raises(ApiError, match="TRUE_VALUE"):
        validator("PutItem")({"Item": {"a": {"L": [{"M": {"b": {"S": True}}}], "S": 5}}})
    with pytest.raises(ApiError, match="NUMBER_VALUE"):
        validator("PutItem")({"Item": {"a": {"S": 5, "L": [{"M": {"b": {"S": True}}}]}}})


def test_types_come_before_names_and_constraints() -> None:
    with pytest.raises(ApiError) as caught:
        validator("GetItem")({"TableName": "a", "AttributesToGet": [], "ConsistentRead": "x"})
    assert caught.value.code == "SerializationException"


def test_a_time_must_be_a_number() -> None:
    validator("ListBackups")({"TimeRangeLowerBound": 1.5e9, "TimeRangeUpperBound": 1600000000})
    with pytest.raises(
        ApiError, match="STRING_VALUE cannot be converted to milliseconds since epoch"
    ):
        validator("ListBackups")({"TimeRangeLowerBound": "2020-01-01"})
    with pytest.raises(ApiError, match=r"collection type class java\.util\.Date"):
        validator("ListBackups")({"TimeRangeLowerBound": []})
