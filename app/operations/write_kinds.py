"""A table is written in the way that it needs, before it has what needs it."""

from __future__ import annotations

from contextlib import suppress

from ..errors import TableChanged
from ..jobs.isolation import moved, ordered
from ..model.isolation import LWT, PLAIN, wanted
from ..model.table import Table
from .context import Context


async def settle_writes(ctx: Context, table: Table) -> None:
    """Returns when everybody writes to the table as it is to be written from now on."""
    with suppress(TableChanged):
        # Changed by somebody else, it is theirs to bring to its end, or that of the job.
        await moved(ctx.store, table, wanted(table))


async def left_plain(ctx: Context, before: Table, changed: Table) -> bool:
    """Whether the table had to be moved first, so that it may be changed: look it up again."""
    if not ctx.store.capabilities.plain_writes:
        return False
    if before.writes == LWT or wanted(changed) == PLAIN:
        return False
    with suppress(TableChanged):
        await moved(ctx.store, before, LWT)
    return True


async def put_in_order(ctx: Context, before: Table, changed: Table) -> bool:
    """As `left_plain`: for a stream, in which a blind write of a slower clock, between two that it
    tells of, would have the second come before the first."""
    if changed.stream is None or before.is_ordered:
        return False
    await ordered(ctx.store, before)
    return True
