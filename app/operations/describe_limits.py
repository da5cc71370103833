"""DescribeLimits: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html

The service's default quotas. Nothing here throttles at them, nor does the service below them.
"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request


async def run(ctx: Context, request: Request) -> Answer:
    return {
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    }
