import pytest

from app.errors import ApiError
from app.operations.names import (
    check_new_name,
    index_arn,
    table_arn,
    table_name,
    table_of_arn,
    table_of_resource,
)

BAD_NAME = (
    "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, "
    "and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
)
BAD_ARN = (
    "Valid ARN format is 'arn:<awsPartition>:<vendor>:<region>:<subscriber>:"
    "resourceType/resourceName', where Resource name must have length less than or equal to 255, "
    "Resource name must have length greater than or equal to 3, "
    "Resource name must satisfyregular expression pattern: [a-zA-Z0-9_.-]+"
)
ARN = "arn:aws:dynamodb:us-east-1:000000000000:"


@pytest.mark.parametrize("name", ["abc", "a" * 255, "A.b-c_9", "arn", "arna"])
def test_a_plain_name_is_itself(name: str) -> None:
    assert table_name(name) == name
    check_new_name(name)


@pytest.mark.parametrize("name", ["", "ab", "a" * 256, "abc;", "a b", "abc\n", "é" * 4, "ARN:x"])
def test_bad_plain_names(name: str) -> None:
    with pytest.raises(ApiError) as caught:
        table_name(name)
    assert caught.value.code == "ValidationException"
    assert caught.value.message == BAD_NAME


@pytest.mark.parametrize(
    "arn",
    [
        ARN + "table/Music",
        # One namespace: the region and account of an ARN are not looked at.
        "arn:aws:dynamodb:eu-west-1:999999999999:table/Music",
        "arn:aws-cn:dynamodb:cn-north-1:999999999999:table/Music",
    ],
)
def test_an_arn_means_the_table_of_its_name(arn: str) -> None:
    assert table_name(arn) == table_of_arn(arn, "tableArn") == table_of_resource(arn) == "Music"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:",
        "arn:foo",
        "arn:aws:s3:us-east-1:000000000000:table/Music",
        "arn:nowhere:dynamodb:us-east-1:000000000000:table/Music",
        ARN + "index/Music",
        ARN + "table:Music",
        ARN + "table",
    ],
)
def test_what_is_no_table_arn(arn: str) -> None:
    with pytest.raises(ApiError) as caught:
        table_name(arn)
    assert caught.value.message == BAD_ARN


@pytest.mark.parametrize(
    "rest", ["table/", "table/ab", "table/Music/", "table/Music/index/x", "table/a b c"]
)
def test_an_arn_with_a_bad_name(rest: str) -> None:
    with pytest.raises(ApiError) as caught:
        table_name(ARN + rest)
    assert caught.value.message == BAD_NAME


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_resource_must_be_named(nothing: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        table_of_resource(nothing)
    assert caught.value.message == "Invalid TableArn"


INVALID = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("Music", INVALID + "ARNs must start with 'arn:': {}"),
        ("arn:foo", INVALID + "Provided Arn is not a DynamoDB resource arn: {}"),
        (
            ARN + "table/Music/backup/x",
            INVALID + "Provided Arn is not a DynamoDB resource arn: {}",
        ),
        (
            ARN + "table/Music/index/x",
            INVALID + "Invalid resource arn provided, only table or stream is accepted. Provided "
            "resource arn: {}",
        ),
        (ARN + "table/a", "Invalid TableArn: Invalid ResourceArn provided as input {}"),
    ],
)
def test_a_resource_must_be_the_arn_of_a_table(arn: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        table_of_resource(arn)
    assert caught.value.message == message.format(arn)
    assert table_of_resource(ARN + "table/Music/stream/x") == "Music"


def test_arns_are_read_back() -> None:
    arn = table_arn("us-east-1", "000000000000", "Music")
    assert arn == ARN + "table/Music"
    assert table_of_resource(arn) == "Music"
    assert index_arn("us-east-1", "000000000000", "Music", "ByYear") == arn + "/index/ByYear"
