"""StreamSpecification of CreateTable and UpdateTable, and what DescribeTable tells of it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.operations.streaming import VIEWS, disabled, specification
from tests.operations.texts import INVALID, constraints, no_coral, not_in, own_words

KEYS = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
SUPERFLUOUS = {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}
# Of each what CreateTable and what UpdateTable says.
BAD = [
    pytest.param(
        {"StreamEnabled": True},
        f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
        f"{INVALID}If stream is being enabled then UpdateViewType is required",
        marks=own_words,
    ),
    pytest.param(
        SUPERFLUOUS,
        f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be "
        "specified",
        f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified",
        marks=own_words,
    ),
]
LABEL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")

NewTable = Callable[..., str]

pytestmark = pytest.mark.usefixtures("stream_table")


@pytest.mark.parametrize("view", VIEWS)
def test_a_table_with_a_stream(client: Any, new_table: NewTable, view: str) -> None:
    name = new_table({"pk": "S"}, StreamSpecification=specification(view))
    table = client.describe_table(TableName=name)["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": view}
    assert LABEL.fullmatch(table["LatestStreamLabel"])
    assert table["LatestStreamArn"] == f"{table['TableArn']}/stream/{table['LatestStreamLabel']}"


def test_create_table_answers_with_the_stream(client: Any) -> None:
    name = f"own-{uuid.uuid4().hex[:12]}"
    made = client.create_table(TableName=name, StreamSpecification=specification(), **KEYS)
    assert made["TableDescription"]["StreamSpecification"] == specification()
    assert "LatestStreamArn" in made["TableDescription"]
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    client.delete_table(TableName=name)


def test_a_table_without(client: Any, new_table: NewTable) -> None:
    name = new_table({"pk": "S"}, StreamSpecification={"StreamEnabled": False})
    table = client.describe_table(TableName=name)["Table"]
    members = {"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"}
    assert members.isdisjoint(table)


@pytest.mark.parametrize(("given", "created", "updated"), BAD)
def test_bad_specifications(
    fails: Any, stream_table: str, given: dict[str, Any], created: str, updated: str
) -> None:
    error = "ValidationException"
    fails("create_table", error, created, TableName="refused", StreamSpecification=given, **KEYS)
    fails("update_table", error, updated, TableName=stream_table, StreamSpecification=given)
    fails("describe_table", "ResourceNotFoundException", None, TableName="refused")


@no_coral
def test_an_unknown_view(fails: Any, stream_table: str) -> None:
    views = "[OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]"
    fails(
        "update_table",
        "ValidationException",
        constraints(not_in(views, "ALL", "streamSpecification.streamViewType")),
        TableName=stream_table,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "ALL"},
    )


@own_words
@pytest.mark.parametrize("view", ["NEW_AND_OLD_IMAGES", "KEYS_ONLY"])
def test_enabling_twice(fails: Any, stream_table: str, view: str) -> None:
    fails(
        "update_table",
        "ValidationException",
        f"Table already has an enabled stream: TableName: {stream_table}",
        TableName=stream_table,
        StreamSpecification=specification(view),
    )


@own_words
def test_disabling_none(fails: Any, table: str) -> None:
    fails(
        "update_table",
        "ValidationException",
        f"Table has no stream to disable: TableName: {table}",
        TableName=table,
        StreamSpecification={"StreamEnabled": False},
    )


@own_words
def test_stream_and_throughput_are_changed_one_after_the_other(
    fails: Any, new_table: NewTable
) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    fails(
        "update_table",
        "ValidationException",
        f"{INVALID}You cannot modify stream status while updating table IOPS",
        TableName=new_table({"pk": "S"}, BillingMode="PROVISIONED", ProvisionedThroughput=units),
        ProvisionedThroughput=units | {"ReadCapacityUnits": 2},
        StreamSpecification=specification(),
    )


# The label stays, so that a consumer finds what it has not read yet.
@pytest.mark.differs_locally("tells of the newest stream only")
def test_enabled_disabled_and_enabled_again(client: Any, streams: Any, new_table: NewTable) -> None:
    name = new_table({"pk": "S"})
    arns = []
    for view in ("KEYS_ONLY", "NEW_IMAGE"):
        changed = client.update_table(TableName=name, StreamSpecification=specification(view))
        described = changed["TableDescription"]
        assert described["StreamSpecification"] == specification(view)
        arns.append(described["LatestStreamArn"])
        found = streams.describe_stream(StreamArn=arns[-1])["StreamDescription"]
        assert (found["StreamStatus"], found["StreamViewType"]) == ("ENABLED", view)
        off = client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
        assert "StreamSpecification" not in off["TableDescription"]
        table = client.describe_table(TableName=name)["Table"]
        assert "StreamSpecification" not in table
        assert table["LatestStreamArn"] == arns[-1]
        disabled(streams, arns[-1])
    assert arns[0] < arns[1]
    listed = streams.list_streams(TableName=name)["Streams"]
    assert [each["StreamArn"] for each in listed] == arns
