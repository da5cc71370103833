"""DescribeEndpoints: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html

An SDK with endpoint discovery goes on at the address told here, so it is this server's own.
"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request


async def run(ctx: Context, request: Request) -> Answer:
    settings = ctx.settings
    address = settings.advertise or f"{settings.host}:{settings.port}"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
