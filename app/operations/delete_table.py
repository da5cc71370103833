"""DeleteTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from ..model.table import Table
from .context import Context
from .describe import census_of, deleted_description, transition
from .registry import Answer, Request
from .tables import described_table, refuse_attached, refuse_state, still_in_use


async def run(ctx: Context, request: Request) -> Answer:
    while True:
        table = await described_table(ctx, request["TableName"])
        refuse_attached(table)
        refuse_state(ctx, table, ("CREATING", "DELETING"))
        if table.state(ctx.clock.time()) == "UPDATING":
            raise still_in_use(_updating(table))
        if table.deletion_protection:
            raise errors.validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        census = await census_of(ctx, table)
        # False: somebody else changed or deleted it since it was read.
        if await _delete(ctx, table):
            return {"TableDescription": deleted_description(ctx, table, census)}


def _updating(table: Table) -> str:
    if any(index.is_unsettled for index in table.indexes):
        return "Cannot delete table while indexes are being created, updated, or deleted."
    return f"Table: {table.name} is in the process of being updated."


async def _delete(ctx: Context, table: Table) -> bool:
    shown = transition(ctx, "DELETING")
    if shown is None:
        return await ctx.store.drop_table(table)
    # A job drops it when its time has come.
    going = replace(table, transition=shown, version=table.version + 1)
    return await ctx.store.change_table(going)
