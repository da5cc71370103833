"""ListTables: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html"""

from __future__ import annotations

from typing import Any

from .context import Context
from .registry import Answer, Request

MOST_NAMES = 100


async def run(ctx: Context, request: Request) -> Answer:
    limit = request.get("Limit", MOST_NAMES)
    after = request.get("ExclusiveStartTableName")
    names = await ctx.store.table_names(after=after, limit=limit + 1)
    result: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        result["LastEvaluatedTableName"] = names[limit - 1]
    return result
