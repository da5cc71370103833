"""UpdateTimeToLive: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from .. import errors
from ..model import expiry
from ..model.table import Table, TimeToLive, with_index
from .context import Context
from .registry import Answer, Request
from .tables import described_table, refuse_busy, still_in_use
from .write_kinds import left_plain

# A change is over within a moment as long as all servers answer: it is waited for so often.
_TRIES = 40
_PAUSE = 0.05


async def run(ctx: Context, request: Request) -> Answer:
    given = request["TimeToLiveSpecification"]
    attribute, enabled = given["AttributeName"], given["Enabled"]
    for _ in range(_TRIES):
        table = await described_table(ctx, request["TableName"])
        if table.ttl is not None and status_of(table.ttl) == "DISABLING":
            await asyncio.sleep(_PAUSE)
            continue
        if table.state(ctx.clock.time()) == "CREATING":
            raise still_in_use(f"Table {table.name} is being created")
        refuse_busy(ctx, table)
        _check(table.ttl, attribute, enabled)
        changed = _enabled(ctx, table, attribute) if enabled else _disabled(table)
        if await left_plain(ctx, table, changed):
            continue
        if await ctx.store.change_table(changed):
            return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}
    raise errors.validation("Time to live has been modified multiple times within a fixed interval")


def status_of(ttl: TimeToLive | None) -> str:
    """As DescribeTimeToLive tells it."""
    if ttl is None:
        return "DISABLED"
    if ttl.index is None:
        return "ENABLED"
    return {"CREATING": "ENABLING", "DELETING": "DISABLING"}.get(ttl.index.status, "ENABLED")


def _check(now: TimeToLive | None, attribute: str, enabled: bool) -> None:
    if now is None:
        if not enabled:
            raise errors.validation("TimeToLive is already disabled")
    elif now.attribute != attribute:
        raise errors.validation(
            "TimeToLive is active on a different AttributeName: current AttributeName is "
            f"{now.attribute}"
        )
    elif enabled:
        raise errors.validation("TimeToLive is already enabled")


def _enabled(ctx: Context, table: Table, attribute: str) -> Table:
    version = table.version + 1
    if not ctx.store.capabilities.indexes:
        return replace(table, ttl=TimeToLive(attribute), version=version)
    ttl = TimeToLive(attribute, expiry.index_for(table, attribute))
    return replace(table, ttl=ttl, version=version, next_index=table.next_index + 1)


def _disabled(table: Table) -> Table:
    assert table.ttl is not None
    index = table.ttl.index
    if index is None:
        return replace(table, ttl=None, version=table.version + 1)
    return with_index(table, index.number, replace(index, status="DELETING", backfilling=False))
