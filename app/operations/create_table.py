"""CreateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""

from __future__ import annotations

from uuid import uuid4

from .. import errors
from ..model.table import Table
from .context import Context
from .describe import description
from .names import table_name
from .registry import Answer, Request
from .table_rules import key_attributes, refuse_ineffective, throughput
from .tags import given_tags


async def run(ctx: Context, request: Request) -> Answer:
    name = table_name(request["TableName"])
    mode = request.get("BillingMode", "PROVISIONED")
    units = throughput(mode, request.get("ProvisionedThroughput"))
    partition_key, sort_key = key_attributes(request)
    refuse_ineffective(request)
    now = round(ctx.clock.time(), 3)
    table = Table(
        id=uuid4().hex,
        name=name,
        partition_key=partition_key,
        sort_key=sort_key,
        created=now,
        billing_mode=mode,
        billing_changed=now if mode == "PAY_PER_REQUEST" else None,
        throughput=units,
        deletion_protection=request.get("DeletionProtectionEnabled", False),
        tags=given_tags(request.get("Tags") or []),
        options={key: request[key] for key in ("TableClass",) if key in request},
    )
    if not await ctx.store.create_table(table):
        raise errors.resource_in_use(f"Table already exists: {name}")
    return {"TableDescription": description(ctx, table, status="CREATING")}
