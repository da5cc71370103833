"""Descriptions of tables hold what the service's model knows of, each of its type.

A tool with a generated client drops what it does not know, and stumbles over another type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

MODEL = botocore.session.get_session().get_service_model("dynamodb")
NUMBERS = ("integer", "long", "double", "timestamp")


def misfits(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: {value!r}"
            return
        for name, each in value.items():
            if name in shape.members:
                yield from misfits(shape.members[name], each, f"{path}.{name}")
            else:
                yield f"{path}.{name} is unknown"
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name} is missing"
    elif kind == "list":
        for number, each in enumerate(value):
            yield from misfits(shape.member, each, f"{path}[{number}]")
    elif kind in NUMBERS:
        whole = kind in ("integer", "long")
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            yield f"{path}: {value!r}"
    elif not isinstance(value, bool if kind == "boolean" else str):
        yield f"{path}: {value!r}"
    elif value not in (getattr(shape, "enum", None) or (value,)):
        yield f"{path} may not be {value!r}"


def check(operation: str, answer: tuple[int, Any]) -> None:
    status, body = answer
    assert status == 200, body
    shape = MODEL.operation_model(operation).output_shape
    assert list(misfits(shape, body, operation)) == []


@pytest.mark.differs_locally("it tells less")
@pytest.mark.usefixtures("stream_table")
def test_of_a_table_that_has_everything(client: Any, raw: Any, key: str) -> None:
    name = f"own-{key}"

    def index(index: str, partition: str, **more: Any) -> dict[str, Any]:
        keys = [{"AttributeName": partition, "KeyType": "HASH"}]
        if partition == "pk":
            keys.append({"AttributeName": "lk", "KeyType": "RANGE"})
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}
        return {"IndexName": index, "KeySchema": keys, "Projection": projection, **more}

    bounds = {
        "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20},
        "WarmThroughput": {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000},
    }
    request = {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "lk", "gk")
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "LocalSecondaryIndexes": [index("local", "pk")],
        "GlobalSecondaryIndexes": [index("global", "gk", **bounds)],
        "BillingMode": "PAY_PER_REQUEST",
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        "Tags": [{"Key": "team", "Value": "blue"}],
        **bounds,
    }
    check("CreateTable", raw("CreateTable", request))
    named = {"TableName": name}
    client.get_waiter("table_exists").wait(**named, WaiterConfig={"Delay": 1})
    check("DescribeTable", raw("DescribeTable", named))
    check("UpdateTable", raw("UpdateTable", {**named, "TableClass": "STANDARD"}))
    provisioned = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    check(
        "UpdateTable",
        raw(
            "UpdateTable",
            {
                **named,
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": provisioned,
                "GlobalSecondaryIndexUpdates": [
                    {"Update": {"IndexName": "global", "ProvisionedThroughput": provisioned}}
                ],
            },
        ),
    )
    lower = {"ReadCapacityUnits": 4, "WriteCapacityUnits": 6}
    check("UpdateTable", raw("UpdateTable", {**named, "ProvisionedThroughput": lower}))
    for operation in (
        "DescribeTable",
        "DescribeTimeToLive",
        "DescribeContinuousBackups",
        "DescribeContributorInsights",
        "DescribeKinesisStreamingDestination",
        "DeleteTable",
    ):
        check(operation, raw(operation, named))


@pytest.mark.differs_locally("it does not know most of them")
@pytest.mark.parametrize(
    "operation",
    [
        *("ListTables", "ListBackups", "ListExports", "ListImports", "ListGlobalTables"),
        *("ListContributorInsights", "DescribeLimits", "DescribeEndpoints"),
    ],
)
def test_of_everything_there_is(raw: Any, operation: str) -> None:
    check(operation, raw(operation, {}))
