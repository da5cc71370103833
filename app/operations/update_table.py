"""UpdateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from ..model.table import Table, Throughput
from .context import Context
from .describe import description
from .registry import Answer, Request
from .table_rules import refuse_ineffective, throughput
from .tables import described_table

_CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "DeletionProtectionEnabled",
    "TableClass",
    "StreamSpecification",
    "SSESpecification",
)


async def run(ctx: Context, request: Request) -> Answer:
    refuse_ineffective(request)
    if all(request.get(member) is None for member in _CHANGES):
        raise errors.validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )
    while True:
        table = await described_table(ctx, request["TableName"])
        if table.status != "ACTIVE":
            raise errors.resource_in_use(
                f"Attempt to change a resource which is still in use: "
                f"Table is being {table.status.lower().removesuffix('ing')}ed: {table.name}"
            )
        changed = _changed(request, table, round(ctx.clock.time(), 3))
        # False: somebody else changed it since it was read.
        if await ctx.store.change_table(changed):
            billed = changed.billing_mode, changed.throughput
            status = "ACTIVE" if billed == (table.billing_mode, table.throughput) else "UPDATING"
            return {"TableDescription": description(ctx, changed, status=status)}


def _changed(request: Request, table: Table, now: float) -> Table:
    changed = replace(table, version=table.version + 1)
    if request.get("DeletionProtectionEnabled") is not None:
        changed = replace(changed, deletion_protection=request["DeletionProtectionEnabled"])
    mode = request.get("BillingMode", table.billing_mode)
    given = request.get("ProvisionedThroughput")
    if mode != table.billing_mode:
        changed = replace(changed, billing_mode=mode, throughput=throughput(mode, given))
        if mode == "PAY_PER_REQUEST":
            changed = replace(changed, billing_changed=now)
    elif given is not None:
        units = throughput(mode, given)
        changed = replace(changed, throughput=_moved(table.throughput, units, now))
    return changed


def _moved(old: Throughput, new: Throughput, now: float) -> Throughput:
    if (old.read, old.write) == (new.read, new.write):
        raise errors.validation(
            "The provisioned throughput for the table will not change. The requested value equals "
            f"the current value. Current ReadCapacityUnits provisioned for the table: {old.read}. "
            f"Requested ReadCapacityUnits: {new.read}. "
            f"Current WriteCapacityUnits provisioned for the table: {old.write}. "
            f"Requested WriteCapacityUnits: {new.write}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
            "higher limits."
        )
    result = replace(old, read=new.read, write=new.write)
    if new.read > old.read or new.write > old.write:
        result = replace(result, increased=now)
    if new.read < old.read or new.write < old.write:
        decreases = result.decreases_today if _same_day(old.decreased, now) else 0
        result = replace(result, decreased=now, decreases_today=decreases + 1)
    return result


def _same_day(then: float | None, now: float) -> bool:
    """Decreases are counted for each day in UTC."""
    return then is not None and int(then // 86400) == int(now // 86400)
