"""GlobalSecondaryIndexUpdates of UpdateTable: one index created or deleted at a time.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import errors
from ..errors import ApiError
from ..model.table import ORDERED, Index, Table
from .index_rules import check_all, check_definitions, global_index, index_throughput
from .registry import Request
from .table_rules import Types, defined_types
from .tables import index_not_found
from .throughput_rules import moved, on_demand, warm


def with_index_updates(request: Request, table: Table, now: float) -> Table:
    """`table` with the updates of `request` begun. Raises what the service refuses."""
    updates = request.get("GlobalSecondaryIndexUpdates") or []
    # One that is filled may be deleted before it is done.
    deleted = {update["Delete"]["IndexName"] for update in updates if "Delete" in update}
    busy = {index.name for index in table.indexes if index.status in ("CREATING", "DELETING")}
    if any("Update" not in update for update in updates) and busy - deleted:
        raise too_many_online()
    for update in updates:
        ((kind, each),) = update.items()
        if kind == "Create":
            table = _created(request, table, each)
        elif kind == "Delete":
            table = _swapped(table, replace(_global(table, each), status="DELETING"))
        else:
            table = _swapped(table, _updated(table, _global(table, each), each, now))
    return table


def _updated(table: Table, index: Index, each: dict[str, Any], now: float) -> Index:
    mode = table.billing_mode
    units = index.throughput
    bounds = each.get("OnDemandThroughput") or each.get("WarmThroughput")
    if not bounds or "ProvisionedThroughput" in each:
        given = index_throughput(each, mode)
        # A table that becomes provisioned gives its indexes their first throughput.
        units = given if units.read == 0 else moved(units, given, now, f"the index {index.name}")
    return replace(
        index,
        throughput=units,
        on_demand=on_demand(each, mode, index.on_demand),
        warm=warm(each, units, mode, index.warm),
    )


def too_many_online() -> ApiError:
    return errors.limit_exceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted "
        "simultaneously per table"
    )


def check_updates(request: Request) -> None:
    """What can be told of the updates without the table. Raises what the service refuses."""
    updates = request.get("GlobalSecondaryIndexUpdates") or []
    names: set[str] = set()
    for update in updates:
        (each,) = update.values() if len(update) == 1 else ({"IndexName": None},)
        if each["IndexName"] is None:
            raise _invalid("One of GlobalSecondaryIndexUpdate must be specified")
        if each["IndexName"] in names:
            raise _invalid(
                "Only one global secondary index update per index is allowed simultaneously. "
                f"Index: {each['IndexName']}"
            )
        names.add(each["IndexName"])
    if sum("Update" not in update for update in updates) > 1:
        raise too_many_online()


def _created(request: Request, table: Table, each: dict[str, Any]) -> Table:
    name = each["IndexName"]
    if table.index(name) is not None:
        raise _invalid(f"Attempting to create an index which already exists: {name}")
    types = _all_types(request, table)
    index = global_index(each, types, table.billing_mode, table.next_index)
    index = replace(index, status="CREATING", phase=ORDERED)
    indexes = (*table.indexes, index)
    check_all(indexes)
    check_definitions(types, (table.partition_key, table.sort_key), indexes)
    return replace(table, indexes=indexes, next_index=table.next_index + 1)


def _all_types(request: Request, table: Table) -> Types:
    """The definitions of the request over those the table has; a type cannot change."""
    types = {key.name: key.type for index in table.indexes for key in index.keys}
    for key in (table.partition_key, table.sort_key):
        if key is not None:
            types[key.name] = key.type
    for name, kind in defined_types(request).items():
        if types.setdefault(name, kind) != kind:
            raise _invalid(
                f"Attribute {name} is already defined with type {types[name]} and cannot be changed"
            )
    return types


def _global(table: Table, each: dict[str, Any]) -> Index:
    index = table.index(each["IndexName"])
    if index is None or index.local:
        raise index_not_found(table, each["IndexName"])
    return index


def _swapped(table: Table, new: Index) -> Table:
    """`table` with `new` in the place of the index of its number."""
    return replace(
        table, indexes=tuple(new if new.number == each.number else each for each in table.indexes)
    )


def _invalid(message: str) -> ApiError:
    return errors.validation(f"One or more parameter values were invalid: {message}")
