"""Features that are switched off for ever: what tools read back, and how switching on is refused.

Terraform reads most of these of every table it manages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from tests.operations.texts import (
    INVALID,
    VALIDATION,
    bad_control_name,
    constraints,
    fault,
    missing,
)

pytestmark = pytest.mark.differs_locally("it does not know these operations")

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
NOT_THERE = f"{ARN}not-there"
BACKUP = f"{ARN}not-there/backup/01489602797149-73d8d5bc"
EXPORT = f"{ARN}not-there/export/01489602797149-73d8d5bc"
IMPORT = f"{ARN}not-there/import/01489602797149-73d8d5bc"
KINESIS = "arn:aws:kinesis:us-east-1:000000000000:stream/target"

# As the service names errors on the wire.
NAMESPACE = "com.amazonaws.dynamodb.v20120810#"


def refusal(code: str, message: str) -> tuple[int, dict[str, str]]:
    return 400, {"__type": NAMESPACE + code, "message": message}


def without_effect(what: str) -> tuple[int, dict[str, str]]:
    text = f"{INVALID}{what} is not supported by this server and would have no effect"
    return 400, {"__type": VALIDATION, "message": text}


@pytest.fixture(scope="module")
def schema_of() -> Callable[[str], Any]:
    """The service model's shape of an operation's answer."""
    model = botocore.session.get_session().get_service_model("dynamodb")
    return lambda operation: model.operation_model(operation).output_shape


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("ListBackups", {}, {"BackupSummaries": []}),
        ("ListBackups", {"TableName": "not-there"}, {"BackupSummaries": []}),
        ("ListExports", {}, {"ExportSummaries": []}),
        ("ListExports", {"TableArn": NOT_THERE}, {"ExportSummaries": []}),
        ("ListImports", {}, {"ImportSummaryList": []}),
        ("ListGlobalTables", {"Limit": 1}, {"GlobalTables": []}),
        ("ListContributorInsights", {}, {"ContributorInsightsSummaries": []}),
    ],
)
def test_lists_are_empty(
    raw: Any, schema_of: Any, operation: str, request_: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert raw(operation, request_) == (200, expected)
    assert expected.keys() <= schema_of(operation).members.keys()


DESCRIPTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "DescribeContributorInsights",
        {},
        {"TableName": "", "ContributorInsightsStatus": "DISABLED"},
    ),
    (
        "UpdateContributorInsights",
        {"ContributorInsightsAction": "DISABLE"},
        {"TableName": "", "ContributorInsightsStatus": "DISABLED"},
    ),
    (
        "DescribeKinesisStreamingDestination",
        {},
        {"TableName": "", "KinesisDataStreamDestinations": []},
    ),
    (
        "UpdateContinuousBackups",
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
        {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
            }
        },
    ),
]


def named(answer: dict[str, Any], table: str) -> dict[str, Any]:
    """`answer` with the table's name where it says TableName."""
    return {
        key: table
        if key == "TableName"
        else named(value, table)
        if isinstance(value, dict)
        else value
        for key, value in answer.items()
    }


@pytest.mark.parametrize(("operation", "more", "expected"), DESCRIPTIONS)
@pytest.mark.parametrize("prefix", ["", ARN])
def test_descriptions(
    raw: Any,
    table: str,
    schema_of: Any,
    prefix: str,
    operation: str,
    more: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    request = {"TableName": prefix + table, **more}
    assert raw(operation, request) == (200, named(expected, table))
    assert expected.keys() <= schema_of(operation).members.keys()


@pytest.mark.parametrize(
    ("operation", "more"), [(operation, more) for operation, more, _ in DESCRIPTIONS]
)
def test_a_table_that_is_not_there(raw: Any, operation: str, more: dict[str, Any]) -> None:
    expected = refusal(
        "ResourceNotFoundException", "Requested resource not found: Table: not-there not found"
    )
    if operation == "UpdateContinuousBackups":
        expected = refusal("TableNotFoundException", "Table not found: not-there")
    assert raw(operation, {"TableName": "not-there", **more}) == expected


@pytest.mark.parametrize(
    ("operation", "more"), [(operation, more) for operation, more, _ in DESCRIPTIONS]
)
def test_names_of_tables(raw: Any, operation: str, more: dict[str, Any]) -> None:
    assert raw(operation, {"TableName": "a;b", **more}) == (
        400,
        {"__type": VALIDATION, "message": bad_control_name("a;b")},
    )


def test_insights_of_an_index(raw: Any, new_table: Callable[..., str]) -> None:
    name = new_table(
        {"pk": "S"},
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "gk")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-gk",
                "KeySchema": [{"AttributeName": "gk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    assert raw("DescribeContributorInsights", {"TableName": name, "IndexName": "by-gk"}) == (
        200,
        {"TableName": name, "IndexName": "by-gk", "ContributorInsightsStatus": "DISABLED"},
    )
    assert raw("DescribeContributorInsights", {"TableName": name, "IndexName": "other"}) == refusal(
        "ResourceNotFoundException",
        f"Requested resource not found: Index: other not found for table: {name}",
    )


@pytest.mark.parametrize(
    ("operation", "request_", "code", "message"),
    [
        *[
            (operation, {"BackupArn": BACKUP, **more}, "Backup", f"Backup not found: {BACKUP}")
            for operation, more in (
                ("DescribeBackup", {}),
                ("DeleteBackup", {}),
                ("RestoreTableFromBackup", {"TargetTableName": "new"}),
            )
        ],
        ("DescribeExport", {"ExportArn": EXPORT}, "Export", f"Export not found: {EXPORT}"),
        ("DescribeImport", {"ImportArn": IMPORT}, "Import", f"Import not found: {IMPORT}"),
        *[
            (
                operation,
                {"GlobalTableName": "not-there", **more},
                "GlobalTable",
                "Global table not found: Global table with name: 'not-there' does not exist.",
            )
            for operation, more in (
                ("DescribeGlobalTable", {}),
                ("DescribeGlobalTableSettings", {}),
                ("UpdateGlobalTable", {"ReplicaUpdates": []}),
                ("UpdateGlobalTableSettings", {}),
            )
        ],
    ],
)
def test_what_was_never_made_is_not_found(
    raw: Any, operation: str, request_: dict[str, Any], code: str, message: str
) -> None:
    assert raw(operation, request_) == refusal(f"{code}NotFoundException", message)


@pytest.mark.parametrize(
    ("operation", "request_", "what"),
    [
        ("CreateBackup", {"TableName": "", "BackupName": "mine"}, "CreateBackup"),
        (
            "UpdateContributorInsights",
            {"TableName": "", "ContributorInsightsAction": "ENABLE"},
            "ContributorInsightsAction",
        ),
        (
            "EnableKinesisStreamingDestination",
            {"TableName": "", "StreamArn": KINESIS},
            "EnableKinesisStreamingDestination",
        ),
        ("PutResourcePolicy", {"ResourceArn": ARN, "Policy": "{}"}, "PutResourcePolicy"),
    ],
)
@pytest.mark.own_answer("what would have no effect is refused, not stored")
def test_switching_on_is_refused(
    raw: Any, table: str, operation: str, request_: dict[str, Any], what: str
) -> None:
    for member in ("TableName", "ResourceArn"):
        if member in request_:
            request_ = request_ | {member: request_[member] + table}
    assert raw(operation, request_) == without_effect(what)


# The service has those of the year 2017 no more.
def test_no_global_table_is_made(raw: Any, table: str) -> None:
    request = {"GlobalTableName": table, "ReplicationGroup": [{"RegionName": "eu-west-1"}]}
    text = (
        f"{INVALID}DynamoDB global tables version 2017.11.29 is not supported. We recommend using "
        "DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy)."
    )
    assert raw("CreateGlobalTable", request) == (400, {"__type": VALIDATION, "message": text})


@pytest.mark.parametrize("operation", ["Describe", "Update"])
def test_no_table_has_replicas_to_scale(raw: Any, table: str, operation: str) -> None:
    for name in (table, "not-there"):
        assert raw(f"{operation}TableReplicaAutoScaling", {"TableName": ARN + name}) == refusal(
            "ResourceNotFoundException", f"Global table with name: '{name}' does not exist."
        )


@pytest.mark.own_answer("no store has it")
def test_point_in_time_recovery_cannot_be_enabled(raw: Any, table: str) -> None:
    enabled = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    request = {"TableName": table, "PointInTimeRecoverySpecification": enabled}
    assert raw("UpdateContinuousBackups", request) == refusal(
        "ContinuousBackupsUnavailableException",
        "Point-in-time recovery is not supported by this server's store",
    )


def test_constraints_of_the_model_are_checked(raw: Any, table: str) -> None:
    request = {
        "TableName": table,
        "PointInTimeRecoverySpecification": {"RecoveryPeriodInDays": 36},
    }
    member = "pointInTimeRecoverySpecification"
    message = constraints(
        missing(f"{member}.pointInTimeRecoveryEnabled"),
        fault("36", f"{member}.recoveryPeriodInDays", "have value less than or equal to 35"),
    )
    assert raw("UpdateContinuousBackups", request) == (
        400,
        {"__type": VALIDATION, "message": message},
    )


def test_a_period_of_recovery_that_is_switched_off(raw: Any, table: str) -> None:
    disabled = {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 35}
    request = {"TableName": table, "PointInTimeRecoverySpecification": disabled}
    text = (
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time "
        "recovery."
    )
    assert raw("UpdateContinuousBackups", request) == (
        400,
        {"__type": VALIDATION, "message": text},
    )


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        *[
            (operation, {f"{kind}Arn": arn, **more}, f"Invalid {kind} ARN")
            for operation, kind, more in (
                ("DescribeBackup", "Backup", {}),
                ("RestoreTableFromBackup", "Backup", {"TargetTableName": "new"}),
                ("DescribeExport", "Export", {}),
                ("DescribeImport", "Import", {}),
            )
            for arn in ("", "x" * 48, NOT_THERE, f"{NOT_THERE}/index/by-g")
        ],
        (
            "ListBackups",
            {"TimeRangeLowerBound": 2, "TimeRangeUpperBound": 1},
            f"{INVALID}Time range lower bound must be less than or equal to upper bound",
        ),
        ("ListExports", {"TableArn": "a-table"}, f"{INVALID}tableArn is not a valid ARN"),
        (
            "ExportTableToPointInTime",
            {"TableArn": "a-table", "S3Bucket": "bucket"},
            f"{INVALID}tableArn is not a valid ARN",
        ),
        (
            "ExportTableToPointInTime",
            {"TableArn": f"{NOT_THERE}/index/by-g", "S3Bucket": "bucket"},
            "Invalid Request: Table ARN is invalid.",
        ),
        *[
            (
                "RestoreTableToPointInTime",
                {"TargetTableName": "new", **sources},
                "Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName",
            )
            for sources in ({}, {"SourceTableName": "not-there", "SourceTableArn": NOT_THERE})
        ],
    ],
)
def test_what_is_asked_for_wrongly(
    raw: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    assert raw(operation, request_) == (400, {"__type": VALIDATION, "message": message})


# Both need point-in-time recovery, which is off.
@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("RestoreTableToPointInTime", {"SourceTableName": "", "TargetTableName": "new"}),
        ("RestoreTableToPointInTime", {"SourceTableArn": ARN, "TargetTableName": "new"}),
        ("ExportTableToPointInTime", {"TableArn": ARN, "S3Bucket": "bucket"}),
    ],
)
def test_nothing_to_restore_from(
    raw: Any, table: str, operation: str, request_: dict[str, Any]
) -> None:
    members = ("SourceTableName", "SourceTableArn", "TableArn")

    def of(name: str) -> dict[str, Any]:
        return {key: value + name if key in members else value for key, value in request_.items()}

    assert raw(operation, of(table)) == refusal(
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{table}'",
    )
    # An export says it as it was told.
    named = of("not-there").get("TableArn", "not-there")
    assert raw(operation, of("not-there")) == refusal(
        "TableNotFoundException", f"Table not found: {named}"
    )


@pytest.mark.parametrize(
    ("operation", "more", "message"),
    [
        (
            "Disable",
            {},
            "Table is not in a valid state to enable Kinesis Streaming Destination: "
            "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.",
        ),
        (
            "Update",
            {},
            "Streaming destination cannot be updated with given parameters: "
            "UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
        ),
        (
            "Update",
            {
                "UpdateKinesisStreamingConfiguration": {
                    "ApproximateCreationDateTimePrecision": "MICROSECOND"
                }
            },
            "Table is not in a valid state to enable Kinesis Streaming Destination: Kinesis "
            "streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. "
            f"TableName: {{}}, kdsArn: {KINESIS}",
        ),
    ],
)
def test_there_is_no_kinesis_stream(
    raw: Any, table: str, operation: str, more: dict[str, Any], message: str
) -> None:
    request = {"TableName": table, "StreamArn": KINESIS, **more}
    assert raw(f"{operation}KinesisStreamingDestination", request) == (
        400,
        {"__type": VALIDATION, "message": message.format(table)},
    )


def test_no_table_has_a_policy(raw: Any, table: str) -> None:
    missing_policy = refusal(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {ARN}{table}",
    )
    assert raw("GetResourcePolicy", {"ResourceArn": ARN + table}) == missing_policy
    # Deleting none is no fault, unless a certain one is meant.
    assert raw("DeleteResourcePolicy", {"ResourceArn": ARN + table}) == (200, {})
    request = {"ResourceArn": ARN + table, "ExpectedRevisionId": "1"}
    assert raw("DeleteResourcePolicy", request) == missing_policy


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetResourcePolicy", {}),
        ("DeleteResourcePolicy", {}),
        ("PutResourcePolicy", {"Policy": ""}),
    ],
)
def test_resources_of_policies(raw: Any, operation: str, more: dict[str, Any]) -> None:
    assert raw(operation, {"ResourceArn": NOT_THERE, **more}) == refusal(
        "ResourceNotFoundException", "Requested resource not found: Table: not-there not found"
    )
    stream = f"{NOT_THERE}/stream/2024-01-01T00:00:00.000"
    assert raw(operation, {"ResourceArn": stream, **more}) == refusal(
        "ResourceNotFoundException",
        "Requested resource not found: Stream: 2024-01-01T00:00:00.000 not found for Table: "
        "not-there",
    )
    assert raw(operation, {"ResourceArn": "a-table", **more}) == (
        400,
        {
            "__type": VALIDATION,
            "message": f"{INVALID}ARNs must start with 'arn:': a-table",
        },
    )
