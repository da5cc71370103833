"""api.json is what the installed botocore says."""

from app.operations.validate import OPERATION_NAMES, validator
from app.operations.validate.shapes import input_shape
from tools.api_shapes import API_FILE, build, render


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
