"""TableDescription and TableDetails as the service shows them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ..model.table import Table
from .context import Context
from .names import table_arn


def arn_of(ctx: Context, table: Table) -> str:
    return table_arn(ctx.settings.region, ctx.settings.account_id, table.name)


def description(ctx: Context, table: Table, *, status: str | None = None) -> dict[str, Any]:
    """`status` overrides the table's own, for answers that tell how a change began."""
    keys = [table.partition_key] + ([] if table.sort_key is None else [table.sort_key])
    kinds = ("HASH", "RANGE")
    result: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": key.name, "AttributeType": key.type}
            for key in sorted(keys, key=lambda key: key.name)
        ],
        "TableName": table.name,
        "KeySchema": [
            {"AttributeName": key.name, "KeyType": kind}
            for key, kind in zip(keys, kinds, strict=False)
        ],
        "TableStatus": status or table.status,
        "CreationDateTime": table.created,
        "ProvisionedThroughput": _throughput(table),
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
    if "TableClass" in table.options:
        result["TableClassSummary"] = {"TableClass": table.options["TableClass"]}
    return result


def _throughput(table: Table) -> dict[str, Any]:
    throughput = table.throughput
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
