"""TagResource: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request
from .tags import change_tags, given_tags, merged, require_some


async def run(ctx: Context, request: Request) -> Answer:
    require_some(request["Tags"], "Tag")
    new = given_tags(request["Tags"])
    await change_tags(ctx, request["ResourceArn"], lambda old: merged(old, new))
    return b""
