"""UpdateTimeToLive: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from ..model.table import TimeToLive
from .context import Context
from .registry import Answer, Request
from .tables import described_table


async def run(ctx: Context, request: Request) -> Answer:
    given = request["TimeToLiveSpecification"]
    attribute, enabled = given["AttributeName"], given["Enabled"]
    while True:
        table = await described_table(ctx, request["TableName"])
        now = table.ttl
        if enabled and now is not None:
            if now.attribute == attribute:
                raise errors.validation("TimeToLive is already enabled")
            raise errors.validation(
                "TimeToLive is active on a different AttributeName: current AttributeName is "
                f"{now.attribute}"
            )
        if not enabled:
            if now is None:
                raise errors.validation("TimeToLive is already disabled")
            if now.attribute != attribute:
                raise errors.validation(
                    "TimeToLive is active on a different AttributeName: current AttributeName is "
                    f"{now.attribute}"
                )
        ttl = TimeToLive(attribute) if enabled else None
        if await ctx.store.change_table(replace(table, ttl=ttl, version=table.version + 1)):
            return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}
