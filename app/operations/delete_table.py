"""DeleteTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""

from __future__ import annotations

from .. import errors
from .context import Context
from .describe import census_of, description
from .registry import Answer, Request
from .tables import described_table


async def run(ctx: Context, request: Request) -> Answer:
    while True:
        table = await described_table(ctx, request["TableName"])
        if table.status in ("CREATING", "DELETING"):
            state = "created" if table.status == "CREATING" else "deleted"
            raise errors.resource_in_use(
                f"Attempt to change a resource which is still in use: "
                f"Table is being {state}: {table.name}"
            )
        if table.deletion_protection:
            raise errors.validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        census = await census_of(ctx, table)
        # False: somebody else changed or deleted it since it was read.
        if await ctx.store.drop_table(table):
            return {"TableDescription": description(ctx, table, census, status="DELETING")}
