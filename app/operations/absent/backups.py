"""Backups on demand: there are none.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html
"""

from __future__ import annotations

from ... import errors
from ..context import Context
from ..names import arn_of_work
from ..registry import Answer, Request
from ..table_rules import ineffective
from ..tables import table_to_back_up


async def list_all(ctx: Context, request: Request) -> Answer:
    lower, upper = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    if lower is not None and upper is not None and lower > upper:
        raise errors.invalid_parameters(
            "Time range lower bound must be less than or equal to upper bound"
        )
    return {"BackupSummaries": []}


async def refer(ctx: Context, request: Request) -> Answer:
    """Every operation that is given the ARN of a backup."""
    arn = arn_of_work(request["BackupArn"], "Backup")
    raise errors.named("BackupNotFoundException", f"Backup not found: {arn}")


async def create(ctx: Context, request: Request) -> Answer:
    await table_to_back_up(ctx, request["TableName"])
    raise ineffective("CreateBackup")
