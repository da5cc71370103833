"""DescribeContinuousBackups.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
"""

from __future__ import annotations

from .. import errors
from .context import Context
from .names import table_name
from .registry import Answer, Request


async def run(ctx: Context, request: Request) -> Answer:
    name = table_name(request["TableName"])
    if await ctx.store.table(name) is None:
        raise errors.table_not_found(f"Table not found: {name}")
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
    }
