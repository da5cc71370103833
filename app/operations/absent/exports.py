"""Exports to S3: there are none, as they need point-in-time recovery.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html
"""

from __future__ import annotations

from ... import errors
from ..context import Context
from ..names import arn_of_work, table_of_arn
from ..registry import Answer, Request
from ..tables import table_to_back_up
from .point_in_time_recovery import unavailable


async def list_all(ctx: Context, request: Request) -> Answer:
    if "TableArn" in request:
        table_of_arn(request["TableArn"], "tableArn")
    return {"ExportSummaries": []}


async def describe(ctx: Context, request: Request) -> Answer:
    arn = arn_of_work(request["ExportArn"], "Export")
    raise errors.named("ExportNotFoundException", f"Export not found: {arn}")


async def create(ctx: Context, request: Request) -> Answer:
    arn = request["TableArn"]
    if not arn:
        raise errors.validation("Invalid TableArn: Invalid Table ARN")
    name = table_of_arn(arn, "tableArn")
    raise unavailable(await table_to_back_up(ctx, name, named=arn))
