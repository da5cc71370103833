"""DescribeTimeToLive: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request
from .tables import described_table
from .update_time_to_live import status_of


async def run(ctx: Context, request: Request) -> Answer:
    ttl = (await described_table(ctx, request["TableName"])).ttl
    described = {"TimeToLiveStatus": status_of(ttl)}
    if ttl is not None:
        described["AttributeName"] = ttl.attribute
    return {"TimeToLiveDescription": described}
