"""DescribeTimeToLive: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html"""

from __future__ import annotations

from .. import errors
from .context import Context
from .registry import Answer, Request
from .tables import described_table
from .update_time_to_live import status_of


async def run(ctx: Context, request: Request) -> Answer:
    table = await described_table(ctx, request["TableName"])
    state = table.state(ctx.clock.time())
    if state in ("CREATING", "DELETING"):
        raise errors.validation(
            f"Cannot describe time to live while table is in {state} state: Current table state is "
            f"{state}"
        )
    ttl = table.ttl
    described = {"TimeToLiveStatus": status_of(ttl)}
    if ttl is not None:
        described["AttributeName"] = ttl.attribute
    return {"TimeToLiveDescription": described}
