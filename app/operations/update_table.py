"""UpdateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""

from __future__ import annotations

from dataclasses import replace

from ..model.table import Index, Table, Throughput, Units
from .context import Context
from .describe import transition
from .index_changes import refuse_busy_indexes, with_index_updates
from .index_rules import check_indexes_possible, check_throughput
from .registry import Answer, Request
from .replica_rules import refuse_replicas
from .stream_rules import with_stream_update
from .table_rules import refuse_encrypted, refuse_ineffective, with_class
from .tables import described_table, refuse_attached, refuse_state
from .throughput_rules import moved, on_demand, raised_warm, throughput, warm_now
from .update_answer import updated_description
from .update_rules import check_changes
from .write_kinds import left_plain, put_in_order


async def run(ctx: Context, request: Request) -> Answer:
    refuse_ineffective(request)
    check_changes(request)
    while True:
        table = await described_table(ctx, request["TableName"])
        refuse_replicas(request, ctx.settings.region)
        _refuse_state(ctx, request, table)
        refuse_encrypted(request)
        now = round(ctx.clock.time(), 3)
        changed = with_index_updates(request, _changed(request, table, now), now)
        check_throughput(changed)
        changed = with_stream_update(ctx, request, changed)
        check_indexes_possible(ctx, changed)
        shown = _shown(changed) != _shown(table)
        if shown:
            changed = replace(changed, transition=transition(ctx, "UPDATING"))
        if await left_plain(ctx, table, changed) or await put_in_order(ctx, table, changed):
            continue
        # False: somebody else changed it since it was read.
        if await ctx.store.change_table(changed):
            if changed.stream != table.stream:
                # What is written once this is answered is in the stream, whoever writes it.
                await ctx.store.settled(changed)
            description = await updated_description(ctx, request, table, changed, shown=shown)
            return {"TableDescription": description}


def _refuse_state(ctx: Context, request: Request, table: Table) -> None:
    refuse_attached(table)
    refuse_state(ctx, table, ("CREATING", "DELETING"))
    # Protection is there at once, also while something else is being changed.
    if "DeletionProtectionEnabled" not in request:
        refuse_busy_indexes(request, table)
        refuse_state(ctx, table, ("UPDATING",))


def _shown(table: Table) -> Table:
    """What a table is UPDATING for when it changes; other changes are there at once, or show with
    an index."""
    return replace(
        table,
        version=0,
        ordered=False,
        deletion_protection=False,
        on_demand=None,
        warm=None,
        indexes=tuple(
            replace(index, throughput=Throughput(0, 0), on_demand=None, warm=None)
            for index in table.indexes
        ),
    )


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
        units = moved(table.throughput, throughput(mode, given), now)
        changed = replace(changed, throughput=units, warm=_warm(table, table))
    if request.get("WarmThroughput"):
        changed = replace(changed, warm=raised_warm(request, _warm(table, table)))
    return replace(changed, on_demand=on_demand(request, mode, changed.on_demand, made=False))


def _switched(table: Table, mode: str, units: Throughput, now: float) -> Table:
    """Its indexes are left without throughput: in the mode PROVISIONED the request gives it."""
    return replace(
        table,
        billing_mode=mode,
        billing_changed=now if mode == "PAY_PER_REQUEST" else table.billing_changed,
        throughput=replace(table.throughput, read=units.read, write=units.write),
        warm=_warm(table, table),
        indexes=tuple(_unprovisioned(table, index) for index in table.indexes),
    )


def _unprovisioned(table: Table, index: Index) -> Index:
    if index.local:
        return index
    units = replace(index.throughput, read=0, write=0)
    return replace(index, throughput=units, on_demand=None, warm=_warm(table, index))


def _warm(table: Table, of: Table | Index) -> Units:
    """Whatever changes, nothing is warm for less than before."""
    return warm_now(of.throughput, table.billing_mode, of.warm)
