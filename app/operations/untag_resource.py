"""UntagResource: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html"""

from __future__ import annotations

from .context import Context
from .registry import Answer, Request
from .tags import change_tags, given_keys, require_some


async def run(ctx: Context, request: Request) -> Answer:
    require_some(request["TagKeys"], "Tag Key")
    gone = set(given_keys(request["TagKeys"]))
    await change_tags(
        ctx,
        request["ResourceArn"],
        lambda old: tuple((key, value) for key, value in old if key not in gone),
    )
    return b""
