"""DescribeTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html"""

from __future__ import annotations

from .context import Context
from .describe import census_of, description
from .registry import Answer, Request
from .tables import described_table


async def run(ctx: Context, request: Request) -> Answer:
    table = await described_table(ctx, request["TableName"])
    return {"Table": description(ctx, table, await census_of(ctx, table))}
