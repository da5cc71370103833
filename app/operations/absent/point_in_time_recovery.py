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
    await table_to_back_up(ctx, request["TableName"])
    if request["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]:
        raise errors.named(
            "ContinuousBackupsUnavailableException",
            "Point-in-time recovery is not supported by this server's store",
        )
    return DISABLED


async def restore(ctx: Context, request: Request) -> Answer:
    arn, name = request.get("SourceTableArn"), request.get("SourceTableName")
    if name is None and arn is None:
        raise errors.validation("Either SourceTableName or SourceTableArn must be specified")
    raise unavailable(await table_to_back_up(ctx, name or table_of_arn(arn)))


def unavailable(table: Table) -> ApiError:
    return errors.named(
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{table.name}'",
    )
