"""api.json is what the installed botocore says."""

import pytest

from app.operations.validate import OPERATION_NAMES, validator
from app.operations.validate.shapes import input_shape
from tools.api_shapes import API_FILE, build, place, render


def test_the_data_file_is_up_to_date() -> None:
    # A new botocore fails here first: then run tools/api_shapes.py and read the diff.
    assert API_FILE.read_text(encoding="utf-8") == render(build())


def test_every_operation_of_both_services_is_known_by_its_target() -> None:
    assert "DynamoDB_20120810.PutItem" in OPERATION_NAMES
    assert "DynamoDB_20120810.SearchVectors" in OPERATION_NAMES
    assert "DynamoDBStreams_20120810.GetRecords" in OPERATION_NAMES
    assert "DynamoDB_20120810.GetRecords" not in OPERATION_NAMES
    assert len(OPERATION_NAMES) == 62 + 4


def test_every_operation_has_a_validator() -> None:
    for target in OPERATION_NAMES:
        assert callable(validator(target.partition(".")[2]))


def test_a_validator_is_compiled_once() -> None:
    assert validator("GetItem") is validator("GetItem")


def test_members_come_in_the_order_of_messages() -> None:
    assert [*input_shape("GetItem").members][:4] == [
        "ReturnConsumedCapacity",
        "AttributesToGet",
        "TableName",
        "Key",
    ]


@pytest.mark.parametrize(
    "messages",
    [
        # What the services have answered: DynamoDB, then CloudWatch, Kinesis and Systems Manager.
        "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS",
        "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW",
        "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
        "INDEXES, TOTAL, NONE",
        "ADD, DELETE, PUT",
        "B, N, S",
        "SIZE, NONE",
        "OR, AND",
        "PROVISIONED, PAY_PER_REQUEST",
        "Maximum, SampleCount, Sum, Minimum, Average",
        "AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON",
        "SecureString, StringList, String",
    ],
)
def test_values_of_an_enum_come_in_the_order_of_messages(messages: str) -> None:
    places = [place(value) for value in messages.split(", ")]
    assert places == sorted(places)


def test_of_two_values_in_one_place_the_later_is_first() -> None:
    assert place("LT") == place("BETWEEN")
    conditions = input_shape("Query").members["KeyConditions"].element
    assert conditions is not None
    operators = conditions.members["ComparisonOperator"].enum
    assert operators.index("BETWEEN") < operators.index("LT")
