"""Where this server differs from DynamoDB on purpose: README's list, one test each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

pytestmark = pytest.mark.own_answer("see README")

INVALID = "One or more parameter values were invalid: "
KEYS = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("SSESpecification", {"Enabled": True}),
        ("SSESpecification", {"SSEType": "KMS"}),
        ("ResourcePolicy", "{}"),
        ("GlobalTableSourceArn", "arn:aws:dynamodb:us-east-1:111111111111:table/theirs"),
    ],
)
def test_settings_without_effect_are_refused(
    client: Any, fails: Any, member: str, value: Any
) -> None:
    name = f"refused-{uuid.uuid4().hex[:8]}"
    fails(
        "create_table",
        "ValidationException",
        INVALID + f"{member} is not supported by this server and would have no effect",
        TableName=name,
        **KEYS,
        **{member: value},
    )
    fails("describe_table", "ResourceNotFoundException", None, TableName=name)


@pytest.mark.parametrize("operation", ["ImportTable", "SearchVectors"])
def test_operations_to_come_are_unknown(raw: Any, operation: str) -> None:
    status, answer = raw(operation, {})
    assert status == 400
    assert answer == {"__type": "com.amazon.coral.service#UnknownOperationException"}


def test_nothing_is_throttled(client: Any, new_table: Callable[..., str], key: str) -> None:
    table = new_table(
        {"pk": "S"},
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    # On the service the burst of a new table is 300 units: 400 KB would be more than that.
    item = {"pk": {"S": key}, "blob": {"S": "x" * 300_000}}
    for _ in range(2):
        client.put_item(TableName=table, Item=item)


def test_a_table_is_usable_when_create_table_has_answered(
    client: Any, new_table: Callable[..., str], key: str
) -> None:
    name = f"quick-{uuid.uuid4().hex[:8]}"
    created = client.create_table(TableName=name, **KEYS)["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    client.put_item(TableName=name, Item={"pk": {"S": key}})
    client.delete_table(TableName=name)


def test_all_keys_and_regions_see_the_same_tables(client: Any, endpoint: str, table: str) -> None:
    other = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="ap-southeast-2",
        aws_access_key_id="somebody",
        aws_secret_access_key="else",
        config=Config(retries={"total_max_attempts": 1}),
    )
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    assert other.describe_table(TableName=table)["Table"]["TableArn"] == arn
    other.close()
