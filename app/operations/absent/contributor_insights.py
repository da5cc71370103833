"""CloudWatch Contributor Insights: disabled for every table and index.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContributorInsights.html
"""

from __future__ import annotations

from typing import Any

from ..context import Context
from ..registry import Answer, Request
from ..table_rules import ineffective
from ..tables import described_index, described_table


async def describe(ctx: Context, request: Request) -> Answer:
    return await _disabled(ctx, request)


async def update(ctx: Context, request: Request) -> Answer:
    answer = await _disabled(ctx, request)
    if request["ContributorInsightsAction"] == "ENABLE":
        raise ineffective("ContributorInsightsAction")
    return answer


async def list_all(ctx: Context, request: Request) -> Answer:
    if "TableName" in request:
        await described_table(ctx, request["TableName"])
    return {"ContributorInsightsSummaries": []}


async def _disabled(ctx: Context, request: Request) -> dict[str, Any]:
    table = await described_table(ctx, request["TableName"])
    answer = {"TableName": table.name, "ContributorInsightsStatus": "DISABLED"}
    if "IndexName" in request:
        answer["IndexName"] = described_index(table, request["IndexName"]).name
    return answer
