"""Auto scaling of replicas: a table here has no replicas, and nothing scales it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html
"""

from __future__ import annotations

from ..context import Context
from ..registry import Answer, Request
from ..table_rules import ineffective
from ..tables import described_table


async def describe(ctx: Context, request: Request) -> Answer:
    table = await described_table(ctx, request["TableName"])
    return {
        "TableAutoScalingDescription": {
            "TableName": table.name,
            "TableStatus": table.state(ctx.clock.time()),
            "Replicas": [],
        }
    }


async def update(ctx: Context, request: Request) -> Answer:
    await described_table(ctx, request["TableName"])
    raise ineffective("UpdateTableReplicaAutoScaling")
