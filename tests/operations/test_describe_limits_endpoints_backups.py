"""DescribeLimits, DescribeEndpoints and DescribeContinuousBackups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import (
    NOT_STRING,
    SERIALIZATION,
    bad_control_name,
    constraints,
    misfits,
    missing,
)


def test_limits(raw: Any) -> None:
    assert raw("DescribeLimits", {}) == (
        200,
        {
            "AccountMaxReadCapacityUnits": 80_000,
            "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000,
            "TableMaxWriteCapacityUnits": 40_000,
        },
    )


no_discovery = pytest.mark.differs_locally("it takes no endpoint discovery")


@pytest.mark.parametrize(
    "operation", ["DescribeLimits", pytest.param("DescribeEndpoints", marks=no_discovery)]
)
def test_members_they_do_not_have_are_ignored(raw: Any, operation: str) -> None:
    assert raw(operation, {"TableName": 5})[0] == 200


# An SDK that discovers its endpoint goes on with what it is told.
@no_discovery
def test_the_endpoint_is_this_one(raw: Any, endpoint: str) -> None:
    expected = {"Address": endpoint.removeprefix("http://"), "CachePeriodInMinutes": 1440}
    assert raw("DescribeEndpoints", {}) == (200, {"Endpoints": [expected]})


no_backups = pytest.mark.differs_locally("it knows no backups")


@no_backups
@pytest.mark.parametrize(("member", "message"), misfits(TableName=NOT_STRING))
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    expected = {"__type": SERIALIZATION, "Message": message}
    assert raw("DescribeContinuousBackups", member) == (400, expected)


@no_backups
def test_a_name_is_needed(fails: Any) -> None:
    message = constraints(missing("tableName"))
    fails("describe_continuous_backups", "ValidationException", message)
    fails(
        "describe_continuous_backups", "ValidationException", bad_control_name("ab"), TableName="ab"
    )


@no_backups
def test_a_table_that_is_not_there(fails: Any) -> None:
    fails(
        "describe_continuous_backups",
        "TableNotFoundException",
        "Table not found: not-there",
        TableName="not-there",
    )


@no_backups
def test_backups_are_off(raw: Any, table: str) -> None:
    assert raw("DescribeContinuousBackups", {"TableName": table}) == (
        200,
        {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
            }
        },
    )
