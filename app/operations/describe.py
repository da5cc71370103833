"""TableDescription and TableDetails as the service shows them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ..model.census import Census, Count, decode
from ..model.table import Index, KeyAttribute, Table, Throughput, Transition
from .context import Context
from .names import table_arn
from .stream_names import stream_arn
from .throughput_rules import NO_LIMIT, decreases_today, warm_now

_NOT_COUNTED = Census()


def arn_of(ctx: Context, table: Table) -> str:
    return table_arn(ctx.settings.region, ctx.settings.account_id, table.name)


async def census_of(ctx: Context, table: Table) -> Census:
    """As it was counted last; of a table that was not yet there are no items."""
    data = await ctx.store.census(table)
    return _NOT_COUNTED if data is None else decode(data)


def description(
    ctx: Context, table: Table, census: Census = _NOT_COUNTED, *, status: str | None = None
) -> dict[str, Any]:
    """`status` overrides the table's own, for answers that tell how a change began."""
    now = ctx.clock.time()
    sort = () if table.sort_key is None else (table.sort_key,)
    keys = {table.partition_key, *sort}
    for index in table.indexes:
        keys.update(index.keys)
    result: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": key.name, "AttributeType": key.type}
            for key in sorted(keys, key=lambda key: key.name)
        ],
        "TableName": table.name,
        "KeySchema": _schema((table.partition_key,), sort),
        "TableStatus": status or table.state(now),
        "CreationDateTime": table.created,
        "ProvisionedThroughput": _throughput(table.throughput, now),
        "TableSizeBytes": census.table.size,
        "ItemCount": census.table.number,
        "TableArn": arn_of(ctx, table),
        "TableId": str(UUID(table.id)),
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    if table.billing_changed is not None:
        result["BillingModeSummary"] = _billing(table, result["TableStatus"])
    for member, local in (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False)):
        indexes = [
            _index(ctx, table, index, census, now)
            for index in table.indexes
            if index.local == local
        ]
        if result["TableStatus"] == "CREATING" and not local:
            # They become ACTIVE with their table.
            indexes = [index | {"IndexStatus": "CREATING"} for index in indexes]
        if indexes:
            result[member] = indexes
    if table.stream is not None:
        result["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": table.stream.view,
        }
    if table.latest_stream is not None:
        result["LatestStreamLabel"] = table.latest_stream
        result["LatestStreamArn"] = stream_arn(ctx, table.name, table.latest_stream)
    if "TableClassSummary" in table.options:
        result["TableClassSummary"] = table.options["TableClassSummary"]
    result |= _bounds(table, table, result["TableStatus"])
    return result


def _billing(table: Table, status: str) -> dict[str, Any]:
    summary: dict[str, Any] = {"BillingMode": table.billing_mode}
    # The service tells no date until the table is made.
    if status != "CREATING":
        summary["LastUpdateToPayPerRequestDateTime"] = table.billing_changed
    return summary


def transition(ctx: Context, status: str) -> Transition | None:
    """For a table that from now on is shown with this status for a while, if it is."""
    seconds = ctx.settings.transition
    return Transition(status, ctx.clock.time() + seconds) if seconds else None


def _index(ctx: Context, table: Table, index: Index, census: Census, now: float) -> dict[str, Any]:
    count = census.indexes.get(index.number, Count())
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.included:
        projection["NonKeyAttributes"] = sorted(index.included)
    result: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition, index.sort),
        "Projection": projection,
        "IndexSizeBytes": count.size,
        "ItemCount": count.number,
        "IndexArn": f"{arn_of(ctx, table)}/index/{index.name}",
    }
    if not index.local:
        result["IndexStatus"] = index.status
        result["ProvisionedThroughput"] = _throughput(index.throughput, now)
        if index.status == "CREATING":
            result["Backfilling"] = index.backfilling
        result |= _bounds(table, index, index.status)
    return result


def _schema(
    partition: tuple[KeyAttribute, ...], sort: tuple[KeyAttribute, ...]
) -> list[dict[str, str]]:
    return [
        {"AttributeName": key.name, "KeyType": kind}
        for kind, keys in (("HASH", partition), ("RANGE", sort))
        for key in keys
    ]


def _bounds(table: Table, of: Table | Index, status: str) -> dict[str, Any]:
    """OnDemandThroughput, and once it is made WarmThroughput, of a table or one of its indexes."""
    result: dict[str, Any] = {}
    if of.on_demand is not None:
        # What is not bounded is not told.
        bounds = (("Read", of.on_demand.read), ("Write", of.on_demand.write))
        result["OnDemandThroughput"] = {
            f"Max{kind}RequestUnits": units for kind, units in bounds if units != NO_LIMIT
        }
    if status != "CREATING" or of.warm is not None:
        warm = warm_now(of.throughput, table.billing_mode, of.warm)
        result["WarmThroughput"] = {
            "ReadUnitsPerSecond": warm.read,
            "WriteUnitsPerSecond": warm.write,
            "Status": "UPDATING" if status == "CREATING" else "ACTIVE",
        }
    return result


def _throughput(throughput: Throughput, now: float) -> dict[str, Any]:
    result: dict[str, Any] = {
        "NumberOfDecreasesToday": decreases_today(throughput, now),
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }
    if throughput.increased is not None:
        result["LastIncreaseDateTime"] = throughput.increased
    if throughput.decreased is not None:
        result["LastDecreaseDateTime"] = throughput.decreased
    return result


def created_description(ctx: Context, table: Table) -> dict[str, Any]:
    """CreateTable's answer does not tell yet what the indexes are warm for."""
    whole = description(ctx, table, status="CREATING")
    for index in whole.get("GlobalSecondaryIndexes", ()):
        index.pop("WarmThroughput", None)
    return whole


# Of a table that is being deleted the service tells no more.
_DELETED = frozenset(
    (
        *("TableName", "TableStatus", "ProvisionedThroughput", "BillingModeSummary", "TableArn"),
        *("TableId", "TableSizeBytes", "ItemCount", "DeletionProtectionEnabled"),
    )
)


def deleted_description(ctx: Context, table: Table, census: Census) -> dict[str, Any]:
    whole = description(ctx, table, census, status="DELETING")
    return {name: value for name, value in whole.items() if name in _DELETED}
