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
    raise _wrong_state("KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")


async def update(ctx: Context, request: Request) -> Answer:
    if not request.get("UpdateKinesisStreamingConfiguration"):
        raise errors.validation(
            "Streaming destination cannot be updated with given parameters: "
            "UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
        )
    table = await described_table(ctx, request["TableName"])
    raise _wrong_state(
        "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. "
        f"TableName: {table.name}, kdsArn: {request['StreamArn']}"
    )


def _wrong_state(detail: str) -> ApiError:
    # "to enable" is said whatever is asked for.
    return errors.validation(
        f"Table is not in a valid state to enable Kinesis Streaming Destination: {detail}"
    )
