"""GlobalSecondaryIndexUpdates of UpdateTable: one index created or deleted at a time.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from .. import errors
from ..model.table import ORDERED, Index, Table
from .index_rules import MOST_GLOBAL, check_all, global_index, index_throughput
from .registry import Request
from .table_rules import Types, defined_types
from .tables import still_in_use
from .throughput_rules import moved, on_demand, raised_warm, warm_now


def with_index_updates(request: Request, table: Table, now: float) -> Table:
    """`table` with the updates of `request` begun. Raises what the service refuses."""
    for update in request.get("GlobalSecondaryIndexUpdates") or []:
        ((kind, each),) = update.items()
        if kind == "Create":
            table = _created(request, table, each)
        elif kind == "Delete":
            table = _swapped(table, replace(_global(table, each, "delete"), status="DELETING"))
        else:
            table = _swapped(table, _updated(table, _global(table, each, "update"), each, now))
    return table


def refuse_busy_indexes(request: Request, table: Table) -> None:
    """Raises for what cannot be asked for while indexes are made or deleted."""
    busy = {each.name: each for each in table.indexes if each.status in ("CREATING", "DELETING")}
    updates = request.get("GlobalSecondaryIndexUpdates") or []
    online = [(kind, each["IndexName"]) for update in updates for kind, each in update.items()]
    online = [(kind, name) for kind, name in online if kind != "Update"]
    for kind, name in online:
        _refuse_again(table, kind, busy.get(name))
    if len(online) > 1 or (online and busy.keys() - {name for _, name in online}):
        raise errors.limit_exceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"
        )
    switched = request.get("BillingMode", table.billing_mode) != table.billing_mode
    unsettled = [each.name for each in table.indexes if each.is_unsettled]
    if unsettled and (switched or "ProvisionedThroughput" in request):
        how = "deleted" if busy[unsettled[0]].status == "DELETING" else "created"
        raise still_in_use(
            f"Can't change table IOPS when an index is being {how}. Table: {table.name} Indexes: "
            f"[{', '.join(unsettled)}]"
        )


def _refuse_again(table: Table, kind: str, index: Index | None) -> None:
    if index is None:
        return
    of = f"Table: {table.name} Index: {index.name}"
    if index.status == "DELETING":
        raise still_in_use(f"Index is being deleted. {of}")
    if kind == "Delete" and not index.backfilling:
        raise still_in_use(
            "Index creation is in resource allocation phase. Retry deletion during backfilling "
            f"phase or when the index is active. {of}"
        )


def _updated(table: Table, index: Index, each: dict[str, Any], now: float) -> Index:
    mode = table.billing_mode
    units = index.throughput
    warm = index.warm
    bounds = each.get("OnDemandThroughput") or each.get("WarmThroughput")
    if mode == "PAY_PER_REQUEST" and ("ProvisionedThroughput" in each or not bounds):
        raise errors.invalid_parameters(
            f"The only Updates for index: {index.name} when TableThroughputMode is PAY_PER_REQUEST "
            "can be to OnDemandThroughput, WarmThroughput"
        )
    if not bounds or "ProvisionedThroughput" in each:
        given = index_throughput(each, mode)
        warm = warm_now(units, mode, warm)
        # A table that becomes provisioned gives its indexes their first throughput.
        units = (
            replace(units, read=given.read, write=given.write)
            if units.read == 0
            else moved(units, given, now, index.name)
        )
    if each.get("WarmThroughput"):
        warm = raised_warm(each, warm_now(units, mode, warm))
    bounded = on_demand(each, mode, index.on_demand, made=False)
    return replace(index, throughput=units, on_demand=bounded, warm=warm)


def check_updates(request: Request) -> None:
    """What can be told of the updates without the table. Raises what the service refuses."""
    names: set[str] = set()
    for update in request.get("GlobalSecondaryIndexUpdates") or []:
        if not update:
            raise errors.invalid_parameters(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(update) > 1:
            raise errors.invalid_parameters(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate "
                "object"
            )
        (each,) = update.values()
        name = each["IndexName"]
        if name in names:
            raise errors.invalid_parameters(
                "Only one global secondary index update per index is allowed simultaneously. "
                f"Index: {name}"
            )
        names.add(name)
        if "Create" in update and not request.get("AttributeDefinitions"):
            raise errors.invalid_parameters(
                f"AttributeDefinitions is not specified for index: {name}"
            )
        if "Update" in update and each.get("WarmThroughput") == {}:
            raise errors.invalid_parameters(
                "WarmThroughput must have at least one of ReadUnitsPerSecond or "
                f"WriteUnitsPerSecond specified for index: {name}"
            )


def _created(request: Request, table: Table, each: dict[str, Any]) -> Table:
    if table.index(each["IndexName"]) is not None:
        raise errors.validation("Attempting to create an index which already exists")
    if sum(not index.local for index in table.indexes) >= MOST_GLOBAL:
        raise errors.limit_exceeded(
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table "
            f"limit of {MOST_GLOBAL}"
        )
    types = _all_types(request, table, {part["AttributeName"] for part in each["KeySchema"]})
    index = global_index(each, types, table.billing_mode, table.next_index)
    index = replace(index, status="CREATING", phase=ORDERED)
    indexes = (*table.indexes, index)
    check_all(indexes)
    return replace(table, indexes=indexes, next_index=table.next_index + 1)


def _all_types(request: Request, table: Table, wanted: Collection[str]) -> Types:
    """The definitions of the request over those the table has. A type cannot change; of what is
    not `wanted` none is looked at."""
    types = {key.name: key.type for index in table.indexes for key in index.keys}
    for key in (table.partition_key, table.sort_key):
        if key is not None:
            types[key.name] = key.type
    for name, kind in defined_types(request).items():
        if types.setdefault(name, kind) != kind and name in wanted:
            raise errors.invalid_parameters(
                f"Attribute {name} is already defined with type {types[name]} and cannot be changed"
            )
    return types


def _global(table: Table, each: dict[str, Any], action: str) -> Index:
    name = each["IndexName"]
    index = table.index(name)
    if index is None:
        raise errors.resource_not_found(
            f"Requested resource not found: Index {name} for table {table.name}"
        )
    if index.local:
        raise errors.validation(
            f"Cannot {action} an index that is not a GlobalSecondaryIndex: {name}"
        )
    return index


def _swapped(table: Table, new: Index) -> Table:
    """`table` with `new` in the place of the index of its number."""
    return replace(
        table, indexes=tuple(new if new.number == each.number else each for each in table.indexes)
    )
