"""How many items a batch may have: the service's number, or what its tables have for that."""

from __future__ import annotations

from .. import errors
from ..model.limits import SERVICE
from .context import Context
from .names import table_name
from .registry import Request
from .validate import refuse_batch

_LIMIT = {"BatchWriteItem": "batch_write", "BatchGetItem": "batch_get"}


async def check_batch(ctx: Context, operation: str, request: Request) -> None:
    """For a request of more items than the service takes; raises what the service says of it.

    All of a request may be as many as the most patient of its tables takes.
    """
    limit = _LIMIT[operation]
    most = strict = getattr(SERVICE, limit)
    count = 0
    for name, part in request["RequestItems"].items():
        table = await ctx.store.table(table_name(name))
        own = strict if table is None else getattr(table.limits, limit)
        size = len(part["Keys"] if operation == "BatchGetItem" else part)
        if size > own:
            refuse_batch(operation, request, own)
        count += size
        most = max(most, own)
    if count > most:
        raise errors.validation(f"Too many items requested for the {operation} call")
