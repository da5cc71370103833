"""Kinesis data streams as destinations of changes: no table has one.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeKinesisStreamingDestination.html
"""

from __future__ import annotations

from ... import errors
from ...errors import ApiError
from ..context import Context
from ..registry import Answer, Request
from ..table_rules import ineffective
from ..tables import described_table


async def describe(ctx: Context, request: Request) -> Answer:
    table = await described_table(ctx, request["TableName"])
    return {"TableName": table.name, "KinesisDataStreamDestinations": []}


async def enable(ctx: Context, request: Request) -> Answer:
    await described_table(ctx, request["TableName"])
    raise ineffective("EnableKinesisStreamingDestination")


async def disable(ctx: Context, request: Request) -> Answer:
    await described_table(ctx, request["TableName"])
    raise _not_active("disable", "DISABLE")


async def update(ctx: Context, request: Request) -> Answer:
    await described_table(ctx, request["TableName"])
    raise _not_active("update", "UPDATE")


def _not_active(what: str, operation: str) -> ApiError:
    return errors.validation(
        f"Table is not in a valid state to {what} Kinesis Streaming Destination: "
        f"KinesisStreamingDestination must be ACTIVE to perform {operation} operation."
    )
