"""DescribeTimeToLive: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request
from .tables import described_table


async def run(ctx: Context, request: Request) -> Answer:
    ttl = (await described_table(ctx, request["TableName"])).ttl
    if ttl is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {
        "TimeToLiveDescription": {
            "AttributeName": ttl.attribute,
            "TimeToLiveStatus": "ENABLED",
        }
    }
