"""Point-in-time recovery: never enabled.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
"""

from __future__ import annotations

from ... import errors
from ...errors import ApiError
from ...model.table import Table
from ..context import Context
from ..describe_continuous_backups import DISABLED
from ..names import table_of_arn
from ..registry import Answer, Request
from ..tables import table_to_back_up


async def update(ctx: Context, request: Request) -> Answer:
    given = request["PointInTimeRecoverySpecification"]
    enabled = given["PointInTimeRecoveryEnabled"]
    if not enabled and "RecoveryPeriodInDays" in given:
        raise errors.validation(
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time "
            "recovery."
        )
    await table_to_back_up(ctx, request["TableName"])
    if enabled:
        raise errors.named(
            "ContinuousBackupsUnavailableException",
            "Point-in-time recovery is not supported by this server's store",
        )
    return DISABLED


async def restore(ctx: Context, request: Request) -> Answer:
    if ("SourceTableName" in request) == ("SourceTableArn" in request):
        raise errors.validation(
            "Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName"
        )
    if "SourceTableArn" in request:
        name = table_of_arn(request["SourceTableArn"], "sourceTableArn")
    else:
        name = request["SourceTableName"]
    raise unavailable(await table_to_back_up(ctx, name))


def unavailable(table: Table) -> ApiError:
    return errors.named(
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{table.name}'",
    )
