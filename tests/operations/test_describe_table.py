"""DescribeTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html"""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from tests.operations.texts import (
    NOT_STRING,
    SERIALIZATION,
    bad_control_name,
    constraints,
    misfits,
    missing,
    no_coral,
    own_words,
)


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(("member", "message"), misfits(TableName=NOT_STRING))
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("DescribeTable", member) == (400, {"__type": SERIALIZATION, "Message": message})


@no_coral
def test_a_name_is_needed(fails: Any) -> None:
    fails("describe_table", "ValidationException", constraints(missing("tableName")))


@no_coral
@pytest.mark.parametrize("name", ["", "ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, name: str) -> None:
    fails("describe_table", "ValidationException", bad_control_name(name), TableName=name)


def test_an_arn_of_something_else(fails: Any) -> None:
    fails(
        "describe_table",
        "ValidationException",
        "Valid ARN format is 'arn:<awsPartition>:<vendor>:<region>:<subscriber>:"
        "resourceType/resourceName', where "
        "Resource name must have length less than or equal to 255, "
        "Resource name must have length greater than or equal to 3, "
        "Resource name must satisfyregular expression pattern: [a-zA-Z0-9_.-]+",
        TableName="arn:aws:s3:::bucket/table",
    )


@own_words
@pytest.mark.parametrize("prefix", ["", "arn:aws:dynamodb:us-east-1:000000000000:table/"])
def test_a_table_that_is_not_there(fails: Any, prefix: str) -> None:
    fails(
        "describe_table",
        "ResourceNotFoundException",
        "Requested resource not found: Table: not-there not found",
        TableName=f"{prefix}not-there",
    )


def test_the_description(client: Any, table_sn: str) -> None:
    table = client.describe_table(TableName=table_sn)["Table"]
    assert table["TableName"] == table_sn
    assert table["TableStatus"] == "ACTIVE"
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert sorted(table["AttributeDefinitions"], key=str) == [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ]
    assert table["DeletionProtectionEnabled"] is False
    assert time.time() - 3600 < table["CreationDateTime"].timestamp() < time.time() + 2
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert not {"LocalSecondaryIndexes", "GlobalSecondaryIndexes", "StreamSpecification"} & set(
        table
    )


@pytest.mark.differs_locally("its tables have no TableId")
def test_what_never_changes(client: Any, second_client: Any, table: str) -> None:
    stable = ("TableId", "TableArn", "CreationDateTime")
    first, again, elsewhere = (
        {name: each.describe_table(TableName=table)["Table"][name] for name in stable}
        for each in (client, client, second_client)
    )
    assert first == again == elsewhere
    assert uuid.UUID(first["TableId"])


def test_the_arn_names_the_table(client: Any, table: str) -> None:
    description = client.describe_table(TableName=table)["Table"]
    arn = description["TableArn"]
    assert arn.startswith("arn:aws:dynamodb:")
    assert arn.endswith(f":table/{table}")
    # All but what is counted now and then, while others write.
    again = client.describe_table(TableName=arn)["Table"]
    assert again.keys() == description.keys()
    assert again["TableId"] == description["TableId"]


# AWS accepts only its own account; here one namespace serves every account and region.
@pytest.mark.own_answer("the account and region of an ARN are not looked at")
def test_any_account_and_region(client: Any, table: str) -> None:
    arn = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}"
    assert client.describe_table(TableName=arn)["Table"]["TableName"] == table
