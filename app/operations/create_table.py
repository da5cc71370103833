"""CreateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn
from uuid import uuid4

from .. import errors
from ..model.isolation import wanted
from ..model.table import Table
from .context import Context
from .describe import created_description, transition
from .index_rules import (
    check_all,
    check_definitions,
    check_indexes_possible,
    global_indexes,
    global_keys,
    local_indexes,
    local_keys,
)
from .names import check_new_table_name, table_name
from .registry import Answer, Request
from .stream_rules import CREATED, check_streams_possible, wanted_view, with_stream
from .table_rules import (
    defined_types,
    key_attributes,
    refuse_ineffective,
    with_class,
)
from .tables import refuse_state
from .tags import given_tags, isolation_of, layout_of, limits_of, translator_of
from .throughput_rules import first_warm, on_demand, throughput


async def run(ctx: Context, request: Request) -> Answer:
    table = _table(ctx, request)
    check_indexes_possible(ctx, table)
    if not await ctx.store.create_table(table):
        await _refuse_name(ctx, table.name)
    return {"TableDescription": created_description(ctx, table)}


async def _refuse_name(ctx: Context, name: str) -> NoReturn:
    """Raises ResourceInUseException for the name of a table that there is."""
    there = await ctx.store.table(name)
    if there is not None:
        refuse_state(ctx, there, ("CREATING",))
    raise errors.resource_in_use(f"Table already exists: {name}")


def _table(ctx: Context, request: Request) -> Table:
    name = table_name(request["TableName"])
    check_new_table_name(name)
    mode = request.get("BillingMode", "PROVISIONED")
    units = throughput(mode, request.get("ProvisionedThroughput"))
    types = defined_types(request)
    partition_key, sort_key = key_attributes(request, types)
    keys = local_keys(request, types, partition_key), global_keys(request, types)
    check_definitions(types, (partition_key, sort_key), [*keys[0], *keys[1]])
    local = local_indexes(request, keys[0])
    indexes = local + global_indexes(request, keys[1], mode, len(local) + 1)
    check_all(indexes)
    refuse_ineffective(request)
    tags = given_tags(request.get("Tags") or [])
    view = wanted_view(request, CREATED)
    check_streams_possible(ctx, view)
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
        tags=tags,
        options=with_class(request, {}),
        indexes=tuple(indexes),
        next_index=len(indexes) + 1,
        on_demand=on_demand(request, mode, None, made=True),
        warm=first_warm(request, units, mode),
        limits=limits_of(ctx, tags),
        translator=translator_of(ctx, tags),
        layout=layout_of(ctx, tags),
        isolation=isolation_of(ctx, tags),
        transition=transition(ctx, "CREATING"),
    )
    if view is not None:
        table = with_stream(ctx, table, view)
    # Nobody has written yet.
    plain = ctx.store.capabilities.plain_writes
    return replace(table, writes=wanted(table)) if plain else table
