"""Resource-based policies of tables and streams: none is attached, as none would be enforced.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html
"""

from __future__ import annotations

from ... import errors
from ...errors import ApiError
from ..context import Context
from ..names import table_of_resource
from ..registry import Answer, Request
from ..stream_names import stream_name
from ..table_rules import ineffective
from ..tables import described_table


async def get(ctx: Context, request: Request) -> Answer:
    raise await _not_found(ctx, request)


async def delete(ctx: Context, request: Request) -> Answer:
    fault = await _not_found(ctx, request)
    if "ExpectedRevisionId" in request:
        raise fault
    # It may be asked for any number of times: without a policy there is no revision to tell.
    return {}


async def put(ctx: Context, request: Request) -> Answer:
    await _not_found(ctx, request)
    raise ineffective("PutResourcePolicy")


async def _not_found(ctx: Context, request: Request) -> ApiError:
    """That the resource has no policy. Raises what is wrong with the resource."""
    arn = request["ResourceArn"]
    table = table_of_resource(arn)
    named = stream_name(arn)
    if named is None:
        await described_table(ctx, table)
    elif await ctx.store.stream(*named) is None:
        raise errors.resource_not_found(
            f"Requested resource not found: Stream: {named.label} not found for Table: {table}"
        )
    return errors.named(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {arn}",
    )
