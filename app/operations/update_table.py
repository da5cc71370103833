"""UpdateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from ..model.table import Table, Throughput
from .context import Context
from .describe import census_of, description, transition
from .index_changes import check_updates, with_index_updates
from .index_rules import check_indexes_possible, check_throughput
from .registry import Answer, Request
from .stream_rules import with_stream_update
from .table_rules import refuse_ineffective, with_class
from .tables import described_table, refuse_busy
from .throughput_rules import moved, on_demand, throughput, warm
from .write_kinds import left_plain, put_in_order

_CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "DeletionProtectionEnabled",
    "TableClass",
    "OnDemandThroughput",
    "WarmThroughput",
    "StreamSpecification",
    "SSESpecification",
    "GlobalSecondaryIndexUpdates",
)


async def run(ctx: Context, request: Request) -> Answer:
    refuse_ineffective(request)
    if all(request.get(member) in (None, []) for member in _CHANGES):
        raise errors.validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )
    check_updates(request)
    while True:
        table = await described_table(ctx, request["TableName"])
        refuse_busy(ctx, table)
        now = round(ctx.clock.time(), 3)
        changed = with_index_updates(request, _changed(request, table, now), now)
        check_throughput(changed)
        changed = with_stream_update(ctx, request, changed)
        check_indexes_possible(ctx, changed)
        quiet = replace(changed, version=table.version, deletion_protection=False)
        same = quiet == replace(table, ordered=False, deletion_protection=False)
        if not same:
            changed = replace(changed, transition=transition(ctx, "UPDATING"))
        if await left_plain(ctx, table, changed) or await put_in_order(ctx, table, changed):
            continue
        # False: somebody else changed it since it was read.
        if await ctx.store.change_table(changed):
            if changed.stream != table.stream:
                # What is written once this is answered is in the stream, whoever writes it.
                await ctx.store.settled(changed)
            status = "ACTIVE" if same else "UPDATING"
            census = await census_of(ctx, table)
            told = _with_units_before(changed, table)
            described = description(ctx, told, census, status=status)
            for index in described.get("GlobalSecondaryIndexes", ()):
                before, after = (each.index(index["IndexName"]) for each in (table, changed))
                if index["IndexStatus"] == "ACTIVE" and before != after:
                    index["IndexStatus"] = "UPDATING"
            return {"TableDescription": described}


def _changed(request: Request, table: Table, now: float) -> Table:
    changed = replace(
        table,
        version=table.version + 1,
        ordered=False,
        deletion_protection=request.get("DeletionProtectionEnabled", table.deletion_protection),
        options=with_class(request, table.options, now),
    )
    mode = request.get("BillingMode", table.billing_mode)
    given = request.get("ProvisionedThroughput")
    if mode != table.billing_mode:
        changed = _switched(changed, mode, throughput(mode, given), now)
    elif given is not None:
        units = throughput(mode, given)
        changed = replace(changed, throughput=moved(table.throughput, units, now, "the table"))
    return replace(
        changed,
        on_demand=on_demand(request, mode, changed.on_demand),
        warm=warm(request, changed.throughput, mode, changed.warm),
    )


def _with_units_before(changed: Table, before: Table) -> Table:
    """As the service tells `changed` at first: new units are there when it is ACTIVE again.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/API_UpdateTable_v20111205.html
    """
    if changed.billing_mode != before.billing_mode:
        return changed
    indexes = []
    for index in changed.indexes:
        old = before.index(index.name)
        units = index.throughput if old is None else _units_of(old.throughput, index.throughput)
        indexes.append(replace(index, throughput=units))
    units = _units_of(before.throughput, changed.throughput)
    return replace(changed, throughput=units, indexes=tuple(indexes))


def _units_of(old: Throughput, new: Throughput) -> Throughput:
    return replace(new, read=old.read, write=old.write)


def _switched(table: Table, mode: str, units: Throughput, now: float) -> Table:
    """Its indexes are left without throughput: in the mode PROVISIONED the request gives it."""
    return replace(
        table,
        billing_mode=mode,
        billing_changed=now if mode == "PAY_PER_REQUEST" else table.billing_changed,
        throughput=units,
        indexes=tuple(
            replace(index, throughput=Throughput(0, 0), on_demand=None) for index in table.indexes
        ),
    )
