"""ListTagsOfResource.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html
"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request
from .tags import tagged_table


async def run(ctx: Context, request: Request) -> Answer:
    """All tags at once: there are few, and the service does not look at NextToken either."""
    table = await tagged_table(ctx, request["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.tags]}
