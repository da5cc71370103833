"""DeleteTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from ..model.table import Table
from .context import Context
from .describe import census_of, deleted_description, transition
from .registry import Answer, Request
from .tables import described_table, refuse_attached, refuse_state


async def run(ctx: Context, request: Request) -> Answer:
    while True:
        table = await described_table(ctx, request["TableName"])
        refuse_attached(table)
        if table.state(ctx.clock.time()) == "DELETING":
            # What was asked for is under way: the service says so again.
            return {
                "TableDescription": deleted_description(ctx, table, await census_of(ctx, table))
            }
        refuse_state(ctx, table, ("CREATING", "UPDATING"))
        if table.deletion_protection:
            raise errors.validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        census = await census_of(ctx, table)
        # False: somebody else changed or deleted it since it was read.
        if await _delete(ctx, table):
            return {"TableDescription": deleted_description(ctx, table, census)}


async def _delete(ctx: Context, table: Table) -> bool:
    shown = transition(ctx, "DELETING")
    if shown is None:
        return await ctx.store.drop_table(table)
    # A job drops it when its time has come.
    going = replace(table, transition=shown, version=table.version + 1)
    return await ctx.store.change_table(going)
