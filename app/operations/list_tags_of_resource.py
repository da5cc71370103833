"""ListTagsOfResource.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html
"""

from __future__ import annotations

from typing import Any

from .. import errors
from .context import Context
from .registry import Answer, Request
from .tags import tagged_table

_PAGE = 10


async def run(ctx: Context, request: Request) -> Answer:
    table = await tagged_table(ctx, request["ResourceArn"])
    token = request.get("NextToken")
    start = 0 if token is None else _place(token, len(table.tags))
    tags = table.tags[start : start + _PAGE]
    result: dict[str, Any] = {"Tags": [{"Key": key, "Value": value} for key, value in tags]}
    if start + _PAGE < len(table.tags):
        result["NextToken"] = str(start + _PAGE)
    return result


def _place(token: str, count: int) -> int:
    if not token.isascii() or not token.isdigit() or int(token) > count:
        raise errors.validation("Invalid NextToken")
    return int(token)
