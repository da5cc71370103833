"""Global tables of version 2017: every table is in one region.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeGlobalTable.html
"""

from __future__ import annotations

from ... import errors
from ..context import Context
from ..registry import Answer, Request
from ..tables import table_to_back_up


async def list_all(ctx: Context, request: Request) -> Answer:
    return {"GlobalTables": []}


async def refer(ctx: Context, request: Request) -> Answer:
    """Every operation that is given the name of a global table."""
    raise errors.named(
        "GlobalTableNotFoundException",
        "Global table not found: Global table with name: "
        f"'{request['GlobalTableName']}' does not exist.",
    )


async def create(ctx: Context, request: Request) -> Answer:
    await table_to_back_up(ctx, request["GlobalTableName"])
    raise errors.invalid_parameters(
        "DynamoDB global tables version 2017.11.29 is "
        "not supported. We recommend using DynamoDB global tables version 2019.11.21, instead of "
        "version 2017.11.29 (Legacy)."
    )
