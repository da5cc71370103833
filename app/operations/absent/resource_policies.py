"""Resource-based policies of tables and streams: none is attached, as none would be enforced.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html
"""

from __future__ import annotations

from ... import errors
from ...errors import ApiError
from ..context import Context
from ..names import table_of_arn
from ..registry import Answer, Request
from ..stream_names import known_stream, stream_name
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
    if stream_name(arn) is None:
        await described_table(ctx, table_of_arn(arn))
    else:
        await known_stream(ctx, arn)
    return errors.named(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {arn}",
    )
