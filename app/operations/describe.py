"""TableDescription and TableDetails as the service shows them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ..model.table import Index, KeyAttribute, Table, Throughput
from .context import Context
from .names import table_arn
from .stream_names import stream_arn


def arn_of(ctx: Context, table: Table) -> str:
    return table_arn(ctx.settings.region, ctx.settings.account_id, table.name)


def description(ctx: Context, table: Table, *, status: str | None = None) -> dict[str, Any]:
    """`status` overrides the table's own, for answers that tell how a change began."""
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
        "TableStatus": status or status_of(table),
        "CreationDateTime": table.created,
        "ProvisionedThroughput": _throughput(table.throughput),
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "TableArn": arn_of(ctx, table),
        "TableId": str(UUID(table.id)),
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    if table.billing_changed is not None:
        result["BillingModeSummary"] = {
            "BillingMode": table.billing_mode,
            "LastUpdateToPayPerRequestDateTime": table.billing_changed,
        }
    for member, local in (("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False)):
        indexes = [_index(ctx, table, index) for index in table.indexes if index.local == local]
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
    if "TableClass" in table.options:
        result["TableClassSummary"] = {"TableClass": table.options["TableClass"]}
    return result


def status_of(table: Table) -> str:
    """TableStatus."""
    changing = any(index.status != "ACTIVE" for index in table.indexes)
    return "UPDATING" if changing and table.status == "ACTIVE" else table.status


def _index(ctx: Context, table: Table, index: Index) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.included:
        projection["NonKeyAttributes"] = list(index.included)
    result: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition, index.sort),
        "Projection": projection,
        "IndexSizeBytes": 0,
        "ItemCount": 0,
        "IndexArn": f"{arn_of(ctx, table)}/index/{index.name}",
    }
    if not index.local:
        result["IndexStatus"] = index.status
        result["ProvisionedThroughput"] = _throughput(index.throughput)
        if index.status == "CREATING":
            result["Backfilling"] = index.backfilling
    return result


def _schema(
    partition: tuple[KeyAttribute, ...], sort: tuple[KeyAttribute, ...]
) -> list[dict[str, str]]:
    return [
        {"AttributeName": key.name, "KeyType": kind}
        for kind, keys in (("HASH", partition), ("RANGE", sort))
        for key in keys
    ]


def _throughput(throughput: Throughput) -> dict[str, Any]:
    result: dict[str, Any] = {
        "NumberOfDecreasesToday": throughput.decreases_today,
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }
    if throughput.increased is not None:
        result["LastIncreaseDateTime"] = throughput.increased
    if throughput.decreased is not None:
        result["LastDecreaseDateTime"] = throughput.decreased
    return result
